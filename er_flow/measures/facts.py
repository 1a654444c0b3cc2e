"""One visit as the measures see it: its times, its level, and what its triages say. Rows in, values out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from er_flow import targets
from er_flow.models import EmergencyVisit, Triage
from er_flow.models.words import DISCHARGED, LWBS

SPACE = timedelta(minutes=60)
BOARDED = timedelta(minutes=240)
STAYED = timedelta(minutes=480)
"""ECAT (CMS1244): longer than these, each."""
Look = tuple[datetime, int | None, int | None]
"""A triage or a reassessment: when, what was suggested, and the level that was decided, if one was."""


@dataclass(slots=True)
class Fact:
    """A visit. Nothing that was entered in error is in ``looks``, which are in the order of time."""

    id: UUID
    arrived: datetime
    state: str
    level: int | None
    triaged: datetime | None
    bedded: datetime | None
    seen: datetime | None
    admit: datetime | None
    departed: datetime | None
    looks: list[Look] = field(default_factory=list)

    # --- lengths, None where there is none yet ----------------------------------------------------------------

    @property
    def door_to_triage(self) -> timedelta | None:
        return self.triaged - self.arrived if self.triaged is not None else None

    @property
    def door_to_provider(self) -> timedelta | None:
        return self.seen - self.arrived if self.seen is not None else None

    @property
    def length_of_stay(self) -> timedelta | None:
        return self.departed - self.arrived if self.departed is not None else None

    @property
    def boarding(self) -> timedelta | None:
        """From the decision to admit to the departure, whatever the end was."""
        return self.departed - self.admit if self.departed is not None and self.admit is not None else None

    @property
    def op18(self) -> timedelta | None:
        return self.length_of_stay if self.state == DISCHARGED else None

    # --- ECAT, asked of whoever has left --------------------------------------------------------------------------

    @property
    def waited_for_space(self) -> bool:
        """More than an hour until the first bed or provider contact; who had neither waited until they left."""
        first = min((at for at in (self.bedded, self.seen, self.departed) if at is not None), default=self.arrived)
        return first - self.arrived > SPACE

    @property
    def left_unevaluated(self) -> bool:
        return self.state == LWBS

    @property
    def boarded_long(self) -> bool:
        return (self.boarding or timedelta(0)) > BOARDED

    @property
    def stayed_long(self) -> bool:
        return (self.length_of_stay or timedelta(0)) > STAYED

    # --- looks ------------------------------------------------------------------------------------------------------

    def reassessments(self, now: datetime) -> tuple[int, int]:
        """(how many were due before a provider came or the patient left, how many of them were in time) (R4.22).

        The next is due from the last look on; one that came early was due and in time. A level that was corrected
        holds from the beginning.
        """
        until = min(at for at in (self.seen, self.departed, now) if at is not None)
        looks = [look for look in self.looks if look[0] < until]
        due = in_time = 0
        for n, (level, at) in enumerate(_levels(looks)):
            minutes = targets.REASSESS.get(level)
            if minutes is None:
                continue
            by, following = at + timedelta(minutes=minutes), looks[n + 1][0] if n + 1 < len(looks) else None
            if following is not None or until > by:
                due += 1
                in_time += following is not None and following <= by
        return due, in_time

    @property
    def decisions(self) -> Iterator[tuple[int, int]]:
        """What was suggested and what a nurse decided, each time a level was."""
        return ((told, level) for _at, told, level in self.looks if told is not None and level is not None)


def _levels(looks: Iterable[Look]) -> Iterator[tuple[int, datetime]]:
    """The level after each look."""
    held = 0
    for at, _told, level in looks:
        held = level or held
        yield held, at


COLUMNS = ("id", "arrived_at", "state", "level", "triaged_at", "bedded_at", "seen_at", "admit_at", "departed_at")
LOOKS = (Triage.FIRST, Triage.AGAIN, Triage.CORRECTION)


def load(departments: Sequence[UUID], begin: datetime, end: datetime) -> dict[UUID, list[Fact]]:
    """Department → everybody who came from ``begin`` on and before ``end``, in that order: two queries."""
    came = EmergencyVisit.objects.filter(department_id__in=departments, arrived_at__gte=begin, arrived_at__lt=end)
    found: dict[UUID, list[Fact]] = {pk: [] for pk in departments}
    by_id: dict[UUID, Fact] = {}
    for department, *row in came.order_by("arrived_at", "id").values_list("department_id", *COLUMNS):
        by_id[row[0]] = fact = Fact(*row)
        found[department].append(fact)
    for visit, looks in _looks(came).items():
        if visit in by_id:  # one that came in between the two queries is not counted yet
            by_id[visit].looks = looks
    return found


def _looks(came: Any) -> dict[UUID, list[Look]]:
    found: dict[UUID, list[Look]] = defaultdict(list)
    rows = Triage.objects.filter(visit__in=came.order_by(), sort__in=LOOKS, error_at=None).order_by("at", "id")
    for visit, *look in rows.values_list("visit_id", "at", "suggested", "level"):
        found[visit].append((look[0], look[1], look[2]))
    return found
