"""How a booking gets its time or its number (R2.1–R2.4, R2.6, R2.9); shared by the verbs of appointments."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, say
from clinic.core.nouns import Versioned
from clinic.directory.models import VisitType
from clinic.records.models import Patient
from clinic.tenants import days, links
from clinic.tenants.models import HospitalConfig, PublicToken
from queues import online as public
from queues.availability import book, load, slots
from queues.availability.load import Loaded
from queues.availability.slots import SpreadDay
from queues.models import (
    AWAITING_PAYMENT,
    BOOKED,
    COMPLETED,
    CONFIRMED,
    REQUESTED,
    SLOT,
    TICK_MINUTES,
    TOKEN,
    Appointment,
    Queue,
    Visit,
)
from queues.operations import order, slot_ticks

PAYMENT_MINUTES = 15
"""R2.3: so long a place is kept until it is paid."""
LINK_LASTS = timedelta(days=1)
"""So long after its day the page of a booking can be seen (R3.41)."""
ALTERNATIVES = 3

say({
    "slot.closed": _("%(queue)s is not there at this time."),
    "slot.past": _("This time is over."),
    "slot.uneven": _("Times are in whole five minutes."),
    "slot.too_far": _("This day is too far away."),
    "slot.which": _("Say a time, or a day for a number."),
    "day.full": _("%(queue)s is full on %(day_text)s."),
    "appointment.no_mode": _("%(queue)s is not booked this way."),
    "appointment.type_not_here": _("%(queue)s does not do this kind of visit."),
    "appointment.for_new": _("This kind of visit is for new patients."),
    "appointment.for_known": _("This kind of visit is for known patients."),
})  # fmt: skip


def line_of(queue: Queue, actor: Actor) -> Queue:
    """The line as it is now; NotFound outside the hospital or the actor's departments (R1.2)."""
    rows = Queue.objects.select_related("doctor", "department__config")
    found: Queue | None = rows.filter(pk=queue.pk).first()
    if found is None:
        raise NotFound()
    actor.must_see(found.department_id)
    return found


def kind_of(kind: VisitType | None) -> VisitType | None:
    """The kind of visit as it is now; NotFound for another hospital's."""
    if kind is None:
        return None
    found: VisitType | None = VisitType.objects.filter(pk=kind.pk).first()
    if found is None:
        raise NotFound()
    return found


def fits_whom(kind: VisitType | None, patient: Patient) -> None:
    """Kinds for new or for known patients only; asked at the desk, for to say it online would tell who is known."""
    if kind is None or kind.whom == VisitType.EVERYBODY:
        return
    known = Visit.objects.filter(patient=patient, outcome=COMPLETED).exists()
    if known and kind.whom == VisitType.NEW:
        raise NotAllowed("appointment.for_new", kind=kind.name)
    if not known and kind.whom == VisitType.KNOWN:
        raise NotAllowed("appointment.for_known", kind=kind.name)


def once_a_day(draft: Appointment, *besides: UUID, quiet: bool = False) -> None:
    """R2.4, with the booking that is there; the database holds it, too.

    ``quiet``: for somebody who has not shown who they are. A refusal would tell a stranger of it (R2.13), so the second
    one is made too, and the desk sees both.
    """
    if draft.patient_id is None or draft.overridden:
        return
    there = Appointment.objects.filter(
        patient=draft.patient_id, queue=draft.queue_id, service_day=draft.service_day, state__in=BOOKED,
        overridden=False,
    ).exclude(pk__in=[draft.pk, *besides])  # fmt: skip
    found = there.first()
    if found is not None and quiet:
        draft.overridden = True
    elif found is not None:
        raise Conflict("appointment.twice", appointment=str(found.pk), starts_at=found.starts_at.isoformat())


