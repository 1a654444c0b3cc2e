"""Public booking (domain/2): a doctor, a day and time or a number, one's details. No account, no script needed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from clinic.core import clock, http
from clinic.core.access import VISITOR
from clinic.core.errors import DomainError, NotFound
from clinic.directory.models import VisitType
from clinic.records.search import phone_key, plain
from clinic.tenants.days import policies, service_day
from clinic.tenants.models import Hospital
from queues import booking_pages as told
from queues import online
from queues.availability import book
from queues.booking_forms import DetailsForm
from queues.models import HELD, TOKEN, Appointment, Queue
from queues.online import Chosen
from queues.operations import appointments, public_limits
from queues.regions import spoken
from queues.views import proof
from queues.views.proof import code_channel
from queues.views.publicly import at_hospital, shown

PAGE = require_http_methods(["GET", "POST"])
TAKEN = ("slot.taken", "slot.closed", "slot.past", "slot.uneven", "day.full", "appointment.hold_over",
         "appointment.wrong_state", "appointment.no_mode", "appointment.type_not_here")  # fmt: skip
"""Refusals after which another time has to be chosen."""


# --- 1: who ----------------------------------------------------------------------------------------------------------


@require_GET
@at_hospital("whoever wants to book chooses a doctor")
def online_doctors(request: HttpRequest, here: Hospital) -> HttpResponse:
    """The doctors anybody may book with; ``?doctor=`` goes on to that one's times."""
    if wanted := request.GET.get("doctor"):
        return http.SeeOther(_time_url(here, line=str(online.line(wanted).pk)))
    rows = list(online.lines())
    asked = {name: request.GET.get(name, "")[:80] for name in ("q", "speciality", "sort")}
    free = book.next_free_of(rows, online=True)
    return shown(
        request, "booking/doctors.html", here, doctors=told.doctors(rows, free, here, asked), asked=asked,
        specialities=told.specialities(rows), any_lines=bool(rows),
    )  # fmt: skip


# --- 2: when ---------------------------------------------------------------------------------------------------------


@PAGE
@at_hospital("whoever wants to book chooses a time")
def online_time(request: HttpRequest, here: Hospital) -> HttpResponse:
    """Days at a glance and the times of one; choosing a time keeps it for some minutes (R2.3)."""
    given = request.POST if request.method == "POST" else request.GET
    slot, _bar, other = given.get("slot", "").partition("|")  # a colleague's time, offered where one was taken
    line = online.line(other or given.get("line", ""))
    kind = online.type_of(online.types(line), given.get("type", ""))
    if request.method != "POST":
        return _times(request, here, line, kind)
    try:
        place = _take(request, line, kind, slot)
    except DomainError as error:
        return _times(request, here, line, kind, refused=error)
    return http.SeeOther(f"{reverse('queues:online_details', args=[here.slug])}?{urlencode({'at': place.signed()})}")


def _take(request: HttpRequest, line: Queue, kind: VisitType | None, slot: str) -> Chosen:
    """Keep the place that was chosen; the one kept before for this visitor is given back."""
    key = kind.pk if kind else None
    if wanted := request.POST.get("day"):
        day = told.day_of(wanted)
        if day is None:
            raise NotFound
        return Chosen(line.pk, key, day=day)  # nothing is kept: what counts is the booking
    starts_at = told.instant(slot)
    _give_back(request.POST.get("at", ""))
    if not public_limits.calm(http.address(request)):  # kept only for whoever shows a code
        return Chosen(line.pk, key, starts_at=starts_at, asks=True)
    held = appointments.hold_online(line, type=kind, starts_at=starts_at, actor=VISITOR)
    return Chosen(held.queue_id, key, starts_at=held.starts_at, held=held.pk, secret=held.hold_secret)


def _give_back(text: str) -> None:
    if not text:
        return
    with suppress(DomainError):
        held = _held(online.chosen(text), state=HELD)
        if held is not None:
            appointments.release_online(held, actor=VISITOR)


