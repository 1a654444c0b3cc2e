"""Clock-driven work of the emergency departments: hospital by hospital, by rows and the time."""

from __future__ import annotations

from celery import shared_task

from clinic.core import schedule
from er_flow import clock, trend
from er_flow.measures import keep
from queues.tasks import in_each_hospital

CATCH_UP = 20.0
"""Seconds that one tick counts in each hospital."""


@shared_task(name="er.cross")
def cross() -> int:
    """Whoever has passed a target is told of, within seconds (R4.21)."""
    return in_each_hospital(clock.cross)


@shared_task(name="er.end_blocks")
def end_blocks() -> int:
    """Beds that were blocked until now are in use again (R4.30)."""
    return in_each_hospital(clock.end_blocks)


@shared_task(name="er.count_days")
def count_days() -> int:
    """Days that are over are counted once, for the measures of longer periods (R4.41)."""
    return in_each_hospital(keep.settle)


@shared_task(name="er.count_missing")
def count_missing() -> int:
    """Days that were never counted, as after an import: a year of them within a few minutes (R4.41)."""
    return in_each_hospital(lambda: keep.catch_up(CATCH_UP))


@shared_task(name="er.keep_crowding")
def keep_crowding() -> int:
    """How crowded each department is, kept for the line beside the figure (R4.40)."""
    return in_each_hospital(trend.settle)


schedule.every(2, cross)
schedule.every(10, end_blocks)
schedule.every(60, keep_crowding)
schedule.every(600, count_days)
schedule.every(60, count_missing)
