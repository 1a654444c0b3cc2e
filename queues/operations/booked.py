"""What the verbs of the desk and of the public have in common: a row locked, a booking made, moved and called off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, NotAllowed, NotFound, say
from clinic.core.nouns import Versioned
from clinic.directory.models import VisitType
from clinic.live.record import add, change, record
from clinic.tenants import days
from queues.models import (
    AWAITING_PAYMENT,
    CALLED_OFF,
    CONFIRMED,
    EXPIRED,
    HELD,
    REQUESTED,
    RESCHEDULED,
    SLOT,
    Appointment,
    Queue,
)
from queues.operations import held_by, placing, slot_ticks

GIVEN_BACK = "given back"
"""Why a hold ended before its time: the reason in the log."""
ON_THE_DAY = "away"
"""The one reason that is told in the log: no person wrote it (R2.11)."""

say({
    "appointment.hold_over": _("The time was kept for a while, and that is over. Choose again."),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking, and the token of its page (shown, never stored)."""

    appointment: Appointment
    link: str


def locked(a: Appointment, actor: Actor) -> Appointment:
    """The appointment as it is now, locked for the operation; NotFound outside hospital and departments."""
    list(Appointment.objects.select_for_update(no_key=True).filter(pk=a.pk).values_list("pk", flat=True))
    # First the lock, then the row with what it points to, as it is after a wait.
    rows = Appointment.objects.select_related("queue__doctor", "queue__department__config", "patient", "type")
    held: Appointment | None = rows.filter(pk=a.pk).first()
    if held is None:
        raise NotFound()
    actor.must_see(held.queue.department_id)
    return held


def expect(a: Appointment, *states: str) -> None:
    if a.state not in states:
        raise wrong_state(a, expected=list(states))


def wrong_state(a: Appointment, **details: Any) -> NotAllowed:
    """409 ``appointment.wrong_state`` with the state in its details (domain/README)."""
    return NotAllowed("appointment.wrong_state", state=a.state, state_text=a.get_state_display(), **details)


def subjects(a: Appointment, *more: Versioned) -> list[Versioned]:
    """What an act on an appointment is about: itself, and the patient where there is one."""
    return [a, *([a.patient] if a.patient is not None else []), *more]


def usable(held: Appointment) -> None:
    """A hold that still keeps its place (R2.3)."""
    if held.state != HELD or held.held_until is None or held.held_until <= clock.now():
        raise Conflict("appointment.hold_over", state=held.state)


def keep(
    queue: Queue, kind: VisitType | None, starts_at: datetime, *, mode: str = SLOT, source: str, online: bool,
    actor: Actor,
) -> Appointment:  # fmt: skip
    """Hold a time, or a number of that day, for somebody who has no name yet (R2.3)."""
    line = placing.line_of(queue, actor)
    now = clock.now()
    draft = Appointment(
        type=placing.kind_of(kind), state=HELD, source=source, booked_at=now,
        held_until=now + timedelta(minutes=days.policies().hold_minutes),
    )  # fmt: skip
    counters = placing.put(draft, line, starts_at=starts_at, day=None, mode=mode, online=online)
    held_by.sign(draft, actor)
    add(draft)
    record("appointment.held", draft, *counters)
    return draft


def give_back(held: Appointment) -> Appointment:
    """End a hold before its time; twice is once."""
    if held.state == EXPIRED:
        return held
    expect(held, HELD)
    slot_ticks.expire(held, reason=GIVEN_BACK)
    return held


def make(draft: Appointment, counters: list[Versioned], *, quiet: bool = False) -> Booked:
    """Add a booking whose place is taken already; ``quiet``: a second one of that day is not told of (R2.13)."""
    placing.once_a_day(draft, quiet=quiet)
    link = placing.link_to(draft)
    add(draft)
    record("appointment.booked" if draft.state == CONFIRMED else "appointment.requested", *subjects(draft, *counters))
    return Booked(draft, link)


def make_of(held: Appointment, **fields: Any) -> Booked:
    """A hold becomes a booking, with the place it has; ``quiet`` among the fields as in ``make``."""
    quiet = bool(fields.pop("quiet", False))
    usable(held)
    draft = Appointment(
        pk=held.pk, queue_id=held.queue_id, service_day=held.service_day, patient=fields["patient"],
        overridden=fields["overridden"],
    )  # fmt: skip
    placing.once_a_day(draft, quiet=quiet)
    change(held, booked_at=clock.now(), **{**fields, "overridden": draft.overridden})
    link = placing.link_to(held)
    record("appointment.booked" if held.state == CONFIRMED else "appointment.requested", *subjects(held))
    return Booked(held, link)


def move(
    old: Appointment, line: Queue, *, starts_at: datetime | None, day: date | None, state: str,
    held_until: datetime | None, reason: str, source: str, online: bool, quiet: bool = False, actor: Actor,
) -> Booked:  # fmt: skip
    """The old one ends with a link to its successor, the new one has its place: in one act (R2.5)."""
    now = clock.now()
    series_id = old.series_id
    change(old, state=RESCHEDULED, ended_at=now, ended_by=placing.ended_by(actor), end_reason=reason, held_until=None)
    fresh = Appointment(
        patient=old.patient, type=old.type, state=state, held_until=held_until, reason=old.reason, notes=old.notes,
        source=source, booked_at=now, overridden=old.overridden, series_id=series_id,
        said_given=old.said_given, said_family=old.said_family, proved=old.proved,
    )  # fmt: skip
    counters = placing.put(fresh, line, starts_at=starts_at, day=day, online=online, old=old)
    slot_ticks.free(old)
    placing.once_a_day(fresh, old.pk, quiet=quiet)
    link = placing.link_to(fresh)
    add(fresh)
    change(old, successor=fresh)
    record(
        "appointment.rescheduled", *subjects(old, fresh, *counters), reason=reason if reason == ON_THE_DAY else ""
    )  # fmt: skip
    return Booked(fresh, link)


def moved_already(old: Appointment, line: Queue, starts_at: datetime | None, day: date | None) -> Booked | None:
    """The booking it was moved to, if it is what is asked for again: pressed twice is once."""
    became = old.successor if old.state == RESCHEDULED else None
    if became is None or became.queue_id != line.pk:
        return None
    same = became.starts_at == starts_at if starts_at is not None else became.service_day == day
    return Booked(became, placing.link_to(became)) if same else None


def call_off(a: Appointment, reason: str, actor: Actor) -> Appointment:
    """End a booking and give its place back at once (R2.5); twice is once."""
    if a.state == CALLED_OFF and not a.visit_id:
        return a
    expect(a, REQUESTED, AWAITING_PAYMENT, CONFIRMED)
    change(
        a, state=CALLED_OFF, ended_at=clock.now(), ended_by=placing.ended_by(actor), end_reason=reason, held_until=None
    )
    slot_ticks.free(a)
    record("appointment.cancelled", *subjects(a), reason=reason if reason == ON_THE_DAY else "")
    return a


def today() -> date:
    return days.service_day(days.current_hospital(), clock.now())
