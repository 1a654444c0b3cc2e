"""Waiting-room screens: put up, paired by the desk, shown, switched off (R3.42)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinic.core import http
from clinic.core.access import needs, public
from clinic.core.errors import DomainError, NotFound, TooMany
from clinic.core.nouns import split_ref
from clinic.core.sight import seen
from clinic.core.tenancy import hospital
from clinic.tenants import links, pages
from clinic.tenants.days import policies
from clinic.tenants.models import Hospital, PublicToken
from clinic.tenants.pages import actor_of, outside, staff
from queues.display_forms import DisplayForm, PairForm, as_it_is
from queues.models import Display, DisplayLine, DisplayRoom
from queues.operations import displays as operations
from queues.regions.displays import languages_of
from queues.views.answers import act, answer, find

COOKIE = "display"
COOKIE_AGE = 60 * 60 * 24 * 400
NEW_A_MINUTE = 30
"""New codes a minute for one address: screens are put up by hand, but a clinic shares its address."""


@require_http_methods(["GET", "POST"])
@needs("displays.manage")
def displays(request: HttpRequest) -> HttpResponse:
    """The hospital's screens, and pairing another."""
    form = PairForm(request.POST or None, policy=policies())
    if request.method == "POST" and (display := _did(form, lambda: _pair(request, form))):
        return answer(request, _("%(name)s is paired") % {"name": display.name}, back=request.path)
    context = {
        "displays": _paired(),
        "form": form,
        "new_url": request.build_absolute_uri(outside("queues:display_new")),
    }
    status = 422 if form.is_bound else 200
    return staff(request, "queues/displays.html", here="displays", page=_("Screens"), status=status, **context)


@require_http_methods(["GET", "POST"])
@needs("displays.manage")
def display_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Other lines, rooms, languages, names or sound for a paired screen, which follows by itself."""
    shown = find(Display, pk)
    if shown.revoked_at is not None:
        raise NotFound()
    form = DisplayForm(request.POST or None, initial=as_it_is(shown), policy=policies())
    change = partial(operations.change_display, shown, actor=actor_of(request))
    if request.method == "POST" and (display := _did(form, lambda: change(**form.wanted))):
        text = _("%(name)s was changed") % {"name": display.name}
        return answer(request, text, back=reverse("queues:displays"))
    status = 422 if form.is_bound else 200
    context = {"display": shown, "form": form}
    return staff(request, "queues/display_edit.html", here="displays", page=shown.name, status=status, **context)


def _pair(request: HttpRequest, form: PairForm) -> Display:
    given = form.wanted
    return operations.pair(given.pop("code"), actor=actor_of(request), **given)


def _did(form: DisplayForm, verb: Callable[[], Display]) -> Display | None:
    """What the operation made; None where the form or the operation refuses, and the form says why."""
    if not form.is_valid():
        return None
    try:
        return verb()
    except DomainError as error:
        where = {"display.unknown_code": "code", "display.no_lines": "queues"}.get(error.code)
        form.add_error(where, error.message)
        return None


def _paired() -> list[dict[str, Any]]:
    names = {code: str(name) for code, name in settings.LANGUAGES}
    policy = policies()
    shows: dict[UUID, list[str]] = {}
    for line in DisplayLine.objects.select_related("queue").order_by("queue__name"):
        shows.setdefault(line.display_id, []).append(line.queue.name)
    for door in DisplayRoom.objects.select_related("room").order_by("room__name"):
        shows.setdefault(door.display_id, []).append(door.room.name)
    return [
        {
            "id": str(row.pk), "name": row.name, "lines": ", ".join(shows.get(row.pk, [])), "sound": row.sound,
            "languages": ", ".join(names.get(code, code) for code in row.languages or policy.languages),
            "paired_at": row.paired_at,
        }
        for row in seen(Display.objects.filter(revoked_at=None).order_by("name"))
    ]  # fmt: skip


@act("displays.manage")
def display_revoke(request: HttpRequest, pk: UUID) -> str:
    display = operations.revoke(find(Display, pk), actor=actor_of(request))
    return _("%(name)s is switched off") % {"name": display.name}


# --- on the wall -----------------------------------------------------------------------------------------------------


@require_GET
@public("a screen that belongs to no hospital yet shows only a code")
def display_new(request: HttpRequest) -> HttpResponse:
    """Put up a screen. A browser that was one already comes back to it, so it survives a restart."""
    token = request.COOKIES.get(COOKIE, "")
    if not (token and _is_known(token)):
        token = _put_up(request)
    answer = redirect(outside("queues:display", token))
    answer.set_cookie(
        COOKIE, token, max_age=COOKIE_AGE, path="/d/", httponly=True, samesite="Lax", secure=request.is_secure()
    )
    return answer


def _is_known(token: str) -> bool:
    try:
        links.open_link(PublicToken.DISPLAY, token)
    except NotFound:
        return False
    return True


def _put_up(request: HttpRequest) -> str:
    key = f"display-codes:{request.META.get('REMOTE_ADDR', '')}:{timezone.now():%Y%m%d%H%M}"
    cache.add(key, 0, timeout=120)
    if cache.incr(key) > NEW_A_MINUTE:
        raise TooMany("display.too_many", retry_after=60)
    return operations.put_up()


@require_GET
@public("the display's token names what it shows")
def display(request: HttpRequest, token: str) -> HttpResponse:
    """The code until the screen is paired, then the board."""
    link = links.open_link(PublicToken.DISPLAY, token, http.address(request))
    if link.hospital is None:
        return pages.public(request, "queues/display_pair.html", code=link.code)
    with hospital(link.hospital), timezone.override(link.hospital.zone):
        return _board(request, link.hospital, find(Display, UUID(split_ref(link.target)[1])), token)


def _board(request: HttpRequest, here: Hospital, shown: Display, token: str) -> HttpResponse:
    languages = languages_of(shown, policies())
    with translation.override(languages[0] if languages else here.language):
        return pages.public(
            request, "queues/display.html", hospital=here, display=shown, token=token, refresh_seconds=15,
            live_url=f"/ws/d/{token}/live", live_refresh=outside("display-regions", token),
        )  # fmt: skip
