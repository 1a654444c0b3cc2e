"""Days that are over are counted once and kept; a day is over when everybody who came on it has left (R4.41).

What is kept is a cache in a table: dropped when a visit of the day changes. Missing days are counted from the visits:
by a question as many as it can read in half a second, by the clock the others, and the answer says which those are.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from clinic.core import clock
from clinic.core.access import SYSTEM, Actor
from clinic.core.errors import constraints
from clinic.directory.models import Department
from clinic.live.record import operation
from clinic.tenants import days
from clinic.tenants.models import Hospital
from er_flow.measures import counts, facts
from er_flow.measures.counts import Counts
from er_flow.measures.facts import Fact
from er_flow.models import DayFigures, EmergencyVisit

constraints({"dayfigures_unique": "row.changed"})
AGAIN = 8
"""So many of the newest kept days are counted again by each run: somebody may have been entered while they were."""
AT_ONCE = 31
"""Days that one run counts for the first time at most."""
READ_AT_ONCE = 5_000
"""Visits that one question reads at most, half a second's worth: it must not wait while a year is counted."""
Day = tuple[UUID, date]


def of(departments: Sequence[UUID], first: date, last: date) -> tuple[Counts, list[date]]:
    """The counts of these service days: from what is kept, and of the rest the newest from the visits.

    Beside them the days that are still to be counted, whose visits are in no count: after an import of years, until
    the clock has been there.
    """
    at_once, pending = missing(departments, first, last)
    rows = _kept(departments, first, last).exclude(day__in=pending).values_list("department_id", "day", "counts")
    kept = {(row[0], row[1]): row[2] for row in rows}
    found = counts.added(kept.values())
    here, now = days.current_hospital(), clock.now()
    for run in _runs(at_once):
        for (pk, day), some in by_day(here, departments, run[0], run[-1]).items():
            if (pk, day) not in kept:
                found.add(counts.of(some, now))
    return found, pending


def missing(departments: Sequence[UUID], first: date, last: date) -> tuple[list[date], list[date]]:
    """The days that are not kept, in order: those that can be counted at once, and those that are left to the clock.

    The newest is always counted, and as many before it as have ``READ_AT_ONCE`` visits together.
    """
    kept = set(_kept(departments, first, last).values_list("department_id", "day"))
    wanted = [day for day in _days(first, last) if any((pk, day) not in kept for pk in departments)]
    left, at_once = READ_AT_ONCE, list[date]()
    for run in reversed(_runs(wanted)):
        some, n = _newest_of(departments, run, left)
        at_once[:0] = some or ([] if at_once else run[-1:])
        if len(some) < len(run):
            break
        left -= n
    return at_once, wanted[: len(wanted) - len(at_once)]


def _kept(departments: Sequence[UUID], first: date, last: date) -> QuerySet[DayFigures]:
    rows: QuerySet[DayFigures] = DayFigures.objects.filter(
        department_id__in=departments, day__gte=first, day__lte=last, form=counts.FORM
    )
    return rows


def _newest_of(departments: Sequence[UUID], run: list[date], most: int) -> tuple[list[date], int]:
    """The newest days of a run that have no more than so many visits together, and how many those are."""
    here = days.current_hospital()
    rows = EmergencyVisit.objects.filter(
        department_id__in=departments, arrived_at__gte=days.day_start(here, run[0]),
        arrived_at__lt=days.day_end(here, run[-1]),
    )  # fmt: skip
    beyond = rows.order_by("-arrived_at").values_list("arrived_at", flat=True)[most : most + 1].first()
    if beyond is None:
        return run, rows.count()
    return [day for day in run if day > days.service_day(here, beyond)], most


def by_day(here: Hospital, departments: Sequence[UUID], first: date, last: date) -> dict[Day, list[Fact]]:
    """The visits of these service days, by department and day; two queries."""
    starts = [(days.day_start(here, day), day) for day in _days(first, last)]
    found: dict[Day, list[Fact]] = {(pk, day): [] for pk in departments for _at, day in starts}
    for pk, some in facts.load(departments, starts[0][0], days.day_end(here, last)).items():
        n = 0
        for one in some:  # in the order of their arrival
            while n + 1 < len(starts) and one.arrived >= starts[n + 1][0]:
                n += 1
            found[pk, starts[n][1]].append(one)
    return found


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _runs(wanted: Sequence[date]) -> list[list[date]]:
    """Days that follow each other, a month at most: so much is in memory at once."""
    found: list[list[date]] = []
    for day in wanted:
        if found and day - found[-1][-1] == timedelta(days=1) and len(found[-1]) < 31:
            found[-1].append(day)
        else:
            found.append([day])
    return found


