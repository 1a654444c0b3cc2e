"""REST: the waiting list — who wants a place, what is offered, and what they said."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_input import Fields
from clinic.core.api_told import answers
from clinic.core.faces import Doc
from clinic.records.models import Patient
from queues import appointment_faces as faces
from queues.api import find
from queues.api.appointments import doc, type_of
from queues.models import WaitlistEntry
from queues.operations import waitlist
from queues.operations.appointments import Booked
from queues.waitlist_serializers import EntryBody, EntryDoc, EntryQuery, OfferBody, TakenDoc

WRONG_STATE = "WAITLIST_WRONG_STATE"
EXAMPLE = "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"
ASKED = ("first_day", "last_day", "part", "note")


class WaitlistViewSet(HouseViewSet):
    """Who wants a place. What becomes free is offered to the oldest entry it fits, by itself."""

    tag = "waitlist"

    @needs("appointments.view")
    @answers(EntryDoc, query=EntryQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Entries, the oldest first."""
        rows = WaitlistEntry.objects.filter(_where(self.query))
        return self.page(rows, self.query["ordering"], _docs)

    @needs("appointments.view")
    @answers(EntryDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One entry."""
        return self.answer(self.one(entry_doc(entry(pk))))

    @needs("appointments.book")
    @answers(
        EntryDoc, 201, body=EntryBody, refusals=["WAITLIST_ALREADY"],
        example={"patient": EXAMPLE, "doctor": EXAMPLE, "first_day": "2026-12-01", "last_day": "2026-12-14",
                 "part": "morning"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Put somebody on a line's waiting list."""
        patient = find.one(Patient.objects.all(), pk=self.body["patient"])
        asked = {name: self.body[name] for name in ASKED}
        verb = partial(
            waitlist.enter, find.line(self.body), patient, type=type_of(self.body), actor=self.actor, **asked
        )  # fmt: skip
        return self.act(verb, entry_doc, status=201)

    @needs("appointments.book")
    @answers(
        EntryDoc, body=OfferBody, refusals=[WRONG_STATE, "SLOT_TAKEN", "WAITLIST_OUTSIDE"],
        example={"starts_at": "2026-12-02T09:00:00+01:00"},
    )  # fmt: skip
    def offer(self, request: Request, pk: UUID) -> Response:
        """Keep a place for somebody for half an hour and tell them."""
        return self._act(waitlist.offer, pk, starts_at=self.body["starts_at"])

    @needs("appointments.book")
    @answers(TakenDoc, refusals=[WRONG_STATE, "WAITLIST_OFFER_OVER"])
    def take(self, request: Request, pk: UUID) -> Response:
        """They said yes: the place that was kept is booked."""
        held = entry(pk)

        def shown(told: Booked) -> Doc:
            return {"entry": entry_doc(held), "appointment": doc(told.appointment)}

        return self.act(partial(waitlist.take_offer, held, actor=self.actor), shown)

    @needs("appointments.book")
    @answers(EntryDoc, refusals=[WRONG_STATE])
    def decline(self, request: Request, pk: UUID) -> Response:
        """They said no to this place and stay on the list."""
        return self._act(waitlist.decline, pk)

    @needs("appointments.book")
    @answers(EntryDoc, refusals=[WRONG_STATE])
    def withdraw(self, request: Request, pk: UUID) -> Response:
        """Take somebody off the list."""
        return self._act(waitlist.withdraw, pk)

    def _act(self, verb: Callable[..., Any], pk: UUID, **given: Any) -> Response:
        held = entry(pk)
        return self.act(partial(verb, held, actor=self.actor, **given), lambda _: entry_doc(held))


def entry(pk: UUID) -> WaitlistEntry:
    """The entry of this id, or NotFound."""
    row: WaitlistEntry = find.one(WaitlistEntry.objects.select_related("queue", "offer"), pk=pk)
    return row


def entry_doc(row: WaitlistEntry) -> Doc:
    return faces.entries([str(row.pk)])[str(row.pk)]


def _docs(rows: Any) -> list[Doc]:
    keys = [str(row.pk) for row in rows]
    shown = faces.entries(keys)
    return [shown[key] for key in keys]


def _where(query: Fields) -> Q:
    plain = {"queue": "queue_id", "doctor": "queue__doctor_id", "department": "queue__department_id",
             "patient": "patient_id", "status": "state"}  # fmt: skip
    where = Q(**{column: query[name] for name, column in plain.items() if name in query})
    if "date" in query:
        where &= Q(first_day__lte=query["date"], last_day__gte=query["date"])
    if "open" in query:
        is_open = Q(state__in=faces.OPEN_ENTRIES)
        where &= is_open if query["open"] else ~is_open
    return where
