"""Coming to an appointment (R2.7, R2.8): check-in at the desk, by phone and kiosk; late, and not at all."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import SYSTEM, Actor
from clinic.core.errors import Invalid, NotAllowed, NotFound, say
from clinic.live.record import change, operation, record
from clinic.tenants import days, links
from clinic.tenants.models import PublicToken
from queues import appointment_day as on_the_day
from queues.models import (
    CANCELLED,
    CHECKED_IN,
    CONFIRMED,
    LEFT,
    MISSED,
    NO_SHOW,
    OPEN,
    Appointment,
    Leg,
    Visit,
)
from queues.operations import booked, calls, entering, limits, returns, slot_ticks
from queues.operations.entering import Arrival
from queues.operations.limits import Line, Warned

LATEST = 120
"""So many minutes late somebody may say on the phone to be."""
EARLY, LATE = "early", "late"
"""Why a check-in stands elsewhere than at its time: the reason in the log."""

say({
    "appointment.wrong_state": _("This appointment is %(state_text)s, so this cannot be done now."),
    "appointment.other_day": _("This appointment is on %(day_text)s."),
    "appointment.too_early": _("Check-in opens at %(time)s."),
    "appointment.not_begun": _("The appointment is at %(time)s: wait until then."),
    "appointment.late": _("Later than %(grace)s minutes after %(time)s: the place is by the time of check-in."),
    "appointment.bad_delay": _("From 1 to %(most)s minutes."),
    "appointment.ask_desk": _("%(token)s was called already. Please ask at the desk."),
})  # fmt: skip


@operation("appointments.check_in")
def check_in(row: Appointment, *, actor: Actor) -> Arrival:
    """The patient is at the desk: a visit under the booked token, and the place of R2.7, in one act.

    On the service day only, however early; who was counted as not come stands as late. The line, the displays, the
    doctor and the phone learn of it. Twice is once.
    """
    held = booked.locked(row, actor)
    return _check_in(held, limits.line_of(held.queue_id, actor), actor)


@operation("booking.own")
def check_in_by_link(row: Appointment, *, actor: Actor) -> Arrival:
    """The patient's own check-in, on the phone or at the kiosk, from ``arrival_window`` before the time on."""
    own(row, actor)
    held = booked.locked(row, actor)
    line = limits.line_of(held.queue_id, actor)
    opens = on_the_day.opens_at(held, line.rules)
    if held.state == CONFIRMED and clock.now() < opens:
        raise NotAllowed("appointment.too_early", opens_at=opens.isoformat(), time=_told(opens, line))
    return _check_in(held, line, actor)


@operation("booking.own")
def delay_by_link(row: Appointment, *, minutes: int, actor: Actor) -> Appointment:
    """Said on the phone, "I'm late": the desk and the doctor are told, and the clock gives the patient so long."""
    own(row, actor)
    if not 1 <= minutes <= LATEST:
        raise Invalid("appointment.bad_delay", most=LATEST)
    held = booked.locked(row, actor)
    booked.expect(held, CONFIRMED)
    _today(held, days.service_day(days.current_hospital()))
    if change(held, delay_minutes=minutes):
        record("appointment.delayed", held, held.queue)
    return held


@operation("appointments.check_in")
def no_show(row: Appointment, *, actor: Actor) -> Appointment:
    """The patient did not come (R2.8): the place is free, and a check-in later on the day still works.

    The desk may say so from the nominal start on, the clock after ``no_show_after`` and the doctor's announced
    lateness. Twice is once.
    """
    held = booked.locked(row, actor)
    if held.state == MISSED:
        return held
    booked.expect(held, CONFIRMED)
    line, now = limits.line_of(held.queue_id, actor), clock.now()
    is_clock = actor.kind == SYSTEM.kind
    begins = on_the_day.missed_from(held, line.rules, line.queue.doctor) if is_clock else held.starts_at
    if now < begins and line.day <= held.service_day:
        raise NotAllowed("appointment.not_begun", starts_at=begins.isoformat(), time=_told(begins, line))
    change(held, state=MISSED, ended_at=now, ended_by="clock" if is_clock else "desk")
    slot_ticks.free(held)
    record("appointment.missed", held, line.queue)
    return held


