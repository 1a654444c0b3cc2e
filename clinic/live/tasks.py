"""Clock-driven work of the live engine."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from clinic.core import schedule
from clinic.core.tenancy import every_hospital
from clinic.live import outbox
from clinic.live.models import Reaction


@shared_task(name="live.react")
def react(hospital_id: str) -> int:
    """Run one hospital's outbox."""
    return outbox.run(UUID(hospital_id))


@shared_task(name="live.sweep")
def sweep() -> int:
    """Take up what a lost bell or a dead worker left, hospital by hospital."""
    with every_hospital("sweep of the outbox"):
        open_states = [Reaction.PENDING, Reaction.RUNNING]
        waiting = Reaction.across_hospitals.filter(state__in=open_states).values_list("hospital_id", flat=True)
        hospitals = list(waiting.distinct())
    return sum(outbox.run(which) for which in hospitals)


schedule.every(10, sweep)
