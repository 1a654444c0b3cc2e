"""JSON faces of the directory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from clinic.core.faces import Doc, by_asked, stamp, uuids
from clinic.core.nouns import Noun
from clinic.directory import policies
from clinic.directory.models import (
    Absence,
    Closure,
    Department,
    DepartmentConfig,
    Doctor,
    DoctorDepartment,
    DoctorVisitType,
    Room,
    VisitType,
    WorkingHours,
)
from clinic.live import registry


def department_doc(row: Department) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "name": row.name, "prefix": row.prefix, "kind": row.sort,
        "sensitive": row.sensitive, "public_name": row.public_name, "active": row.is_active,
    }  # fmt: skip


def department_policies_doc(row: DepartmentConfig) -> Doc:
    """What the department says itself; null is "as the hospital"."""
    own = {name: getattr(row, name) for name in policies.OWN}
    return {"id": str(row.pk), "version": row.version, "department": str(row.department_id), **own}


def room_doc(row: Room) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "name": row.name, "place": row.place,
        "department": str(row.department_id), "active": row.is_active,
    }  # fmt: skip


def doctor_doc(row: Doctor) -> Doc:
    """Others stand in it by id only, so that it changes only when the doctor does."""
    return {
        "id": str(row.pk), "version": row.version, "name": row.name, "kind": row.sort,
        "specialization": row.specialization, "department": str(row.department_id),
        "room": _id(row.room_id), "membership": _id(row.membership_id), "parallel_rooms": row.parallel_rooms,
        "serves_pool": row.serves_pool, "status": row.status, "late_minutes": row.late_minutes,
        "status_until": stamp(row.status_until), "status_at": stamp(row.status_at), "active": row.is_active,
        "employee_no": row.employee_no, "qualifications": row.qualifications, "licence_no": row.licence_no,
        "npi": row.npi, "taxonomy": row.taxonomy, "bio": row.bio, "services": row.services,
        "languages": row.languages, "fee": number(row.fee, 2), "address": row.address, "city": row.city,
        "latitude": number(row.latitude, 6), "longitude": number(row.longitude, 6), "minutes": row.minutes,
        "daily_capacity": row.daily_capacity, "booking_mode": row.booking_mode,
        "slot_capacity": row.slot_capacity, "listed": row.listed,
    }  # fmt: skip


def _id(key: object) -> str | None:
    return None if key is None else str(key)


def number(value: Any, places: int) -> str | None:
    """A decimal as a text with its places: in memory it may still be what was typed."""
    return None if value is None else f"{value:.{places}f}"


def further_doc(row: DoctorDepartment) -> Doc:
    return {"id": str(row.pk), "doctor": str(row.doctor_id), "department": str(row.department_id)}


def hours_doc(row: WorkingHours) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "doctor": str(row.doctor_id), "own": True, "weekly": row.weekly,
    }  # fmt: skip


def absence_doc(row: Absence) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "doctor": str(row.doctor_id), "starts_at": stamp(row.starts_at),
        "ends_at": stamp(row.ends_at), "reason": row.reason, "cancelled_at": stamp(row.cancelled_at),
        "begun_at": stamp(row.begun_at),
    }  # fmt: skip


def visit_type_doc(row: VisitType) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "name": row.name, "minutes": row.minutes,
        "buffer_minutes": row.buffer_minutes, "fee": number(row.fee, 2), "colour": row.colour, "video": row.video,
        "bookable": row.bookable, "whom": row.whom, "active": row.is_active,
    }  # fmt: skip


def own_type_doc(row: DoctorVisitType) -> Doc:
    """What a doctor does otherwise for one kind of visit; null is as usual."""
    return {
        "id": str(row.pk), "version": row.version, "doctor": str(row.doctor_id), "type": str(row.type_id),
        "minutes": row.minutes, "capacity": row.capacity, "offered": row.offered,
    }  # fmt: skip


def closure_doc(row: Closure) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "department": _id(row.department_id), "name": row.name,
        "first_day": row.first_day.isoformat(), "last_day": row.last_day.isoformat(),
    }  # fmt: skip


DOCS: tuple[tuple[type[Noun], Callable[[Any], Doc]], ...] = (
    (Department, department_doc), (Room, room_doc), (Doctor, doctor_doc), (DepartmentConfig, department_policies_doc),
    (DoctorDepartment, further_doc), (WorkingHours, hours_doc), (Absence, absence_doc), (VisitType, visit_type_doc),
    (DoctorVisitType, own_type_doc), (Closure, closure_doc),
)  # fmt: skip
"""In this order they stand in the snapshot of the topic ``directory``."""


def _face(model: Any, doc: Callable[[Any], Doc]) -> registry.Face:
    def build(ids: list[str]) -> dict[str, Doc]:
        return by_asked(ids, {row.pk: doc(row) for row in model.objects.filter(pk__in=uuids(ids))})

    return build


def _directory_refs(_key: str) -> Iterable[str]:
    models: list[Any] = [model for model, _doc in DOCS]
    return [
        f"{model.kind}:{pk}" for model in models for pk in model.objects.order_by("id").values_list("pk", flat=True)
    ]


def register() -> None:
    for model, doc in DOCS:
        registry.face(model.kind, "directory.view", _face(model, doc))
    # Why somebody is away ("ill") is for those who plan around it, and not for the accounts.
    registry.veil(Absence.kind, "queues.view", "reason")
    registry.topic("directory", "directory.view", _directory_refs)
