"""The plain refresh: a page without a socket asks for its regions. The same render, rights and frames as the socket."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_GET

from clinic.core import http, limits
from clinic.core.access import needs, passive, public
from clinic.core.tenancy import hospital
from clinic.live import regions
from clinic.live.doors import Guest, doors
from clinic.live.regions import audience_of, may_watch
from clinic.live.render import Want, head_of, render
from clinic.live.snapshots import Snapshot, as_json
from clinic.live.sockets import stamp

MOST_REGIONS = 200


@require_GET
@passive
@needs("hospital.view")
def member_regions(request: HttpRequest) -> HttpResponse:
    """``GET live/regions?r=line:7&d=<digest>&r=…``: each region's own ability is asked."""
    return _answer(request, Guest(request.hospital.pk, request.actor))  # type: ignore[attr-defined]


@require_GET
@public("the display's token names what it shows")
def display_regions(request: HttpRequest, token: str) -> HttpResponse:
    return _by_token(request, "display", token)


@require_GET
@public("the visit's token names what it shows")
def status_regions(request: HttpRequest, token: str) -> HttpResponse:
    return _by_token(request, "status", token)


@require_GET
@public("the booking's token names what it shows")
def booking_regions(request: HttpRequest, token: str) -> HttpResponse:
    return _by_token(request, "booking", token)


def _by_token(request: HttpRequest, kind: str, token: str) -> HttpResponse:
    guest = doors().public(kind, token)
    if guest is None:
        limits.wrong_link(http.address(request))
        raise Http404
    with hospital(guest.hospital_id):
        answer = _answer(request, guest)
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _answer(request: HttpRequest, guest: Guest) -> HttpResponse:
    seq = head_of(guest.hospital_id)
    frames = ",".join(_frames(guest, request.GET.getlist("r")[:MOST_REGIONS], request.GET.getlist("d"), seq))
    body = as_json({"seq": seq if guest.names is None else 0, "at": stamp()})[:-1] + f',"frames":[{frames}]}}'
    answer = HttpResponse(body, content_type="application/json")
    answer["Cache-Control"] = "no-store"
    return answer


def _frames(guest: Guest, asked: list[str], digests: list[str], seq: int) -> Iterator[str]:
    names = {text: name for text in asked if (name := regions.parse(text)) is not None}
    allowed = {text: name for text, name in names.items() if may_watch(guest.actor, name, guest.names)}
    wants = {text: Want(name.kind, name.key, audience_of(guest.actor, name.kind)) for text, name in allowed.items()}
    language = guest.language or translation.get_language() or ""
    found = _rendered(guest.hospital_id, language, wants, seq)
    for place, text in enumerate(asked):
        shown = digests[place] if place < len(digests) else ""
        snapshot = found.get(text)
        if snapshot is None:
            code = "access.denied" if text in names and text not in allowed else "access.not_here"
            yield as_json({"error": {"code": code}, "region": text[:120]})
            continue
        row = names[text].row
        if shown != (snapshot.row_digest(row) if row else snapshot.digest):
            yield snapshot.row_frame(row) if row else snapshot.whole_frame()


def _rendered(hospital_id: UUID, language: str, wants: dict[str, Want], seq: int) -> dict[str, Snapshot]:
    found = render(hospital_id, language, set(wants.values()), seq)
    return {text: found[want] for text, want in wants.items() if want in found}
