"""Verbs of the directory."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Forbidden, Invalid, constraints, say
from clinic.directory.models import Department, Doctor, Room
from clinic.live.record import add, change, operation, record

LATE_BY_DEFAULT = 10
"""Minutes that "running late" adds where the doctor states none (R3.21)."""

say({
    "doctor.bad_status": _("No such status."),
    "doctor.own_status_only": _("Only the desk can set another doctor's status."),
    "department.name_taken": _("Another department has this name."),
    "department.prefix_taken": _("Another department uses this token prefix."),
    "department.bad_prefix": _("One to three capital letters, without I and O."),
    "room.name_taken": _("Another room has this name."),
    "doctor.bad_rooms": _("A doctor sees one to four patients at once."),
    "doctor.member_taken": _("This member already is a doctor."),
})  # fmt: skip

constraints({
    "department_name_unique": "department.name_taken",
    "department_prefix_unique": "department.prefix_taken",
    "department_prefix_form": "department.bad_prefix",
    "room_name_unique": "room.name_taken",
    "doctor_parallel_rooms_1_4": "doctor.bad_rooms",
    "directory_doctor_membership_id_key": "doctor.member_taken",
})  # fmt: skip


@operation("directory.manage")
def add_department(*, actor: Actor, **fields: Any) -> Department:
    """A new department; its pool line follows by reaction."""
    row = add(Department(**fields))
    record("department.added", row)
    return row


@operation("directory.manage")
def change_department(department: Department, *, actor: Actor, **fields: Any) -> Department:
    """Change a department; tokens already given out keep their prefix."""
    if change(department, **fields):
        record("department.changed", department)
    return department


@operation("directory.manage")
def add_room(*, actor: Actor, **fields: Any) -> Room:
    """A new room."""
    row = add(Room(**fields))
    record("room.added", row)
    return row


@operation("directory.manage")
def change_room(room: Room, *, actor: Actor, **fields: Any) -> Room:
    """Change a room; screens that name it follow."""
    if change(room, **fields):
        record("room.changed", room)
    return room


@operation("directory.manage")
def add_doctor(*, actor: Actor, **fields: Any) -> Doctor:
    """A new doctor; the own line follows by reaction."""
    row = add(Doctor(**fields))
    record("doctor.added", row)
    return row


@operation("directory.manage")
def change_doctor(doctor: Doctor, *, actor: Actor, **fields: Any) -> Doctor:
    """Change a doctor's profile; the line follows name and department by reaction."""
    if change(doctor, **fields):
        record("doctor.changed", doctor)
    return doctor


@operation("directory.view")
def set_status(
    doctor: Doctor, status: str, *, late_minutes: int | None = None, until: datetime | None = None, actor: Actor
) -> Doctor:
    """Say whether the doctor is on time, late, on a break or off duty; patients in the line see it (R3.21)."""
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
    """The change behind ``set_status``, for operations that resume a doctor by calling."""
    late = 0
    if status == Doctor.RUNNING_LATE:
        late = LATE_BY_DEFAULT if late_minutes is None else late_minutes
    away = until if status == Doctor.ON_BREAK else None
    if change(doctor, status=status, late_minutes=late, status_until=away):
        change(doctor, status_at=clock.now())
        record("doctor.status_changed", doctor)
