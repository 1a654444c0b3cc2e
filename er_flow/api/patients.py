"""REST: who is in the emergency department: lists, arrivals, details, who is delayed (R4.4, R4.5, R4.21, R4.44)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core import api_pages
from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_input import Fields
from clinic.core.api_told import answers
from clinic.core.sight import seen
from clinic.records.api import with_candidates
from er_flow import queries
from er_flow.api import acts, find
from er_flow.models import EmergencyVisit
from er_flow.models.words import BEDDED, ENDS, IN_TREATMENT, TRIAGED
from er_flow.operations import looks
from er_flow.serializers import ErDelayedDoc, ErVisitDoc, ErVisitHistoryDoc
from er_flow.visit_serializers import (
    AWAITING_BED,
    IN_BED,
    DetailsBody,
    ErRegisterBody,
    ErVisitQuery,
    IdentifyBody,
    ManyBody,
)

COLUMNS = {"esi": "level", "department": "department_id", "section": "section_id"}
REGISTERS = ["ER_ALREADY_HERE", "ER_NOT_AN_EMERGENCY_DEPARTMENT", "PATIENT_MERGED"]


class ErPatientViewSet(HouseViewSet):
    """Patients of the emergency department, each visit by itself."""

    tag = "er-patients"

    @needs("er.view")
    @answers(ErVisitDoc, query=ErVisitQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Who is here: untriaged on top, then by level, then by arrival; a delay lifts nobody."""
        here, where = _where(self.query)
        rows = EmergencyVisit.objects.filter(where)
        if not here:
            return self.page(rows.exclude(departed_at=None), "-departed_at", _docs)
        held = list(seen(rows.open().in_order()).values_list("pk", "level", "arrived_at"))
        of = f"er:{sorted((name, str(value)) for name, value in self.query.items())}"
        return Response(api_pages.page_of(held, _place, of, request, _docs_of))

    @needs("er.view")
    @answers(ErVisitHistoryDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One visit with its care stages, its beds and, for whoever may triage, its triages; who looked is noted."""
        row = find.visit(pk)
        looks.note_access(row, page="api", actor=self.actor)
        return self.answer(self.one({**find.visit_doc(row.pk), **queries.history(row.pk, self.actor)}))

    @needs("er.view")
    @answers(ErDelayedDoc, paged=True)
    def delayed(self, request: Request) -> Response:
        """Who waits longer than the target, in the order of the board: both clocks, and the target that was used."""
        found = [(one.visit, one.level, one.arrived_at, one) for one in queries.delayed()]
        show = lambda held: queries.delayed_docs([row[-1] for row in held])  # noqa: E731
        return Response(api_pages.page_of(found, _place, "er-delayed", request, show))

    @needs("er.register")
    @answers(
        ErVisitDoc, 201, body=ErRegisterBody, refusals=["PATIENT_KNOWN", *REGISTERS],
        example={"person": {"given_name": "Priya", "family_name": "Raman"}, "age": {"amount": 45, "unit": "years"},
                 "complaint": "Chest pain"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Take somebody in: who (or unknown), how old, and why.

        Somebody alike answers 409 `PATIENT_KNOWN` with the candidates; send one of their ids as `patient`, or the
        person again with `force_new` saying why this is somebody else.
        """
        return self.act(partial(acts.arrive, self.body, self.actor), lambda row: find.visit_doc(row.pk), status=201)

    @needs("er.register")
    @answers(
        ErVisitDoc, 201, body=ManyBody, listed=True, refusals=REGISTERS,
        example={"people": [{"unknown": True, "age": {"amount": 30}, "complaint": "Burns", "reported_level": 2}]},
    )  # fmt: skip
    def bulk(self, request: Request) -> Response:
        """Take many in at once: all of them, or nobody."""
        verb = partial(acts.arrive_all, self.body, self.actor)
        return self.act(verb, lambda rows: {"results": find.visit_docs([row.pk for row in rows])}, status=201)

    @needs("er.register")
    @answers(
        ErVisitDoc, body=DetailsBody, versioned=True, refusals=["ER_WRONG_STATE", "BED_NEEDS_NEGATIVE_PRESSURE"],
        example={"precautions": "droplet", "waiting_for": ["results"]},
    )  # fmt: skip
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Say something anew of a visit: complaint, section, precautions, alerts, what is waited for."""
        row = find.visit(pk)
        self.match(row)
        verb = partial(acts.details, row, self.body, self.actor)
        return self.act(verb, lambda held: self.one(find.visit_doc(held.pk)))

    @needs("er.register")
    @answers(
        ErVisitDoc, body=IdentifyBody, refusals=["PATIENT_KNOWN", *REGISTERS],
        example={"patient": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"},
    )  # fmt: skip
    def identify(self, request: Request, pk: UUID) -> Response:
        """Say who an unknown patient is, or that the visit is somebody else's, which needs a reason."""
        row = find.visit(pk)
        return self.act(partial(acts.identify, row, self.body, self.actor), lambda held: find.visit_doc(held.pk))

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(with_candidates(exc, self.actor))


def _docs(rows: list[EmergencyVisit]) -> list[Any]:
    return find.visit_docs([row.pk for row in rows])


def _docs_of(held: list[tuple[Any, ...]]) -> list[Any]:
    return find.visit_docs([pk for pk, _level, _arrived in held])


def _place(row: tuple[Any, ...]) -> list[Any]:
    """R4.4 as a key."""
    pk, level, arrived_at = row[:3]
    return [level or 0, arrived_at.isoformat(), str(pk)]


def _where(query: Fields) -> tuple[bool, Q]:
    """Whether those who are here are asked for, and which."""
    status = query.get("status")
    found = Q(**{column: query[name] for name, column in COLUMNS.items() if name in query})
    if status == IN_BED:
        found &= Q(state__in=(BEDDED, IN_TREATMENT)) & queries.in_bed()
    elif status == AWAITING_BED:
        found &= Q(state=TRIAGED) & ~queries.in_bed()
    elif status is not None:
        found &= Q(state=status)
    return query.get("active", status not in ENDS), found
