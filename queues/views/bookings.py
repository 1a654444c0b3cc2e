"""A booking by its link: seen, moved, cancelled, late, checked in; and "my bookings" by a one-time code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core import clock, http
from clinic.core.access import VISITOR, Actor
from clinic.core.errors import DomainError, sentence
from clinic.inbox.push_views import offer
from clinic.tenants import pages
from clinic.tenants.models import Hospital
from clinic.tenants.pages import outside
from queues import booking_face, ics
from queues import booking_pages as told
from queues.availability import book
from queues.booking_forms import AddressForm, CodeForm
from queues.models import CHECKED_IN, LIVE, RESCHEDULED, TOKEN, Appointment
from queues.operations import appointments, checkin, intake, one_time, video
from queues.regions import booking as shown_live
from queues.regions import spoken, words
from queues.views import proof
from queues.views.booking import PAGE
from queues.views.publicly import at_hospital, by_booking, holder, shown

COOKIE = "bookings"
RELOAD = 30
"""Seconds between two loads of the page on the day, where there is no JavaScript."""


@require_GET
@by_booking
def booking(request: HttpRequest, here: Hospital, row: Appointment, token: str) -> HttpResponse:
    """The booking; once checked in, the place in the line; once moved, the booking that took its place."""
    if shown_live.is_elsewhere(row):
        return http.SeeOther(_elsewhere(row))
    face = booking_face.of(row, here)
    return pages.public(
        request, "booking/booking.html", hospital=here, token=token, is_new="new" in request.GET,
        refresh_seconds=RELOAD if face["today"] else 0, code=booking_face.code(outside("queues:booking", token)),
        live_url=f"/ws/b/{token}/live", live_refresh=outside("booking-regions", token),
        push=offer(row.ref, row.patient, token) if row.state in LIVE else None, **face,
    )  # fmt: skip


def _elsewhere(row: Appointment) -> str:
    if row.successor is not None:
        return outside("queues:booking", appointments.booking_link(row.successor))
    assert row.visit is not None  # whoever is checked in has one
    return outside("queues:status", intake.status_link(row.visit))


@require_GET
@by_booking
def booking_place(request: HttpRequest, here: Hospital, row: Appointment, token: str) -> HttpResponse:
    """On to the place in the line: the live part of the page, rendered without its secrets, cannot name the address."""
    if row.visit is None:
        return http.SeeOther(outside("queues:booking", token))
    return http.SeeOther(outside("queues:status", intake.status_link(row.visit)))


Verb = Callable[[HttpRequest, Appointment, Actor], tuple[str, str]]


def by_holder(verb: Verb) -> Callable[[HttpRequest, str], HttpResponse]:
    """A button of the page: does it as the patient and goes on to where it leads, which says what came of it."""

    def page(request: HttpRequest, here: Hospital, row: Appointment, token: str) -> HttpResponse:
        url = outside("queues:booking", token)
        try:
            said, there = verb(request, row, holder(row))
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, said)
            url = there or url
        return http.SeeOther(url)

    page.__name__, page.__qualname__, page.__doc__ = verb.__name__, verb.__qualname__, verb.__doc__
    page.__module__ = verb.__module__
    # As on the status page: no referrer, so no origin; and nobody forges an address with 192 unguessable bits.
    view: Callable[[HttpRequest, str], HttpResponse] = csrf_exempt(require_POST(by_booking(page)))
    return view


@by_holder
def booking_cancel(request: HttpRequest, row: Appointment, actor: Actor) -> tuple[str, str]:
    """Cancel; asked for in the page, because the place is somebody else's then."""
    appointments.cancel_by_link(row, reason=request.POST.get("reason", "")[:200], actor=actor)
    return _("Your booking is cancelled."), ""


