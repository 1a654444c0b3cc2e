"""What staff see of the emergency department: plain values, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from er_flow.trend import Line


@dataclass(frozen=True, slots=True)
class Mark:
    """A chip: its tone, its icon, its word."""

    tone: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True)
class Act:
    """The move most likely next: a word, where it goes, and what it is."""

    word: str
    route: str
    ability: str
    kind: str = "post"
    """post: one press; ask: a question first; go: a page."""
    name: str = ""
    value: str = ""
    """What is sent along."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A row of ``er-board`` above its group."""

    key: str
    group: str
    """"0" for those to triage, else the level."""
    count: int
    minutes: int
    """Within which its patients are to be seen, or triaged."""
    is_heading: bool = True


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One patient of the department: a row of ``er-board``."""

    key: str
    """The visit's id: stands in the acts' addresses."""
    number: int
    patient_id: str
    """Empty for somebody unknown."""
    name: str
    age: str
    sex: str
    """A letter, empty where not known."""
    group: str
    level: int
    """0: none yet."""
    reported: int
    """As it came with the patient, until triage; 0: none."""
    complaint: str
    marks: tuple[Mark, ...]
    state: str
    state_text: str
    step: int
    """1 to 5, for the five small bars."""
    bed: str
    kept_bed: str
    """A bed that is kept for the patient, where none is had."""
    provider: str
    nurse: str
    team: str
    """The ids of both, for "mine"."""
    began: datetime
    """Since when the wait for a provider counts."""
    target: int
    """Minutes it may last."""
    seen_after: int | None
    """Minutes until provider contact; None while it is waited for."""
    is_delayed: bool
    delay_reason: str
    reassess_at: datetime | None
    arrived_at: datetime
    boards_since: datetime | None
    waits: str
    """What is waited for, in words."""
    triaging: bool
    """Triage has begun."""
    later: bool
    """Entered later, from paper."""
    act: Act
    is_heading: bool = False

    @property
    def team_short(self) -> tuple[str, str]:
        """Provider and nurse by their last names, as they call each other: both fit into a column."""
        return self.provider.rpartition(" ")[2], self.nurse.rpartition(" ")[2]

    @property
    def due_at(self) -> datetime:
        """Until when a provider is to have been there."""
        return self.began + timedelta(minutes=self.target)


@dataclass(frozen=True, slots=True)
class WallRow:
    """One patient without a name: a row of ``er-wall``, for a screen that many can see."""

    key: str
    number: int
    level: int
    reported: int
    bed: str
    state_text: str
    step: int
    began: datetime
    target: int
    seen_after: int | None
    is_delayed: bool
    arrived_at: datetime
    waits: str
    marks: tuple[Mark, ...]

    @property
    def due_at(self) -> datetime:
        return self.began + timedelta(minutes=self.target)


@dataclass(frozen=True, slots=True)
class Count:
    """How many of a level are here; level 0: not triaged."""

    level: int
    n: int


@dataclass(frozen=True, slots=True)
class Term:
    """A part of NEDOCS: what, and how many points."""

    word: str
    points: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The context of ``er-strip``: the department's figures."""

    here: int
    waiting: int
    delayed: int
    longest_since: datetime | None
    longest_who: str
    boarders: int
    boards_since: datetime | None
    free: int
    cleaning: int
    beds: int
    nedocs: int | None
    band: str
    tone: str
    terms: tuple[Term, ...]
    trend: Line | None
    """NEDOCS in the last hours."""
    mix: tuple[Count, ...]
    targets: str
    """Whose times hold."""


@dataclass(frozen=True, slots=True)
class Surge:
    """The context of ``er-surge``."""

    department: str
    since: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Section:
    """A row of ``er-beds`` above the beds of a part of the department."""

    key: str
    name: str
    free: int
    count: int
    nurse: str
    is_heading: bool = True


@dataclass(frozen=True, slots=True)
class BedRow:
    """One bed: a row of ``er-beds``."""

    key: str
    name: str
    state: str
    state_text: str
    icon: str
    features: str
    sort: str
    since: datetime
    visit: str
    """Who lies in it, or for whom it is kept; empty for nobody."""
    number: int
    who: str
    level: int
    reported: int
    isolation: str
    note: str
    until: datetime | None
    arrived_at: datetime | None
    boards: bool
    offer: str
    """To whom a free bed is offered: the most urgent who fits."""
    offer_visit: str
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Fit:
    """A bed for a patient, and why."""

    bed: str
    name: str
    section: str
    why: str
    is_best: bool


@dataclass(frozen=True, slots=True)
class NeedRow:
    """One who has no bed: a row of ``er-needs``."""

    key: str
    number: int
    name: str
    age: str
    sex: str
    level: int
    reported: int
    complaint: str
    marks: tuple[Mark, ...]
    arrived_at: datetime
    kept_bed: str
    kept_id: str
    offer: Fit | None
    """The bed that is offered; for the few who come next."""
    suits: bool
    """Whether any free bed suits. Which ones, and why, comes when somebody asks (er:fits)."""