def put(
    draft: Appointment, line: Queue, *, starts_at: datetime | None, day: date | None, mode: str | None = None,
    online: bool = False, old: Appointment | None = None,
) -> list[Versioned]:  # fmt: skip
    """Give a draft its line, time and length, and take its place; returns counters that were used.

    ``draft.type`` says the kind. 409 with what is free instead where the time is not to be had. ``old``: the
    appointment that is moved, whose own place is no hindrance.
    """
    wanted = mode or (SLOT if starts_at is not None else TOKEN)
    draft.video_room = secrets.token_urlsafe(24) if draft.type is not None and draft.type.video else ""
    if wanted == SLOT and starts_at is not None:
        _at_time(draft, line, starts_at, online, old)
        return []
    if wanted == TOKEN and (day is not None or starts_at is not None):
        chosen = day or _service_day(starts_at or clock.now())
        return _by_number(draft, line, chosen, online, old)
    raise Invalid("slot.which", starts_at=["required"])


def _at_time(draft: Appointment, line: Queue, starts_at: datetime, online: bool, old: Appointment | None) -> None:
    now = clock.now()
    if not slots.is_even(starts_at):
        raise Invalid("slot.uneven", starts_at=["uneven"])
    if not book.within_reach(starts_at.date()):
        raise Invalid("slot.too_far", starts_at=["too far"])
    # At the desk the five minutes that have just begun are still now.
    if starts_at < now - timedelta(minutes=0 if online else TICK_MINUTES):
        raise NotAllowed("slot.past", starts_at=starts_at.isoformat())
    day = _service_day(starts_at)
    _alone(line)
    without = old.pk if old is not None else None
    loaded = load.line(line, day, draft.type, online=online, without=without)
    held = _bookable(loaded, line, draft, SLOT)
    if held.is_full(day):
        raise instead(NotAllowed("day.full", **_full(line, day)), draft, line, starts_at, online=online)
    if not held.days[day].works(slots.tick_of(starts_at)):
        raise instead(NotAllowed("slot.closed", queue=line.name), draft, line, starts_at, online=online)
    seen: Loaded | None = None
    for part in _takers(held, day):
        _fill(draft, part, starts_at=starts_at, service_day=day, mode=SLOT)
        seen = slot_ticks.seat(draft, part, instead_of=old)
        if seen is None:
            return
    # What was read while looking for a place tells what else is free; a pool's doctors are looked at again.
    seen = seen if seen and seen.queue.pk == line.pk else None
    raise instead(Conflict("slot.taken"), draft, line, starts_at, seen, online=online)


def _by_number(draft: Appointment, line: Queue, day: date, online: bool, old: Appointment | None) -> list[Versioned]:
    if not book.within_reach(day):
        raise Invalid("slot.too_far", day=["too far"])
    if day < _service_day(clock.now()):
        raise NotAllowed("slot.past", day=day.isoformat())
    without = old.pk if old is not None else None
    held = _bookable(load.line(line, day, draft.type, online=online, without=without), line, draft, TOKEN)
    if isinstance(held.days.get(day), SpreadDay):
        parts = book.by_number(held, day)
        line = line_of(parts[0].queue, _ANYBODY) if parts else line
    if line.doctor is not None and line.doctor.daily_capacity is not None:
        list(Queue.objects.select_for_update(no_key=True).filter(pk=line.pk).values_list("pk", flat=True))
    config = held.rules
    period = days.period_start(config.token_reset, day)
    # Whoever is taken in or booked for this period follows: the count below is everybody's.
    counters = order.take(f"token:{line.department_id}:{period}")
    loaded = load.line(line, day, draft.type, online=online, without=without)
    left, at = book.numbers(loaded, day, clock.now()) if loaded is not None and TOKEN in loaded.modes else (0, None)
    if loaded is None or not left or at is None:
        raise NotAllowed("day.full", **_full(line, day))
    number = counters[0].value
    _fill(draft, loaded, starts_at=at, service_day=day, mode=TOKEN)
    draft.token_period, draft.token_number = period, number
    draft.token = f"{line.department.prefix}-{number:03d}"
    return list(counters)


_ANYBODY = Actor(kind="system", id="", name="")
"""Limited to no department: the line was looked at before."""


