"""REST: to another line, on to the next, another class (R3.15); the jump ledger (R3.6)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_errors import shout
from clinic.core.api_told import answers
from clinic.tenants import days
from queues import jumps
from queues.api import find
from queues.models import Leg
from queues.move_serializers import JumpQuery, JumpsDoc, MovedDoc, PriorityBody, ReassignBody, SendOnBody
from queues.operations import limits, moves
from queues.operations.limits import Warned
from queues.serializers import VisitDoc

WRONG_STATE = "VISIT_WRONG_STATE"


class MoveViewSet(HouseViewSet):
    """Visits that change their line or their class."""

    tag = "visits"

    @needs("queues.move")
    @answers(
        MovedDoc, body=ReassignBody, refusals=[WRONG_STATE, "QUEUE_CLOSED", "QUEUE_FULL", "DOCTOR_FULL"],
        example={"doctor": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d91", "reason": "Speaks her language"},
    )  # fmt: skip
    def reassign(self, request: Request, pk: UUID) -> Response:
        """To another doctor, pool or counter; the place follows from the original arrival and the class."""
        visit, line = find.visit(pk), find.line(self.body)
        return self._moved(partial(moves.reassign, visit, line, reason=self.body["reason"], actor=self.actor))

    @needs("queues.move")
    @answers(
        MovedDoc, body=SendOnBody, refusals=[WRONG_STATE, "QUEUE_CLOSED", "VISIT_SAME_LINE"],
        example={"queue": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d92", "note": "Blood count"},
    )  # fmt: skip
    def send_on(self, request: Request, pk: UUID) -> Response:
        """End this part of the visit and begin the next in another line, in one act and under the same token."""
        visit, line = find.visit(pk), find.line(self.body)
        return self._moved(partial(moves.send_on, visit, line, note=self.body["note"], actor=self.actor))

    @needs("queues.desk")
    @answers(
        VisitDoc, body=PriorityBody, refusals=[WRONG_STATE], example={"class": "urgent", "reason": "Short of breath"}
    )
    def priority(self, request: Request, pk: UUID) -> Response:
        """Another class for somebody who waits or is on hold, and the place it gives."""
        visit = find.visit(pk)
        verb = partial(moves.set_class, visit, self.body["klass"], reason=self.body["reason"], actor=self.actor)
        return self.act(verb, lambda leg: find.visit_doc(leg.visit_id))

    def _moved(self, verb: Callable[[], Leg]) -> Response:
        def doc(leg: Leg) -> dict[str, Any]:
            warned = limits.warn(limits.line_of(leg.queue_id, self.actor), besides=1)
            return {**find.visit_doc(leg.visit_id), "warning": warning_doc(warned)}

        return self.act(verb, doc)


class JumpViewSet(HouseViewSet):
    """Who did not stand, or was not called, in the order of arrival."""

    tag = "jumps"

    @needs("log.view")
    @answers(JumpsDoc, query=JumpQuery)
    def list(self, request: Request) -> Response:
        """The jump ledger of a service day: every departure from the order of arrival, with its cause."""
        day = self.query.get("date") or days.service_day(days.current_hospital())
        found = [jump.doc() for jump in jumps.of_day(day, departments=self.actor.departments)]
        return Response({"service_day": day.isoformat(), "jumps": found})


def warning_doc(warned: Warned | None) -> dict[str, str] | None:
    """A warning, with its code as errors write it."""
    return {"code": shout(warned.code), "message": warned.message} if warned else None
