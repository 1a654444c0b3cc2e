"""Appointments at the desk and by the doctor (domain/2): held, booked, decided on, moved and called off.

The public's verbs stand in ``queues/operations/online_booking.py`` and are found here, too.
"""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Forbidden, Invalid, say
from clinic.directory.models import VisitType
from clinic.live.record import change, operation, record
from clinic.records.models import Patient
from clinic.tenants import days, links
from clinic.tenants.models import PublicToken
from queues.models import (
    AWAITING_PAYMENT,
    CONFIRMED,
    HELD,
    REJECTED,
    REQUESTED,
    SLOT,
    Appointment,
    Queue,
    Series,
)
from queues.operations import booked, calls, entering, held_by, placing, slot_ticks
from queues.operations.booked import Booked
from queues.operations.online_booking import (
    book_online,
    cancel_by_link,
    hold_online,
    person_of,
    release_online,
    reschedule_by_link,
)

__all__ = [
    "Booked", "accept", "book", "book_online", "booking_link", "cancel", "cancel_by_link", "expire", "hold",
    "hold_online", "pay", "person_of", "reject", "release", "release_online", "reschedule", "reschedule_by_link",
]  # fmt: skip

say({
    "appointment.reason_needed": _("Say why."),
    "appointment.override_why": _("Only the desk or the doctor books somebody twice on one day."),
})  # fmt: skip


@operation("appointments.book")
def hold(
    queue: Queue, *, type: VisitType | None = None, starts_at: datetime, mode: str = SLOT,  # noqa: A002
    actor: Actor,
) -> Appointment:  # fmt: skip
    """Keep a time, or a number of its day, for whoever is being booked (R2.3): nobody else gets it meanwhile.

    409 ``slot.taken`` with what is free instead. Who sees the line's book learns of it.
    """
    return booked.keep(queue, type, starts_at, mode=mode, source=Appointment.DESK, online=False, actor=actor)


@operation("appointments.book")
def book(
    queue: Queue, patient: Patient, *, type: VisitType | None = None, starts_at: datetime | None = None,  # noqa: A002
    day: date | None = None, mode: str | None = None, reason: str = "", notes: str = "",
    source: str = Appointment.DESK, override_reason: str = "", held: Appointment | None = None,
    series: Series | None = None, actor: Actor,
) -> Booked:  # fmt: skip
    """Book a patient at a time, under a number of a day, or at the place of a hold; the doctor and the patient learn.

    Confirmed at once by whoever may accept bookings, else by the policies ``confirm`` and ``prepay``. 409
    ``slot.taken`` with what is free instead; ``appointment.twice`` for somebody booked there on that day, unless
    ``override_reason`` says why (R2.4).
    """
    override = override_reason.strip()
    if override and not actor.can("appointments.decide"):
        raise Forbidden("appointment.override_why")
    line, kind = placing.line_of(queue, actor), placing.kind_of(type)
    person = entering.person(patient.pk)
    state, until = placing.first_state(days.policies(), actor)
    given = {"patient": person, "state": state, "held_until": until, "source": source, "overridden": bool(override)}
    words = {"reason": reason.strip()[:200], "notes": notes.strip()[:500]}
    if held is not None:
        kept = booked.locked(held, actor)
        if kept.patient_id != person.pk:  # an offer of the waiting list is its patient's, whoever held it
            held_by.check(kept, actor, held.hold_secret)
        if not override:
            placing.fits_whom(kept.type, person)
        return booked.make_of(kept, **given, **words, **({"series": series} if series else {}))
    if not override:
        placing.fits_whom(kind, person)
    draft = Appointment(type=kind, booked_at=clock.now(), series=series, **given, **words)
    counters = placing.put(draft, line, starts_at=starts_at, day=day, mode=mode)
    return booked.make(draft, counters)


@operation("appointments.decide")
def accept(a: Appointment, *, actor: Actor) -> Appointment:
    """Say yes to a request: confirmed, or waiting for its payment; the patient learns of it. Twice is once."""
    held = _mine(a, actor)
    if held.state in (CONFIRMED, AWAITING_PAYMENT):
        return held
    booked.expect(held, REQUESTED)
    state, until = placing.accepted_state(days.policies())
    change(held, state=state, held_until=until)
    record("appointment.accepted", *booked.subjects(held))
    return held


@operation("appointments.decide")
def reject(a: Appointment, *, reason: str, actor: Actor) -> Appointment:
    """Say no to a request, with a reason for the patient; the place is free at once. Twice is once."""
    held = _mine(a, actor)
    if held.state == REJECTED:
        return held
    booked.expect(held, REQUESTED)
    change(
        held, state=REJECTED, ended_at=clock.now(), ended_by=placing.ended_by(actor), end_reason=_why(reason),
        held_until=None,
    )  # fmt: skip
    slot_ticks.free(held)
    record("appointment.rejected", *booked.subjects(held))
    return held


@operation("appointments.decide")
def pay(a: Appointment, *, actor: Actor) -> Appointment:
    """The booking is paid: confirmed; the patient learns of it. Twice is once."""
    held = booked.locked(a, actor)
    if held.state == CONFIRMED:
        return held
    booked.expect(held, AWAITING_PAYMENT)
    change(held, state=CONFIRMED, held_until=None)
    record("appointment.paid", *booked.subjects(held))
    return held


@operation("appointments.book")
def cancel(a: Appointment, *, reason: str, actor: Actor) -> Appointment:
    """Call a booking off, with a reason; its place is free at once and the patient learns of it. Twice is once."""
    return booked.call_off(booked.locked(a, actor), _why(reason), actor)


@operation("appointments.book")
def reschedule(
    a: Appointment, *, starts_at: datetime | None = None, day: date | None = None, queue: Queue | None = None,
    reason: str = "", actor: Actor,
) -> Booked:  # fmt: skip
    """Move a booking to another time, day or line: a new one, to which the old one leads (R2.5), in one act.

    The place of the old one is free at once; both lines, the doctors and the patient learn of it. The same move
    again is once.
    """
    old = booked.locked(a, actor)
    line = placing.line_of(queue or old.queue, actor)
    again = booked.moved_already(old, line, starts_at, day)
    if again is not None:
        return again
    booked.expect(old, REQUESTED, CONFIRMED)
    return booked.move(
        old, line, starts_at=starts_at, day=day, state=old.state, held_until=None, reason=reason.strip()[:200],
        source=old.source, online=False, actor=actor,
    )  # fmt: skip


@operation("appointments.book")
def release(held: Appointment, *, actor: Actor) -> Appointment:
    """Give a hold back before it is over; its place is free at once. Twice is once."""
    return booked.give_back(booked.locked(held, actor))


@operation("appointments.book")
def expire(a: Appointment, *, actor: Actor) -> Appointment:
    """The clock's part: a hold, or a booking nobody paid, is over and its place free (R2.3). Idempotent."""
    held = booked.locked(a, actor)
    over = held.held_until is not None and held.held_until <= clock.now()
    if held.state in (HELD, AWAITING_PAYMENT) and over:
        slot_ticks.expire(held)
    return held


def booking_link(a: Appointment) -> str:
    """The token of a booking's page, computed again."""
    return links.token_for(PublicToken.BOOKING, a.ref)


def _mine(a: Appointment, actor: Actor) -> Appointment:
    """A doctor decides on the own bookings, the desk on all."""
    held = booked.locked(a, actor)
    if held.queue.doctor is not None:
        calls.may_act_for(held.queue.doctor, actor)
    return held


def _why(reason: str) -> str:
    if not reason.strip():
        raise Invalid("appointment.reason_needed", reason=["required"])
    return reason.strip()[:200]
