"""Verbs of what a doctor does otherwise for one kind of visit (R2.1)."""

from __future__ import annotations

from typing import Any

from clinic.core.access import Actor
from clinic.directory.models import Doctor, DoctorVisitType, VisitType
from clinic.directory.operations.doctors import may_edit
from clinic.live.record import add_unless, change, drop, operation, record
from clinic.tenants.operations.checks import valid

OWN_TYPE = ("minutes", "capacity", "offered")


@operation("directory.view")
def set_own_type(doctor: Doctor, type: VisitType, *, actor: Actor, **fields: Any) -> DoctorVisitType:  # noqa: A002  the noun's own word
    """How long this kind of visit takes a doctor, how many are booked for one time, or that it is not offered.

    What is left out stays as it was; None is "as usual". Doctors say it of themselves, the office of anybody.
    Places that are free from now on follow; what is booked keeps its length. The public search follows.
    """
    may_edit(doctor, actor)
    known: DoctorVisitType | None = DoctorVisitType.objects.filter(doctor=doctor, type=type).first()
    told = valid(known or DoctorVisitType(doctor=doctor, type=type), fields, allowed=OWN_TYPE)
    if known is None:
        known, made = add_unless(DoctorVisitType(doctor=doctor, type=type, **told), doctor=doctor, type=type)
        if made:
            record("doctor.own_type_changed", known, doctor)
            return known
    if change(known, **told):
        record("doctor.own_type_changed", known, doctor)
    return known


@operation("directory.view")
def drop_own_type(own: DoctorVisitType, *, actor: Actor) -> None:
    """The doctor does this kind of visit as everybody else."""
    doctor = own.doctor
    may_edit(doctor, actor)
    drop(own)
    record("doctor.own_type_changed", own, doctor)
