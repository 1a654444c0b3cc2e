"""REST: visit types, and what doctors do otherwise for one."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api_told import answers
from clinic.directory import operations
from clinic.directory.api.base import DirectoryViewSet
from clinic.directory.faces import own_type_doc, visit_type_doc
from clinic.directory.models import Doctor, DoctorVisitType, VisitType
from clinic.directory.serializers import (
    OwnTypeBody,
    OwnTypeChange,
    OwnTypeDoc,
    OwnTypeQuery,
    VisitTypeBody,
    VisitTypeDoc,
    VisitTypeQuery,
)


class VisitTypeViewSet(DirectoryViewSet):
    """Kinds of visits with their usual length."""

    tag = "visit-types"
    model, doc = VisitType, visit_type_doc

    @needs("directory.view")
    @answers(VisitTypeDoc, query=VisitTypeQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Visit types."""
        return self._page()

    @needs("directory.view")
    @answers(VisitTypeDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One visit type."""
        return self._one(pk)

    @needs("directory.manage")
    @answers(
        VisitTypeDoc, 201, body=VisitTypeBody, refusals=["VISIT_TYPE_NAME_TAKEN"],
        example={"name": "Vaccination", "minutes": 15},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """A new visit type."""
        return self._add(operations.add_visit_type)

    @needs("directory.manage")
    @answers(
        VisitTypeDoc, body=VisitTypeBody, versioned=True, refusals=["VISIT_TYPE_NAME_TAKEN"], example={"minutes": 10}
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a visit type, or take it out of use."""
        return self._change(operations.change_visit_type, pk)


class OwnTypeViewSet(DirectoryViewSet):
    """What a doctor does otherwise for one kind of visit."""

    tag = "doctor-visit-types"
    model, doc = DoctorVisitType, own_type_doc

    @needs("directory.view")
    @answers(OwnTypeDoc, query=OwnTypeQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Which doctors do which kinds of visits otherwise."""
        return self._page()

    @needs("directory.view")
    @answers(OwnTypeDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One doctor's own way with one kind of visit."""
        return self._one(pk)

    @needs("directory.view")
    @answers(
        OwnTypeDoc, 201, body=OwnTypeBody,
        example={"doctor": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90", "type": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d91",
                 "minutes": 40},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Say how long a kind of visit takes a doctor, how many are booked for one time, or that it is not offered."""
        fields = dict(self.body)
        doctor = self.row(Doctor.objects.all(), fields.pop("doctor"))
        of = self.row(VisitType.objects.all(), fields.pop("type"))
        verb = partial(operations.set_own_type, doctor, of, actor=self.actor, **fields)
        return self.act(verb, lambda row: self.one(own_type_doc(row), status=201), status=201)

    @needs("directory.view")
    @answers(OwnTypeDoc, body=OwnTypeChange, versioned=True, example={"offered": False})
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change it; doctors change their own."""
        row = self._own(pk)
        self.match(row)
        verb = partial(operations.set_own_type, row.doctor, row.type, actor=self.actor, **self.body)
        return self.act(verb, self._shown)

    @needs("directory.view")
    @answers(None, 204)
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Let the doctor do it as everybody else."""
        return self._gone(operations.drop_own_type, self._own(pk))

    def _own(self, pk: UUID) -> DoctorVisitType:
        found: DoctorVisitType = self.row(DoctorVisitType.objects.select_related("doctor", "type"), pk)
        return found
