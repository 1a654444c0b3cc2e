"""The clock's part of bookings: holds and payments whose time is over give their places back (R2.3), and requests that
nobody answered until their time are declined, so that nobody waits for an answer for ever.

It looks at rows and the time, so it may come late, twice or not at all: a hold that is over keeps nobody out anyway.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.core.errors import DomainError
from clinic.live.record import done
from clinic.tenants import days
from queues.availability import load
from queues.models import REQUESTED, TOKEN, Appointment
from queues.operations import appointments

log = structlog.get_logger(__name__)


def expire_due() -> int:
    """End what is over in the open hospital; returns how many."""
    over = Appointment.objects.filter(Q(held_until__isnull=False) & load.overdue(clock.now()))
    return _each(over, lambda row: appointments.expire(row, actor=SYSTEM))


def decline_unanswered() -> int:
    """Decline the requests whose time has come, or for a number whose day is over; the patients learn of it."""
    now = clock.now()
    here = days.current_hospital()
    passed = Q(mode=TOKEN, service_day__lt=days.service_day(here, now)) | (~Q(mode=TOKEN) & Q(starts_at__lte=now))
    with translation.override(here.language):
        reason = _("Nobody answered in time.")
    rows = Appointment.objects.filter(passed, state=REQUESTED)
    return _each(rows, lambda row: appointments.reject(row, reason=reason, actor=SYSTEM))


def _each(rows: QuerySet[Appointment], act: Callable[[Appointment], object]) -> int:
    acts = 0
    for row in rows.order_by("id"):
        try:
            act(row)
        except DomainError as refused:  # somebody was faster: the next tick looks again
            log.info("clock.refused", appointment=str(row.pk), code=refused.code)
            continue
        acts += bool(done().events)
    return acts
