"""JSON faces of departments, rooms and doctors."""

from __future__ import annotations

from collections.abc import Iterable

from clinic.core.faces import Doc, by_asked, stamp, uuids
from clinic.directory.models import Department, Doctor, Room
from clinic.live import registry


def departments(ids: list[str]) -> dict[str, Doc]:
    rows = Department.objects.filter(pk__in=uuids(ids))
    return by_asked(ids, {row.pk: department_doc(row) for row in rows})


def department_doc(row: Department) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "name": row.name, "prefix": row.prefix, "kind": row.sort,
        "sensitive": row.sensitive, "public_name": row.public_name, "active": row.is_active,
    }  # fmt: skip


def rooms(ids: list[str]) -> dict[str, Doc]:
    return by_asked(ids, {row.pk: room_doc(row) for row in Room.objects.filter(pk__in=uuids(ids))})


def room_doc(row: Room) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "name": row.name, "place": row.place,
        "department": str(row.department_id), "active": row.is_active,
    }  # fmt: skip


def doctors(ids: list[str]) -> dict[str, Doc]:
    return by_asked(ids, {row.pk: doctor_doc(row) for row in Doctor.objects.filter(pk__in=uuids(ids))})


def doctor_doc(row: Doctor) -> Doc:
    """Others stand in it by id only, so that it changes only when the doctor does."""
    return {
        "id": str(row.pk), "version": row.version, "name": row.name, "specialization": row.specialization,
        "department": str(row.department_id), "room": str(row.room_id) if row.room_id else None,
        "membership": str(row.membership_id) if row.membership_id else None, "parallel_rooms": row.parallel_rooms,
        "serves_pool": row.serves_pool, "status": row.status, "late_minutes": row.late_minutes,
        "status_until": stamp(row.status_until), "status_at": stamp(row.status_at), "active": row.is_active,
    }  # fmt: skip


def _directory_refs(_key: str) -> Iterable[str]:
    kinds = (("department", Department), ("room", Room), ("doctor", Doctor))
    return [f"{kind}:{pk}" for kind, model in kinds for pk in model.objects.order_by("id").values_list("pk", flat=True)]


def register() -> None:
    registry.face("department", "directory.view", departments)
    registry.face("room", "directory.view", rooms)
    registry.face("doctor", "directory.view", doctors)
    registry.topic("directory", "directory.view", _directory_refs)