def _join(request: HttpRequest, here: Hospital, row: Appointment, token: str) -> HttpResponse:
    """Into the video room, when the doctor calls; the page opens it, for a form may lead to pages of ours only."""
    try:
        url = video.join_by_link(row, actor=holder(row))
    except DomainError as error:
        messages.error(request, error.message)
        return http.SeeOther(outside("queues:booking", token))
    back = outside("queues:booking", token)
    return pages.public(request, "booking/join.html", hospital=here, url=url, back=back, seconds=1)


_join.__name__ = _join.__qualname__ = "booking_join"
booking_join = csrf_exempt(require_POST(by_booking(_join)))


@by_holder
def booking_leave_video(request: HttpRequest, row: Appointment, actor: Actor) -> tuple[str, str]:
    """Out of the video room."""
    video.leave_by_link(row, actor=actor)
    return _("You have left the video room."), ""


@by_holder
def booking_late(request: HttpRequest, row: Appointment, actor: Actor) -> tuple[str, str]:
    """ "I'm late": told to the desk and the doctor."""
    given = request.POST.get("minutes", "")
    minutes = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0
    checkin.delay_by_link(row, minutes=minutes, actor=actor)
    return _("The clinic knows that you come %(n)s minutes later.") % {"n": minutes}, ""


@by_holder
def booking_check_in(request: HttpRequest, row: Appointment, actor: Actor) -> tuple[str, str]:
    """Here: into the line (R2.7), and on to the page that shows the place."""
    arrival = checkin.check_in_by_link(row, actor=actor)
    said = _("You are checked in: your number is %(token)s.") % {"token": arrival.visit.token}
    late = [sentence(one.code, one.details) for one in arrival.warnings if one.code == "appointment.late"]
    by_video = row.type is not None and row.type.video
    return " ".join([said, *late]), "" if by_video else outside("queues:status", arrival.link)


MOVE = require_http_methods(["GET", "POST"])


def _move(request: HttpRequest, here: Hospital, row: Appointment, token: str) -> HttpResponse:
    """Another time with the same doctor; the old booking ends as the new one begins (R2.5)."""
    refused: DomainError | None = None
    if request.method == "POST":
        try:
            moved = _moved(request, row)
            messages.success(request, _("Your booking is moved."))
            return http.SeeOther(outside("queues:booking", moved.link))
        except DomainError as error:
            refused = error
    if row.state not in LIVE:
        return http.SeeOther(outside("queues:booking", token))
    given = request.POST if request.method == "POST" else request.GET
    first, last, limit = told.window(here, given.get("from", ""))
    days = book.days(row.queue, first, last, row.type, online=True)
    day = told.pick(days, given.get("on", ""))
    url = outside("queues:booking_move", token)
    context: dict[str, Any] = {
        "doctor": told.summary(row.queue, row.type, here), "type": row.type, "starts_at": row.starts_at, "day": day,
        "days": told.glance(days, day.day if day else None), "first": first, "zone": told.zone_words(here),
        "parts": told.parts(day) if row.mode != TOKEN else [], "day_url": f"{url}?from={first}", "token": token,
        "number": day if row.mode == TOKEN and day is not None and told.takes_number(day) else None,
        "earlier_url": url if first > told.window(here, "")[0] else "",
        "later_url": f"{url}?from={last + told.ONE}" if last < limit else "", "refused": refused and refused.message,
    }  # fmt: skip
    status = refused.status if refused else 200
    return pages.public(request, "booking/move.html", hospital=here, status=status, **context)


def _moved(request: HttpRequest, row: Appointment) -> appointments.Booked:
    if day := told.day_of(request.POST.get("day", "")):
        return appointments.reschedule_by_link(row, day=day, actor=holder(row))
    starts_at = told.instant(request.POST.get("slot", ""))
    return appointments.reschedule_by_link(row, starts_at=starts_at, actor=holder(row))


_move.__name__ = _move.__qualname__ = "booking_move"
booking_move = csrf_exempt(MOVE(by_booking(_move)))


