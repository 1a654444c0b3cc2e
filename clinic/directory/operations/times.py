"""Verbs of visit types, working hours and absences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotAllowed
from clinic.directory.models import Absence, Doctor, VisitType, WorkingHours
from clinic.directory.operations.doctors import may_edit, set_status_of
from clinic.live.record import add, add_unless, change, drop, operation, record
from clinic.tenants.hours import Weekly
from clinic.tenants.operations.checks import valid

VISIT_TYPE = ("name", "minutes", "buffer_minutes", "fee", "colour", "video", "bookable", "whom", "is_active")


@operation("directory.manage")
def add_visit_type(*, actor: Actor, **fields: Any) -> VisitType:
    """A new kind of visit."""
    row = VisitType()
    for name, value in valid(row, fields, allowed=VISIT_TYPE).items():
        setattr(row, name, value)
    add(row)
    record("visit_type.added", row)
    return row


@operation("directory.manage")
def change_visit_type(visit_type: VisitType, *, actor: Actor, **fields: Any) -> VisitType:
    """Change a kind of visit, or take it out of use (``is_active``): visits that have it keep it."""
    if change(visit_type, **valid(visit_type, fields, allowed=VISIT_TYPE)):
        record("visit_type.changed", visit_type)
    return visit_type


@operation("directory.view")
def set_hours(doctor: Doctor, weekly: Weekly | None, *, actor: Actor) -> WorkingHours | None:
    """A doctor's own week; None is the hospital's. Doctors set their own."""
    may_edit(doctor, actor)
    known: WorkingHours | None = WorkingHours.objects.filter(doctor=doctor).first()
    if weekly is None:
        if known is not None:
            drop(known)
            record("doctor.hours_changed", known, doctor)
        return None
    told = valid(known or WorkingHours(doctor=doctor), {"weekly": weekly}, allowed=("weekly",))
    if known is None:
        known, made = add_unless(WorkingHours(doctor=doctor, **told), doctor=doctor)
        if made:
            record("doctor.hours_changed", known, doctor)
            return known
    if change(known, **told):
        record("doctor.hours_changed", known, doctor)
    return known


@operation("directory.view")
def add_absence(doctor: Doctor, *, starts_at: datetime, ends_at: datetime, reason: str = "", actor: Actor) -> Absence:
    """When a doctor will be away. Doctors say it of themselves, the desk of anybody; ``hits.hit_by`` says whom it hits.

    When it begins, the clock sets the doctor off duty and policy ``on_leave`` says what becomes of the line.
    """
    may_edit(doctor, actor, "doctor.set_any_status")
    if ends_at <= starts_at:
        raise Invalid("absence.no_length", None, ends_at=[_("An absence ends after it begins.")])
    if ends_at <= clock.now():
        raise Invalid("absence.over", None, ends_at=[_("This is over already.")])
    row = Absence(doctor=doctor)
    for name, value in valid(
        row, {"starts_at": starts_at, "ends_at": ends_at, "reason": reason}, allowed=("starts_at", "ends_at", "reason")
    ).items():
        setattr(row, name, value)
    add(row)
    record("absence.added", row, doctor)
    return row


@operation("directory.view")
def cancel_absence(absence: Absence, *, actor: Actor) -> Absence:
    """Take an absence back, or end one that has begun: the doctor works in that time after all."""
    doctor = absence.doctor
    may_edit(doctor, actor, "doctor.set_any_status")
    if absence.cancelled_at is not None:
        return absence
    if absence.ends_at <= clock.now():
        raise NotAllowed("absence.over")
    change(absence, cancelled_at=clock.now())
    record("absence.cancelled", absence, doctor)
    return absence


@operation("directory.manage")
def begin_absence(absence: Absence, *, actor: Actor) -> Absence:
    """The time of an absence has come: the doctor is off duty, and what becomes of the line follows by reaction.

    Pressed once only, by the clock: who is called back to duty meanwhile stays on duty.
    """
    now, doctor = clock.now(), absence.doctor
    if absence.begun_at is not None or absence.cancelled_at is not None or not absence.starts_at <= now:
        return absence
    change(absence, begun_at=now)
    if now < absence.ends_at:
        set_status_of(doctor, Doctor.OFF_DUTY)
    record("absence.began", absence, doctor)
    return absence
