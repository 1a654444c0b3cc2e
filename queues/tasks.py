"""Clock-driven work of the lines: hospital by hospital, by rows and the time."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from celery import shared_task

from clinic.core import schedule
from clinic.core.tenancy import hospital
from clinic.tenants.models import Hospital
from queues import appointment_clock, clock, days, reminders
from queues.estimates import follow
from queues.operations import resort, waitlist

log = structlog.get_logger(__name__)


def in_each_hospital(work: Callable[[], int]) -> int:
    """Do something in every active hospital; one that fails does not keep the others waiting. Returns the acts."""
    acts = 0
    for here in Hospital.objects.filter(status=Hospital.ACTIVE, hidden=False).order_by("id"):
        try:
            with hospital(here):
                acts += work()
        except Exception:
            log.exception("clock.failed", hospital=here.slug, work=work.__name__)
    return acts


@shared_task(name="queues.days")
def pass_days_on() -> int:
    """Close what the cut left open, let expected people in or lapse (R3.22)."""
    return in_each_hospital(days.pass_on)


@shared_task(name="queues.back")
def bring_back() -> int:
    """Whoever was away until now stands in the line again (R3.13)."""
    return in_each_hospital(clock.bring_back)


@shared_task(name="queues.look_in")
def look_in() -> int:
    """Ask whether somebody who has been in the room for very long is still there (R3.18)."""
    return in_each_hospital(clock.look_in)


@shared_task(name="queues.sort_again")
def sort_again() -> int:
    """Whoever came in while the policy of order changed stands by the new one (R3.4)."""
    return in_each_hospital(resort.catch_up)


@shared_task(name="queues.estimate")
def estimate() -> int:
    """Follow the log with the estimates of waits, and the minutes that pass (R3.31)."""
    return follow.follow()


@shared_task(name="queues.appointments")
def pass_times_on() -> int:
    """Who is due now, who did not come, whose doctor is absent today (R2.7, R2.8, R2.11)."""
    return sum(in_each_hospital(work) for work in (clock.make_due, clock.miss, clock.settle_absent))


@shared_task(name="queues.remind")
def remind() -> int:
    """Remind of tomorrow's and of the next hour's appointments."""
    return in_each_hospital(reminders.remind)


@shared_task(name="queues.near")
def tell_near() -> int:
    """Tell whose turn it nearly is."""
    return in_each_hospital(reminders.near)


@shared_task(name="queues.expire")
def give_back_places() -> int:
    """Holds and payments whose time is over give their places back (R2.3)."""
    return in_each_hospital(appointment_clock.expire_due)


@shared_task(name="queues.unanswered")
def decline_unanswered() -> int:
    """Requests nobody answered until their time are declined."""
    return in_each_hospital(appointment_clock.decline_unanswered)


@shared_task(name="queues.waitlist")
def lapse_offers() -> int:
    """Offers nobody answered end, and the place is offered to the next (R2.5)."""
    return in_each_hospital(waitlist.lapse_due)


schedule.every(10, give_back_places)
schedule.every(10, lapse_offers)
schedule.every(60, decline_unanswered)
schedule.every(60, remind)
schedule.every(15, tell_near)
schedule.every(1, estimate)
schedule.every(10, pass_times_on)
schedule.every(60, pass_days_on)
schedule.every(10, bring_back)
schedule.every(10, sort_again)
schedule.every(60, look_in)
