"""Away today (R2.11): everybody who waits for or is booked with an absent doctor, settled in one act.

To the department's pool, to a colleague, to another day, or cancelled; who is refused is left where they are and told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import DomainError, Invalid, NotAllowed, NotFound, say
from clinic.core.nouns import split_ref
from clinic.directory.models import Absence, Doctor
from clinic.live.record import operation, record
from clinic.tenants import days
from queues.availability import book
from queues.models import (
    BOOKED,
    CONFIRMED,
    IN_ORDER,
    ON_HOLD,
    REQUESTED,
    TOKEN,
    WAITING,
    Appointment,
    Leg,
    Queue,
    Visit,
)
from queues.operations import appointments, booked, calls, ends, limits, moves

POOL, COLLEAGUE, DAY, CANCEL = "pool", "colleague", "day", "cancel"
ACTS = (POOL, COLLEAGUE, DAY, CANCEL)
REASON = "away"
"""Stands in the log beside each part of the act: messages say that the doctor is away."""

say({
    "away.bad_choice": _("Choose: to the pool, to a colleague, to another day, or cancelled."),
    "away.no_pool": _("This department has no pool."),
    "away.not_theirs": _("This is not somebody who waits for or is booked with %(server)s that day."),
    "away.why": _("%(server)s is away"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody whom the absence hits; ``ref`` names them in the choices."""

    ref: str
    name: str
    patient_id: str
    token: str
    at: datetime
    """When they came, or are to come."""
    waits: bool
    """Is here already; False: booked, and still to come."""
    state: str
    type: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Colleague:
    """Whom patients can go to, and how much room there is (R2.11: capacity shown)."""

    queue: Queue
    doctor: Doctor
    waiting: int
    booked: int
    """Still to come that day."""
    capacity: int | None
    """Patients a day at most; None is no limit."""
    taken: int
    next_free: datetime | None


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of one: ``act`` is one of ``ACTS``; a colleague's line, or the start on another day."""

    act: str
    queue: Queue | None = None
    starts_at: datetime | None = None


@dataclass(slots=True)
class Settled:
    """What the act did, by ref."""

    moved: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """Who stays where they are, and why."""


# --- who is hit ------------------------------------------------------------------------------------------------------


def plan(doctor: Doctor, day: date) -> list[Row]:
    """Who waits for this doctor, in order, and then who is booked on that service day, by time; two queries."""
    waits: list[Row] = []
    if day == days.service_day(days.current_hospital()):
        waits = [_waits(leg) for leg in _waiting(doctor)]
    return [*waits, *(_comes(row) for row in booked_with(doctor, day))]


def booked_with(doctor: Doctor, day: date) -> list[Appointment]:
    """Who is booked with a doctor on a service day and has not come yet, by time."""
    rows = Appointment.objects.filter(queue__doctor=doctor, service_day=day, state__in=BOOKED)
    return list(rows.select_related("patient", "type", "queue").order_by("starts_at", "id"))


def _waiting(doctor: Doctor) -> list[Leg]:
    legs = Leg.objects.filter(queue__doctor=doctor, state__in=(WAITING, ON_HOLD))
    return list(legs.select_related("visit__patient", "visit__type").order_by(*IN_ORDER))


def _waits(leg: Leg) -> Row:
    visit, kind = leg.visit, leg.visit.type
    return Row(
        visit.ref, visit.patient.full_name, str(visit.patient_id), visit.token, visit.arrived_at, True, leg.state,
        kind.name if kind else "", kind.minutes if kind else 0,
    )  # fmt: skip


def _comes(row: Appointment) -> Row:
    who = row.patient
    return Row(
        row.ref, who.full_name if who else "", str(row.patient_id or ""), row.token, row.starts_at, False, row.state,
        row.type.name if row.type else "", row.minutes,
    )  # fmt: skip


def colleagues(doctor: Doctor, day: date) -> list[Colleague]:
    """The department's other doctors with their room on that day, those on duty first.

    A fixed number of queries, and two more for each with a daily limit."""
    lines = Queue.objects.filter(department=doctor.department_id, sort=Queue.DOCTOR, doctor__is_active=True)
    rows = list(lines.exclude(doctor=doctor).select_related("doctor", "department").annotate(
        waiting=Count("legs", filter=Q(legs__state__in=(WAITING, ON_HOLD)), distinct=True),
        coming=Count(
            "appointments", distinct=True,
            filter=Q(appointments__service_day=day, appointments__state__in=BOOKED),
        ),
    ))  # fmt: skip
    free = book.next_free_of(rows)
    told = [_colleague(row, day, free.get(row.pk)) for row in rows if row.doctor is not None]
    return sorted(told, key=_freest)


def _freest(one: Colleague) -> tuple[bool, int, str]:
    return (one.doctor.status == Doctor.OFF_DUTY, one.waiting + one.booked, one.doctor.name)


def _colleague(row: Any, day: date, free: datetime | None) -> Colleague:
    cap = row.doctor.daily_capacity
    taken = limits.taken(row.pk, row.doctor_id, day) if cap is not None else row.waiting + row.coming
    return Colleague(row, row.doctor, row.waiting, row.coming, cap, taken, free)


# --- the act ---------------------------------------------------------------------------------------------------------


