"""REST: lines whose doctor left, and what becomes of them (policy on_leave)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_input import Lower, Strict
from clinic.core.api_told import answers
from clinic.core.faces import Doc
from queues import faces
from queues.api import find
from queues.models import Queue
from queues.operations import leaves
from queues.serializers import QueueDoc


class SettleBody(Strict):
    """What becomes of those who wait."""

    to = Lower(choices=list(leaves.CHOICES))


class LeftViewSet(HouseViewSet):
    """Lines whose doctor left while people waited."""

    tag = "queue-left"

    @needs("queues.view")
    @answers(QueueDoc, listed=True)
    def list(self, request: Request) -> Response:
        """Lines the desk has to say something about, the longest left first."""
        shown = [queue.pk for queue in leaves.left() if self.actor.sees(queue.department_id)]
        return Response({"results": _docs(shown)})

    @needs("queues.desk")
    @answers(QueueDoc, body=SettleBody, refusals=["QUEUE_CLOSED", "QUEUE_FULL"], example={"to": "pool"})
    def settle(self, request: Request, pk: UUID) -> Response:
        """Move those who wait to the department's pool, or keep them in the line."""
        queue: Queue = find.queue(pk)
        verb = partial(leaves.settle_line, queue, self.body["to"], actor=self.actor)
        return self.act(verb, lambda _: _docs([pk])[0])


def _docs(ids: Sequence[UUID]) -> list[Doc]:
    keys = [str(pk) for pk in ids]
    found = faces.queues(keys)
    return [found[key] for key in keys]
