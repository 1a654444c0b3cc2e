"""The door of every page: opens the hospital in the address, names the actor, and refuses what has no ability.

``/h/<slug>`` becomes the script prefix, so no URL pattern has a slug and ``reverse()`` carries it; two tabs can hold
two hospitals. Membership is looked at for every request, so whoever was revoked is out with the next click.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import get_script_prefix, set_script_prefix
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from django.views.defaults import page_not_found

from clinic.core import http, sight
from clinic.core.access import PUBLIC, VISITOR
from clinic.core.errors import DomainError, Forbidden, NotSignedIn
from clinic.core.tenancy import hospital
from clinic.tenants import links, pages, people, sessions
from clinic.tenants.models import Hospital, Membership

ADDRESS = re.compile(r"^/h/([a-z0-9-]{1,40})(/.*)?$")
TOKEN_PAGE = re.compile(r"^/([bdkms]|cal)/")
OWN_TOKEN_PAGE = re.compile(r"^/(invited|reset|confirm|book)/")
"""Behind a link of one's own there is a form: other sites are told nothing, and the form keeps its origin."""
CHOOSER = "/choose/"
MISSING = object()


class HospitalMiddleware:
    """Sets ``request.hospital`` (None outside one), ``request.membership`` and ``request.actor``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        leave(request)
        match = ADDRESS.match(request.path_info)
        response = self.get_response(request) if match is None else self._inside(request, *match.groups())
        if match is not None or "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        if TOKEN_PAGE.match(request.path_info):
            response["Referrer-Policy"] = "no-referrer"
        elif OWN_TOKEN_PAGE.match(request.path_info):
            response["Referrer-Policy"] = "same-origin"
        patch_vary_headers(response, ["HX-Request"])
        return response

    def _inside(self, request: HttpRequest, slug: str, rest: str | None) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        row = next((row for row in people.memberships_of(request.user) if row.hospital.slug == slug), None)
        if row is None:
            return page_not_found(request, Http404())  # unknown, suspended and not yours are the same answer
        if rest is None:
            return redirect(f"{request.path}/")
        enter(request, row)
        request.path_info = rest
        before = get_script_prefix()
        set_script_prefix(f"{before}h/{slug}/")
        try:
            with hospital(row.hospital), sight.of(request.actor), timezone.override(row.hospital.zone):  # type: ignore[attr-defined]
                return self.get_response(request)
        finally:
            set_script_prefix(before)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Closed by default: a view without a written ability does not answer."""
        ability = ability_of(view)
        if ability is MISSING:
            raise Http404
        if hasattr(view, "cls"):
            return None  # the API looks at sessions, tokens and keys itself
        if has_ended(request):
            sessions.end(request)
            leave(request)
            if ability is not None:
                messages.info(request, gettext("You were signed out because nobody did anything here for a while."))
                return to_sign_in(request)
        if ability is None:
            return None
        return self._checked(request, view, str(ability))

    def _checked(self, request: HttpRequest, view: Callable[..., Any], ability: str) -> HttpResponseBase | None:
        here: Hospital | None = request.hospital  # type: ignore[attr-defined]
        if here is None:
            to_admin = "?to=admin" if request.path_info.startswith("/admin/") else ""
            return redirect(CHOOSER + to_admin) if request.user.is_authenticated else to_sign_in(request)
        if not getattr(view, "passive", False):
            sessions.acted(request.session, here.pk)
        if not request.actor.can(ability):  # type: ignore[attr-defined]
            return http.refusal(request, Forbidden("access.denied", ability=ability))
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """A refusal from an operation: one rule, one answer, in the form the page can use."""
        if isinstance(error, NotSignedIn):
            return to_sign_in(request)
        if isinstance(error, links.Closed) and not http.is_fragment(request):
            return pages.closed(request, error.hospital)
        return http.refusal(request, error) if isinstance(error, DomainError) else None


def enter(request: HttpRequest, row: Membership) -> None:
    request.hospital, request.membership = row.hospital, row  # type: ignore[attr-defined]
    request.actor = people.actor_of(row)  # type: ignore[attr-defined]


def leave(request: HttpRequest) -> None:
    request.hospital, request.membership, request.actor = None, None, VISITOR  # type: ignore[attr-defined]


def has_ended(request: HttpRequest) -> bool:
    """Whether somebody's session came with this request and is over."""
    if not request.user.is_authenticated:
        return False
    here: Hospital | None = request.hospital  # type: ignore[attr-defined]
    return sessions.is_over(request.session, request.user, here.pk if here else None)


def ability_of(view: Callable[..., Any]) -> object:
    """The ability a view names; None if it is public or checks by itself (API); MISSING if it names none."""
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
    fragment = http.is_fragment(request)
    back = http.came_from(request, "") if fragment or request.method != "GET" else request.get_full_path()
    where = f"{settings.LOGIN_URL}?{urlencode({'next': back})}" if back else settings.LOGIN_URL
    if not fragment:
        return redirect(where)
    answer = HttpResponse(status=401)
    answer["HX-Redirect"] = where
    return answer
