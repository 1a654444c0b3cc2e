"""A doctor's appointments for a calendar program, by a secret address the doctor makes and takes back."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinic.core import clock, http
from clinic.core.access import needs, public
from clinic.core.errors import NotFound
from clinic.core.limits import limit
from clinic.core.nouns import split_ref
from clinic.core.tenancy import hospital
from clinic.directory.models import Doctor
from clinic.tenants import links
from clinic.tenants.models import PublicToken
from clinic.tenants.pages import actor_of, outside, staff
from queues import ics
from queues.models import AWAITING_PAYMENT, CHECKED_IN, CONFIRMED, FULFILLED, REQUESTED, Appointment
from queues.operations import secret_links
from queues.views.answers import act

SHOWN = (REQUESTED, AWAITING_PAYMENT, CONFIRMED, CHECKED_IN, FULFILLED)
BEHIND, AHEAD = timedelta(days=30), timedelta(days=180)
A_FEED = (60, 600)
"""Looks at one feed in ten minutes: calendars ask every few minutes at most."""


@require_GET
@public("the feed's token names whose appointments it holds")
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The doctor's appointments from a month ago to half a year ahead; kinds and numbers, no patient."""
    link = links.open_link(PublicToken.CALENDAR, token, http.address(request))
    if link.hospital is None or request.hospital is not None:  # type: ignore[attr-defined]
        raise NotFound("link.unknown")
    limit("calendar", token, *A_FEED)
    here = link.hospital
    with hospital(here), timezone.override(here.zone), translation.override(here.language):
        found = Doctor.objects.select_related("membership__user").filter(pk=split_ref(links.ref_of(link))[1])
        doctor = found.first()
        if doctor is None or not secret_links.feeds(doctor):
            raise NotFound("link.unknown")
        links.used(link, secret_links.FEED_LASTS)
        now = clock.now()
        rows = Appointment.objects.filter(
            queue__doctor=doctor, state__in=SHOWN, starts_at__gte=now - BEHIND, starts_at__lte=now + AHEAD
        )
        body = ics.feed(rows.select_related("type").order_by("starts_at"), here, f"{doctor.name}, {here.name}")
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="appointments.ics"'
    return answer


@require_GET
@needs("doctor.edit_own")
def calendar(request: HttpRequest) -> HttpResponse:
    """The doctor's own: the address to give to a calendar program, made anew or taken back."""
    doctor = _own(request)
    token, made = secret_links.feed_of(doctor), links.made_once(PublicToken.CALENDAR, doctor.ref)
    url = request.build_absolute_uri(outside("queues:calendar_feed", token)) if token else ""
    return staff(request, "booking/calendar.html", here="work", page=_("Calendar feed"), url=url, made=made)


@act("doctor.edit_own")
def calendar_make(request: HttpRequest) -> str:
    secret_links.make_feed(_own(request), actor=actor_of(request))
    return _("The feed has a new address. The one before gets nothing any more.")


@act("doctor.edit_own")
def calendar_end(request: HttpRequest) -> str:
    secret_links.end_feed(_own(request), actor=actor_of(request))
    return _("The feed has ended.")


def _own(request: HttpRequest) -> Doctor:
    """The doctor who asks; NotFound for whoever is none."""
    found: Doctor | None = Doctor.objects.filter(pk=actor_of(request).doctor_id, sort=Doctor.DOCTOR).first()
    if found is None:
        raise NotFound()
    return found
