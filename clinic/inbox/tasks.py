"""Clock-driven work of messages: hospital by hospital, by rows and the time."""

from __future__ import annotations

from uuid import UUID

import structlog
from celery import shared_task

from clinic.core import schedule
from clinic.core.access import SYSTEM
from clinic.core.tenancy import hospital
from clinic.inbox import outgoing, subscriptions
from clinic.tenants.models import Hospital

log = structlog.get_logger(__name__)


@shared_task(name="inbox.send")
def send(hospital_id: str) -> int:
    """Send what is due in one hospital."""
    with hospital(UUID(hospital_id)):
        return outgoing.send_due()


@shared_task(name="inbox.sweep")
def sweep() -> int:
    """Send what is due everywhere; a hospital that fails does not keep the others waiting."""
    count = 0
    for here in Hospital.objects.filter(status=Hospital.ACTIVE, hidden=False).order_by("id"):
        try:
            with hospital(here):
                count += outgoing.send_due()
        except Exception:
            log.exception("clock.failed", hospital=here.slug, work="send_due")
    return count


schedule.every(15, sweep)


@shared_task(name="inbox.forget_phones")
def forget_phones() -> int:
    """Drop the phones whose links are over, everywhere."""
    count = 0
    for here in Hospital.objects.filter(hidden=False).order_by("id"):
        try:
            with hospital(here):
                if over := subscriptions.ended():
                    subscriptions.forget(over, actor=SYSTEM)
                    count += len(over)
        except Exception:
            log.exception("clock.failed", hospital=here.slug, work="forget_phones")
    return count


schedule.every(60 * 60, forget_phones)