def _alone(line: Queue) -> None:
    """Where more than the account of places is counted (a pool's doctors, a day's number), one after the other."""
    if line.sort == Queue.POOL or (line.doctor is not None and line.doctor.daily_capacity is not None):
        list(Queue.objects.select_for_update(no_key=True).filter(pk=line.pk).values_list("pk", flat=True))
        if line.doctor is not None:
            order.lock(line.pk)


def _bookable(loaded: Loaded | None, line: Queue, draft: Appointment, mode: str) -> Loaded:
    if loaded is None:
        raise NotAllowed("appointment.no_mode", queue=line.name, mode=mode)
    if not loaded.modes:
        raise NotAllowed("appointment.type_not_here", queue=line.name)
    if mode not in loaded.modes:
        raise NotAllowed("appointment.no_mode", queue=line.name, mode=mode, modes=list(loaded.modes))
    return loaded


def _takers(loaded: Loaded, day: date) -> list[Loaded]:
    """The line itself; of a pool whose bookings go to a doctor, the doctors' lines, the least busy first (R2.9)."""
    if not isinstance(loaded.days[day], SpreadDay):
        return [loaded]
    return [part for part in book.least_busy(loaded, day) if SLOT in part.modes and not part.is_full(day)]


def _fill(draft: Appointment, loaded: Loaded, **more: Any) -> None:
    values = {"queue": loaded.queue, "minutes": loaded.length.minutes, "buffer_minutes": loaded.length.buffer, **more}
    if values["mode"] == TOKEN:
        values["buffer_minutes"] = 0
    for name, value in values.items():
        setattr(draft, name, value)


def instead(
    refusal: DomainError, draft: Appointment, line: Queue, near: datetime, seen: Loaded | None = None, *,
    online: bool = False,
) -> DomainError:  # fmt: skip
    """The refusal, with starts that are really free now; ``online`` in lines that anybody may book at (R1.8)."""
    found = book.alternatives(line, draft.type, near, count=ALTERNATIVES, seen=seen)
    if online:
        shown = set(public.lines().filter(pk__in=[slot.queue for slot in found]).values_list("pk", flat=True))
        found = [slot for slot in found if slot.queue in shown or slot.queue == line.pk]  # the one asked for is known
    refusal.details["alternatives"] = [
        {"queue": str(slot.queue), "starts_at": slot.starts_at.isoformat(), "minutes": slot.minutes} for slot in found
    ]
    return refusal


def _full(line: Queue, day: date) -> dict[str, Any]:
    return {"queue": line.name, "day": day.isoformat(), "day_text": date_format(day, "D j M")}


def _service_day(at: datetime) -> date:
    return days.service_day(days.current_hospital(), at)


# --- what a booking is when it is made -------------------------------------------------------------------------------


def first_state(config: HospitalConfig, actor: Actor) -> tuple[str, datetime | None]:
    """Whether a booking is confirmed at once, waits for the doctor, or for its payment until then (R1.9 confirm).

    Whoever may accept bookings has accepted by booking, and vouches for the payment.
    """
    if actor.can("appointments.decide"):
        return CONFIRMED, None
    if config.confirm == HospitalConfig.BY_DOCTOR:
        return REQUESTED, None
    return accepted_state(config)


def accepted_state(config: HospitalConfig) -> tuple[str, datetime | None]:
    if config.prepay:
        return AWAITING_PAYMENT, clock.now() + timedelta(minutes=PAYMENT_MINUTES)
    return CONFIRMED, None


def link_to(a: Appointment) -> str:
    """Make the link of a booking's page valid, until a day after the appointment's (R3.41)."""
    here = days.current_hospital()
    return links.issue(PublicToken.BOOKING, a.ref, here.pk, days.day_end(here, a.service_day) + LINK_LASTS)


def ended_by(actor: Actor) -> str:
    """Who ended it, in one of four words."""
    if actor.kind in ("patient", "visitor"):
        return "patient"
    if actor.kind == "system":
        return "clock"
    return "doctor" if "doctor" in actor.roles and not actor.can("queues.call_for_any") else "desk"
