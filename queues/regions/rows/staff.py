"""What staff see of the lines: the desk, the doctor's page, the patient's page. Names are in full."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

# --- the lines -------------------------------------------------------------------------------------------------------


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
    paused: bool = False
    """Nobody is called from this line now: a word instead of times (R3.31)."""
    early: datetime | None = None
    late: datetime | None = None
    """When the call is likely, from half of the cases to nine of ten; None while not known."""
    booked_for: datetime | None = None
    """When a booked patient was to come."""


@dataclass(frozen=True, slots=True)
class AwayRow:
    """A row of ``line-away:<queue>``: who belongs to the line and does not wait in it now, or a heading above them."""

    key: str
    """The visit's id; the group's name for a heading."""
    group: str
    """hold, asked (wants back in, from the phone), missed (did not come, or left)."""
    count: int = 0
    """How many stand below a heading; 0 for a person."""
    patient_id: str = ""
    token: str = ""
    name: str = ""
    klass: str = ""
    text: str = ""
    """What holds them, or how they went: "At tests", "did not come"."""
    note: str = ""
    since: datetime | None = None
    back_at: datetime | None = None
    """Until when somebody is away."""


@dataclass(frozen=True, slots=True)
class LineChip:
    """A row of ``lines-nav:today``: a line in few words, on the way between many."""

    key: str
    """The line's id."""
    name: str
    waiting: int
    paused: bool
    is_open: bool
    tone: str
    """warn: nearly full; late: full; else empty."""
    hint: str
    """The wait of whoever joins now: "25–35 min"; may be empty."""


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
    server: str = ""
    """Who called, where the line has no doctor of its own."""
    long_since: datetime | None = None
    """In the room far longer than expected: whoever called was asked whether they are still there (R3.18)."""


@dataclass(frozen=True, slots=True)
class Post:
    """Somebody signed on at a line (R3.9)."""

    server_id: str
    name: str
    room: str


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
    """Somebody could be called now: a free room, and somebody waits here or in the pool."""
    sort: str = "doctor"
    """doctor, pool, counter."""
    posts: tuple[Post, ...] = ()
    """Who is signed on here, beside the doctor."""
    low: int = 0
    high: int = 0
    """Minutes of the wait of whoever joins now, [p50, p90]; 0, 0 while paused or not known."""
    limit: int = 0
    """How many the line takes before it warns or is full; 0 without a limit."""
    tone: str = ""
    """warn: from the limit that warns on; late: full."""
    at_limit: bool = False
    """``limit`` is the one that refuses."""


@dataclass(frozen=True, slots=True)
class LineLabel:
    """``line-label:<queue>``: the words above a line on the doctor's page."""

    name: str
    """The doctor's or the department's."""
    sort: str
    """doctor (the own line), pool, counter."""
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


# --- the doctor -----------------------------------------------------------------------------------------------


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
    asked_at: datetime | None = None
    """Since when the page asks whether the patient is still there (R3.18)."""
    in_line: str = ""
    """The line they were called from."""
    booked_for: datetime | None = None
    """When a booked patient was to come."""
    video: str = ""
    """The booking's id, if the visit is by video."""


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
    lanes: int = 1
    """How many patients at once (R3.8)."""
    calls_from: int = 1
    """Lines this server calls from; a nurse or clerk who is signed on nowhere has none."""


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
    booked_for: datetime | None = None
    """When a booked patient was to come."""


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
    is_doctor: bool = True
    """Nurses and clerks have no status: they are there where they are signed on."""


# --- the patient's page ----------------------------------------------------------------------------------------------


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


# --- the doctor's lines and the day ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LineKey:
    """A row of ``doctor-lines:<doctor>``: one line the page lists."""

    key: str


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A row of ``doctor-seen:<doctor>``: one who was seen today, newest first."""

    key: str
    """The leg's id."""
    patient_id: str
    token: str
    name: str
    started_at: datetime
    ended_at: datetime
    minutes: int
    undo_seq: int = 0
    """The act that completed it, while it may still be taken back: until ``undo_until``; else 0."""
    undo_until: datetime | None = None
