"""What follows an event of a lower room: a new department gets its pool, a new doctor a line."""

from __future__ import annotations

from clinic.core.access import SYSTEM
from clinic.core.nouns import split_ref
from clinic.directory.models import Department, Doctor
from clinic.live.models import Event
from clinic.live.registry import on
from queues.models import OPEN, Visit
from queues.operations import lines


def _first(event: Event, kind: str) -> str:
    return next(split_ref(ref)[1] for ref in event.subjects if split_ref(ref)[0] == kind)


@on("department.added")
def open_pool(event: Event) -> None:
    """Idempotent: a department has one pool by constraint."""
    lines.ensure_pool(Department.objects.get(pk=_first(event, "department")), actor=SYSTEM)


@on("doctor.added", "doctor.changed")
def open_own_line(event: Event) -> None:
    """Idempotent: a doctor has one line by constraint; name and department follow."""
    doctor = Doctor.objects.select_related("department").get(pk=_first(event, "doctor"))
    lines.ensure_own_line(doctor, actor=SYSTEM)


NAMES = {
    "patient": ("given_name", "preferred_name", "family_name"),
    "department": ("name",),
    "doctor": ("name",),
    "room": ("name",),
    "queue": ("name",),
}
"""The fields of others that stand in a visit's document (queues/faces.py)."""
SHOWN_BY = {
    "patient": "patient_id__in",
    "department": "department_id__in",
    "doctor": "legs__server_id__in",
    "room": "legs__room_id__in",
    "queue": "legs__queue_id__in",
}


@on("patient.corrected", "department.changed", "doctor.changed", "room.changed", "queue.changed")
def follow_names(event: Event) -> None:
    """Open visits that show a changed name say so, or subscribers of a line would keep the old one. Idempotent."""
    for ref, told in event.changes.items():
        kind, key = split_ref(ref)
        changed = {*told["fields"], *told.get("personal", ())}
        if changed & set(NAMES.get(kind, ())):
            shown = Visit.objects.filter(**{SHOWN_BY[kind]: [key]}, legs__state__in=OPEN)
            lines.tell_new_names(list(shown.order_by("id").distinct()), actor=SYSTEM)
