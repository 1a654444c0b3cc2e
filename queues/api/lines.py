"""REST: lines, and what is done at a doctor's or from a department's pool."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from clinic.core.errors import NotFound
from clinic.directory.models import Department, Doctor
from queues import boards, faces
from queues.api import find
from queues.models import CALLED, IN_PROGRESS, Leg, Queue
from queues.move_serializers import CounterBody, QueueChangeBody
from queues.operations import calls, ends, lines, order
from queues.serializers import (
    CallBody,
    CalledDoc,
    CompleteAndCallBody,
    CompletedDoc,
    LineDoc,
    NextBody,
    PoolNextBody,
    QueueDoc,
    QueueQuery,
    SkipBody,
    SkippedDoc,
    VisitDoc,
    WhoBody,
)

BUSY = ["DOCTOR_BUSY", "DOCTOR_PAUSED"]
HERE = ["VISIT_WRONG_STATE", "VISIT_NOBODY_HERE", "VISIT_OTHER_SERVER"]
FILTERS = {"department": "department_id", "doctor": "doctor_id", "kind": "sort", "open": "is_open"}


class QueueViewSet(HouseViewSet):
    """Lines themselves."""

    tag = "queues"

    @needs("queues.view")
    @answers(QueueDoc, query=QueueQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Lines by name."""
        where = {FILTERS[name]: value for name, value in self.query.items() if name != "ordering"}
        rows = faces.with_estimates(Queue.objects.filter(**where))
        return self.page(rows, self.query["ordering"], lambda found: [faces.queue_doc(row) for row in found])

    @needs("queues.view")
    @answers(LineDoc)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        """One line, with who is called or in the room, and who waits, in order."""
        return board(request, boards.line_bytes(f"queue:{pk}", lambda: find.queue(pk)))

    @needs("queues.manage")
    @answers(
        QueueDoc, 201, body=CounterBody, refusals=["QUEUE_NAME_TAKEN"],
        example={"name": "Laboratory", "department": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d91"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """A new counter. Doctors and departments have their lines by themselves."""
        department = find.one(Department.objects.all(), pk=self.body["department"])
        verb = partial(lines.add_counter, department=department, name=self.body["name"], actor=self.actor)
        return self.act(verb, faces.queue_doc, status=201)

    @needs("queues.desk")
    @answers(QueueDoc, body=QueueChangeBody, refusals=["QUEUE_NAME_TAKEN"], example={"open": False})
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Open or close a line for newcomers; whoever waits keeps their place.

        `overnight` and a counter's `name` need the ability `queues.manage`.
        """
        row = find.queue(pk)
        if set(self.body) <= {"is_open"}:
            is_open = self.body.get("is_open", row.is_open)
            return self.act(partial(lines.set_open, row, is_open, actor=self.actor), faces.queue_doc)
        return self.act(partial(lines.change_queue, row, actor=self.actor, **self.body), faces.queue_doc)


class DoctorQueueViewSet(HouseViewSet):
    """A doctor's own line, and who is with the doctor."""

    tag = "queue-doctor"

    def server(self, pk: UUID) -> Doctor:
        """Who acts at this address."""
        return find.doctor(pk)

    @needs("queues.view")
    @answers(LineDoc)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        """The doctor's line, with who is with the doctor, and who waits, in order."""
        return board(request, boards.line_bytes(f"doctor:{pk}", lambda: find.own_line(find.doctor(pk))))

    @needs("queues.call")
    @answers(CalledDoc, body=NextBody, refusals=BUSY, example={"resume": False})
    def call_next(self, request: Request, pk: UUID) -> Response:
        """Call the best of the own line and of the pools served. Nobody waiting is `null`, not an error."""
        verb = partial(calls.call_next, self.server(pk), resume=self.body["resume"], actor=self.actor)
        return self.act(verb, called)

    @needs("queues.call")
    @answers(
        VisitDoc, body=CallBody, refusals=[*BUSY, "VISIT_WRONG_STATE"],
        example={"visit": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90", "reason": "In pain"},
    )  # fmt: skip
    def call(self, request: Request, pk: UUID) -> Response:
        """Call a chosen patient out of order."""
        visit, options = find.visit(self.body["visit"]), {"reason": self.body["reason"], "resume": self.body["resume"]}
        verb = partial(calls.call, visit, self.server(pk), actor=self.actor, **options)
        return self.act(verb, lambda leg: find.visit_doc(leg.visit_id))

    @needs("queues.call")
    @answers(VisitDoc, body=WhoBody, refusals=HERE, example={})
    def recall(self, request: Request, pk: UUID) -> Response:
        """Announce the called patient again."""
        return self._do(calls.recall, pk, CALLED)

    @needs("queues.call")
    @answers(VisitDoc, body=WhoBody, refusals=HERE, example={})
    def start(self, request: Request, pk: UUID) -> Response:
        """The called patient is in the room."""
        return self._do(calls.start, pk, CALLED)

    @needs("queues.call")
    @answers(SkippedDoc, body=SkipBody, refusals=[*HERE, "VISIT_SKIP_LIMIT"], example={"reason": "Not here"})
    def skip(self, request: Request, pk: UUID) -> Response:
        """Put the called patient a few places back."""
        visit = find.with_server(self.server(pk), self.body.get("visit"), CALLED)
        verb = partial(calls.skip, visit, reason=self.body["reason"], actor=self.actor)
        return self.act(verb, lambda put: {"visit": find.visit_doc(visit.pk), "places": put[1]})

    @needs("queues.call")
    @answers(VisitDoc, body=WhoBody, refusals=[*HERE, "VISIT_CALLS_NEEDED"], example={})
    def no_show(self, request: Request, pk: UUID) -> Response:
        """The called patient did not come, after the calls that the policy asks for."""
        return self._do(ends.no_show, pk, CALLED)

    @needs("queues.call")
    @answers(VisitDoc, body=WhoBody, refusals=HERE, example={})
    def complete(self, request: Request, pk: UUID) -> Response:
        """The patient has been seen."""
        return self._do(ends.complete, pk, CALLED, IN_PROGRESS)

    @needs("queues.call")
    @answers(CompletedDoc, body=CompleteAndCallBody, refusals=[*HERE, *BUSY], example={"resume": False})
    def complete_and_call(self, request: Request, pk: UUID) -> Response:
        """Complete, and call the next in the same act."""
        visit = find.with_server(self.server(pk), self.body.get("visit"), CALLED, IN_PROGRESS)
        verb = partial(ends.complete_and_call, visit, resume=self.body["resume"], actor=self.actor)
        return self.act(verb, lambda pair: {"completed": find.visit_doc(visit.pk), "called": called(pair[1])["visit"]})

    def _do(self, verb: Callable[..., Leg], pk: UUID, *states: str) -> Response:
        visit = find.with_server(self.server(pk), self.body.get("visit"), *states)
        return self.act(partial(verb, visit, actor=self.actor), lambda _: find.visit_doc(visit.pk))


class DepartmentQueueViewSet(HouseViewSet):
    """A department's pool: whoever is free calls from it."""

    tag = "queue-department"

    @needs("queues.view")
    @answers(LineDoc)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        """The pool, with who was called out of it, and who waits, in order."""
        return board(request, boards.line_bytes(f"pool:{pk}", lambda: find.pool(pk)))

    @needs("queues.call")
    @answers(CalledDoc, body=PoolNextBody, refusals=BUSY, example={"doctor": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"})
    def call_next(self, request: Request, pk: UUID) -> Response:
        """Call the next for a doctor who serves this pool: the best of the pool and of the doctor's own line."""
        doctor = find.doctor(self.body["doctor"])
        if not order.serves(doctor, find.pool(pk)):
            raise NotFound()
        verb = partial(calls.call_next, doctor, resume=self.body["resume"], actor=self.actor)
        return self.act(verb, called)


def called(leg: Leg | None) -> dict[str, Any]:
    return {"visit": find.visit_doc(leg.visit_id) if leg else None}


def board(request: Request, shown: tuple[int, bytes]) -> HttpResponse:
    """Bytes that are made already; a client that has this seq is told so."""
    seq, content = shown
    tag = f'"{seq}"'
    same = tag in {held.strip() for held in request.headers.get("If-None-Match", "").split(",")}
    answer = HttpResponse(status=304) if same else HttpResponse(content, content_type="application/json")
    answer["ETag"] = tag
    return answer
