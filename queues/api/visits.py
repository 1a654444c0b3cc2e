"""REST: visits, taken in, acted on and taken back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_fields import ReasonBody
from clinic.core.api_input import Fields
from clinic.core.api_told import answers
from clinic.directory.models import Doctor, VisitType
from clinic.records.models import Patient
from queues import faces
from queues.api import find
from queues.api.moves import warning_doc
from queues.hold_serializers import SKIPPED, UndoneDoc, VisitStatusBody
from queues.models import (
    CALLED,
    CANCELLED,
    COMPLETED,
    IN_PROGRESS,
    LEFT,
    NO_SHOW,
    ON_HOLD,
    OPEN,
    WAITING,
    Leg,
    Visit,
)  # fmt: skip
from queues.operations import calls, ends, holds, intake, returns, undo
from queues.serializers import (
    ArrivalBody,
    NewVisitDoc,
    UndoBody,
    VisitDoc,
    VisitQuery,
)

WRONG_STATE = "VISIT_WRONG_STATE"
NO_ROOM = ["QUEUE_CLOSED", "QUEUE_FULL", "DOCTOR_FULL"]
OPTIONS = ("klass", "class_reason", "reason")


class VisitViewSet(HouseViewSet):
    """Visits of the hospital."""

    tag = "visits"

    @needs("queues.view")
    @answers(VisitDoc, query=VisitQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Visits, newest first."""
        rows = Visit.objects.filter(_where(self.query)).distinct()
        return self.page(rows, self.query["ordering"], _docs)

    @needs("queues.view")
    @answers(VisitDoc)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One visit."""
        return Response(find.visit_doc(find.visit(pk).pk))

    @needs("queues.intake")
    @answers(
        NewVisitDoc, 201, body=ArrivalBody, refusals=["VISIT_ALREADY_IN_LINE", *NO_ROOM],
        example={"patient": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90", "doctor": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d91",
                 "class": "normal", "reason": "Fever"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Take a known patient into a line, under a new token."""
        patient = find.one(Patient.objects.all(), pk=self.body["patient"])
        verb = partial(
            intake.arrive, find.line(self.body), patient, again_reason=self.body["again_reason"], actor=self.actor,
            source=source_of(self.actor), **options(self.body),
        )  # fmt: skip
        return self.act(verb, arrived, status=201)

    @needs("queues.view")
    @answers(
        VisitDoc, body=VisitStatusBody, whole=True, refusals=[WRONG_STATE, "VISIT_REASON_NEEDED", "DOCTOR_BUSY"],
        example={"status": "in_progress"},
    )  # fmt: skip
    def set_status(self, request: Request, pk: UUID) -> Response:
        """Act on a visit by the word it should have next, in lower or upper case.

        `skipped` puts it back in line; `waiting` ends a hold, or brings back whoever did not come or left.
        """
        visit = find.visit(pk)
        verb = VERBS[self.body["status"]](self, visit, self.body)
        return self.act(verb, lambda _: find.visit_doc(visit.pk))

    @needs("queues.desk")
    @answers(VisitDoc, body=ReasonBody, refusals=[WRONG_STATE, "VISIT_REASON_NEEDED"], example={"reason": "Twice"})
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Take a visit back that should not be; asks for a reason."""
        return self._end(ends.cancel, pk)

    @needs("queues.desk")
    @answers(VisitDoc, body=ReasonBody, refusals=[WRONG_STATE], example={"reason": "Has to catch a train"})
    def leave(self, request: Request, pk: UUID) -> Response:
        """The patient left without being seen."""
        return self._end(ends.leave, pk)

    @needs("queues.undo")
    @answers(
        UndoneDoc, body=UndoBody, refusals=["UNDO_NOTHING", "UNDO_TOO_LATE", "UNDO_TOUCHED"], example={"seq": 1042}
    )
    def undo(self, request: Request, pk: UUID) -> Response:
        """Take back the visit's last act, or the one with this seq, if nothing happened since."""
        visit = find.visit(pk)
        seq = find.act_of(visit, self.body["seq"]) if "seq" in self.body else find.last_act(visit)
        return self.act(
            partial(undo.undo, seq, actor=self.actor),
            lambda names: {"undone": names, "visit": find.visit_doc(visit.pk)},
        )

    def _end(self, verb: Callable[..., Leg], pk: UUID) -> Response:
        visit = find.visit(pk)
        return self.act(
            partial(verb, visit, reason=self.body["reason"], actor=self.actor), lambda _: find.visit_doc(visit.pk)
        )


