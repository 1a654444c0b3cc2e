"""The kiosk in the hall: somebody with a booking checks in by its code, or by phone and year of birth (R2.7, R2.13).

Its link is the hospital's, made and ended by whoever manages the screens. It tells nobody who is known here: without a
booking for today the answer is always the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from clinic.core import http
from clinic.core.access import needs, public
from clinic.core.errors import DomainError, NotFound, say
from clinic.core.nouns import split_ref
from clinic.core.tenancy import hospital
from clinic.records.search import here as records
from clinic.records.search import phone_key
from clinic.tenants import days, links, pages
from clinic.tenants.models import Hospital, PublicToken
from clinic.tenants.pages import actor_of, outside, staff
from queues import booking_face
from queues.booking_forms import LEAST_DIGITS, KioskForm
from queues.models import CHECKED_IN, CONFIRMED, MISSED, Appointment
from queues.operations import checkin, public_limits, secret_links
from queues.operations.entering import Arrival
from queues.regions import spoken
from queues.tickets import why_no_code
from queues.views.answers import act
from queues.views.publicly import appointment, holder

BACK_AFTER, CLEAR_AFTER = 15, 45
"""Seconds until the kiosk is ready for the next: after a check-in, and after something that was typed wrongly."""
TOKEN = re.compile(r"(?:.*/b/)?([A-Za-z0-9_-]{16,64})/?(?:\?.*)?")
"""What a reader of codes types: the booking's address, or its token alone."""

say({"kiosk.nothing": gettext_lazy("There is no booking for today under this. Please go to the desk.")})

Page = Callable[[HttpRequest, Hospital, str], HttpResponse]


def at_kiosk(page: Page) -> Callable[[HttpRequest, str], HttpResponse]:
    @wraps(page)
    def view(request: HttpRequest, token: str) -> HttpResponse:
        link = links.open_link(PublicToken.KIOSK, token, http.address(request))
        if link.hospital is None or request.hospital is not None:  # type: ignore[attr-defined]
            raise NotFound("link.unknown")
        with hospital(link.hospital), timezone.override(link.hospital.zone):
            return page(request, link.hospital, token)

    return public("the kiosk's token opens check-in and nothing else")(view)


@csrf_exempt  # as on the status page: no referrer, so no origin, and an address nobody can forge
@require_http_methods(["GET", "POST"])
@at_kiosk
def kiosk(request: HttpRequest, here: Hospital, token: str) -> HttpResponse:
    """Type or scan, and be in the line."""
    form = KioskForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _done(request, here, token, _check_in(form.cleaned_data))
            except DomainError as error:
                status = error.status
                form.add_error(None, error.message)
        form.mark()
    told = {"form": form, "token": token, "refresh_seconds": CLEAR_AFTER if form.is_bound else 0}
    return pages.public(request, "booking/kiosk.html", hospital=here, status=status, **told)


def _check_in(given: dict[str, Any]) -> tuple[Appointment, Arrival]:
    row = _by_code(given["code"]) if given["code"] else _by_person(given["phone"], given["birth_year"])
    if row is None:
        raise NotFound("kiosk.nothing")
    return row, checkin.check_in_by_link(row, actor=holder(row))


def _by_code(text: str) -> Appointment | None:
    found = TOKEN.fullmatch(text.strip())
    try:
        link = links.open_link(PublicToken.BOOKING, found[1] if found else "")
        return appointment(split_ref(link.target)[1])  # another hospital's is not there
    except (NotFound, links.Closed):
        return None


def _by_person(phone: str, year: int) -> Appointment | None:
    """The first booking of today of whoever has this phone and year; the same questions are asked for everybody."""
    key = phone_key(phone)
    public_limits.kiosk_try(key)
    if len(key) < LEAST_DIGITS:  # no digits at all is what everybody without a phone has
        return None
    people = [one.pk for one in records().filter(phone_key=key)[:20] if year in (one.birth_year, _year(one.birth_date))]
    today = days.service_day(days.current_hospital())
    rows = Appointment.objects.filter(
        patient__in=people, service_day=today, state__in=(CONFIRMED, MISSED, CHECKED_IN)
    ).order_by("starts_at")
    found = list(rows[:20])
    first = next((row for row in found if row.state == CONFIRMED), found[0] if found else None)
    return appointment(str(first.pk)) if first else None


def _year(born: Any) -> int | None:
    return born.year if born else None


def _done(request: HttpRequest, here: Hospital, token: str, came: tuple[Appointment, Arrival]) -> HttpResponse:
    row, arrival = came
    doctor = row.queue.doctor
    late = [warned for warned in arrival.warnings if warned.code == "appointment.late"]
    return pages.public(
        request, "booking/kiosk_done.html", hospital=here, visit=arrival.visit, line=spoken.line_name(row.queue),
        room=doctor.room if doctor else None, late=bool(late), starts_at=row.starts_at, seconds=BACK_AFTER,
        again=outside("queues:kiosk", token),
        code=booking_face.code(outside("queues:status", arrival.link)),
    )  # fmt: skip


# --- the desk's side -------------------------------------------------------------------------------------------------


@require_GET
@needs("displays.manage")
def kiosk_link(request: HttpRequest) -> HttpResponse:
    """The link for the kiosks, as an address and a code for a tablet's camera."""
    token = secret_links.kiosk_of(days.current_hospital())
    path = outside("queues:kiosk", token) if token else ""
    context: dict[str, Any] = {
        "url": request.build_absolute_uri(path) if path else "", "code": booking_face.code(path) if path else None,
        "why": why_no_code(),
    }  # fmt: skip
    return staff(request, "booking/kiosk_link.html", here="displays", page=_("Check-in kiosk"), **context)


@act("displays.manage")
def kiosk_make(request: HttpRequest) -> str:
    secret_links.make_kiosk(actor=actor_of(request))
    return _("The kiosk has a new link. Screens with the old one end.")


@act("displays.manage")
def kiosk_end(request: HttpRequest) -> str:
    secret_links.end_kiosk(actor=actor_of(request))
    return _("The kiosk's link has ended.")