@operation("appointments.settle")
def settle(doctor: Doctor, day: date, choices: Mapping[str, Choice], *, actor: Actor) -> Settled:
    """Settle these people in one act, undone as one; each is told once. Returns who was moved, cancelled, refused.

    A colleague who is full, or a time that was taken meanwhile, refuses that one and leaves the others settled. Twice
    is once: who is not the doctor's any more is refused.
    """
    if not Doctor.objects.filter(pk=doctor.pk).exists():
        raise NotFound()
    actor.must_see(doctor.department_id)
    if wrong := [one.act for one in choices.values() if one.act not in ACTS]:
        raise Invalid("away.bad_choice", choice=wrong, allowed=list(ACTS))
    here = {row.ref for row in plan(doctor, day)}
    told = Settled()
    for ref, choice in choices.items():
        if ref not in here:
            told.refused[ref] = "away.not_theirs"
            continue
        try:
            _one(ref, choice, doctor, actor)
        except DomainError as refusal:
            told.refused[ref] = refusal.code
            continue
        (told.cancelled if choice.act == CANCEL else told.moved).append(ref)
    if told.moved or told.cancelled:
        record("doctor.away_settled", doctor, reason=REASON)
    return told


def for_all(rows: Iterable[Row], choice: Choice) -> dict[str, Choice]:
    """One choice for everybody."""
    return {row.ref: choice for row in rows}


@operation("appointments.settle")
def to_pool(row: Appointment, *, actor: Actor) -> Appointment:
    """A booking with an absent doctor goes to the department's pool at its time (policy ``on_leave``)."""
    held = booked.locked(row, actor)
    doctor = held.queue.doctor
    if doctor is None or held.state not in BOOKED:
        raise NotAllowed("away.not_theirs", server=doctor.name if doctor else "")
    return _move(held, _pool(doctor), actor)


def hit_now() -> list[Appointment]:
    """Today's bookings that begin in an absence of their doctor which has begun; for the clock."""
    here, now = days.current_hospital(), clock.now()
    gone = Absence.objects.filter(cancelled_at=None, starts_at__lte=now, ends_at__gt=now, doctor__is_active=True)
    until = dict(gone.values_list("doctor_id", "ends_at"))
    if not until:
        return []
    rows = Appointment.objects.filter(
        queue__doctor__in=list(until), service_day=days.service_day(here, now), state__in=(REQUESTED, CONFIRMED),
        starts_at__gte=now,
    )  # fmt: skip
    found = rows.select_related("queue__doctor", "type").order_by("starts_at", "id")
    return [row for row in found if row.starts_at < until[row.queue.doctor_id]]


def _one(ref: str, choice: Choice, doctor: Doctor, actor: Actor) -> None:
    kind, key = split_ref(ref)
    if kind == Visit.kind:
        _visit(Visit.objects.get(pk=key), choice, doctor, actor)
    else:
        _booking(Appointment.objects.select_related("queue", "type").get(pk=key), choice, doctor, actor)


def _visit(visit: Visit, choice: Choice, doctor: Doctor, actor: Actor) -> None:
    leg = calls.leg_of(visit, actor)
    if leg.state not in (WAITING, ON_HOLD) or leg.queue.doctor_id != doctor.pk:  # called or moved since it was planned
        raise NotAllowed("away.not_theirs", server=doctor.name)
    match choice.act:
        case "pool":
            moves.reassign(visit, _pool(doctor), reason=REASON, actor=actor)
        case "colleague":
            moves.reassign(visit, _line(choice), reason=REASON, actor=actor)
        case "day":
            queue = choice.queue or _own(doctor)
            _gone(visit, actor)
            appointments.book(
                queue, visit.patient, type=visit.type, starts_at=_start(choice), reason=visit.reason, actor=actor
            )
        case _:
            _gone(visit, actor)


def _gone(visit: Visit, actor: Actor) -> None:
    ends.cancel(visit, reason=REASON, actor=actor)


def _booking(row: Appointment, choice: Choice, doctor: Doctor, actor: Actor) -> None:
    match choice.act:
        case "pool":
            _move(row, _pool(doctor), actor)
        case "colleague":
            _move(row, _line(choice), actor)
        case "day":
            appointments.reschedule(
                row, starts_at=_start(choice), queue=choice.queue, reason=REASON, actor=actor
            )  # fmt: skip
        case _:
            appointments.cancel(row, reason=REASON, actor=actor)


def _move(row: Appointment, queue: Queue, actor: Actor) -> Appointment:
    """The same time with somebody else; a number becomes a number of that day there."""
    if row.mode == TOKEN:
        return appointments.reschedule(row, day=row.service_day, queue=queue, reason=REASON, actor=actor).appointment
    return appointments.reschedule(row, starts_at=row.starts_at, queue=queue, reason=REASON, actor=actor).appointment


def _pool(doctor: Doctor) -> Queue:
    found: Queue | None = Queue.objects.filter(department=doctor.department_id, sort=Queue.POOL).first()
    if found is None:
        raise NotAllowed("away.no_pool")
    return found


def _own(doctor: Doctor) -> Queue:
    found: Queue | None = Queue.objects.filter(doctor=doctor).first()
    if found is None:
        raise NotFound()
    return found


def _line(choice: Choice) -> Queue:
    if choice.queue is None:
        raise Invalid("away.bad_choice", choice=[choice.act], queue=["required"])
    return choice.queue


def _start(choice: Choice) -> datetime:
    if choice.starts_at is None:
        raise Invalid("away.bad_choice", choice=[choice.act], starts_at=["required"])
    return choice.starts_at
