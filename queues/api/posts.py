"""REST: counters, pools and lines somebody signs on at and calls from (R3.9)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api_told import answers
from clinic.core.faces import Doc, stamp
from clinic.directory.models import Doctor, Room
from queues import boards
from queues.api import find
from queues.api.lines import DoctorQueueViewSet, board
from queues.models import SignOn
from queues.move_serializers import PostBody, PostDoc, PostEndedDoc, PostOffBody
from queues.operations import posts
from queues.serializers import LineDoc


class LineViewSet(DoctorQueueViewSet):
    """Any line by its own id, and what whoever is signed on there does; the calls are those of the doctor's line."""

    tag = "queue-line"

    def server(self, pk: UUID) -> Doctor:
        return find.post(find.queue(pk), self.actor)

    @needs("queues.view")
    @answers(LineDoc)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        """The line, with who was called out of it, and who waits, in order."""
        return board(request, boards.line_bytes(f"queue:{pk}", lambda: find.queue(pk)))

    @needs("queues.sign_on")
    @answers(
        PostDoc,
        body=PostBody,
        refusals=["POST_OWN_LINE", "CALL_WHO"],
        example={"room": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"},
    )
    def sign_on(self, request: Request, pk: UUID) -> Response:
        """Call from this line from now on, besides the own one; nurses and clerks have no other."""
        room = find.one(Room.objects.all(), pk=self.body["room"]) if self.body.get("room") else None
        verb = partial(posts.sign_on, find.queue(pk), server=self._whose(), room=room, actor=self.actor)
        return self.act(verb, post_doc)

    @needs("queues.sign_on")
    @answers(PostEndedDoc, body=PostOffBody, refusals=["CALL_WHO"], example={})
    def sign_off(self, request: Request, pk: UUID) -> Response:
        """Call from this line no longer; whoever was called stays."""
        verb = partial(posts.sign_off, find.queue(pk), server=self._whose(), actor=self.actor)
        return self.act(verb, lambda post: {"post": post_doc(post) if post else None})

    def _whose(self) -> Doctor | None:
        named: Any = self.body.get("doctor")
        return find.doctor(named) if named else None


def post_doc(post: SignOn) -> Doc:
    return {
        "queue": str(post.queue_id), "doctor": str(post.server_id),
        "room": str(post.room_id) if post.room_id else None, "started_at": stamp(post.started_at),
        "ended_at": stamp(post.ended_at),
    }  # fmt: skip
