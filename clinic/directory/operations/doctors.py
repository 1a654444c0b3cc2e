"""Verbs of doctors: profile, further departments, status."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, Forbidden, Invalid
from clinic.directory import listing
from clinic.directory.models import Department, Doctor, DoctorDepartment
from clinic.live.record import add, add_unless, change, drop, operation, record
from clinic.tenants import days
from clinic.tenants.operations.checks import here, valid

OWN_FIELDS = (
    "qualifications", "bio", "services", "languages", "fee", "address", "city", "latitude", "longitude", "minutes",
)  # fmt: skip
"""What doctors change of themselves."""
FIELDS = (
    "name", "sort", "specialization", "department", "room", "membership", "parallel_rooms", "serves_pool", "is_active",
    "employee_no", "licence_no", "npi", "taxonomy", "daily_capacity", "booking_mode",
    "slot_capacity", "listed", *OWN_FIELDS,
)  # fmt: skip
"""What the office changes of a doctor."""


@operation("directory.manage")
def add_doctor(*, actor: Actor, **fields: Any) -> Doctor:
    """A new doctor, nurse or clerk who calls; a doctor's own line follows by reaction."""
    row = Doctor()
    for name, value in _checked(row, fields, "status").items():
        setattr(row, name, value)
    actor.must_see(row.department_id)
    add(row)
    record("doctor.added", row)
    return row


@operation("directory.manage")
def change_doctor(doctor: Doctor, *, actor: Actor, **fields: Any) -> Doctor:
    """Change a doctor's profile; the line follows name and department, the public search follows the rest."""
    actor.must_see(doctor.department_id)
    if change(doctor, **_checked(doctor, fields)):
        actor.must_see(doctor.department_id)
        record("doctor.changed", doctor)
        if not listing.is_listed(doctor):
            listing.take_down(doctor)
    return doctor


@operation("doctor.edit_own")
def change_own_profile(doctor: Doctor, *, actor: Actor, **fields: Any) -> Doctor:
    """What doctors change of themselves: about, services, languages, fee, place and how long a visit takes."""
    if actor.doctor_id != doctor.pk:
        raise Forbidden("doctor.own_profile_only")
    foreign = sorted(set(fields) - set(OWN_FIELDS))
    if foreign:
        raise Forbidden("doctor.not_own_field", fields=foreign)
    if change(doctor, **_checked(doctor, fields)):
        record("doctor.changed", doctor)
    return doctor


def _checked(doctor: Doctor, fields: dict[str, Any], *also: str) -> dict[str, Any]:
    told = valid(doctor, fields, allowed=(*FIELDS, *also))
    member = told.get("membership")
    if member is not None:
        here(member.hospital_id)
    place = [told.get(name, getattr(doctor, name)) for name in ("latitude", "longitude")]
    if (place[0] is None) != (place[1] is None):
        lacking = "latitude" if place[0] is None else "longitude"
        raise Invalid("doctor.half_a_place", None, **{lacking: [_("A place needs latitude and longitude.")]})
    return told


def may_edit(doctor: Doctor, actor: Actor, *also: str) -> None:
    """Doctors act on their own profile, whoever manages the directory (or has one of ``also``) on anybody's."""
    actor.must_see(doctor.department_id)
    own = actor.can("doctor.edit_own") and actor.doctor_id == doctor.pk
    if not own and not any(actor.can(ability) for ability in ("directory.manage", *also)):
        raise Forbidden("doctor.own_profile_only")


@operation("directory.manage")
def join_department(doctor: Doctor, department: Department, *, actor: Actor) -> DoctorDepartment:
    """The doctor takes from this department's pool too, besides the own one's."""
    actor.must_see(doctor.department_id)
    actor.must_see(department.pk)
    if doctor.department_id == department.pk:
        raise Conflict("doctor.home_department", doctor=doctor.name)
    row, made = add_unless(
        DoctorDepartment(doctor=doctor, department=department), doctor=doctor, department=department
    )  # fmt: skip
    if made:
        record("doctor.joined_department", row, doctor, department)
    return row


@operation("directory.manage")
def leave_department(further: DoctorDepartment, *, actor: Actor) -> None:
    """The doctor takes from this department's pool no more."""
    doctor, department = further.doctor, further.department
    actor.must_see(doctor.department_id)
    drop(further)
    record("doctor.left_department", further, doctor, department)


@operation("directory.view")
def set_status(
    doctor: Doctor, status: str, *, late_minutes: int | None = None, until: datetime | None = None, actor: Actor
) -> Doctor:
    """Say whether the doctor is on time, late, on a break or off duty; patients in the line see it (R3.21)."""
    actor.must_see(doctor.department_id)
    own = actor.can("doctor.set_own_status") and actor.doctor_id == doctor.pk
    if not own and not actor.can("doctor.set_any_status"):
        raise Forbidden("doctor.own_status_only")
    if status not in dict(Doctor.STATUSES):
        raise Invalid("doctor.bad_status", status=[status])
    set_status_of(doctor, status, late_minutes=late_minutes, until=until)
    return doctor


def set_status_of(
    doctor: Doctor, status: str, *, late_minutes: int | None = None, until: datetime | None = None
) -> None:
    """The change behind ``set_status``, for operations that resume a doctor by calling.

    "Running late" adds the hospital's ``late_minutes`` where the doctor states none (R3.21, R1.9).
    """
    late = 0
    if status == Doctor.RUNNING_LATE:
        late = days.policies().late_minutes if late_minutes is None else late_minutes
    away = until if status == Doctor.ON_BREAK else None
    if change(doctor, status=status, late_minutes=late, status_until=away):
        change(doctor, status_at=clock.now())
        record("doctor.status_changed", doctor)