# --- kept ------------------------------------------------------------------------------------------------------------


def settle() -> int:
    """Count what is over and not kept yet, and the newest kept days again; returns the days that were written."""
    return _settle_all(AGAIN)


def catch_up(seconds: float) -> int:
    """Count what was never counted, for about so long: years that were imported wait for minutes and not for hours."""
    until, written = time.monotonic() + seconds, 0
    while (some := _settle_all(0)) and time.monotonic() < until:
        written += some
    return written + some


def _settle_all(again: int) -> int:
    here, now = days.current_hospital(), clock.now()
    yesterday = days.service_day(here, now) - timedelta(days=1)
    written = 0
    for pk in Department.objects.filter(sort=Department.EMERGENCY).order_by("id").values_list("pk", flat=True):
        wanted = _unkept(here, pk, yesterday)
        for run in _runs(sorted({*wanted[:AT_ONCE], *_newest(pk, again)})):
            written += _settle(here, pk, run, now)
    return written


def _unkept(here: Hospital, department: UUID, last: date) -> list[date]:
    """Days with visits that are not kept, the newest first; where somebody of an older day is still here, not it."""
    visits = EmergencyVisit.objects.filter(department_id=department)
    began = visits.order_by("arrived_at").values_list("arrived_at", flat=True).first()
    if began is None:
        return []
    kept = DayFigures.objects.filter(department_id=department, form=counts.FORM)
    there = set(kept.values_list("day", flat=True))
    here_yet = {days.service_day(here, at) for at in visits.open().values_list("arrived_at", flat=True)}
    all_days = _days(days.service_day(here, began), last)
    return [day for day in reversed(all_days) if day not in there and day not in here_yet]


def _newest(department: UUID, most: int) -> list[date]:
    rows = DayFigures.objects.filter(department_id=department).order_by("-day")
    return list(rows.values_list("day", flat=True)[:most])


def _settle(here: Hospital, department: UUID, run: Sequence[date], now: datetime) -> int:
    told: dict[date, Counts | None] = {}
    for (_pk, day), some in by_day(here, [department], run[0], run[-1]).items():
        told[day] = None if any(one.departed is None for one in some) else counts.of(some, now)
    return write(department, told, actor=SYSTEM)


@operation("er.view")
def write(department: UUID, told: dict[date, Counts | None], *, actor: Actor) -> int:
    """Keep the counts of these days instead of what was kept; None: keep nothing. No event: nobody is shown it live.

    Returns how many days are kept.
    """
    drop([(department, day) for day in told], actor=actor)
    rows = [
        DayFigures(department_id=department, day=day, form=counts.FORM, counts=counts.doc(some))
        for day, some in told.items() if some is not None
    ]  # fmt: skip
    DayFigures.objects.bulk_create(rows)
    return len(rows)


@operation("er.view")
def drop(wanted: Sequence[Day], *, actor: Actor) -> None:
    """Forget these days: they are counted from the visits until they are kept again. No event."""
    for department, day in wanted:
        DayFigures.objects.filter(department_id=department, day=day).delete()


def forget(visits: Sequence[UUID], earlier: Sequence[datetime] = ()) -> None:
    """A visit of a day that was over has changed. ``earlier``: when it was said to have begun before."""
    here = days.current_hospital()
    rows = EmergencyVisit.objects.filter(pk__in=visits).values_list("department_id", "arrived_at")
    wanted = {(pk, days.service_day(here, at)) for pk, arrived in rows for at in (arrived, *earlier)}
    rows = DayFigures.objects.filter(day__in={day for _pk, day in wanted})
    kept = set(rows.values_list("department_id", "day"))
    if wanted & kept:
        drop(sorted(wanted & kept), actor=SYSTEM)
