"""The waiting list from the patient's side: onto it without an account, and yes or no to a place that became free."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from clinic.core import http
from clinic.core.access import VISITOR, Actor
from clinic.core.errors import DomainError, NotFound
from clinic.directory.models import VisitType
from clinic.tenants import days
from clinic.tenants.days import policies
from clinic.tenants.models import Hospital, HospitalConfig
from clinic.tenants.pages import outside
from queues import booking_pages as told
from queues import online
from queues.booking_forms import WaitForm
from queues.models import Appointment, Queue
from queues.operations import public_limits, waitlist
from queues.views import proof
from queues.views.booking import PAGE
from queues.views.bookings import by_holder
from queues.views.publicly import at_hospital, shown


@PAGE
@at_hospital("whoever finds no time asks to be told of one")
def online_wait(request: HttpRequest, here: Hospital) -> HttpResponse:
    """Onto the waiting list of a line. Known and unknown people get the same answer (R2.13)."""
    given = request.POST if request.method == "POST" else request.GET
    line = online.line(given.get("line", ""))
    kind = online.type_of(online.types(line), given.get("type", ""))
    today = days.service_day(here)
    first = {"first_day": today.isoformat(), "last_day": (today + timedelta(days=28)).isoformat(), "part": "any"}
    form = WaitForm(request.POST if request.method == "POST" else None, initial=first)
    context: dict[str, Any] = {"doctor": told.summary(line, kind, here), "type": kind, "line": line}
    query = urlencode({"line": line.pk, **({"type": kind.pk} if kind else {})})
    context["change_url"] = f"{reverse('queues:online_time', args=[here.slug])}?{query}"
    if form.is_bound and form.is_valid():
        channel = _channel(request)
        form.fields["email"].required = channel == HospitalConfig.MAIL
        form.full_clean()
        if form.is_valid():
            return _enter(request, here, line, kind, form, channel, context)
    return _form(request, here, form, context)


def _channel(request: HttpRequest) -> str:
    """How whoever joins is checked: as whoever books, and in a rush always. A code that comes with it was asked for."""
    asks = "nonce" in request.POST or (
        policies().public_verification == HospitalConfig.NONE and not public_limits.calm(http.address(request))
    )
    return proof.code_channel(policies(), asks=asks)


def _enter(
    request: HttpRequest, here: Hospital, line: Queue, kind: VisitType | None, form: WaitForm, channel: str,
    context: dict[str, Any],
) -> HttpResponse:  # fmt: skip
    asked = {name: form.cleaned_data[name] for name in ("first_day", "last_day", "part")}
    try:
        if channel and not proof.proven(request, form, channel):
            return _ask_code(request, here, form, channel, context)
        waitlist.enter_online(line, form.person, type=kind, actor=VISITOR, **asked)
    except DomainError as error:
        if error.code == "code.wrong":
            return _ask_code(request, here, form, channel, context, wrong=error)
        form.add_error(None, error.message)
        return _form(request, here, form, context)
    return shown(request, "booking/waits.html", here, until=asked["last_day"], **context)


def _form(request: HttpRequest, here: Hospital, form: WaitForm, context: dict[str, Any]) -> HttpResponse:
    form.mark()
    return shown(request, "booking/wait.html", here, status=422 if form.is_bound else 200, form=form, **context)


def _ask_code(
    request: HttpRequest, here: Hospital, form: WaitForm, channel: str, context: dict[str, Any],
    wrong: DomainError | None = None,
) -> HttpResponse:  # fmt: skip
    nonce, typed = proof.ask(request, here, form, channel, wrong)
    to = proof.address_of(form, channel)
    return shown(
        request, "booking/wait_code.html", here, status=409 if wrong else 200, form=typed, kept=form, nonce=nonce,
        to=to, **context,
    )  # fmt: skip


@by_holder
def booking_take(request: HttpRequest, row: Appointment, actor: Actor) -> tuple[str, str]:
    """Yes to the place that was offered."""
    booked = waitlist.take_offer_by_link(_entry(row), actor=actor)
    return _("It is yours."), outside("queues:booking", booked.link)


@by_holder
def booking_decline(request: HttpRequest, row: Appointment, actor: Actor) -> tuple[str, str]:
    """No to this place; the entry stays on the list."""
    waitlist.decline_by_link(_entry(row), actor=actor)
    return _("The place goes to somebody else. You stay on the waiting list."), ""


def _entry(row: Appointment) -> Any:
    entry = getattr(row, "waitlist_entry", None)
    if entry is None:
        raise NotFound
    return entry
