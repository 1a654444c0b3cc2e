"""REST: the end of a day (R3.22) — who still waits, one choice each, and who is expected."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core import clock
from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_fields import Id
from clinic.core.api_input import Strict
from clinic.core.api_told import answers
from clinic.tenants import days
from queues import faces
from queues.api import find
from queues.models import Visit
from queues.operations import close
from queues.serializers import VisitDoc

MOST = 500
"""Choices in one body."""


class ChoiceBody(Strict):
    """What becomes of one who still waits."""

    visit = Id()
    choice = serializers.ChoiceField(choices=list(close.CHOICES))


class CloseBody(Strict):
    """One choice for each."""

    choices = serializers.ListField(child=ChoiceBody(), allow_empty=False, max_length=MOST)


class UnfinishedDoc(serializers.Serializer[Any]):
    """Who still waits of today and earlier days, in lines that close."""

    service_day = serializers.DateField()
    policy = serializers.ChoiceField(choices=list(close.CHOICES), help_text="What the clock does at the cut.")
    visits = VisitDoc(many=True)


class RefusedDoc(serializers.Serializer[Any]):
    """Somebody who does not wait any more, and why."""

    visit = serializers.UUIDField()
    code = serializers.CharField()


class ClosedDoc(serializers.Serializer[Any]):
    """What the end of the day did."""

    carried_over = VisitDoc(many=True, help_text="The visits that are expected now.")
    left = VisitDoc(many=True)
    refused = RefusedDoc(many=True)


class DayViewSet(HouseViewSet):
    """The end of a service day."""

    tag = "day"

    @needs("queues.close_day")
    @answers(UnfinishedDoc)
    def unfinished(self, request: Request) -> Response:
        """Who would be left over if the day ended now."""
        policy = days.policies()
        today = days.service_day(policy.hospital, clock.now())
        shown = [leg for leg in close.unfinished(today) if self.actor.sees(leg.queue.department_id)]
        docs = _docs([leg.visit_id for leg in shown])
        return Response({"service_day": today.isoformat(), "policy": policy.carry_over, "visits": docs})

    @needs("queues.close_day")
    @answers(
        ClosedDoc, body=CloseBody,
        example={"choices": [{"visit": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90", "choice": "carry"}]},
    )  # fmt: skip
    def close(self, request: Request) -> Response:
        """End the day for these visits. Who was called meanwhile is left out and told under `refused`."""
        choices = {one["visit"]: one["choice"] for one in self.body["choices"]}
        return self.act(partial(close.close_day, choices, actor=self.actor), _closed)

    @needs("queues.intake")
    @answers(VisitDoc, refusals=["VISIT_NOT_EXPECTED", "VISIT_EXPECTED_LATER", "VISIT_WRONG_STATE"])
    def arrive(self, request: Request, pk: UUID) -> Response:
        """Somebody who was carried over is there: into the line, before the day's newcomers."""
        verb = partial(close.arrive_expected, find.visit(pk), actor=self.actor)
        return self.act(verb, lambda leg: find.visit_doc(leg.visit_id))

    @needs("queues.view")
    @answers(VisitDoc, listed=True)
    def expected(self, request: Request) -> Response:
        """Who is expected today and has not come yet, by line in the old order."""
        today = days.service_day(days.current_hospital(), clock.now())
        shown = [visit for visit in close.expected(today) if self.actor.sees(visit.department_id)]
        return Response({"results": _docs([visit.pk for visit in shown])})


def _docs(ids: list[UUID]) -> list[Any]:
    keys = [str(pk) for pk in ids]
    found = faces.visits(keys)
    return [found[key] for key in keys]


def _closed(told: close.Closed) -> dict[str, Any]:
    def docs(visits: list[Visit]) -> list[Any]:
        return _docs([visit.pk for visit in visits])

    refused = [{"visit": str(pk), "code": code.replace(".", "_").upper()} for pk, code in told.refused.items()]
    return {"carried_over": docs(told.carried), "left": docs(told.left), "refused": refused}
