"""REST: on hold and back, delays, rejoining, still there (R3.13, R3.14, R3.18)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from queues.api import find
from queues.hold_serializers import DelayBody, DelayedDoc, HoldBody, RejoinBody, StillThereBody
from queues.operations import holds, returns, still_there
from queues.serializers import VisitDoc

WRONG_STATE = "VISIT_WRONG_STATE"


class HoldViewSet(HouseViewSet):
    """Visits that stand aside for a while."""

    tag = "visits"

    @needs("queues.hold")
    @answers(VisitDoc, body=HoldBody, refusals=[WRONG_STATE], example={"reason": "away", "minutes": 20})
    def hold(self, request: Request, pk: UUID) -> Response:
        """Set a patient aside: away, or at tests, payment, papers, or something else. The doctor's lane is free."""
        return self._act(holds.hold, pk, **self.body)

    @needs("queues.hold")
    @answers(VisitDoc, refusals=[WRONG_STATE])
    def resume(self, request: Request, pk: UUID) -> Response:
        """Back in line: at the kept place, or next if back from tests, payment or papers."""
        return self._act(holds.resume, pk)

    @needs("queues.desk")
    @answers(
        DelayedDoc, body=DelayBody, refusals=[WRONG_STATE, "VISIT_REASON_NEEDED"],
        example={"places": 2, "reason": "Waits for her son"},
    )  # fmt: skip
    def delay(self, request: Request, pk: UUID) -> Response:
        """Back by some places, or away for some minutes with the place kept."""
        visit = find.visit(pk)
        verb = partial(holds.delay, visit, actor=self.actor, **self.body)
        return self.act(verb, lambda told: {"visit": find.visit_doc(visit.pk), "places": told[1]})

    @needs("queues.desk")
    @answers(
        VisitDoc,
        body=RejoinBody,
        example={"reason": "Was in the pharmacy"},
        refusals=[WRONG_STATE, "VISIT_OTHER_DAY", "VISIT_ALREADY_IN_LINE"],
    )
    def rejoin(self, request: Request, pk: UUID) -> Response:
        """Whoever did not come, or left, is back in line behind the next two, on the same service day."""
        return self._act(returns.rejoin, pk, **self.body)

    @needs("queues.desk")
    @answers(VisitDoc)
    def decline_rejoin(self, request: Request, pk: UUID) -> Response:
        """The patient asked on the phone to come back, and is told no."""
        return self._act(returns.decline_rejoin, pk)

    @needs("queues.call")
    @answers(VisitDoc, body=StillThereBody, example={"completed": False}, refusals=[WRONG_STATE, "VISIT_NOT_ASKED"])
    def still_there(self, request: Request, pk: UUID) -> Response:
        """Answer "still there?": yes, and nobody asks again; or the visit is complete."""
        return self._act(still_there.answer_still_there, pk, **self.body)

    def _act(self, verb: Callable[..., Any], pk: UUID, **given: Any) -> Response:
        visit = find.visit(pk)
        return self.act(partial(verb, visit, actor=self.actor, **given), lambda _: find.visit_doc(visit.pk))
