"""What patients are told of their appointments and their turn: each event's message, by reaction.

Idempotent: a message has the number of the event that brought it, and the database refuses a second one. What can
still be taken back (R3.19) is told when the undo time has passed; a call is told at once. Whether a message that
waits is still true is asked again when it is sent (queues/message_truth.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Q

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.core.nouns import split_ref
from clinic.directory.models import Doctor
from clinic.inbox import operations as inbox
from clinic.inbox import subscriptions
from clinic.inbox.models import SENDING, SENT, UNKNOWN, PatientMessage
from clinic.live.models import Event
from clinic.live.registry import on
from clinic.records.models import Patient
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig, PublicToken
from queues.models import (
    BOOKED,
    CALLED_OFF,
    CONFIRMED,
    REJECTED,
    TOKEN,
    WAITING,
    Appointment,
    Leg,
    Visit,
    WaitlistEntry,
)
from queues.operations import calls

STALE = timedelta(hours=6)
"""What happened so long ago is told to nobody: a worker that was away, or a past that was played."""
TURN_FOR = timedelta(minutes=5)
"""So long "it is your turn" is of use."""
LATE_FOR = timedelta(minutes=30)
MORNING = time(8)
"""Who is carried over by the clock of the night is told in the morning."""
AWAY = "away"
CALLED_EVENTS = frozenset({"visit.called", "visit.called_out_of_order"})


def _keys(event: Event, kind: str) -> list[str]:
    return [key for ref in event.subjects for named, key in [split_ref(ref)] if named == kind]


def _inserted(event: Event, kind: str) -> str | None:
    """The id of the row of this kind that the event made."""
    made = (ref for ref, told in event.changes.items() if told["op"] == "insert")
    return next((split_ref(ref)[1] for ref in made if split_ref(ref)[0] == kind), None)


def _is_stale(event: Event) -> bool:
    return clock.now() - event.at > STALE


def is_silent() -> bool:
    """Whether this hospital sends its patients nothing."""
    return days.policies().tell_by == HospitalConfig.NONE


def after_undo(event: Event) -> datetime:
    """When it cannot be taken back any more."""
    return event.at + timedelta(seconds=days.policies().undo_seconds + 1)


# --- appointments ----------------------------------------------------------------------------------------------------


def find(keys: Iterable[str]) -> list[Appointment]:
    rows = Appointment.objects.filter(pk__in=list(keys), patient__isnull=False)
    return list(rows.select_related("patient", "queue__department", "queue__doctor", "type", "series"))


def facts_of(a: Appointment, **more: Any) -> dict[str, Any]:
    """What a message says of an appointment: never its type, what it is for, or its notes."""
    doctor = a.queue.doctor
    return {
        "starts_at": a.starts_at, "doctor": doctor.name if doctor else "", "video": bool(a.type and a.type.video),
        "number": a.token if a.mode == TOKEN else "", "reason": a.end_reason if a.state == REJECTED else "", **more,
    }  # fmt: skip


def tell(
    a: Appointment, occasion: str, event: Event | None = None, *, at: datetime | None = None,
    until: datetime | None = None, facts: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Tell the appointment's patient, with more facts than its own; of no use any more when it begins."""
    if a.patient is None:
        return
    inbox.tell(
        a.patient, occasion, about=a.ref, facts=facts_of(a, **(facts or {})), not_before=at,
        valid_until=until or max(a.starts_at, clock.now() + timedelta(hours=1)), nth=event.seq if event else 0,
        department=a.queue.department, link=f"{PublicToken.BOOKING} {a.ref}", actor=SYSTEM,
    )  # fmt: skip


def _each(event: Event, occasion: str, state: str, *, at: datetime | None = None, **facts: Any) -> None:
    """Tell the patients of the event's appointments that are in this state now, which is asked again when it leaves."""
    if _is_stale(event) or is_silent():
        return
    for a in find(_keys(event, Appointment.kind)):
        if a.state == state:
            tell(a, occasion, event, at=at, facts=facts)


def _when(event: Event) -> datetime | None:
    """When what staff did cannot be taken back any more; what patients did themselves is confirmed at once."""
    return None if event.actor["kind"] == "patient" else after_undo(event)


