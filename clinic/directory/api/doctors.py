"""REST: doctors, the further departments they serve, their hours and absences."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api_told import answers
from clinic.core.faces import stamp
from clinic.directory import hits, operations
from clinic.directory.api.base import DirectoryViewSet
from clinic.directory.faces import absence_doc, doctor_doc, further_doc, hours_doc
from clinic.directory.models import Absence, Department, Doctor, DoctorDepartment, WorkingHours
from clinic.directory.serializers import (
    AbsenceBody,
    AbsenceDoc,
    AbsenceQuery,
    DoctorBody,
    DoctorDoc,
    DoctorQuery,
    DoctorStatusBody,
    FurtherBody,
    FurtherDoc,
    FurtherQuery,
    HitDoc,
    HoursBody,
    HoursDoc,
)
from clinic.tenants import days


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
        DoctorDoc, 201, body=DoctorBody, refusals=["DOCTOR_MEMBER_TAKEN", "DOCTOR_EMPLOYEE_NO_TAKEN"],
        example={"name": "Dr. Ada Okafor", "department": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """A new doctor."""
        return self._add(operations.add_doctor)

    @needs("directory.view")
    @answers(
        DoctorDoc, body=DoctorBody, versioned=True,
        refusals=["DOCTOR_MEMBER_TAKEN", "DOCTOR_EMPLOYEE_NO_TAKEN"], example={"specialization": "Cardiology"},
    )  # fmt: skip
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a doctor's profile. Doctors change of themselves what patients read of them, the office the rest."""
        verb = operations.change_doctor if self.actor.can("directory.manage") else operations.change_own_profile
        return self._change(verb, pk)

    @needs("directory.view")
    @answers(DoctorDoc, body=DoctorStatusBody, whole=True, example={"status": "running_late", "late_minutes": 20})
    def set_status(self, request: Request, pk: UUID) -> Response:
        """Say whether a doctor is on time, late, on a break or off duty. Doctors set their own, the desk anybody's."""
        doctor = self._row(pk)
        return self.act(partial(operations.set_status, doctor, actor=self.actor, **self.body), self._shown)

    @needs("directory.view")
    @answers(HoursDoc, versioned=True)
    def hours(self, request: Request, pk: UUID) -> Response:
        """A doctor's week: the own one, or the hospital's."""
        return self.answer(self.one(_hours_doc(self._row(pk))))

    @needs("directory.view")
    @answers(HoursDoc, body=HoursBody, versioned=True, whole=True,
             example={"weekly": {"mon": [{"start": "08:00", "end": "12:00"}]}})  # fmt: skip
    def set_hours(self, request: Request, pk: UUID) -> Response:
        """Give a doctor a week of their own; null is the hospital's. Doctors set their own."""
        doctor = self._row(pk)
        self.match(_hours_of(doctor) or WorkingHours(version=0))
        verb = partial(operations.set_hours, doctor, self.body["weekly"], actor=self.actor)
        return self.act(verb, lambda _: self.one(_hours_doc(doctor)))


def _hours_of(doctor: Doctor) -> WorkingHours | None:
    found: WorkingHours | None = WorkingHours.objects.filter(doctor=doctor).first()
    return found


def _hours_doc(doctor: Doctor) -> dict[str, Any]:
    own = _hours_of(doctor)
    if own is not None:
        return hours_doc(own)
    weekly = days.policies().hours
    return {"id": None, "version": 0, "doctor": str(doctor.pk), "own": False, "weekly": weekly}


class FurtherViewSet(DirectoryViewSet):
    """Further departments whose pool a doctor takes from."""

    tag = "doctor-departments"
    model, doc = DoctorDepartment, further_doc

    @needs("directory.view")
    @answers(FurtherDoc, query=FurtherQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Who serves which further department."""
        return self._page()

    @needs("directory.manage")
    @answers(
        FurtherDoc, 201, body=FurtherBody, refusals=["DOCTOR_HOME_DEPARTMENT"],
        example={"doctor": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90",
                 "department": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d91"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Let a doctor take from a further department's pool."""
        doctor = self.row(Doctor.objects.all(), self.body["doctor"])
        department = self.row(Department.objects.all(), self.body["department"])
        return self.act(partial(operations.join_department, doctor, department, actor=self.actor), further_doc,
                        status=201)  # fmt: skip

    @needs("directory.manage")
    @answers(None, 204)
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Let a doctor take from it no more."""
        return self._gone(operations.leave_department, self._row(pk))


class AbsenceViewSet(DirectoryViewSet):
    """When doctors are away."""

    tag = "absences"
    model, doc = Absence, absence_doc

    @needs("directory.view")
    @answers(AbsenceDoc, query=AbsenceQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Absences, past and cancelled ones too."""
        return self._page()

    @needs("directory.view")
    @answers(AbsenceDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One absence."""
        return self._one(pk)

    @needs("directory.view")
    @answers(
        AbsenceDoc, 201, body=AbsenceBody,
        example={"doctor": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90", "starts_at": "2026-12-01T08:00:00+01:00",
                 "ends_at": "2026-12-05T18:00:00+01:00", "reason": "Congress"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Say when a doctor will be away: doctors of themselves, the desk of anybody."""
        fields = dict(self.body)
        doctor = self.row(Doctor.objects.all(), fields.pop("doctor"))
        verb = partial(operations.add_absence, doctor, actor=self.actor, **fields)
        return self.act(verb, lambda row: self.one(self._doc(row), status=201), status=201)

    @needs("directory.view")
    @answers(AbsenceDoc, refusals=["ABSENCE_OVER"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Take an absence back, or end one early."""
        row = self.row(Absence.objects.select_related("doctor"), pk)
        return self.act(partial(operations.cancel_absence, row, actor=self.actor), self._shown)

    @needs("queues.view")
    @answers(HitDoc, listed=True)
    def hits(self, request: Request, pk: UUID) -> Response:
        """Whom an absence hits: those who wait, or are to come, for this doctor."""
        row = self.row(Absence.objects.select_related("doctor"), pk)
        found = hits.hit_by(row)
        shown = [{"ref": hit.ref, "token": hit.token, "name": hit.name, "since": stamp(hit.since)} for hit in found]
        return Response({"results": shown})
