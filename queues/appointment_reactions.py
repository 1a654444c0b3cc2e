"""What follows in the book: a free place is offered to the waiting list, and documents follow the names they show."""

from __future__ import annotations

from clinic.core.access import SYSTEM
from clinic.core.nouns import split_ref
from clinic.live.models import Event
from clinic.live.registry import on
from queues.appointment_faces import OPEN_ENTRIES
from queues.models import TAKES_PLACE, Appointment, Series, WaitlistEntry
from queues.operations import book_names, waitlist


@on(
    "appointment.cancelled", "appointment.rescheduled", "appointment.expired", "appointment.rejected",
    "appointment.missed",
)  # fmt: skip
def offer_what_is_free(event: Event) -> None:
    """R2.5. Idempotent: a place that was offered is held, and a held place is offered to nobody."""
    waitlist.freed(event.subjects)


NAMES = {
    "patient": ("given_name", "preferred_name", "family_name"),
    "department": ("name",),
    "doctor": ("name",),
    "queue": ("name",),
    "visit_type": ("name", "video"),
}
"""The fields of others that stand in documents of the book (queues/appointment_faces.py)."""
SHOWN_BY = {
    "patient": "patient_id__in",
    "department": "queue__department_id__in",
    "doctor": "queue__doctor_id__in",
    "queue": "queue_id__in",
    "visit_type": "type_id__in",
}


@on("patient.corrected", "department.changed", "doctor.changed", "queue.changed", "visit_type.changed")
def follow_names_in_the_book(event: Event) -> None:
    """What is to come and shows a changed name says so, or subscribers would keep the old one. Idempotent."""
    for ref, told in event.changes.items():
        kind, key = split_ref(ref)
        changed = {*told["fields"], *told.get("personal", ())}
        if not changed & set(NAMES.get(kind, ())):
            continue
        where = {SHOWN_BY[kind]: [key]}
        rows = [
            *Appointment.objects.filter(state__in=TAKES_PLACE, **where).order_by("id"),
            *WaitlistEntry.objects.filter(state__in=OPEN_ENTRIES, **where).order_by("id"),
            *Series.objects.filter(ended_at=None, **where).order_by("id"),
        ]
        book_names.tell_new_names(rows, actor=SYSTEM)
