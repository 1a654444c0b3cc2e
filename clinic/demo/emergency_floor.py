"""What will happen next in an emergency department: from the patients and beds as they are, without memory.

Pure: it knows no database. Times are seconds on the caller's clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from clinic.demo.emergency_day import Emergency, Fate
from er_flow import best
from er_flow.best import Place, Wish
from er_flow.models import words
from er_flow.models.words import BEDDED, BOARDING, DISPOSITION, IN_TREATMENT, TRIAGED

ARRIVE, START, ASSESS, LOOK, BED, SEE, DECIDE, BOARD, END, CLEAN = (
    "arrive", "start", "assess", "look", "bed", "see", "decide", "board", "end", "clean",
)  # fmt: skip
ORDER = (END, CLEAN, DECIDE, BOARD, ASSESS, SEE, BED, LOOK, START, ARRIVE)
"""What is done first of what is due at one moment: whatever frees somebody or something."""


@dataclass(slots=True)
class Patient:
    """Somebody who is here."""

    key: UUID
    number: int
    state: str
    level: int | None
    fate: Fate
    arrived: float
    started: float | None
    since: float
    """In this state."""
    seen: float | None
    admit: float | None
    look_due: float | None
    disposition: str
    wish: Wish
    looks: int = 0
    bed: UUID | None = None

    @property
    def rank(self) -> tuple[int, float]:
        return self.level or 0, self.arrived


@dataclass(slots=True)
class Spot:
    """A bed."""

    place: Place
    state: str
    since: float


@dataclass(frozen=True, slots=True)
class Act:
    """At this moment somebody does this: to a patient, with a bed, to this end."""

    at: float
    verb: str
    patient: Patient | None = None
    bed: UUID | None = None
    what: str = ""

    @property
    def turn(self) -> tuple[float, int, tuple[int, float]]:
        return self.at, ORDER.index(self.verb), self.patient.rank if self.patient is not None else (0, 0.0)


@dataclass(slots=True)
class Floor:
    """The department at a moment."""

    day: Emergency
    now: float
    patients: dict[UUID, Patient] = field(default_factory=dict)
    spots: dict[UUID, Spot] = field(default_factory=dict)

    def next(self) -> Act | None:
        """What happens next, of what does not depend on who comes."""
        return min(self.acts(), key=lambda act: act.turn, default=None)

    def acts(self) -> Iterator[Act]:
        """What can happen to everybody and every bed, as they are."""
        for key, spot in self.spots.items():
            if spot.state in words.UNCLEAN:
                dice = self.day.dice(f"{key}/{spot.since:.0f}")
                yield self._at(spot.since + self.day.length(dice, "cleaning"), CLEAN, bed=key)
        at_triage = sum(one.started is not None and one.level is None for one in self.patients.values())
        treated = sum(one.state == IN_TREATMENT for one in self.patients.values())
        may_start, may_see = at_triage < self.day.staff["triage"], treated < self.day.staff["treated"]
        for one in self.patients.values():
            if one.state in words.UNSEEN:
                yield from self._waiting(one, may_start, may_see)
            else:
                yield from self._in_care(one)

    def _at(self, ready: float, verb: str, one: Patient | None = None, bed: UUID | None = None, what: str = "") -> Act:
        return Act(max(ready, self.now), verb, one, bed, what)

    def _waiting(self, one: Patient, may_start: bool, may_see: bool) -> Iterator[Act]:
        fate = one.fate
        if one.level is None:
            if one.started is not None:
                yield self._at(one.started + fate.triage, ASSESS, one)
            elif may_start:
                yield self._at(one.arrived + fate.door, START, one)
            return
        if one.level > 2:
            yield self._at(one.arrived + fate.patience, END, one, what=words.LWBS)
        if one.look_due is not None:
            yield self._at(one.look_due + fate.look, LOOK, one)
        if one.state == TRIAGED and fate.needs_bed:
            yield from self._into_bed(one)
        if one.level == 1 or (may_see and (one.state == BEDDED or not fate.needs_bed)):
            yield self._at(one.since + fate.provider, SEE, one)

    def _in_care(self, one: Patient) -> Iterator[Act]:
        fate = one.fate
        if one.state == IN_TREATMENT:
            if fate.end:
                yield self._at(one.since + 0.6 * fate.treatment, END, one, what=fate.end)
            else:
                yield self._at(one.since + fate.treatment, DECIDE, one)
            if one.bed is None and fate.needs_bed:
                yield from self._into_bed(one)
        elif one.state == DISPOSITION:
            ends = words.BY_DISPOSITION[one.disposition]
            if one.disposition in words.WARD:
                yield self._at(one.since + fate.boarding, BOARD, one)
            else:
                yield self._at(one.since + fate.leaving, END, one, what=ends[0])
        elif one.state == BOARDING:
            yield self._at((one.admit or one.since) + max(fate.ward, fate.boarding), END, one, what=words.ADMITTED)

    def _into_bed(self, one: Patient) -> Iterator[Act]:
        """Into the best free bed that suits; who finds none waits until one is clean."""
        free = [spot.place for spot in self.spots.values() if spot.state == words.AVAILABLE]
        if free and (fits := best.ranked(one.wish, free, [spot.place for spot in self.spots.values()])):
            yield self._at(one.since + one.fate.to_bed, BED, one, bed=fits[0].place.id)
