"""REST without sign-in: what the holder of a display's or a visit's link may see, and nothing else (R3.40, R3.41)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import public
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from clinic.core.errors import NotFound
from clinic.core.faces import Doc, stamp
from clinic.core.http import address
from clinic.core.limits import limit
from clinic.core.nouns import split_ref
from clinic.core.tenancy import hospital
from clinic.tenants import links
from clinic.tenants.models import Hospital, PublicToken
from queues.api import own_place
from queues.board_serializers import BoardDoc
from queues.regions.displays import load_display_lines, load_now
from queues.serializers import PlaceDoc

A_LINK = (120, 60)
"""Requests for one link in a minute."""
AN_ADDRESS = (3000, 60)
"""From one address in a minute: a full waiting room stands behind one."""


Show = Callable[[str, Hospital], Any]


class PublicViewSet(HouseViewSet):
    """What a link opens."""

    tag = "public"

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Without the number of the act: how much else happened is not for strangers (R2.13)."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.pop("X-Seq", None)
        return response

    @public("the display's token names what it shows")
    @answers(BoardDoc, limited=True)
    def waiting_room(self, request: Request, token: str) -> Response:
        """A waiting room, by its screen's link: tokens, rooms and states."""
        return self._open(PublicToken.DISPLAY, token, lambda key, _: _board(key))

    @public("the visit's token names what it shows")
    @answers(PlaceDoc, limited=True)
    def visit_status(self, request: Request, token: str) -> Response:
        """A patient's own place, by the visit's link."""
        return self._open(PublicToken.STATUS, token, own_place.of_visit)

    @public("the booking's or the visit's token names what it shows")
    @answers(PlaceDoc, limited=True)
    def appointment_status(self, request: Request, token: str) -> Response:
        """A booking by its link, and on the day the place in the line; a visit's link shows the same."""
        return self._open_any(token, {
            PublicToken.BOOKING: own_place.of_appointment, PublicToken.STATUS: own_place.of_visit,
        })  # fmt: skip

    def _open(self, purpose: str, token: str, show: Show) -> Response:
        return self._open_any(token, {purpose: show})

    def _open_any(self, token: str, shows: Mapping[str, Show]) -> Response:
        """What the link opens, whichever of the purposes it has; unknown is one answer, counted once (R3.41)."""
        limit("public", address(self.request), *AN_ADDRESS)
        limit("link", token, *A_LINK)
        link = _link(list(shows), token, address(self.request))
        show = shows[link.purpose]
        if link.hospital is None:  # a screen that nobody has paired yet
            raise NotFound("link.unknown")
        with hospital(link.hospital), timezone.override(link.hospital.zone):
            answer = Response(show(split_ref(link.target)[1], link.hospital))
        answer["Referrer-Policy"] = "no-referrer"
        return answer


def _link(purposes: Sequence[str], token: str, where: str) -> links.Opened:
    *others, last = purposes
    for purpose in others:
        with suppress(NotFound):
            return links.open_link(purpose, token)
    return links.open_link(last, token, where)


def board_of(target: str) -> dict[str, Any]:
    """The same for the waiting room's event stream: ``display:<id>`` → document."""
    return _board(split_ref(target)[1])


def _board(key: str) -> dict[str, Any]:
    now, lines = load_now([key]).get(key), load_display_lines([key]).get(key)
    if now is None or lines is None:
        raise NotFound("link.unknown")
    shown: dict[str, Any] = asdict(now.context)
    told = ("key", "token", "room", "doctor", "name", "says")
    calls_shown = [
        {**{part: call[part] for part in told}, "called_at": stamp(call["called_at"])} for call in shown["calls"]
    ]
    parts = ("doctor", "department", "status", "room", "tokens", "more", "paused")
    return {
        "calls": calls_shown, "rooms": list(shown["rooms"]), "missed": list(shown["missed"]),
        "taken_back": [back["token"] for back in shown["taken_back"]],
        "lines": [
            {**{part: getattr(row, part) for part in parts}, "joining": _minutes(row)} for row in lines.rows or ()
        ],
    }  # fmt: skip


def _minutes(row: Any) -> Doc | None:
    return {"low": row.joining[0], "high": row.joining[1]} if row.joining else None
