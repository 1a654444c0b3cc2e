"""The door of every page: opens the hospital in the address, names the actor, and refuses what has no ability.

``/h/<slug>`` becomes the script prefix, so no URL pattern has a slug and ``reverse()`` carries it; two tabs can hold
two hospitals.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import set_script_prefix
from django.utils import timezone

from clinic.core.access import PUBLIC, VISITOR
from clinic.core.errors import Forbidden
from clinic.core.tenancy import hospital
from clinic.tenants import people
from clinic.tenants.models import Hospital

ADDRESS = re.compile(r"^/h/([a-z0-9-]{1,40})(/.*)$")
MISSING = object()


class HospitalMiddleware:
    """Sets ``request.hospital`` (None outside one), ``request.membership`` and ``request.actor``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.hospital, request.membership, request.actor = None, None, VISITOR  # type: ignore[attr-defined]
        match = ADDRESS.match(request.path_info)
        if match is None:
            return self.get_response(request)
        slug, rest = match.groups()
        if not request.user.is_authenticated:
            return to_sign_in(request)
        found = Hospital.objects.filter(slug=slug, hidden=False).first()
        membership = people.membership_of(request.user.pk, found.pk) if found else None
        if found is None or membership is None:
            raise Http404  # unknown and not yours are the same answer
        request.hospital, request.membership = found, membership  # type: ignore[attr-defined]
        request.actor = people.actor_of(membership)  # type: ignore[attr-defined]
        request.path_info = rest
        set_script_prefix(f"/h/{slug}/")
        try:
            with hospital(found), timezone.override(found.zone):
                return self.get_response(request)
        finally:
            set_script_prefix("/")

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Closed by default: a view without a written ability does not answer."""
        ability = ability_of(view)
        if ability is MISSING:
            raise Http404
        if ability is None:
            return None
        if request.hospital is None:  # type: ignore[attr-defined]
            return redirect("/") if request.user.is_authenticated else to_sign_in(request)
        if not request.actor.can(str(ability)):  # type: ignore[attr-defined]
            raise Forbidden("access.denied", ability=ability)
        return None


def ability_of(view: Callable[..., Any]) -> object:
    """The ability a view names; None if it is public or checks by itself (API, admin); MISSING if it names none."""
    ability = getattr(view, "ability", MISSING)
    if ability is not MISSING:
        return ability
    if hasattr(view, "cls"):  # REST framework: its permission class is closed by default and asks the same matrix
        return None
    if getattr(view, "model_admin", None) is not None or getattr(view, "admin_site", None) is not None:
        return "admin.open"
    return None if f"{view.__module__}.{view.__qualname__}" in PUBLIC else MISSING


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; a fragment gets a redirect header, never a sign-in page inside a fragment."""
    where = f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}"
    if getattr(request, "htmx", False):
        answer = HttpResponse(status=401)
        answer["HX-Redirect"] = settings.LOGIN_URL
        return answer
    return redirect(where)
