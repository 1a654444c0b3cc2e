"""The nouns of the demo's model: people in lines, whoever calls, what somebody wants, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

WAITING, CALLED, IN_ROOM, HELD, GONE = "waiting", "called", "in_room", "held", "gone"
ARRIVE, CALL, START, ABSENT, SKIP, COMPLETE, COMPLETE_AND_CALL = (
    "arrive", "call", "start", "absent", "skip", "complete", "complete_and_call",
)  # fmt: skip
LEAVE, HOLD, BACK, SEND_ON, DELAY, REJOIN = "leave", "hold", "back", "send_on", "delay", "rejoin"
CHECK_IN, BOOK, ANSWER = "check_in", "book", "answer"
TAKE_BREAK, BE_BACK, BE_LATE, GO_HOME, COME_IN, FALL_ILL = (
    "take_break", "be_back", "be_late", "go_home", "come_in", "fall_ill",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Intent:
    """At this moment somebody wants this. ``who``: a person or a server; ``where``: a line."""

    at: float
    verb: str
    who: str = ""
    where: str = ""
    minutes: float = 0
    why: str = ""


@dataclass(slots=True)
class Person:
    """Somebody in one line. ``key`` names them to the port, ``name`` is what their fate is drawn from."""

    key: str
    name: str
    line: str
    state: str = WAITING
    since: float = 0
    """Since when in this state; for who waits: since when in the line."""
    server: str = ""
    skips: int = 0
    delayed: bool = False
    held: bool = False
    returned: bool = False
    """Was not there when called, is back, and comes now."""
    until: float = 0
    """Until when somebody on hold is away."""
    wants: str = ""
    """The kind of visit that the desk has written down."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an intent. A refusal is part of life."""

    done: bool
    person: Person | None = None
    """Who came by an arrival, a sending on or a call."""
    state: str = ""
    """Of who was not there: still CALLED, called again, or GONE."""


class Port(Protocol):
    def do(self, intent: Intent) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Line:
    key: str
    department: str
    """Its prefix, or COUNTER."""
    owner: str = ""
    purpose: str = ""
    """``laboratory`` or ``cashier``, for a counter."""
    takes_in: bool = True


@dataclass(slots=True)
class Server:
    """Who calls: a doctor, or a clerk at a counter."""

    key: str
    lines: frozenset[str]
    away_until: float | None = None
    """None: here. ``inf``: off duty."""
    stays: bool = False
    """A clerk at a counter, who takes no break and is there all day."""
    left_alone: bool = False
    """Somebody else acts for them now."""
    person: Person | None = None
    wake: Any = None

    @property
    def is_away(self) -> bool:
        return self.away_until is not None


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody who is booked today, and when they come."""

    key: str
    at: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many wait in the live demo. By no bounds at all only the day decides."""

    fewest: int = 0
    most: int = 10_000


@dataclass(slots=True)
class Clinic:
    """What stands there when a model begins."""

    lines: list[Line]
    servers: list[Server]
    people: list[Person] = field(default_factory=list)
    coming: list[Coming] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """Bookings that wait for the doctor's answer."""
