"""REST without sign-in: what the holder of a display's or a visit's link may see, and nothing else (R3.40, R3.41)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import public
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from clinic.core.errors import NotFound
from clinic.core.faces import stamp
from clinic.core.http import address
from clinic.core.limits import limit
from clinic.core.nouns import split_ref
from clinic.core.tenancy import hospital
from clinic.tenants import links
from clinic.tenants.models import Hospital, PublicToken
from queues.models import ON_HOLD, WAITING, Visit
from queues.operations import calls
from queues.regions.displays import load_display_lines, load_now
from queues.regions.status import load_places
from queues.serializers import BoardDoc, PlaceDoc

A_LINK = (120, 60)
"""Requests for one link in a minute."""
AN_ADDRESS = (3000, 60)
"""From one address in a minute: a full waiting room stands behind one."""


class PublicViewSet(HouseViewSet):
    """What a link opens."""

    tag = "public"

    @public("the display's token names what it shows")
    @answers(BoardDoc, limited=True)
    def waiting_room(self, request: Request, token: str) -> Response:
        """A waiting room, by its screen's link: tokens, rooms and states."""
        return self._open(PublicToken.DISPLAY, token, lambda key, _: _board(key))

    @public("the visit's token names what it shows")
    @answers(PlaceDoc, limited=True)
    def visit_status(self, request: Request, token: str) -> Response:
        """A patient's own place, by the visit's link."""
        return self._open(PublicToken.STATUS, token, _place)

    def _open(self, purpose: str, token: str, show: Callable[[str, Hospital], Any]) -> Response:
        limit("public", address(self.request), *AN_ADDRESS)
        limit("link", token, *A_LINK)
        link = links.open_link(purpose, token)
        if link.hospital is None:  # a screen that nobody has paired yet
            raise NotFound("link.unknown")
        with hospital(link.hospital), timezone.override(link.hospital.zone):
            answer = Response(show(split_ref(link.target)[1], link.hospital))
        answer["Referrer-Policy"] = "no-referrer"
        return answer


def board_of(target: str) -> dict[str, Any]:
    """The same for the waiting room's event stream: ``display:<id>`` → document."""
    return _board(split_ref(target)[1])


def _board(key: str) -> dict[str, Any]:
    now, lines = load_now([key]).get(key), load_display_lines([key]).get(key)
    if now is None or lines is None:
        raise NotFound("link.unknown")
    shown: dict[str, Any] = asdict(now.context)
    calls_shown = [{**call, "called_at": stamp(call["called_at"])} for call in shown["calls"]]
    parts = ("doctor", "department", "status", "room", "tokens", "more", "paused")
    return {
        "calls": calls_shown, "rooms": list(shown["rooms"]), "missed": list(shown["missed"]),
        "lines": [{part: getattr(row, part) for part in parts} for row in lines.rows or ()],
    }  # fmt: skip


def _place(key: str, here: Hospital) -> dict[str, Any]:
    visit = Visit.objects.select_related("patient").filter(pk=UUID(key)).first()
    places = load_places([str(visit.department_id)]) if visit else {}
    row: Any = next((row for shown in places.values() for row in shown.rows or () if row.key == key), None)
    if visit is None or row is None:
        raise NotFound("link.unknown")
    leg = calls.leg_of(visit, lock=False)
    patient = visit.patient
    own = f"{patient.preferred_name or patient.given_name} {patient.family_name}".strip()
    return {
        "token": row.token, "patient": own, "hospital": here.name, "department": row.department, "doctor": row.line,
        "doctor_status": row.status, "status": leg.state, "ahead": row.ahead,
        "position": row.ahead + 1 if leg.state in (WAITING, ON_HOLD) else None, "paused": row.paused,
        "room": row.room, "room_place": row.room_place, "why": row.why, "called_at": stamp(row.called_at),
    }  # fmt: skip