def _times(
    request: HttpRequest, here: Hospital, line: Queue, kind: VisitType | None, refused: DomainError | None = None
) -> HttpResponse:
    given = request.GET if request.method == "GET" else request.POST
    first, last, limit = told.window(here, given.get("from", ""))
    days = book.days(line, first, last, kind, online=True)
    day = told.pick(days, given.get("on", ""))
    later = last < limit
    context: dict[str, Any] = {
        "line": line, "type": kind, "types": online.types(line), "doctor": told.summary(line, kind, here),
        "days": told.glance(days, day.day if day else None), "day": day, "parts": told.parts(day), "first": first,
        "zone": told.zone_words(here), **_ways(here, line, kind, given, first, last if later else None),
        "number": day if day is not None and told.takes_number(day) else None, "at": given.get("at", "")[:600],
        "refused": refused.message if refused else "", "free": _alternatives(line, kind, given, refused),
    }  # fmt: skip
    return shown(request, "booking/time.html", here, status=refused.status if refused else 200, **context)


def _ways(
    here: Hospital, line: Queue, kind: VisitType | None, given: Any, first: date, last: date | None
) -> dict[str, str]:
    """Where the links of the page lead: another day, earlier and later ones."""
    query = {"line": str(line.pk), "type": str(kind.pk) if kind else "", "at": given.get("at", "")[:600]}
    today = told.window(here, "")[0]
    earlier = max(first - timedelta(days=told.SPAN), today) if first > today else None
    wait = urlencode({"line": query["line"], **({"type": query["type"]} if query["type"] else {})})
    return {
        "wait_url": f"{reverse('queues:online_wait', args=[here.slug])}?{wait}",
        "day_url": _time_url(here, **query, **{"from": first.isoformat()}),
        "earlier_url": _time_url(here, **query, **{"from": earlier.isoformat()}) if earlier else "",
        "later_url": _time_url(here, **query, **{"from": (last + timedelta(days=1)).isoformat()}) if last else "",
    }


def _alternatives(line: Queue, kind: VisitType | None, given: Any, refused: DomainError | None) -> list[dict[str, str]]:
    """Times that are free now, near the one that was taken (R2.2): in this line, then with a listed colleague."""
    if refused is None or refused.code not in TAKEN:
        return []
    with suppress(NotFound):
        near = book.alternatives(line, kind, told.instant(given.get("slot", "").partition("|")[0]))
        names = {row.pk: spoken.line_name(row) for row in online.lines()} if near else {}
        now = clock.now()
        return [
            {
                "value": f"{one.starts_at.isoformat()}|{one.queue}", "time": told.moment(one.starts_at, now),
                "name": "" if one.queue == line.pk else names[one.queue],
            }
            for one in near if one.queue in names
        ]  # fmt: skip
    return []


# --- 3: details ------------------------------------------------------------------------------------------------------


@PAGE
@at_hospital("whoever has chosen a place says who comes")
def online_details(request: HttpRequest, here: Hospital) -> HttpResponse:
    """Who comes. Known and unknown people get the same answer (R2.13); where a code is asked for, it comes after."""
    given = request.POST if request.method == "POST" else request.GET
    try:
        place = online.chosen(given.get("at", ""))
    except DomainError as error:
        if not given.get("at"):
            raise NotFound("link.unknown") from None
        return _again(request, here, None, error)
    line = online.line(str(place.line))
    kind = next((one for one in online.types(line) if one.pk == place.type), None)
    channel = code_channel(policies(), asks=place.asks)
    form = DetailsForm(request.POST if request.method == "POST" else None, needs_mail=channel == "mail")
    if request.method == "POST" and form.is_valid():
        if not place.asks and not channel and _must_ask(request, place, form):
            place = replace(place, asks=True)
            channel = code_channel(policies(), asks=True)
            form = DetailsForm(request.POST, needs_mail=channel == "mail")
        if form.is_valid():
            return _book(request, here, place, line, kind, form, channel)
    return _details(request, here, place, line, kind, form)


def _must_ask(request: HttpRequest, place: Chosen, form: DetailsForm) -> bool:
    """Whether the visitor has to show a code here that the policy does not ask for."""
    address = http.address(request)
    if place.day and not public_limits.calm(address):
        return True  # a choice of a day keeps nothing and could be sent again and again
    most = policies().live_bookings_per_phone
    return public_limits.booked_before(phone_key(form.cleaned_data["phone"]), _what(place, form), address, most)


def _what(place: Chosen, form: DetailsForm) -> str:
    """Who comes to which line on which day: one such booking is taken without a code."""
    name = plain(f"{form.cleaned_data['given_name']} {form.cleaned_data['family_name']}")
    return f"{name} {place.line} {place.day or service_day(policies().hospital, place.starts_at)}"


