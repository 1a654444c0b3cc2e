"""What the pages without sign-in share: the hospital's address or a link opens the hospital; unknown is one answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from clinic.core import http
from clinic.core.access import PATIENT, Actor, public
from clinic.core.errors import NotFound
from clinic.core.limits import wrong_link
from clinic.core.nouns import split_ref
from clinic.core.tenancy import hospital
from clinic.tenants import links, pages
from clinic.tenants.models import Hospital, PublicToken
from queues.models import Appointment
from queues.operations import public_limits

At = Callable[[HttpRequest, Hospital], HttpResponse]
Behind = Callable[[HttpRequest, Hospital, Appointment, str], HttpResponse]


def at_hospital(why: str) -> Callable[[At], Callable[[HttpRequest, str], HttpResponse]]:
    """A page of the hospital that the address names; a suspended one says that it is closed (R1.4)."""

    def wrap(page: At) -> Callable[[HttpRequest, str], HttpResponse]:
        @wraps(page)
        def view(request: HttpRequest, slug: str) -> HttpResponse:
            _outside(request)
            found = Hospital.objects.filter(slug=slug, hidden=False).first()
            if found is None:
                wrong_link(http.address(request))
                raise NotFound("link.unknown")
            if not found.is_open:
                raise links.Closed(found)
            with hospital(found), timezone.override(found.zone):
                public_limits.page(http.address(request))
                return page(request, found)

        return public(why)(view)

    return wrap


def by_booking(page: Behind) -> Callable[[HttpRequest, str], HttpResponse]:
    """A page of the one appointment whose link it is; unknown and ended links get the same answer (R3.41)."""

    @wraps(page)
    def view(request: HttpRequest, token: str) -> HttpResponse:
        _outside(request)
        public_limits.page(http.address(request))
        public_limits.link(token)
        link = links.open_link(PublicToken.BOOKING, token, http.address(request))
        assert link.hospital is not None  # a booking link is issued with its hospital
        with hospital(link.hospital), timezone.override(link.hospital.zone):
            return page(request, link.hospital, appointment(split_ref(link.target)[1]), token)

    return public("the booking's token names what it shows")(view)


def appointment(key: str) -> Appointment:
    """The appointment with all that its page shows."""
    rows = Appointment.objects.select_related(
        "queue__doctor__room", "queue__department__config", "type", "patient", "visit"
    )
    found: Appointment | None = rows.filter(pk=UUID(key)).first()
    if found is None:
        raise NotFound("link.unknown")
    return found


def holder(row: Appointment) -> Actor:
    """Whoever holds the link of this appointment."""
    return Actor(kind="patient", id=row.ref, name="", abilities=PATIENT)


def shown(request: HttpRequest, template: str, here: Hospital, *, status: int = 200, **context: Any) -> HttpResponse:
    """A public page with forms: other sites are told nothing, and its forms keep their origin."""
    answer = pages.public(request, template, hospital=here, status=status, **context)
    answer["Referrer-Policy"] = "same-origin"
    return answer


def _outside(request: HttpRequest) -> None:
    """These pages are nobody's staff pages: inside ``/h/<slug>/`` they are not there."""
    if request.hospital is not None:  # type: ignore[attr-defined]
        raise NotFound