@operation("queues.desk")
def make_due(visit: Visit, *, actor: Actor) -> Leg:
    """The time of somebody who checked in early has come (R2.7): they stand where they were booked. Idempotent."""
    leg = calls.leg_of(visit, actor)
    row = Appointment.objects.filter(visit=visit).first()
    if leg.due or leg.state not in OPEN or row is None:
        return leg
    if clock.now() < row.starts_at - on_the_day.DUE_BEFORE:
        return leg
    change(leg, due=True)
    record("visit.due", leg.visit, leg)
    return leg


def own(row: Appointment, actor: Actor) -> None:
    """A link acts on the appointment it names and on no other."""
    if actor.kind != "patient" or actor.id != row.ref:
        raise NotFound()


# --- the act ---------------------------------------------------------------------------------------------------------


def _check_in(held: Appointment, line: Line, actor: Actor) -> Arrival:
    if held.state == CHECKED_IN:
        return _there(held)
    booked.expect(held, CONFIRMED, MISSED)
    _today(held, line.day)
    if held.visit is not None:
        return _back(held, actor)
    now, rules = clock.now(), line.rules
    patient = entering.person(_known(held))
    entering.not_here_yet(line.queue, patient)
    stands = on_the_day.standing(
        held.starts_at, now, lead=rules.appointment_lead, grace=rules.late_grace, missed=held.state == MISSED
    )
    visit = _undone(held, line) or Visit(
        patient=patient, reason=held.reason, source=on_the_day.BOOKED_SOURCE, arrived_at=now, type=held.type
    )
    entered = entering.enter(line, visit, now=now, since=stands.effective_at, due=stands.due, booked=held)
    change(held, state=CHECKED_IN, visit=visit, **on_the_day.COMES)
    record("visit.arrived", visit, entered.leg, line.queue, patient, *entered.counters)
    record("appointment.checked_in", held, visit, reason=LATE if stands.late else "" if stands.due else EARLY)
    told = _late(held, line) if stands.late else None
    return Arrival(visit, entered.leg, entered.link, tuple(each for each in (told, entered.long) if each is not None))


def _there(held: Appointment) -> Arrival:
    assert held.visit is not None  # appointment_came_has_visit
    return Arrival(held.visit, calls.leg_now(held.visit), links.token_for(PublicToken.STATUS, held.visit.ref))


def _back(held: Appointment, actor: Actor) -> Arrival:
    """They had come, were called in vain and are back: the visit goes on by R3.14, which the desk decides."""
    assert held.visit is not None
    leg = calls.leg_now(held.visit)
    if leg.state not in (NO_SHOW, LEFT) or not actor.can("queues.desk"):
        raise NotAllowed("appointment.ask_desk", token=held.visit.token)
    returns.rejoin(held.visit, actor=actor)
    held.refresh_from_db()
    return _there(held)


def _undone(held: Appointment, line: Line) -> Visit | None:
    """The visit of a check-in that was undone: the booked token is its token still, so it is taken up again."""
    if held.token_number is None:
        return None
    known = Visit.objects.select_for_update(no_key=True, of=("self",)).filter(
        department=line.queue.department, token_period=held.token_period, token_number=held.token_number,
        patient=held.patient_id, outcome=CANCELLED,
    )  # fmt: skip
    found: Visit | None = known.first()
    return found


def _known(held: Appointment) -> UUID:
    assert held.patient_id is not None  # appointment_has_patient
    return held.patient_id


def _today(held: Appointment, today: date) -> None:
    if held.service_day != today:
        raise NotAllowed(
            "appointment.other_day", day=held.service_day.isoformat(), day_text=date_format(held.service_day)
        )


def _late(held: Appointment, line: Line) -> Warned:
    return Warned("appointment.late", {"grace": line.rules.late_grace, "time": _told(held.starts_at, line)})


def _told(moment: datetime, line: Line) -> str:
    return date_format(moment.astimezone(line.rules.hospital.hospital.zone), "H:i")
