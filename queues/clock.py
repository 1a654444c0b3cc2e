"""What the clock does in the lines of the open hospital: brings people back, looks in where it takes very long, and
passes the times of appointments: who is due now, who did not come, whose doctor is absent.

It looks at rows and the time, so that a tick that was missed, late or doubled does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.db.models import Q

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.core.errors import DomainError
from clinic.directory import policies
from clinic.live.record import done
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues import appointment_day as on_the_day
from queues.models import CONFIRMED, IN_PROGRESS, ON_HOLD, OPEN, Appointment, Leg
from queues.operations import away_today, checkin, holds, still_there

log = structlog.get_logger(__name__)


def bring_back() -> int:
    """Whoever was away until now is in the line again, the earliest first (R3.13). Returns how many."""
    due = Leg.objects.filter(state=ON_HOLD, back_at__lte=clock.now()).order_by("back_at", "id")
    return _each(due.select_related("visit"), holds.bring_back)


def look_in() -> int:
    """Ask servers whether somebody who has been in the room for very long is still there (R3.18). Returns how many."""
    forgotten = Leg.objects.filter(Q(asked_at=None) | Q(overlong_at=None), state=IN_PROGRESS).order_by(
        "started_at", "id"
    )
    rows = forgotten.select_related("visit", "server", "queue__department__config")
    return _each([leg for leg in rows if still_there.is_due(leg)], still_there.look_in)


def make_due() -> int:
    """Whoever checked in early stands where they were booked, shortly before the time (R2.7). Returns how many."""
    near = clock.now() + on_the_day.DUE_BEFORE
    early = Leg.objects.filter(due=False, state__in=OPEN, visit__appointment__starts_at__lte=near)
    rows = early.select_related("visit").order_by("visit__appointment__starts_at", "id")
    return _each(rows, checkin.make_due)


def miss() -> int:
    """Whoever did not come to an appointment in time counts as not come, and the place is free (R2.8)."""
    hospital, now = days.policies(), clock.now()
    today = days.service_day(hospital.hospital, now)
    rows = Appointment.objects.filter(state=CONFIRMED, starts_at__lt=now, service_day__lte=today)
    acts = 0
    for row in rows.select_related("queue__doctor", "queue__department__config").order_by("starts_at", "id"):
        rules = policies.of(row.queue.department, hospital)
        if row.service_day < today or on_the_day.missed_from(row, rules, row.queue.doctor) <= now:
            acts += _one(checkin.no_show, row)
    return acts


def settle_absent() -> int:
    """Bookings of today that fall into a doctor's absence follow the policy ``on_leave`` (R2.11). Returns how many."""
    if days.policies().on_leave != HospitalConfig.POOL:
        return 0
    return sum(_one(away_today.to_pool, row) for row in away_today.hit_now())


def _one(verb: Callable[..., Any], row: Appointment) -> int:
    """One appointment that somebody acts on right now leaves the others alone; the next tick looks again."""
    try:
        verb(row, actor=SYSTEM)
    except DomainError as refused:
        log.info("clock.refused", appointment=str(row.pk), code=refused.code)
        return 0
    return bool(done().events)


def _each(legs: Iterable[Leg], verb: Callable[..., Any]) -> int:
    acts = 0
    for leg in legs:
        try:
            verb(leg.visit, actor=SYSTEM)
        except DomainError as refused:  # somebody was faster: the next tick looks again
            log.info("clock.refused", visit=str(leg.visit_id), code=refused.code)
            continue
        acts += bool(done().events)
    return acts
