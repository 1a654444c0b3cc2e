"""REST: waiting-room screens."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from clinic.directory.models import Room
from queues import faces
from queues.api import find
from queues.models import Display
from queues.operations import displays
from queues.serializers import DisplayBody, DisplayChange, DisplayDoc, DisplayQuery


class DisplayViewSet(HouseViewSet):
    """Waiting-room screens of the hospital."""

    tag = "displays"

    @needs("displays.manage")
    @answers(DisplayDoc, query=DisplayQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Screens, revoked ones too."""
        rows = Display.objects.all()
        if "revoked" in self.query:
            rows = rows.filter(revoked_at__isnull=not self.query["revoked"])
        return self.page(rows, self.query["ordering"], _docs)

    @needs("displays.manage")
    @answers(DisplayDoc)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One screen."""
        return Response(_doc(find.one(Display.objects.all(), pk=pk)))

    @needs("displays.manage")
    @answers(
        DisplayDoc, 201, body=DisplayBody, refusals=["DISPLAY_UNKNOWN_CODE"],
        example={"code": "K7P2XM", "name": "Hall", "queues": ["0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"]},
    )  # fmt: skip
    def pair(self, request: Request) -> Response:
        """Make the screen that shows this code one of the hospital's."""
        given = self._given()
        return self.act(partial(displays.pair, given.pop("code"), actor=self.actor, **given), _doc, status=201)

    @needs("displays.manage")
    @answers(DisplayDoc, body=DisplayChange, refusals=["DISPLAY_REVOKED"], example={"languages": ["en", "es"]})
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a paired screen: what is left out stays."""
        row = find.one(Display.objects.all(), pk=pk)
        return self.act(partial(displays.change_display, row, actor=self.actor, **self._given()), _doc)

    @needs("displays.manage")
    @answers(DisplayDoc)
    def revoke(self, request: Request, pk: UUID) -> Response:
        """End a screen: its link answers as if it had never been."""
        row = find.one(Display.objects.all(), pk=pk)
        return self.act(partial(displays.revoke, row, actor=self.actor), _doc)

    def _given(self) -> dict[str, Any]:
        """The body, with lines and rooms in place of their ids."""
        given = dict(self.body)
        if "queues" in given:
            given["queues"] = [find.queue(pk) for pk in dict.fromkeys(given["queues"])]
        if "rooms" in given:
            given["rooms"] = [find.one(Room.objects.all(), pk=pk) for pk in dict.fromkeys(given["rooms"])]
        return given


def _doc(row: Display) -> dict[str, Any]:
    return faces.displays([str(row.pk)])[str(row.pk)]


def _docs(rows: Any) -> Any:
    keys = [str(row.pk) for row in rows]
    found = faces.displays(keys)
    return [found[key] for key in keys]
