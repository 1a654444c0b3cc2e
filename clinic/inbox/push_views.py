"""Notices on phones: what a page offers, what a browser then tells us, and the worker that shows them there."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from clinic.core import http, limits
from clinic.core.access import PATIENT, Actor, public
from clinic.core.errors import NotAllowed, NotFound
from clinic.core.tenancy import hospital
from clinic.inbox import subscriptions, vapid
from clinic.records.models import Patient
from clinic.tenants import days, links
from clinic.tenants.links import Opened
from clinic.tenants.models import Hospital, HospitalConfig, PublicToken
from clinic.tenants.pages import outside

TRIES, WITHIN = 30, 60 * 60
"""So often a link's phones may change their mind."""
WORKER = settings.BASE_DIR / "static" / "js" / "push-worker.js"


def offer(about: str, patient: Patient | None, token: str) -> dict[str, Any] | None:
    """What the page of a link needs to offer notices; None where none would be sent, and the page says nothing."""
    if not subscriptions.is_on() or patient is None or patient.message_opt_out:
        return None
    policy = days.policies()
    if policy.tell_by == HospitalConfig.NONE:
        return None
    return {
        "key": vapid.public_of(settings.VAPID_PRIVATE_KEY), "on_url": outside("inbox:push", token),
        "off_url": outside("inbox:push_stop", token), "worker": outside("inbox:push_worker"),
        "scope": f"/notices/{policy.hospital.slug}/", "known": " ".join(subscriptions.digests(about)),
    }  # fmt: skip


# The page has no referrer, so browsers say "Origin: null"; nobody forges an address with 192 unguessable bits.
@csrf_exempt
@require_POST
@public("the link names whose visit or booking the phone hears of")
def push(request: HttpRequest, token: str) -> HttpResponse:
    """This browser wants notices of what the link leads to."""
    link = _open(request, token)
    given = {name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")}
    if not subscriptions.is_on():
        raise NotAllowed("push.off")
    with hospital(_where(link)):
        limits.limit("push", token, TRIES, WITHIN)
        subscriptions.subscribe(link.purpose, link.target, actor=_holder(link), **given)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
@public("the link names whose visit or booking the phone heard of")
def push_stop(request: HttpRequest, token: str) -> HttpResponse:
    """This browser wants no more of them."""
    link = _open(request, token)
    digest = subscriptions.digest_of(request.POST.get("endpoint", ""))
    with hospital(_where(link)):
        limits.limit("push", token, TRIES, WITHIN)
        subscriptions.unsubscribe(link.target, digest=digest, actor=_holder(link))
    return HttpResponse(status=204)


def _open(request: HttpRequest, token: str) -> Opened:
    """The link of a visit or of a booking; unknown and ended ones are one answer (R3.41)."""
    try:
        return links.open_link(PublicToken.STATUS, token)
    except NotFound:
        return links.open_link(PublicToken.BOOKING, token, http.address(request))


def _where(link: Opened) -> Hospital:
    assert link.hospital is not None  # both kinds are issued with their hospital
    return link.hospital


def _holder(link: Opened) -> Actor:
    return Actor(kind="patient", id=link.target, name="", abilities=PATIENT)


@require_GET
@public("a script, the same for everybody")
def push_worker(request: HttpRequest) -> HttpResponse:
    """The worker that shows notices: from our own root, under a name that stays, so that browsers find its new self."""
    answer = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


@cache
def _worker() -> bytes:
    return WORKER.read_bytes()
