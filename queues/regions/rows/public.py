"""Public rows (display, status) hold tokens, rooms and doctors; a name only where policy and patient allow it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

# --- the waiting room ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """One announcement in one language."""

    lang: str
    text: str
    """"Token A 0 1 2, Room 4": for captions and for the voice."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that stands: announced when ``key`` has not been heard yet."""

    key: str
    """New for each call and recall; tells nothing of the person."""
    token: str
    room: str
    doctor: str
    name: str
    """Empty unless policy and patient allow it."""
    says: tuple[Said, ...]
    clips: str
    """The same as names of sound clips, for devices that have no voice: "token A 0 1 2 room 4"."""
    called_at: datetime


@dataclass(frozen=True, slots=True)
class InRoom:
    token: str
    room: str
    doctor: str
    name: str
    """Empty unless policy and patient allow it."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A call undone: "A-012, please wait", shown until ``until``."""

    token: str
    until: datetime
    says: tuple[Said, ...] = ()
    clips: str = ""


@dataclass(frozen=True, slots=True)
class DisplayNow:
    """``display-now:<display>``: calls, newest first, and who is in which room; and how the screen is set up."""

    name: str
    """The screen's."""
    language: str
    """The page's own, the first of those it speaks: the page loads itself again when it changes."""
    sound: bool
    silent_from: str
    """"21:00" in the hospital's zone; empty: never silent."""
    silent_until: str
    calls: tuple[Call, ...]
    rooms: tuple[InRoom, ...]
    taken_back: tuple[TakenBack, ...]
    missed: tuple[str, ...]
    """Tokens that were called today and did not come, newest first."""


@dataclass(frozen=True, slots=True)
class DisplayLine:
    """A row of ``display-lines:<display>``."""

    key: str
    """The line's id."""
    doctor: str
    """The doctor's name; the department's public name for a pool."""
    department: str
    """Public name; empty for a pool (it is the title already)."""
    status: str
    """on_time, running_late, on_break, off_duty; empty for a pool."""
    status_text: str
    """"On time", "About 20 min late", "On break until 11:00"."""
    room: str
    tokens: tuple[str, ...]
    """The next four."""
    more: int
    """How many wait beyond those."""
    paused: bool
    again: str
    """When calls go on, "11:00"; empty if not known or not paused."""
    joining: tuple[int, int] | None
    """Minutes that whoever joins now waits; None while paused or not known (R3.31)."""


@dataclass(frozen=True, slots=True)
class DisplayShell:
    """The context of ``display-lines``: nothing that changes with the calls."""

    lines: int


# --- the patient's phone -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A row of ``status:<department>``: one patient's place. Nothing about anybody else but how many."""

    key: str
    """The visit's id; the appointment's of somebody who is booked for today and has not checked in."""
    token: str
    state: str
    """waiting, next, away, called, in_room, completed, no_show, left, cancelled, carried_over, expected, lapsed,
    booked."""
    line: str
    """The doctor's name, the counter's, or the public name of the department for a pool."""
    department: str
    """Public name."""
    paused: bool = False
    """Waits, and nobody is called now."""
    ahead: int = 0
    """People who are called before, in this line and the pools its doctor serves."""
    busy: bool = False
    """Somebody is in the room of the doctor of this line."""
    turn_from: str = ""
    """When the turn is likely, "11:10" to "11:25" (R3.31); empty while paused or not known."""
    turn_until: str = ""
    step_out: datetime | None = None
    """So long may one step out and be back in time; None where that is too soon to be said."""
    room: str = ""
    room_place: str = ""
    """How to find the room; may be empty."""
    status: str = ""
    """The doctor's; empty for a pool."""
    status_text: str = ""
    why: str = ""
    """Why somebody who came later goes first, in words for patients; empty if nobody does."""
    called_at: datetime | None = None
    please_wait_until: datetime | None = None
    """The call was taken back a moment ago: "please wait"."""
    hold: str = ""
    """Why on hold: away, tests, payment, papers, other; empty if not."""
    back_at: str = ""
    """Away until then, "10:20"; empty if not said."""
    expected_on: date | None = None
    check_in_by: str = ""
    """"11:20": by when somebody booked should have checked in (R2.6)."""
    may_leave: bool = False
    """The patient may leave the line from the phone, and so on."""
    delays_left: int = 0
    may_return: bool = False
    may_rejoin: bool = False
    rejoin_asked: bool = False
    rejoin_declined: bool = False
    """The desk did not take the patient back; asking again is possible."""


@dataclass(frozen=True, slots=True)
class PlaceShell:
    """The context of ``status``: only single rows of it are shown to anybody."""

    department: str
