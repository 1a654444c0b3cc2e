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
from queues import faces
from queues.api import find
from queues.models import Display
from queues.operations import displays
from queues.serializers import DisplayBody, DisplayDoc, DisplayQuery


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
        given = dict(self.body)
        lines = [find.queue(pk) for pk in dict.fromkeys(given.pop("queues"))]
        return self.act(
            partial(displays.pair, given.pop("code"), queues=lines, actor=self.actor, **given), _doc, status=201
        )

    @needs("displays.manage")
    @answers(DisplayDoc)
    def revoke(self, request: Request, pk: UUID) -> Response:
        """End a screen: its link answers as if it had never been."""
        row = find.one(Display.objects.all(), pk=pk)
        return self.act(partial(displays.revoke, row, actor=self.actor), _doc)


def _doc(row: Display) -> dict[str, Any]:
    return faces.displays([str(row.pk)])[str(row.pk)]


def _docs(rows: Any) -> Any:
    keys = [str(row.pk) for row in rows]
    found = faces.displays(keys)
    return [found[key] for key in keys]
