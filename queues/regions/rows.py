"""What the regions of the lines show: everything a template may show, and nothing else (the value is the cache key).

Times are aware instants, shown as stamps that tick in the browser; sentences are in the language of the render.
Public rows (display, status) hold tokens, rooms and doctors; a patient's name only where policy and patient allow it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

# --- staff: the lines ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaitRow:
    """One who waits: a row of ``line:<queue>``. The place in the line is counted by CSS, so rows stay as they are."""

    key: str
    """The visit's id: stands in the acts' addresses."""
    patient_id: str
    token: str
    name: str
    note: str
    """Reason for the visit as the desk wrote it, else why it goes first; may be empty."""
    klass: str
    """urgent, vip, carried_over, normal."""
    waiting_since: datetime
    why: str
    """Why it stands where it stands, for staff (R3.5)."""
    skips: int
    """How often it was called and skipped today."""
    pooled: bool
    """Waits for any doctor: the desk has to say who calls."""


@dataclass(frozen=True, slots=True)
class Serving:
    """Somebody called or in the room, as the desk sees it above the line."""

    visit_id: str
    token: str
    name: str
    state: str
    """called, in_progress."""
    since: datetime
    """Last called, or started."""
    calls: int


@dataclass(frozen=True, slots=True)
class QueueHead:
    """``queue-head:<queue>``: whose line it is, and who is with them now."""

    queue_id: str
    name: str
    department: str
    """"Any doctor" for a pool, whose name is the department's."""
    room: str
    """May be empty."""
    doctor_id: str
    """Empty for a pool."""
    status: str
    """The doctor's (on_time, running_late, on_break, off_duty); empty for a pool."""
    status_extra: str
    """What follows the word: "by 20 min", "until 11:00"."""
    waiting: int
    is_open: bool
    is_paused: bool
    """Nobody is called from it now: the doctor is away, or nobody on duty serves the pool."""
    serving: tuple[Serving, ...]
    """Who is with the doctor, the one called first of all; empty for a pool (they stand at their doctor's line)."""
    servers: int
    """Doctors on duty who take from this pool; 0 for a doctor's own line."""
    may_call: bool
    """Somebody could be called for this doctor now: a free room, and somebody waits here or in the pool."""


@dataclass(frozen=True, slots=True)
class LineLabel:
    """``line-label:<queue>``: the words above a line on the doctor's page."""

    name: str
    """The doctor's or the department's."""
    is_pool: bool
    servers: int
    waiting: int


@dataclass(frozen=True, slots=True)
class ReceptionSub:
    """``reception-sub:today``: the counts in the top bar."""

    waiting: int
    called: int
    in_room: int
    longest_since: datetime | None
    """Since when whoever waits longest waits."""


# --- staff: the doctor -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seat:
    """A patient called to the doctor, or in the room."""

    visit_id: str
    patient_id: str
    state: str
    """called, in_progress."""
    token: str
    name: str
    facts: str
    """"F, 54"; may be empty."""
    born: str
    """"3 Jun 1972", or a year; may be empty."""
    mrn: str
    speaks: str
    """The language's name; may be empty."""
    reason: str
    """Reason for the visit, and why it went first; may be empty."""
    klass: str
    room: str
    called_at: datetime
    """The last call."""
    calls: int
    started_at: datetime | None
    waited_minutes: int
    """From arrival to the first call."""
    may_skip: bool
    no_show_rule: str
    """When "did not come" is allowed, in a sentence."""
    notes: str
    """The patient's notes; may be empty."""


@dataclass(frozen=True, slots=True)
class DoctorRoom:
    """``doctor-room:<doctor>``: who is with the doctor. ``seats`` is empty when nobody is."""

    doctor_id: str
    room: str
    seats: tuple[Seat, ...]
    """Called ones first, then by when they came in."""
    skip_places: int
    completes: str
    """The visit whose Complete is the page's one filled button (somebody is in the room and nobody waits), or empty."""
    status: str
    is_paused: bool
    anybody: bool
    """Somebody waits in the own line or a pool served."""


@dataclass(frozen=True, slots=True)
class DoctorNext:
    """``doctor-next:<doctor>``: the next card. ``token`` is empty when nobody waits."""

    doctor_id: str
    visit_id: str
    token: str
    name: str
    klass: str
    facts: str
    """"F, 29"; may be empty."""
    note: str
    """Reason for the visit; may be empty."""
    waiting_since: datetime | None
    why: str
    """Why this one is next, one sentence for staff (R3.5)."""
    from_pool: bool
    more: int
    """How many wait after this one, own line and pools."""
    act: str
    """What the big button does: call, complete_call, resume_call, or blocked (not pressable, ``blocked`` says why)."""
    closes: str
    """For complete_call: the visit that is completed; its token stands in ``closes_token``."""
    closes_token: str
    names_closed: bool
    """Several are in the room, so the button says whose visit it completes."""
    blocked: str
    """Why nobody can be called now, a sentence; else empty."""
    paused: bool
    """The doctor is away: the button says that it resumes too (send name=resume value=1)."""
    filled: bool
    """This button is the page's one filled button."""


@dataclass(frozen=True, slots=True)
class DoctorBar:
    """``doctor-bar:<doctor>``: the doctor's own status and the day so far."""

    doctor_id: str
    status: str
    late_minutes: int
    """What "running late" says now, or would say."""
    until: datetime | None
    seen: int
    median_minutes: int
    """Median minutes in the room today; 0 while nobody was seen."""


# --- public: the waiting room ----------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class DisplayNow:
    """``display-now:<display>``: calls, newest first, and who is in which room."""

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


@dataclass(frozen=True, slots=True)
class DisplayShell:
    """The context of ``display-lines``: nothing that changes with the calls."""

    lines: int


# --- public: the patient's phone -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A row of ``status:<department>``: one patient's place. Nothing about anybody else but how many."""

    key: str
    """The visit's id."""
    token: str
    state: str
    """waiting, next, called, in_room, completed, no_show, left, cancelled."""
    paused: bool
    """Waits, and nobody is called now."""
    ahead: int
    """People who are called before, in this line and the pools its doctor serves."""
    busy: bool
    """Somebody is in the room of the doctor of this line."""
    line: str
    """The doctor's name, or the public name of the department for a pool."""
    department: str
    """Public name."""
    room: str
    room_place: str
    """How to find the room; may be empty."""
    status: str
    """The doctor's; empty for a pool."""
    status_text: str
    why: str
    """Why somebody who came later goes first, in words for patients; empty if nobody does."""
    called_at: datetime | None
    please_wait_until: datetime | None
    """The call was taken back a moment ago: "please wait"."""
    may_leave: bool
    """The patient may leave the line from the phone."""


@dataclass(frozen=True, slots=True)
class PlaceShell:
    """The context of ``status``: only single rows of it are shown to anybody."""

    department: str


# --- staff: the patient's page ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A row of ``patient-visits:<patient>``: one visit, newest first."""

    key: str
    """The visit's id."""
    token: str
    arrived_at: datetime
    line: str
    state: str
    """waiting, called, in_progress, on_hold, completed, no_show, left, cancelled."""
    state_text: str
    reason: str
