"""How crowded a department was in the last hours: samples the clock keeps every five minutes, and as a small line.

What is shown was computed when it was so; nothing is reckoned back. Times without a sample are gaps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from clinic.core import clock
from clinic.core.access import SYSTEM, Actor
from clinic.core.errors import constraints
from clinic.directory.models import Department
from clinic.live.record import operation
from er_flow import census
from er_flow.models import CrowdingSample

constraints({"crowdingsample_unique": "row.changed"})
EVERY = timedelta(minutes=5)
KEPT = timedelta(days=35)
"""Five weeks: the same weekday four weeks ago is there."""
SHOWN = timedelta(hours=6)
GAP = 2 * EVERY
"""Samples that are further apart are not joined: the clock was away, or the score could not be computed."""
HUNDREDTH = Decimal("0.01")


class Sample(NamedTuple):
    at: datetime
    score: float


def slot(at: datetime) -> datetime:
    """The whole five minutes that a moment belongs to."""
    return at - timedelta(seconds=at.timestamp() % EVERY.total_seconds())


# --- kept ------------------------------------------------------------------------------------------------------------


def settle() -> int:
    """Keep how crowded each emergency department is now, once for each slot, and forget what is old. Returns how many
    were kept. A tick that was missed leaves a gap; one that is doubled does nothing."""
    at = slot(clock.now())
    rows = Department.objects.filter(sort=Department.EMERGENCY, is_active=True).order_by("id")
    there = set(CrowdingSample.objects.filter(at=at).values_list("department_id", flat=True))
    wanted = [pk for pk in rows.values_list("pk", flat=True) if pk not in there]
    if not wanted:
        return 0
    told = {pk: here.nedocs.score for pk, here in census.of(wanted).items() if here.nedocs is not None}
    return write(at, told, actor=SYSTEM)


@operation("er.view")
def write(at: datetime, scores: Mapping[UUID, float], *, actor: Actor) -> int:
    """Keep these scores of one slot, and drop what is older than is kept. No event: boards show it when next they are
    rendered. Returns how many are kept."""
    CrowdingSample.objects.filter(at__lt=at - KEPT).delete()
    there = CrowdingSample.objects.filter(at=at, department_id__in=scores)
    known = set(there.values_list("department_id", flat=True))
    rows = [
        CrowdingSample(department_id=pk, at=at, score=Decimal(score).quantize(HUNDREDTH))
        for pk, score in scores.items() if pk not in known
    ]  # fmt: skip
    CrowdingSample.objects.bulk_create(rows)
    return len(rows)


# --- shown -----------------------------------------------------------------------------------------------------------


def of(departments: Iterable[UUID]) -> dict[UUID, list[Sample]]:
    """The samples of the last hours, the oldest first; one query."""
    rows = CrowdingSample.objects.filter(department_id__in=list(departments), at__gte=slot(clock.now()) - SHOWN)
    found: dict[UUID, list[Sample]] = defaultdict(list)
    for pk, at, score in rows.order_by("at").values_list("department_id", "at", "score"):
        found[pk].append(Sample(at, float(score)))
    return found


WIDTH, HEIGHT, LIMIT = 117.0, 26.0, 100.0
"""Of the picture, in its own units; above the limit a department is overcrowded."""
TOP = 140.0
"""The score that fills the picture, unless there was a higher one: from nothing on, so that heights compare."""


@dataclass(frozen=True, slots=True)
class Line:
    """A course as a picture of 120 by 28: runs of points that belong together, and where it stands now."""

    runs: tuple[str, ...]
    limit: str
    """The height of the limit."""
    dot: str
    first_at: datetime
    first: int
    least: int
    most: int


def line(samples: Sequence[Sample], score: float, now: datetime) -> Line | None:
    """The course of the samples up to the score now; None where there is nothing to compare it with."""
    end = slot(now)
    began = end - SHOWN
    shown = [one for one in samples if began <= one.at < end]
    if not shown:
        return None
    course = [*shown, Sample(end, score)]
    scores = [round(one.score) for one in course]
    runs: list[list[Sample]] = []
    for one in course:
        if runs and one.at - runs[-1][-1].at <= GAP:
            runs[-1].append(one)
        else:
            runs.append([one])
    top = max(TOP, *(one.score for one in course))
    return Line(
        runs=tuple(_points(run, began, top) for run in runs if len(run) > 1),
        limit=_y(LIMIT, top), dot=_y(score, top), first_at=shown[0].at, first=scores[0],
        least=min(scores), most=max(scores),
    )  # fmt: skip


def _points(run: Sequence[Sample], began: datetime, top: float) -> str:
    return " ".join(f"{(one.at - began) / SHOWN * WIDTH:.1f},{_y(one.score, top)}" for one in run)


def _y(score: float, top: float) -> str:
    return f"{1 + HEIGHT * (1 - score / top):.1f}"
