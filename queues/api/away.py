"""REST: away today (R2.11) — whom an absent doctor hits, settled in one act with one undo."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_input import Fields
from clinic.core.api_told import answers
from clinic.core.errors import NotAllowed, NotFound
from clinic.core.faces import Doc, stamp
from clinic.core.nouns import split_ref
from clinic.core.sight import seen
from clinic.directory.models import Doctor
from clinic.live.models import Event, EventRef
from clinic.tenants import days
from queues.api import find
from queues.away_serializers import AwayDoc, AwayQuery, AwayUndoneDoc, SettleAwayBody, SettledDoc
from queues.models import Appointment, Queue, Visit
from queues.operations import away_today, undo
from queues.operations.away_today import Choice, Colleague, Row, Settled
from queues.serializers import UndoBody

EXAMPLE = "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"
SETTLED = "doctor.away_settled"


class AwayViewSet(HouseViewSet):
    """A doctor who is away."""

    tag = "doctors"

    @needs("appointments.settle")
    @answers(AwayDoc, query=AwayQuery)
    def away(self, request: Request, pk: UUID) -> Response:
        """Everybody who waits for the doctor or is booked that day, and the colleagues with their room."""
        server, day = find.doctor(pk), _day(self.query)
        people, others = away_today.plan(server, day), away_today.colleagues(server, day)
        shown = {"people": [_person(row) for row in people], "colleagues": [_colleague(one) for one in others]}
        return Response({"service_day": day.isoformat(), **shown})

    @needs("appointments.settle")
    @answers(SettledDoc, body=SettleAwayBody, example={"all": {"to": "colleague", "queue": EXAMPLE}})
    def settle(self, request: Request, pk: UUID) -> Response:
        """To the pool, to a colleague, to another day, or cancelled, in one act; each is told once.

        Who cannot go there stays, and is told under `refused`.
        """
        server, day = find.doctor(pk), _day(self.body)
        choices = _for_all(self.body, server, day) | _for_each(self.body["choices"])
        return self.act(partial(away_today.settle, server, day, choices, actor=self.actor), _settled)

    @needs("queues.undo")
    @answers(
        AwayUndoneDoc, body=UndoBody, refusals=["UNDO_NOTHING", "UNDO_TOO_LATE", "UNDO_TOUCHED"], example={"seq": 1042}
    )
    def undo(self, request: Request, pk: UUID) -> Response:
        """Take the whole act back, the last one or the one with this seq."""
        seqs = EventRef.objects.filter(ref=find.doctor(pk).ref).values("seq")
        acts = Event.objects.filter(seq__in=seqs, name=SETTLED)
        last = acts.filter(seq=self.body["seq"]) if "seq" in self.body else acts.order_by("-seq")
        if (act := last.first()) is None:
            raise NotAllowed("undo.nothing")
        return self.act(partial(undo.undo, act.seq, actor=self.actor), lambda names: {"undone": names})


def _day(given: Fields) -> date:
    today = days.service_day(days.current_hospital())
    return max(given["date"] or today, today)


# --- what was chosen -------------------------------------------------------------------------------------------------


def _for_all(body: Fields, server: Doctor, day: date) -> dict[str, Choice]:
    if "all" not in body:
        return {}
    return away_today.for_all(away_today.plan(server, day), _choice(body["all"]))


def _for_each(given: list[Fields]) -> dict[str, Choice]:
    _known(Appointment, [one["appointment"] for one in given if "appointment" in one])
    _known(Visit, [one["visit"] for one in given if "visit" in one])
    return {
        f"appointment:{one['appointment']}" if "appointment" in one else f"visit:{one['visit']}": _choice(one)
        for one in given
    }


def _known(model: Any, keys: Iterable[UUID]) -> None:
    """Another hospital's and unknown ones are one answer."""
    wanted = set(keys)
    if wanted - set(seen(model.objects.filter(pk__in=wanted)).values_list("pk", flat=True)):
        raise NotFound()


def _choice(given: Fields) -> Choice:
    line: Queue | None = find.queue(given["queue"]) if "queue" in given else None
    return Choice(given["to"], queue=line, starts_at=given.get("starts_at"))


# --- what is shown ---------------------------------------------------------------------------------------------------


def _person(row: Row) -> Doc:
    kind, key = split_ref(row.ref)
    patient = {"id": row.patient_id, "name": row.name} if row.patient_id else None
    return {
        "id": key, "kind": kind, "patient": patient, "token": row.token, "at": stamp(row.at), "status": row.state,
    }  # fmt: skip


def _colleague(one: Colleague) -> Doc:
    return {
        "queue": str(one.queue.pk), "doctor": {"id": str(one.doctor.pk), "name": one.doctor.name},
        "waiting": one.waiting, "booked": one.booked, "capacity": one.capacity, "taken": one.taken,
        "next_free_at": stamp(one.next_free),
    }  # fmt: skip


def _settled(told: Settled) -> Doc:
    refused = [{"id": split_ref(ref)[1], "code": code.replace(".", "_").upper()} for ref, code in told.refused.items()]
    return {
        "moved": [split_ref(ref)[1] for ref in told.moved],
        "cancelled": [split_ref(ref)[1] for ref in told.cancelled], "refused": refused,
    }  # fmt: skip
