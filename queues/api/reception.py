"""REST: the desk — intake in one act, the day's numbers, and every line at once."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from clinic.core.sight import seen
from clinic.records.api import with_candidates
from clinic.records.models import Patient
from clinic.tenants import days
from queues import boards
from queues.api import find
from queues.api.lines import board
from queues.api.visits import NO_ROOM, arrived, options, source_of
from queues.models import (
    AWAITING_PAYMENT,
    CALLED_OFF,
    CHECKED_IN,
    CONFIRMED,
    FULFILLED,
    MISSED,
    REJECTED,
    REQUESTED,
    Appointment,
    Leg,
    Visit,
)  # fmt: skip
from queues.operations import intake, walk_in
from queues.serializers import FamilyBody, IntakeBody, LinesDoc, NewVisitDoc, StatsDoc

BOOKED_TODAY = {
    "requested": (REQUESTED, AWAITING_PAYMENT), "confirmed": (CONFIRMED,), "checked_in": (CHECKED_IN,),
    "completed": (FULFILLED,), "no_show": (MISSED,), "cancelled": (CALLED_OFF, REJECTED),
}  # fmt: skip
"""Word of the statistics → states of appointments; one that was moved counts where it went."""
COMES = ("requested", "confirmed", "checked_in", "completed")


class ReceptionViewSet(HouseViewSet):
    """The desk."""

    tag = "reception"

    @needs("queues.intake")
    @answers(
        NewVisitDoc, 201, body=IntakeBody, refusals=["PATIENT_KNOWN", "VISIT_ALREADY_IN_LINE", *NO_ROOM],
        example={"person": {"given_name": "Priya", "family_name": "Raman", "phone": "+33 6 12 34 56 78"},
                 "doctor": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90", "reason": "Fever"},
    )  # fmt: skip
    def intake(self, request: Request) -> Response:
        """Take somebody in: a known patient, or a new one who is registered in the same act.

        Somebody alike answers 409 `PATIENT_KNOWN` with the candidates; send one of their ids as `patient`, or the
        person again with `force_new` saying why this is somebody else.
        """
        line, who = find.line(self.body), options(self.body)
        if "patient" in self.body:
            patient = find.one(Patient.objects.all(), pk=self.body["patient"])
            verb: Any = partial(
                intake.arrive, line, patient, again_reason=self.body["again_reason"], actor=self.actor,
                source=source_of(self.actor), **who,
            )  # fmt: skip
        else:
            person = dict(self.body["person"])
            new = {name: person.pop(name) for name in ("force_new", "unknown")}
            verb = partial(walk_in.take_in, line, person, actor=self.actor, **new, **who)
        return self.act(verb, arrived, status=201)

    @needs("queues.intake")
    @answers(
        NewVisitDoc, 201, body=FamilyBody, listed=True, refusals=["VISIT_ALREADY_IN_LINE", *NO_ROOM],
        example={"patients": ["0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"],
                 "doctor": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"},
    )  # fmt: skip
    def family(self, request: Request) -> Response:
        """Take several of a family in at once, each under a token of their own: all of them, or nobody."""
        line, who = find.line(self.body), options(self.body)
        people = [find.one(Patient.objects.all(), pk=pk) for pk in dict.fromkeys(self.body["patients"])]
        verb = partial(
            walk_in.take_in_all, line, people, again_reason=self.body["again_reason"], actor=self.actor, **who
        )
        return self.act(verb, lambda told: {"results": [arrived(one) for one in told]}, status=201)

    @needs("queues.view")
    @answers(StatsDoc)
    def stats(self, request: Request) -> Response:
        """The service day so far, in visits, and what became of its appointments."""
        day = days.service_day(days.current_hospital())
        today = seen(Visit.objects.filter(service_day=day))
        ended = dict(today.exclude(outcome="").values_list("outcome").annotate(Count("pk")))
        here = dict(seen(Leg.objects.open()).filter(visit__service_day=day).values_list("state").annotate(Count("pk")))
        told = {"waiting": 0, "called": 0, "in_progress": 0, "on_hold": 0, "completed": 0, "no_show": 0, "left": 0,
                "cancelled": 0} | here | ended  # fmt: skip
        states = dict(seen(Appointment.objects.filter(service_day=day)).values_list("state").annotate(Count("pk")))
        booked = {word: sum(states.get(state, 0) for state in of) for word, of in BOOKED_TODAY.items()}
        counted = {"booked": sum(booked[word] for word in COMES), "appointments": booked}
        return Response({"service_day": day.isoformat(), "arrived": today.count(), **told, **counted})

    @needs("queues.view")
    @answers(LinesDoc)
    def queue(self, request: Request) -> HttpResponse:
        """Every line, with who is called or in the room, and who waits."""
        return board(request, boards.all_bytes())

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(with_candidates(exc, self.actor))
