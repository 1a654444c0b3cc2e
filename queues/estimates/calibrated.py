"""How good the waits told were, over a period (R3.32): counted in the database, however long the promise ledger is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Greatest

from clinic.core import sight
from clinic.tenants import days
from queues.models import Promise, Queue

BAND = (0.85, 0.95)
"""R3.32: so many are to be called by the later moment told; more, and the range is wider than it need be."""
SMALLER = 0.30
"""R3.32: so much smaller is the error to be than that of the mean of the last ten waits."""
ENOUGH = 30
"""Fewer say nothing."""
MOST = 200_000
"""Promises that are counted, the newest; a busy hospital makes about as many in a month."""
NEXT, NEAR, FAR, FARTHER = "next", "near", "far", "farther"
BANDS = {NEXT: (0, 0), NEAR: (1, 3), FAR: (4, 8), FARTHER: (9, 10**6)}
"""People ahead when it was told."""

GOOD, LATE, WIDE, FEW = "good", "late", "wide", "few"


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of some promises."""

    told: int = 0
    """Of people who were called."""
    kept: int = 0
    """Called by the later moment."""
    width: timedelta = timedelta()
    error: timedelta = timedelta()
    """Between the earlier moment told and the call, in sum."""
    beside: int = 0
    """Where there was a mean of the last ten waits,"""
    own: timedelta = timedelta()
    rolling: timedelta = timedelta()
    """and how far off both were there."""

    def __add__(self, other: Self) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in Tally.__slots__))

    @property
    def coverage(self) -> float | None:
        return self.kept / self.told if self.told else None

    @property
    def verdict(self) -> str:
        """Whether p90 is what it says."""
        if self.coverage is None or self.told < ENOUGH:
            return FEW
        return LATE if self.coverage < BAND[0] else WIDE if self.coverage > BAND[1] else GOOD

    @property
    def width_minutes(self) -> float | None:
        return _each(self.width, self.told)

    @property
    def error_minutes(self) -> float | None:
        return _each(self.error, self.told)

    @property
    def rolling_minutes(self) -> float | None:
        return _each(self.rolling, self.beside)

    @property
    def smaller(self) -> float | None:
        """By what part the error is smaller than that of the mean of the last ten."""
        return 1 - self.own / self.rolling if self.rolling else None

    @property
    def is_better(self) -> bool:
        return self.smaller is not None and self.smaller >= SMALLER


@dataclass(frozen=True, slots=True)
class Line:
    """A line with what came of its promises."""

    pk: UUID
    name: str
    sort: str
    bands: dict[str, Tally]

    @property
    def total(self) -> Tally:
        return sum(self.bands.values(), Tally())


@dataclass(frozen=True, slots=True)
class Told:
    """A period's promises: by line, and by kind of line and people ahead."""

    lines: tuple[Line, ...]
    since: datetime | None = None
    """Only those made later are counted, because there are so many."""

    @property
    def kinds(self) -> dict[str, dict[str, Tally]]:
        found: dict[str, dict[str, Tally]] = {}
        for line in self.lines:
            mine = found.setdefault(line.sort, {})
            for band, tally in line.bands.items():
                mine[band] = mine.get(band, Tally()) + tally
        return {sort: found[sort] for sort, _label in Queue.KINDS if sort in found}


def of(first: date, last: date) -> Told:
    """The promises of these service days whose people were called, of the lines the asker may see: three queries."""
    here = days.current_hospital()
    lines = {row.pk: row for row in sight.seen(Queue.objects.order_by("name", "id"))}
    rows = Promise.objects.filter(
        queue_id__in=list(lines), called_at__isnull=False,
        at__gte=days.day_start(here, first), at__lt=days.day_end(here, last),
    )  # fmt: skip
    oldest = rows.order_by("-pk").values_list("pk", "at")[MOST - 1 : MOST].first()
    if oldest is not None:
        rows = rows.filter(pk__gte=oldest[0])
    return Told(tuple(_lines(lines, _counted(rows))), oldest[1] if oldest else None)


def _lines(lines: dict[UUID, Queue], rows: Iterable[dict[str, Any]]) -> Iterable[Line]:
    bands: dict[UUID, dict[str, Tally]] = {}
    for row in rows:
        told = Tally(*(row[name] or getattr(Tally(), name) for name in Tally.__slots__))
        bands.setdefault(row["queue_id"], {})[row["band"]] = told
    return [Line(pk, line.name, line.sort, bands[pk]) for pk, line in lines.items() if pk in bands]


def _counted(rows: QuerySet[Promise]) -> QuerySet[Any]:
    """One row for each line and number of people ahead."""
    band = Case(
        *(When(ahead__lte=high, then=Value(name)) for name, (_low, high) in BANDS.items() if name != FARTHER),
        default=Value(FARTHER), output_field=CharField(),
    )  # fmt: skip
    beside = Q(rolling_at__isnull=False)
    return rows.annotate(band=band).order_by().values("queue_id", "band").annotate(
        told=Count("pk"), kept=Count("pk", filter=Q(called_at__lte=F("p90_at"))),
        width=Sum(_between("p50_at", "p90_at")), error=Sum(_off("p50_at")), beside=Count("pk", filter=beside),
        own=Sum(_off("p50_at"), filter=beside), rolling=Sum(_off("rolling_at"), filter=beside),
    )  # fmt: skip


def _between(start: str, end: str) -> ExpressionWrapper[Any]:
    return ExpressionWrapper(F(end) - F(start), output_field=DurationField())


def _off(told: str) -> Greatest:
    """How far from the call, whichever was first."""
    return Greatest(_between(told, "called_at"), _between("called_at", told), output_field=DurationField())


def _each(span: timedelta, many: int) -> float | None:
    return span.total_seconds() / 60 / many if many else None


__all__ = ["BAND", "BANDS", "ENOUGH", "SMALLER", "Line", "Tally", "Told", "of"]
