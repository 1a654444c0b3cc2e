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
from clinic.tenants import links, pages
from clinic.tenants.models import Hospital, PublicToken
from clinic.tenants.pages import outside
from queues.models import ON_HOLD, WAITING, Visit
from queues.operations import calls, ends
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
    waits = calls.leg_of(visit, lock=False).state in (WAITING, ON_HOLD)
    return pages.public(
        request, "queues/status.html", hospital=here, department_id=visit.department_id, visit_id=visit.pk,
        token=token, leave_url=outside("queues:status_leave", token) if waits else "", refresh_seconds=RELOAD,
        live_url=f"/ws/s/{token}/live", live_refresh=outside("status-regions", token),
    )  # fmt: skip


# The page has no referrer, so browsers say "Origin: null"; nobody forges an address with 192 unguessable bits.
@csrf_exempt
@require_POST
@by_link
def status_leave(request: HttpRequest, here: Hospital, visit: Visit, token: str) -> HttpResponse:
    """Leave the line; asked for in the page, because the place is gone then."""
    back = outside("queues:status", token)
    try:
        ends.leave_by_link(visit, actor=Actor(kind="patient", id=visit.ref, name="", abilities=PATIENT))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("You have left the line."))
    return http.SeeOther(back)
