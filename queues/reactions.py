"""What follows an event of a lower room: a new department gets its pool, a new doctor a line."""

from __future__ import annotations

from clinic.core.access import SYSTEM
from clinic.core.nouns import split_ref
from clinic.directory.models import Department, Doctor
from clinic.live.models import Event
from clinic.live.registry import on
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