@require_GET
@by_booking
def booking_ics(request: HttpRequest, here: Hospital, row: Appointment, token: str) -> HttpResponse:
    """The booking as a calendar file."""
    url = request.build_absolute_uri(outside("queues:booking", token))
    answer = HttpResponse(ics.one(row, here, url), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return answer


# --- my bookings -----------------------------------------------------------------------------------------------------


@PAGE
@at_hospital("a one-time code opens one's own bookings")
def online_mine(request: HttpRequest, here: Hospital) -> HttpResponse:
    """Ask for a code, type it, see the bookings of that mailbox or phone. The same answer for everybody (R2.13)."""
    if request.method == "POST" and "close" in request.POST:
        answer = http.SeeOther(reverse("queues:online_mine", args=[here.slug]))
        answer.delete_cookie(COOKIE, path=_path(here))
        return answer
    if request.method != "POST" and (to := _opened(request, here)):
        return shown(request, "booking/mine.html", here, to=to, **_bookings(to))
    if request.method == "POST" and "nonce" in request.POST:
        return _open(request, here)
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _sent(request, here, form.cleaned_data["to"])
        except DomainError as error:
            form.add_error("to", error.message)
    form.mark()
    return shown(request, "booking/mine_ask.html", here, status=422 if form.is_bound else 200, form=form)


def _sent(request: HttpRequest, here: Hospital, to: str) -> HttpResponse:
    nonce = proof.send(request, here, to, known_only=True)
    return shown(request, "booking/mine_code.html", here, form=CodeForm(), nonce=nonce, to=to)


def _open(request: HttpRequest, here: Hospital) -> HttpResponse:
    """The code is right: the bookings are open in this browser for half an hour."""
    form, to, nonce = CodeForm(request.POST), request.POST.get("to", "")[:254], request.POST["nonce"][:40]
    status = 422
    if form.is_valid():
        try:
            one_time.prove(nonce, to, form.cleaned_data["code"], actor=VISITOR)
        except DomainError as error:
            form.add_error("code", error.message)
            status = error.status
        else:
            answer = http.SeeOther(reverse("queues:online_mine", args=[here.slug]))
            answer.set_cookie(
                COOKIE, one_time.seal(f"{here.pk} {to}"), max_age=one_time.OPEN_FOR, path=_path(here), httponly=True,
                samesite="Lax", secure=request.is_secure(),
            )  # fmt: skip
            return answer
    form.mark()
    return shown(request, "booking/mine_code.html", here, status=status, form=form, nonce=nonce, to=to)


def _opened(request: HttpRequest, here: Hospital) -> str:
    """The mailbox or phone whose bookings this browser has opened."""
    whose, _space, to = one_time.unseal(request.COOKIES.get(COOKIE, ""), one_time.OPEN_FOR).partition(" ")
    return to if whose == str(here.pk) else ""


def _path(here: Hospital) -> str:
    return reverse("queues:online_mine", args=[here.slug])


def _bookings(to: str) -> dict[str, Any]:
    people = one_time.holders(to)
    rows = Appointment.objects.filter(patient__in=[one.pk for one in people]).exclude(state=RESCHEDULED)
    rows = rows.select_related("queue__doctor", "queue__department", "patient", "type", "visit")
    now = clock.now()
    shown_rows = [_row(one) for one in rows.order_by("starts_at")]
    several = len({one["name"] for one in shown_rows}) > 1
    coming = [one for one in shown_rows if one["live"]]
    past = [one for one in reversed(shown_rows) if not one["live"]][:10]
    return {"coming": coming, "past": past, "several": several, "now": now}


def _row(row: Appointment) -> dict[str, Any]:
    person = row.patient
    assert person is not None  # nobody's holds are not asked for
    return {
        "url": outside("queues:booking", appointments.booking_link(row)), "starts_at": row.starts_at, "mode": row.mode,
        "doctor": spoken.line_name(row.queue), "name": person.preferred_name or person.given_name,
        "state": row.get_state_display(), "live": row.state in (*LIVE, CHECKED_IN), "token": row.token,
        "time": words.clock(row.starts_at), "type": row.type.name if row.type else "",
    }  # fmt: skip
