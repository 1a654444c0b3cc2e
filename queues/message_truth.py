"""Whether what a message says of an appointment or a visit still holds: asked inside the claim, under the row's lock.

So a cancellation is either before the claim, and nothing is sent, or after it.
"""

from __future__ import annotations

from clinic.core.nouns import Noun
from clinic.directory.models import Doctor
from clinic.inbox import truth
from clinic.inbox.models import PatientMessage
from clinic.live.models import Event, EventRef
from queues.models import (
    AWAITING_PAYMENT,
    BOOKED,
    CALLED,
    CALLED_OFF,
    CANCELLED,
    CONFIRMED,
    REJECTED,
    REQUESTED,
    WAITING,
    Appointment,
    Queue,
    Visit,
    WaitlistEntry,
)
from queues.operations import calls

STATES = {
    "requested": (REQUESTED, AWAITING_PAYMENT), "booked": BOOKED, "accepted": (CONFIRMED,),
    "rescheduled": BOOKED, "rejected": (REJECTED,), "cancelled": (CALLED_OFF,), "reminder_day": (CONFIRMED,),
    "reminder_hour": (CONFIRMED,), "late": (CONFIRMED,), "on_break": (CONFIRMED,),
}  # fmt: skip
"""Occasion → the states of an appointment in which it is true."""
STATUSES = {"late": Doctor.RUNNING_LATE, "on_break": Doctor.ON_BREAK}


def of_appointment(key: str, message: PatientMessage) -> bool:
    a = Appointment.objects.select_for_update(no_key=True).filter(pk=key).first()
    if a is None or a.patient_id != message.patient_id:
        return False
    if message.occasion == "away":  # moved, if it stands in the place of another one
        moved = Appointment.objects.filter(successor=a).exists()
        return a.state in (BOOKED if moved else (CALLED_OFF,))
    return a.state in STATES.get(message.occasion, ()) and _doctor_still(message, a.queue_id)


def of_visit(key: str, message: PatientMessage) -> bool:
    visit = Visit.objects.select_for_update(no_key=True, of=("self",)).filter(pk=key).first()
    if visit is None or visit.patient_id != message.patient_id:
        return False
    if message.occasion == "carried_over":
        return visit.ended_at is None and not visit.legs.exists()
    if not visit.legs.exists():
        return False
    leg = calls.leg_now(visit)
    match message.occasion:
        case "your_turn":
            return leg.state == CALLED and not _undone(message, visit)
        case "away":
            return (leg.state == WAITING or visit.outcome == CANCELLED) and not _undone(message, visit)
        case "late" | "on_break":
            return leg.state == WAITING and _doctor_still(message, leg.queue_id)
        case _:
            return leg.state == WAITING


def of_entry(key: str, message: PatientMessage) -> bool:
    entry = WaitlistEntry.objects.select_for_update(no_key=True, of=("self",)).filter(pk=key).first()
    return entry is not None and entry.state == WaitlistEntry.OFFERED and not _later(entry, message, "waitlist.offered")


def _doctor_still(message: PatientMessage, queue_id: object) -> bool:
    """Of a delay or a break: the doctor's status is the one that was told, and nothing newer was said."""
    if message.occasion not in STATUSES:
        return True
    doctor = Queue.objects.select_related("doctor").get(pk=queue_id).doctor
    if doctor is None or doctor.status != STATUSES[message.occasion]:
        return False
    return not _later(doctor, message, "doctor.status_changed")


def _undone(message: PatientMessage, row: Noun) -> bool:
    return _later(row, message, "visit.undone")


def _later(row: Noun, message: PatientMessage, name: str) -> bool:
    """Whether such an event of the row came after the one that brought the message."""
    seqs = EventRef.objects.filter(ref=row.ref, seq__gt=message.nth).values("seq")
    return bool(Event.objects.filter(seq__in=seqs, name=name).exists())


def install() -> None:
    """Runs in ``ready()``."""
    truth.tells(Appointment.kind, of_appointment)
    truth.tells(Visit.kind, of_visit)
    truth.tells(WaitlistEntry.kind, of_entry)
