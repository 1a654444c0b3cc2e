"""The waiting list in the book: a place is offered to somebody, or they are taken off it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.core.access import needs
from clinic.tenants import days
from clinic.tenants.pages import actor_of
from queues.availability import book
from queues.book_forms import OfferForm
from queues.models import WaitlistEntry
from queues.operations import waitlist
from queues.views.answers import act, find
from queues.views.asking import asking, told

MOST = 12
"""Free times offered to choose from."""


@require_http_methods(["GET", "POST"])
@needs("appointments.book")
def waiter_offer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hold a free place for somebody on the list and tell them."""
    entry = find(WaitlistEntry, pk, "patient", "type", "queue__department", "queue__doctor")
    form = OfferForm(told(request), times=_times(entry))

    def do(given: dict[str, Any]) -> str:
        held = waitlist.offer(entry, given["starts_at"], actor=actor_of(request))
        said = {"name": entry.patient.full_name, "time": _shown(held.starts_at)}
        return _("%(name)s was offered %(time)s") % said

    title = _("Offer %(name)s a place") % {"name": entry.patient.full_name}
    return asking(request, form, do, title=title, button=_("Offer"), why=_("The place is kept until they answer."))


def _times(entry: WaitlistEntry) -> list[tuple[str, str]]:
    today = days.service_day(days.current_hospital())
    first = max(entry.first_day, today)
    last = min(max(entry.last_day, first), first + timedelta(days=30))
    slots = [slot for each in book.days(entry.queue, first, last, entry.type) for slot in each.slots if slot.left > 0]
    fits = [slot for slot in slots if waitlist.fits(entry, slot.starts_at)]
    return [(slot.starts_at.isoformat(), _shown(slot.starts_at)) for slot in fits[:MOST]]


def _shown(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "D j M H:i")


@act("appointments.book")
def waiter_withdraw(request: HttpRequest, pk: UUID) -> str:
    entry = find(WaitlistEntry, pk, "patient")
    waitlist.withdraw(entry, actor=actor_of(request))
    return _("%(name)s is off the waiting list") % {"name": entry.patient.full_name}


@act("appointments.book")
def waiter_take(request: HttpRequest, pk: UUID) -> str:
    """They said yes, on the phone or at the desk."""
    booked = waitlist.take_offer(find(WaitlistEntry, pk), actor=actor_of(request))
    row = booked.appointment
    name = row.patient.full_name if row.patient else ""
    return _("%(name)s is booked for %(time)s") % {"name": name, "time": _shown(row.starts_at)}


@act("appointments.book")
def waiter_decline(request: HttpRequest, pk: UUID) -> str:
    entry = waitlist.decline(find(WaitlistEntry, pk, "patient"), actor=actor_of(request))
    return _("%(name)s stays on the waiting list; the place is free for the next") % {"name": entry.patient.full_name}