Verb = Callable[[], Any]


def _call(view: HouseViewSet, visit: Visit, body: Fields) -> Verb:
    line = calls.leg_now(visit).queue
    named: UUID | None = body.get("doctor") or line.doctor_id or view.actor.doctor_id
    server: Doctor = find.doctor(named) if named else find.one(Doctor.objects.none())
    return partial(calls.call, visit, server, reason=body["reason"], actor=view.actor)


def _plain(verb: Callable[..., Any]) -> Callable[[HouseViewSet, Visit, Fields], Verb]:
    return lambda view, visit, body: partial(verb, visit, actor=view.actor)


def _reasoned(verb: Callable[..., Any]) -> Callable[[HouseViewSet, Visit, Fields], Verb]:
    return lambda view, visit, body: partial(verb, visit, reason=body["reason"], actor=view.actor)


def _hold(view: HouseViewSet, visit: Visit, body: Fields) -> Verb:
    return partial(
        holds.hold, visit, reason=body["hold"], minutes=body.get("minutes"), note=body["reason"], actor=view.actor
    )


def _wait(view: HouseViewSet, visit: Visit, body: Fields) -> Verb:
    """``resume`` or ``rejoin``, by where the visit is now; each of them refuses what the other is for."""
    if calls.leg_now(visit).state in (NO_SHOW, LEFT):
        return partial(returns.rejoin, visit, reason=body["reason"], actor=view.actor)
    return partial(holds.resume, visit, actor=view.actor)


VERBS: dict[str, Callable[[HouseViewSet, Visit, Fields], Verb]] = {
    WAITING: _wait,
    ON_HOLD: _hold,
    CALLED: _call,
    IN_PROGRESS: _plain(calls.start),
    COMPLETED: _plain(ends.complete),
    SKIPPED: _reasoned(calls.skip),
    NO_SHOW: _plain(ends.no_show),
    LEFT: _reasoned(ends.leave),
    CANCELLED: _reasoned(ends.cancel),
}
"""Status word → the operation that leads there."""


def source_of(actor: Any) -> str:
    return "api" if actor.kind == "key" else "desk"


def options(body: Fields) -> Fields:
    """What an intake says of the visit; ``type`` names a kind of visit of the hospital."""
    kind = find.one(VisitType.objects.all(), pk=body["type"]) if body.get("type") else None
    return {**{name: body[name] for name in OPTIONS}, "type": kind}


def arrived(arrival: intake.Arrival) -> dict[str, Any]:
    """The new visit, with the link of the patient's page: the only answer that holds it."""
    doc = find.visit_doc(arrival.visit.pk)
    told = [warning_doc(warned) for warned in arrival.warnings]
    url = f"{settings.PUBLIC_URL}/s/{arrival.link}/"
    return {**doc, "status_token": arrival.link, "status_url": url, "warnings": told}


def _docs(rows: Any) -> Any:
    keys = [str(row.pk) for row in rows]
    docs = faces.visits(keys)
    return [docs[key] for key in keys]


def _where(query: Fields) -> Q:
    plain = {"department": "department_id", "patient": "patient_id", "service_day": "service_day", "klass": "klass",
             "queue": "legs__queue_id", "doctor": "legs__server_id"}  # fmt: skip
    found = Q(**{column: query[name] for name, column in plain.items() if name in query})
    if "open" in query:
        found &= Q(ended_at__isnull=query["open"])
    status = query.get("status")
    if status in OPEN:
        found &= Q(legs__state=status)
    elif status is not None:
        found &= Q(outcome=status)
    return found