@on("appointment.requested", "appointment.booked")
def booked(event: Event) -> None:
    """At once. A series is told once, with its dates, by the first of them."""
    occasion = "booked" if event.name == "appointment.booked" else "requested"
    if _is_stale(event) or is_silent():
        return
    of_series = Event.objects.filter(op=event.op, name="series.made").exists()
    for a in find(_keys(event, Appointment.kind)):
        if a.series_id is None or not of_series:
            tell(a, occasion, event)
            continue
        starts = Appointment.objects.filter(series=a.series_id, state__in=BOOKED).order_by("starts_at", "id")
        left = list(starts.values_list("pk", "starts_at"))  # none if all were cancelled since
        if left and left[0][0] == a.pk:
            tell(a, occasion, event, facts={"dates": [start for _pk, start in left[1:]]})


@on("appointment.accepted")
def accepted(event: Event) -> None:
    """Where it still has to be paid for, the payment confirms it."""
    _each(event, "accepted", CONFIRMED, at=_when(event))


@on("appointment.paid")
def paid(event: Event) -> None:
    _each(event, "accepted", CONFIRMED)


@on("appointment.rejected")
def rejected(event: Event) -> None:
    _each(event, "rejected", REJECTED, at=_when(event))


@on("appointment.cancelled")
def cancelled(event: Event) -> None:
    """An absent doctor is told as that (R2.11)."""
    if event.reason == AWAY:
        _each(event, AWAY, CALLED_OFF, at=_when(event), outcome="cancelled")
    else:
        _each(event, "cancelled", CALLED_OFF, at=_when(event))


@on("appointment.rescheduled")
def rescheduled(event: Event) -> None:
    """Told of the new one."""
    fresh = _inserted(event, Appointment.kind)
    if fresh is None or _is_stale(event) or is_silent():
        return
    for a in find([fresh]):
        if event.reason == AWAY:
            tell(a, AWAY, event, at=_when(event), facts={"outcome": "moved"})
        else:
            tell(a, "rescheduled", event, at=_when(event))


@on("waitlist.offered")
def offered(event: Event) -> None:
    """A place is free, and kept until the hold ends."""
    rows = WaitlistEntry.objects.filter(pk__in=_keys(event, WaitlistEntry.kind), state=WaitlistEntry.OFFERED)
    for entry in rows.select_related("patient", "queue__department", "offer__queue__doctor", "offer__type"):
        place = entry.offer
        if place is None or place.held_until is None or place.held_until <= clock.now() or is_silent():
            continue
        inbox.tell(
            entry.patient, "waitlist_offer", about=entry.ref, facts=facts_of(place, kept_until=place.held_until),
            valid_until=place.held_until, nth=event.seq, department=entry.queue.department,
            link=f"{PublicToken.BOOKING} {place.ref}", actor=SYSTEM,
        )  # fmt: skip


# --- the turn --------------------------------------------------------------------------------------------------------


def tell_visit(visit: Visit, occasion: str, facts: dict[str, Any], *, nth: int = 0, at: datetime | None = None,
               until: datetime | None = None) -> None:  # fmt: skip
    inbox.tell(
        visit.patient, occasion, about=visit.ref, facts={"token": visit.token, **facts}, not_before=at,
        valid_until=until, nth=nth, department=visit.department, link=f"{PublicToken.STATUS} {visit.ref}", actor=SYSTEM,
    )  # fmt: skip


def _visits(event: Event) -> list[Visit]:
    rows = Visit.objects.filter(pk__in=_keys(event, Visit.kind)).order_by("id")
    return list(rows.select_related("patient", "department"))


@on("visit.called", "visit.called_out_of_order")
def called(event: Event) -> None:
    """It is their turn, at once; a minute later it would be too late."""
    until = event.at + TURN_FOR
    if clock.now() >= until or is_silent():
        return
    for visit in _visits(event):
        if can_be_told(visit.patient):
            leg = calls.leg_now(visit)
            room = leg.room.name if leg.room else ""
            tell_visit(visit, "your_turn", {"room": room}, nth=event.seq, until=until)


@on("visit.undone")
def taken_back(event: Event) -> None:
    """An undone call that was told is followed by "please wait" (R3.19); one that was not is not told any more."""
    if not CALLED_EVENTS & set(event.reason.split(", ")) or clock.now() >= event.at + TURN_FOR:
        return
    for visit in _visits(event):
        if calls.leg_now(visit).state != WAITING:
            continue
        inbox.withdraw(visit.ref, occasions=("your_turn",), actor=SYSTEM)
        told = PatientMessage.objects.filter(about=visit.ref, state__in=(SENDING, SENT, UNKNOWN), nth__lt=event.seq)
        last = told.filter(occasion__in=("your_turn", "please_wait")).order_by("-nth").first()
        if last is not None and last.occasion == "your_turn":
            tell_visit(visit, "please_wait", {}, nth=event.seq, until=event.at + TURN_FOR)


