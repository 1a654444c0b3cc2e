"""The patient's page: one visit's place, for whoever holds its link. Works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from clinic.core import http
from clinic.core.access import PATIENT, Actor, public
from clinic.core.errors import DomainError
from clinic.core.nouns import split_ref
from clinic.core.tenancy import hospital
from clinic.inbox.push_views import offer
from clinic.records.models import Patient
from clinic.tenants import links, pages
from clinic.tenants.models import Hospital, PublicToken
from clinic.tenants.pages import outside
from queues.models import Visit
from queues.operations import ends, holds, returns
from queues.regions import words
from queues.views.answers import find

Page = Callable[[HttpRequest, Hospital, Visit, str], HttpResponse]
RELOAD = 20
"""Seconds between two loads of the page where there is no JavaScript."""


def by_link(page: Page) -> Callable[[HttpRequest, str], HttpResponse]:
    """Open the link's hospital and find its visit; unknown and ended links get the same answer (R3.41)."""

    @wraps(page)
    def view(request: HttpRequest, token: str) -> HttpResponse:
        link = links.open_link(PublicToken.STATUS, token, http.address(request))
        assert link.hospital is not None  # a status link is issued with its hospital
        with hospital(link.hospital), timezone.override(link.hospital.zone):
            return page(request, link.hospital, find(Visit, UUID(split_ref(link.target)[1])), token)

    return public("the visit's token names what it shows")(view)


@require_GET
@by_link
def status(request: HttpRequest, here: Hospital, visit: Visit, token: str) -> HttpResponse:
    return pages.public(
        request, "queues/status.html", hospital=here, department_id=visit.department_id, visit_id=visit.pk,
        token=token, refresh_seconds=RELOAD, live_url=f"/ws/s/{token}/live",
        live_refresh=outside("status-regions", token), push=offer(visit.ref, _waits(visit), token),
    )  # fmt: skip


def _waits(visit: Visit) -> Patient | None:
    """Whom notices could tell something yet."""
    return None if visit.ended_at else visit.patient


def by_phone(verb: Callable[[HttpRequest, Visit, Actor], str]) -> Callable[[HttpRequest, str], HttpResponse]:
    """A button of the page: does it as the patient, and goes back to the page, which says what came of it."""

    def page(request: HttpRequest, here: Hospital, visit: Visit, token: str) -> HttpResponse:
        try:
            told = verb(request, visit, Actor(kind="patient", id=visit.ref, name="", abilities=PATIENT))
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, told)
        return http.SeeOther(outside("queues:status", token))

    page.__name__, page.__qualname__, page.__doc__ = verb.__name__, verb.__qualname__, verb.__doc__
    # The page has no referrer, so browsers say "Origin: null"; nobody forges an address with 192 unguessable bits.
    view: Callable[[HttpRequest, str], HttpResponse] = csrf_exempt(require_POST(by_link(page)))
    return view


@by_phone
def status_leave(request: HttpRequest, visit: Visit, actor: Actor) -> str:
    """Leave the line; asked for in the page, because the place is gone then."""
    ends.leave_by_link(visit, actor=actor)
    return _("You have left the line.")


@by_phone
def status_delay(request: HttpRequest, visit: Visit, actor: Actor) -> str:
    """Let some go first, or be away for some minutes with the place kept (R3.13)."""
    places, minutes = _number(request, "places"), _number(request, "minutes")
    leg = holds.delay_by_link(visit, places=places, minutes=minutes, actor=actor)
    if leg.back_at is not None:
        return _("Your place is kept until %(time)s.") % {"time": words.clock(leg.back_at)}
    return _("Others go first now.")


@by_phone
def status_back(request: HttpRequest, visit: Visit, actor: Actor) -> str:
    """Back before the time that was said."""
    holds.come_back_by_link(visit, actor=actor)
    return _("Good that you are back: you are in the line again.")


@by_phone
def status_rejoin(request: HttpRequest, visit: Visit, actor: Actor) -> str:
    """Ask the desk to be put back into the line (R3.14)."""
    returns.ask_rejoin_by_link(visit, actor=actor)
    return _("The desk was asked.")


def _number(request: HttpRequest, name: str) -> int | None:
    given = request.POST.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 4 else None
