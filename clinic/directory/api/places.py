"""REST: departments with their own policies, rooms and closures."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api_told import answers
from clinic.directory import operations
from clinic.directory.api.base import DirectoryViewSet
from clinic.directory.faces import closure_doc, department_doc, department_policies_doc, room_doc
from clinic.directory.models import Closure, Department, DepartmentConfig, Room
from clinic.directory.serializers import (
    ClosureBody,
    ClosureDoc,
    ClosureQuery,
    DepartmentBody,
    DepartmentDoc,
    DepartmentPoliciesBody,
    DepartmentPoliciesDoc,
    DepartmentQuery,
    RoomBody,
    RoomDoc,
    RoomQuery,
)


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
        refusals=["DEPARTMENT_NAME_TAKEN", "DEPARTMENT_PREFIX_TAKEN", "DEPARTMENT_NOT_EMPTY"],
    )  # fmt: skip
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a department; tokens already given out keep their prefix. With people inside it stays open."""
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


class DepartmentPoliciesViewSet(DirectoryViewSet):
    """What a department does otherwise than its hospital."""

    tag = "department-policies"
    model, doc = DepartmentConfig, department_policies_doc

    def _own(self, pk: UUID) -> tuple[Department, DepartmentConfig]:
        """The department and what it says itself; version 0 while it has never said anything."""
        department = self.row(Department.objects.select_related("config"), pk)
        own = getattr(department, "config", None)
        return department, own or DepartmentConfig(id=department.pk, department=department, version=0)

    @needs("directory.view")
    @answers(DepartmentPoliciesDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """A department's own policies; null is as the hospital."""
        return self.answer(self._shown(self._own(pk)[1]))

    @needs("directory.manage")
    @answers(DepartmentPoliciesDoc, body=DepartmentPoliciesBody, versioned=True, example={"token_reset": "weekly"})
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a department's own policies; they hold from the next act on."""
        department, own = self._own(pk)
        self.match(own)
        verb = partial(operations.change_department_policies, department, actor=self.actor, **self.body)
        return self.act(verb, self._shown)


class ClosureViewSet(DirectoryViewSet):
    """Service days on which the hospital, or one department, is closed."""

    tag = "closures"
    model, doc = Closure, closure_doc

    @needs("directory.view")
    @answers(ClosureDoc, query=ClosureQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Closures."""
        return self._page()

    @needs("directory.view")
    @answers(ClosureDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One closure."""
        return self._one(pk)

    @needs("directory.manage")
    @answers(
        ClosureDoc, 201, body=ClosureBody,
        example={"name": "Holidays", "first_day": "2026-12-24", "last_day": "2026-12-26"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Close the hospital, or one department, for whole service days."""
        return self._add(operations.add_closure)

    @needs("directory.manage")
    @answers(ClosureDoc, body=ClosureBody, versioned=True, example={"last_day": "2026-12-27"})
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a closure."""
        return self._change(operations.change_closure, pk)

    @needs("directory.manage")
    @answers(None, 204)
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Open again on those days."""
        return self._gone(operations.remove_closure, self._row(pk))