def _book(
    request: HttpRequest, here: Hospital, place: Chosen, line: Queue, kind: VisitType | None, form: DetailsForm,
    channel: str,
) -> HttpResponse:  # fmt: skip
    try:
        shown_to = proof.proven(request, form, channel) if channel else ""
        if channel and not shown_to:
            return _ask_code(request, here, place, line, kind, form, channel)
        booked = _booked(place, line, kind, form, shown_to)
        if not shown_to:
            public_limits.note_booked(phone_key(form.cleaned_data["phone"]), _what(place, form), http.address(request))
    except DomainError as error:
        if error.code in TAKEN:
            return _again(request, here, place, error)
        if error.code == "code.wrong":
            return _ask_code(request, here, place, line, kind, form, channel, wrong=error)
        form.add_error(None, error.message)
        return _details(request, here, place, line, kind, form, status=error.status)
    return http.SeeOther(f"{reverse('queues:booking', args=[booked.link])}?new=1")


def _booked(
    place: Chosen, line: Queue, kind: VisitType | None, form: DetailsForm, shown_to: str
) -> appointments.Booked:  # fmt: skip
    told: dict[str, Any] = {"reason": form.cleaned_data["reason"], "proved": shown_to, "actor": VISITOR}
    if place.held is not None:
        held = _held(place)
        if held is None:
            raise NotFound
        return appointments.book_online(held, form.person, **told)
    if place.day is not None:
        return appointments.book_online(line, form.person, type=kind, day=place.day, mode=TOKEN, **told)
    return appointments.book_online(line, form.person, type=kind, starts_at=place.starts_at, **told)


def _held(place: Chosen, **where: str) -> Appointment | None:
    """The place that is kept for this browser, with what shows that it is."""
    held: Appointment | None = Appointment.objects.filter(pk=place.held, **where).first() if place.held else None
    if held is not None:
        held.hold_secret = place.secret
    return held


def _ask_code(
    request: HttpRequest, here: Hospital, place: Chosen, line: Queue, kind: VisitType | None, form: DetailsForm,
    channel: str, wrong: DomainError | None = None,
) -> HttpResponse:  # fmt: skip
    """The same details, out of sight, and the code that was sent now (or before, where the one typed is wrong)."""
    nonce, typed = proof.ask(request, here, form, channel, wrong)
    to = proof.address_of(form, channel)
    context = {**_context(here, place, line, kind), "form": typed, "kept": form, "nonce": nonce, "to": to}
    return shown(request, "booking/code.html", here, status=409 if wrong else 200, **context)


def _details(
    request: HttpRequest, here: Hospital, place: Chosen, line: Queue, kind: VisitType | None, form: DetailsForm,
    status: int = 422,
) -> HttpResponse:  # fmt: skip
    form.mark()
    status = status if form.is_bound else 200
    return shown(request, "booking/details.html", here, form=form, status=status, **_context(here, place, line, kind))


def _context(here: Hospital, place: Chosen, line: Queue, kind: VisitType | None) -> dict[str, Any]:
    held = _held(place, state=HELD)
    about = book.day(line, place.day, kind, online=True).next_token_at if place.day else None
    return {
        "doctor": told.summary(line, kind, here), "type": kind, "at": place.signed(), "line": line, "about": about,
        "starts_at": place.starts_at, "day": place.day, "kept_until": held.held_until if held else None,
        "change_url": _time_url(here, line=str(line.pk), type=str(kind.pk) if kind else "", at=place.signed()),
        "zone": told.zone_words(here, place.starts_at),
    }  # fmt: skip


def _again(request: HttpRequest, here: Hospital, place: Chosen | None, error: DomainError) -> HttpResponse:
    """The place is gone, or the choice is too old: back to the times, with the reason."""
    url = reverse("queues:online", args=[here.slug])
    if place is not None:
        url = _time_url(here, line=str(place.line), type=str(place.type or ""))
    return shown(request, "booking/again.html", here, status=error.status, sentence=error.message, url=url)


def _time_url(here: Hospital, **query: str) -> str:
    told_query = {name: value for name, value in query.items() if value}
    return f"{reverse('queues:online_time', args=[here.slug])}?{urlencode(told_query)}"
