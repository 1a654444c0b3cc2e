"""What every page is given: who is signed in, where the live link is, what time the server has."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix, reverse, set_script_prefix
from django.utils import timezone, translation

from clinic.core import screens
from clinic.core.access import ROLES, Actor
from clinic.core.errors import NotFound
from clinic.tenants.models import Hospital, Membership


def actor_of(request: HttpRequest) -> Actor:
    """Who asks, as the middleware found out."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def hospital_of(request: HttpRequest) -> Hospital:
    """The hospital in the address; NotFound outside one."""
    found: Hospital | None = request.hospital  # type: ignore[attr-defined]
    if found is None:
        raise NotFound()
    return found


def outside(route: str, *args: Any) -> str:
    """The address of a page that belongs to no hospital's pages: ``/s/<token>/``, ``/d/``, ``/sign-out/``."""
    before = get_script_prefix()
    set_script_prefix("/")
    try:
        return reverse(route, args=args)
    finally:
        set_script_prefix(before)


def staff(
    request: HttpRequest, template: str, *, here: str, page: str, status: int = 200, **context: Any
) -> HttpResponse:
    """A staff screen: ``here`` is its key in the rail, ``page`` its name in the bar."""
    answer = render(request, template, {**_frame(request, here), "page": page, **context}, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _frame(request: HttpRequest, here: str) -> dict[str, Any]:
    hospital, actor = hospital_of(request), actor_of(request)
    return {
        "hospital": hospital,
        "nav": screens.rail(actor, here),
        "me": _me(request, actor),
        "server_now": timezone.now(),
        "live_url": f"/ws/h/{hospital.slug}/live",
        "live_refresh": reverse("live-regions"),
        "reception_url": screens.address("queues:reception") if actor.can("queues.view") else "",
        "er_url": screens.address("er:board") if actor.can("er.view") else "",
        "patient_search_url": screens.address("records:found") if actor.can("patients.view") else "",
    }


def _me(request: HttpRequest, actor: Actor) -> dict[str, str]:
    membership: Membership = request.membership  # type: ignore[attr-defined]
    return {
        "name": actor.name,
        "role": ", ".join(str(ROLES[role]) for role in membership.roles if role in ROLES),
        "sign_out_url": outside("tenants:sign_out"),
        "choose_url": outside("tenants:choose"),
        "admin_url": screens.address("admin:index") if actor.can("admin.open") else "",
        "work_url": screens.address("directory:own") if actor.doctor_id and actor.can("doctor.edit_own") else "",
    }


def public(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """A page for whoever holds a link: never kept, and its address is told to nobody."""
    answer = render(request, template, {"server_now": timezone.now(), **context}, status=status)
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def closed(request: HttpRequest, hospital: Hospital) -> HttpResponse:
    """What public pages of a suspended hospital say (R1.4). It asks again by itself: screens on walls come back."""
    with translation.override(translation.get_language() or hospital.language), timezone.override(hospital.zone):
        shown = {"hospital": hospital, "refresh_seconds": 60}
        return public(request, "tenants/closed.html", status=503, **shown)
