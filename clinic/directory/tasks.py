"""Clock-driven work of the directory: hospital by hospital, by rows and the time."""

from __future__ import annotations

import structlog
from celery import shared_task

from clinic.core import clock, schedule
from clinic.core.access import SYSTEM
from clinic.core.tenancy import hospital
from clinic.directory import listing, operations
from clinic.directory.models import Absence, Listing
from clinic.tenants.models import Hospital

log = structlog.get_logger(__name__)


@shared_task(name="directory.absences")
def begin_absences() -> int:
    """Whose absence has come is off duty; a hospital that fails does not keep the others waiting."""
    begun = 0
    for here in Hospital.objects.filter(status=Hospital.ACTIVE, hidden=False).order_by("id"):
        try:
            with hospital(here):
                begun += begin_due()
        except Exception:
            log.exception("clock.failed", hospital=here.slug, work="begin_absences")
    return begun


def begin_due() -> int:
    """Begin the absences of the open hospital whose time has come. Returns how many."""
    due = Absence.objects.filter(begun_at=None, cancelled_at=None, starts_at__lte=clock.now()).select_related("doctor")
    rows = list(due.order_by("starts_at", "id"))
    for row in rows:
        operations.begin_absence(row, actor=SYSTEM)
    return len(rows)


@shared_task(name="directory.listing")
def follow_listings() -> int:
    """As time passes, the next free place of listed doctors does. Asked of hospitals whose doctors are found at all."""
    told = 0
    for here in Hospital.objects.filter(pk__in=Listing.objects.values("hospital_id")).order_by("id"):
        try:
            with hospital(here):
                listing.publish(actor=SYSTEM)  # heals what a lost reaction left
                told += listing.refresh(actor=SYSTEM)
        except Exception:
            log.exception("clock.failed", hospital=here.slug, work="follow_listings")
    return told


schedule.every(30, begin_absences)
schedule.every(120, follow_listings)