@on("visit.carried_over")
def carried_over(event: Event) -> None:
    """The day ended before their turn: when they are expected, under which token (R3.22)."""
    fresh = _inserted(event, Visit.kind)
    if fresh is None or _is_stale(event) or is_silent():
        return
    visit = Visit.objects.select_related("patient", "department").get(pk=fresh)
    at = max(after_undo(event), _morning(clock.now()))
    until = days.day_end(days.current_hospital(), visit.service_day)
    facts = {"day": visit.expected_on, "number": visit.token}
    tell_visit(visit, "carried_over", facts, nth=event.seq, at=at, until=until)


def _morning(now: datetime) -> datetime:
    """Now, or the morning that the night ends with."""
    here = now.astimezone(days.current_hospital().zone)
    return here.replace(hour=MORNING.hour, minute=0, second=0, microsecond=0) if here.time() < MORNING else now


@on("visit.reassigned", "visit.cancelled")
def sent_elsewhere(event: Event) -> None:
    """Who waited for a doctor who is away (R2.11): somebody else sees them, or nobody. One message each: who got
    another time in the same act hears of that."""
    if event.reason != AWAY or _is_stale(event) or is_silent():
        return
    for visit in _visits(event):
        if event.name == "visit.cancelled" and _booked_instead(event, visit):
            continue
        outcome = "line" if event.name == "visit.reassigned" else "cancelled"
        tell_visit(visit, AWAY, {"outcome": outcome}, nth=event.seq, at=after_undo(event))


def _booked_instead(event: Event, visit: Visit) -> bool:
    """Whether the same act gave this patient another time."""
    made = Event.objects.filter(op=event.op, name__in=("appointment.booked", "appointment.requested"))
    keys = [key for other in made for key in _keys(other, Appointment.kind)]
    return bool(Appointment.objects.filter(pk__in=keys, patient=visit.patient_id).exists())


# --- the doctor's times ----------------------------------------------------------------------------------------------


@on("doctor.status_changed")
def doctor_late(event: Event) -> None:
    """Who waits for the doctor, or comes later today, hears of a delay or a break when it can be relied on."""
    if clock.now() - event.at > LATE_FOR or is_silent():
        return
    doctor = Doctor.objects.filter(pk__in=_keys(event, Doctor.kind)).first()
    if doctor is None or doctor.status not in (Doctor.RUNNING_LATE, Doctor.ON_BREAK):
        return
    at, until = after_undo(event), event.at + LATE_FOR
    late = doctor.status == Doctor.RUNNING_LATE
    facts: dict[str, Any] = {"minutes": doctor.late_minutes} if late else {"until": doctor.status_until}
    occasion = "late" if late else "on_break"
    for leg in Leg.objects.filter(queue__doctor=doctor, state=WAITING).select_related(
        "visit__patient", "visit__department"
    ):
        tell_visit(leg.visit, occasion, facts, nth=event.seq, at=at, until=until)
    for a in _still_to_come(doctor):
        tell(a, occasion, event, at=at, until=until, facts=facts)


def _still_to_come(doctor: Doctor) -> list[Appointment]:
    """Today's bookings whom it concerns: of a delay all, of a break those that begin before its end."""
    now = clock.now()
    today = days.service_day(days.current_hospital(), now)
    rows = Appointment.objects.filter(queue__doctor=doctor, service_day=today, state=CONFIRMED, starts_at__gte=now)
    if doctor.status == Doctor.ON_BREAK:
        if doctor.status_until is None:
            return []
        rows = rows.filter(starts_at__lt=doctor.status_until)
    return list(rows.select_related("patient", "queue__department", "queue__doctor", "type"))


# --- whom ------------------------------------------------------------------------------------------------------------


def can_be_told(patient: Patient) -> bool:
    """Whether any message could reach this patient: asked before more is looked up."""
    return not patient.message_opt_out and bool(patient.email or patient.phone or subscriptions.has_phone(patient))


def reachable(prefix: str) -> Q:
    """The same as a condition on rows that point to a patient."""
    asked = Q(**{f"{prefix}__message_opt_out": False})
    known = ~Q(**{f"{prefix}__email": ""}) | ~Q(**{f"{prefix}__phone": ""})
    return asked & (known | Q(subscriptions.takes(prefix)) if subscriptions.is_on() else known)
