"""REST: patients. Whoever is shown a record, alone or in a list, is written down (R6.10)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import Actor, needs
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from clinic.core.errors import Conflict, DomainError
from clinic.core.faces import stamp
from clinic.records import operations, search
from clinic.records.faces import patient_doc, patients
from clinic.records.models import Patient, PatientMerge
from clinic.records.serializers import (
    MergeBody,
    MergeDoc,
    NewPatientBody,
    PatientDoc,
    PatientQuery,
    PersonBody,
    UnmergeBody,
)

ORDERS = {"name": "name_key", "-name": "-name_key", "id": "id", "-id": "-id"}
CANDIDATE = ("id", "name", "mrn", "birth_date", "birth_year", "sex", "phone")
"""What somebody needs to tell whether it is the same person."""


class PatientViewSet(HouseViewSet):
    """Patients of the hospital."""

    tag = "patients"

    @needs("patients.view")
    @answers(PatientDoc, query=PatientQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Patients; with ``q`` a search that forgives typing errors, best first and on one page."""
        wanted = self.query.get("q")
        if wanted is not None:
            found = search.find(wanted)
            return Response({"results": _shown(found, self.actor), "next": None, "previous": None})
        rows = search.here()
        if "phone" in self.query:
            rows = rows.filter(phone_key=search.phone_key(self.query["phone"]))
        rows = rows.filter(**{name: self.query[name] for name in ("mrn", "birth_date") if name in self.query})
        return self.page(rows, ORDERS[self.query["ordering"]], lambda held: _shown(held, self.actor))

    @needs("patients.view")
    @answers(PatientDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One patient; who looked, and when, is written down."""
        row = self.row(Patient.objects.all(), pk)
        operations.note_access(row, page="api", actor=self.actor)
        return self.answer(self.one(patient_doc(row)))

    @needs("patients.edit")
    @answers(
        PatientDoc, 201, body=NewPatientBody, refusals=["PATIENT_KNOWN"],
        example={"given_name": "Priya", "family_name": "Raman", "phone": "+33 6 12 34 56 78"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """A new patient."""
        return self.act(
            partial(operations.register, actor=self.actor, **self.body),
            lambda row: self.one(patient_doc(row), status=201),
        )

    @needs("patients.edit")
    @answers(PatientDoc, body=PersonBody, versioned=True, example={"phone": "+33 6 12 34 56 79"})
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a patient's details; every board that shows the patient follows."""
        row = self.row(Patient.objects.all(), pk)
        self.match(row)
        operations.note_access(row, page="api", actor=self.actor)  # the answer shows the record: it needs that right
        return self.act(
            partial(operations.correct, row, actor=self.actor, **self.body), lambda held: self.one(patient_doc(held))
        )

    @needs("patients.merge")
    @answers(
        MergeDoc, body=MergeBody, refusals=["PATIENT_ALREADY_MERGED"],
        example={"gone": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90", "reason": "Registered twice"},
    )  # fmt: skip
    def merge(self, request: Request, pk: UUID) -> Response:
        """Make another record part of this one: visits and everything else follow, both histories stay."""
        kept, gone = self.row(Patient.objects.all(), pk), self.row(Patient.objects.all(), self.body["gone"])
        operations.note_access(kept, gone, page="api", why="merge", actor=self.actor)
        told = {"reason": self.body["reason"], "take": self.body.get("take_contacts", ())}
        verb = partial(operations.merge, kept, gone, actor=self.actor, **told)
        return self.act(verb, _merge_doc)

    @needs("patients.merge")
    @answers(
        MergeDoc, body=UnmergeBody, refusals=["PATIENT_ALREADY_MERGED"],
        example={"merge": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"},
    )  # fmt: skip
    def unmerge(self, request: Request, pk: UUID) -> Response:
        """Take a merge into this record back."""
        told = self.row(PatientMerge.objects.filter(kept=pk), self.body["merge"])
        operations.note_access(*_both(told), page="api", why="unmerge", actor=self.actor)
        return self.act(partial(operations.unmerge, told, actor=self.actor), _merge_doc)

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(with_candidates(exc, self.actor))


def _both(told: PatientMerge) -> list[Patient]:
    return list(Patient.objects.filter(pk__in=[told.kept_id, told.gone_id]))


def _merge_doc(told: PatientMerge) -> dict[str, Any]:
    return {
        "id": str(told.pk), "kept": patient_doc(Patient.objects.get(pk=told.kept_id)), "gone": str(told.gone_id),
        "reason": told.reason, "at": stamp(told.at), "undone_at": stamp(told.undone_at),
    }  # fmt: skip


def _shown(rows: Sequence[Patient], actor: Actor) -> list[dict[str, Any]]:
    """Whole records, and who saw them written down."""
    if rows:
        operations.note_access(*rows, page="api", actor=actor)
    return [patient_doc(row) for row in rows]


def with_candidates(error: Exception, actor: Actor) -> Exception:
    """``patient.known`` with who they are, not only their ids: the desk has to choose."""
    if not (isinstance(error, DomainError) and error.code == "patient.known" and actor.can("patients.view")):
        return error
    ids: list[str] = error.details.get("candidates", [])
    known = patients(ids)
    found: list[dict[str, Any]] = [{name: known[key][name] for name in CANDIDATE} for key in ids if key in known]
    return Conflict(error.code, **{**error.details, "candidates": found})
