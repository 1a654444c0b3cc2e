"""REST: departments, rooms and doctors."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_input import Fields
from clinic.core.api_told import answers
from clinic.core.tenancy import require_hospital_id
from clinic.directory import operations
from clinic.directory.faces import department_doc, doctor_doc, room_doc
from clinic.directory.models import Department, Doctor, Room
from clinic.directory.serializers import (
    DepartmentBody,
    DepartmentDoc,
    DepartmentQuery,
    DoctorBody,
    DoctorDoc,
    DoctorQuery,
    DoctorStatusBody,
    RoomBody,
    RoomDoc,
    RoomQuery,
)
from clinic.tenants.models import Membership

FILTERS = {"kind": "sort", "active": "is_active", "department": "department_id", "status": "status"}
"""Query parameter → column."""


class DirectoryViewSet(HouseViewSet):
    """What the three have in common."""

    model: ClassVar[Any]
    doc: ClassVar[Any]

    def _page(self) -> Response:
        where = {FILTERS[name]: value for name, value in self.query.items() if name != "ordering"}
        rows = self.model.objects.filter(**where)
        return self.page(rows, self.query["ordering"], lambda found: [self._doc(row) for row in found])

    def _one(self, pk: UUID) -> Response:
        return self.answer(self._shown(self.row(self.model.objects.all(), pk)))

    def _add(self, verb: Any) -> Response:
        fields = self._resolved()
        return self.act(
            partial(verb, actor=self.actor, **fields), lambda row: self.one(self._doc(row), status=201), status=201
        )

    def _change(self, verb: Any, pk: UUID) -> Response:
        row = self.row(self.model.objects.all(), pk)
        self.match(row)
        return self.act(partial(verb, row, actor=self.actor, **self._resolved()), self._shown)

    def _doc(self, row: Any) -> dict[str, Any]:
        return type(self).doc(row)  # type: ignore[no-any-return]

    def _shown(self, row: Any) -> Any:
        return self.one(self._doc(row))

    def _resolved(self) -> Fields:
        """The body with rows in place of ids; an id of another hospital is not there."""
        fields = dict(self.body)
        for name, model in (("department", Department), ("room", Room)):
            if fields.get(name) is not None:
                fields[name] = self.row(model.objects.all(), fields[name])
        if fields.get("membership") is not None:
            fields["membership"] = self._member(fields["membership"])
        return fields

    def _member(self, pk: UUID) -> Membership:
        return self.row(Membership.objects.filter(hospital_id=require_hospital_id(), is_active=True), pk)


class DepartmentViewSet(DirectoryViewSet):
    """Departments. A new one gets its pool line at once."""

    tag = "departments"
    model, doc = Department, department_doc

    @needs("directory.view")
    @answers(DepartmentDoc, query=DepartmentQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Departments."""
        return self._page()

    @needs("directory.view")
    @answers(DepartmentDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One department."""
        return self._one(pk)

    @needs("directory.manage")
    @answers(
        DepartmentDoc, 201, body=DepartmentBody, refusals=["DEPARTMENT_NAME_TAKEN", "DEPARTMENT_PREFIX_TAKEN"],
        example={"name": "Dermatology", "prefix": "D"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """A new department."""
        return self._add(operations.add_department)

    @needs("directory.manage")
    @answers(
        DepartmentDoc, body=DepartmentBody, versioned=True, example={"public_name": "Clinic 2"},
        refusals=["DEPARTMENT_NAME_TAKEN", "DEPARTMENT_PREFIX_TAKEN"],
    )  # fmt: skip
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a department; tokens already given out keep their prefix."""
        return self._change(operations.change_department, pk)


class RoomViewSet(DirectoryViewSet):
    """Rooms."""

    tag = "rooms"
    model, doc = Room, room_doc

    @needs("directory.view")
    @answers(RoomDoc, query=RoomQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Rooms."""
        return self._page()

    @needs("directory.view")
    @answers(RoomDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One room."""
        return self._one(pk)

    @needs("directory.manage")
    @answers(
        RoomDoc, 201, body=RoomBody, refusals=["ROOM_NAME_TAKEN"],
        example={"name": "Room 5", "place": "First floor", "department": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """A new room."""
        return self._add(operations.add_room)

    @needs("directory.manage")
    @answers(RoomDoc, body=RoomBody, versioned=True, refusals=["ROOM_NAME_TAKEN"], example={"place": "Second floor"})
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a room."""
        return self._change(operations.change_room, pk)


class DoctorViewSet(DirectoryViewSet):
    """Doctors. A new one gets their own line at once."""

    tag = "doctors"
    model, doc = Doctor, doctor_doc

    @needs("directory.view")
    @answers(DoctorDoc, query=DoctorQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Doctors."""
        return self._page()

    @needs("directory.view")
    @answers(DoctorDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One doctor."""
        return self._one(pk)

    @needs("directory.manage")
    @answers(
        DoctorDoc, 201, body=DoctorBody, refusals=["DOCTOR_MEMBER_TAKEN"],
        example={"name": "Dr. Ada Okafor", "department": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """A new doctor."""
        return self._add(operations.add_doctor)

    @needs("directory.manage")
    @answers(
        DoctorDoc, body=DoctorBody, versioned=True, refusals=["DOCTOR_MEMBER_TAKEN"],
        example={"specialization": "Cardiology"},
    )  # fmt: skip
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a doctor's profile."""
        return self._change(operations.change_doctor, pk)

    @needs("directory.view")
    @answers(DoctorDoc, body=DoctorStatusBody, whole=True, example={"status": "running_late", "late_minutes": 20})
    def set_status(self, request: Request, pk: UUID) -> Response:
        """Say whether a doctor is on time, late, on a break or off duty. Doctors set their own, the desk anybody's."""
        doctor = self.row(Doctor.objects.all(), pk)
        return self.act(partial(operations.set_status, doctor, actor=self.actor, **self.body), self._shown)
