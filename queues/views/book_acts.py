"""What the desk and the doctor do with one booking: the sheet with its facts, and its acts."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core import clock, http
from clinic.core.access import Actor, needs
from clinic.core.errors import Invalid, NotAllowed
from clinic.records import people
from clinic.tenants import days
from clinic.tenants.pages import actor_of, outside, staff
from queues.availability import book as availability
from queues.book_forms import BY_NUMBER, MoveForm, ReasonForm, SeriesForm, bookable_lines, day_of
from queues.models import Queue
from queues.models.appointments import (
    AWAITING_PAYMENT,
    BOOKED,
    CHECKED_IN,
    CONFIRMED,
    HELD,
    MISSED,
    REQUESTED,
    Appointment,
)
from queues.operations import appointments, checkin, series, video
from queues.views.answers import act, also, answer, find
from queues.views.asking import asking, told
from queues.views.book_form import times_of

ASK = require_http_methods(["GET", "POST"])
NEAR = timedelta(minutes=20)
"""So far from where it was dropped a booking may come to stand."""
RELATED = ("patient", "type", "queue__department", "queue__doctor", "visit", "series", "successor__queue")


def when(moment: datetime) -> str:
    """``Mon 23 Nov 09:20``, in the hospital's time."""
    return date_format(timezone.localtime(moment), "D j M H:i")


def whose(row: Appointment) -> str:
    return row.patient.full_name if row.patient else _("a held place")


@require_GET
@needs("appointments.view")
def booking(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything of one booking and what may be done with it now: in a dialog with script, a page without."""
    row = find(Appointment, pk, *RELATED)
    actor, today = actor_of(request), days.service_day(days.current_hospital())
    own = actor.doctor_id is not None and row.queue.doctor_id == actor.doctor_id
    context: dict[str, Any] = {
        "a": row, "can": actor.abilities, "is_today": row.service_day == today,
        "facts": people.facts(row.patient, timezone.localdate()) if row.patient else "",
        "held": row.state == HELD, "requested": row.state == REQUESTED, "to_pay": row.state == AWAITING_PAYMENT,
        "confirmed": row.state == CONFIRMED, "missed": row.state == MISSED, "came": row.state == CHECKED_IN,
        "live": row.state in BOOKED, "movable": row.state in (REQUESTED, CONFIRMED),
        "late_enough": row.state == CONFIRMED and row.starts_at <= clock.now(),
        "video_url": video.url_of(row) if row.state in (CONFIRMED, CHECKED_IN) else "",
        "may_join": actor.can("queues.call") and (own or actor.can("queues.call_for_any")),
        "successor": _successor(row, actor), "patient_url": _patient_url(row, actor.can("appointments.book")),
        "day": row.service_day.isoformat(), "page": _("Booking"),
    }  # fmt: skip
    if not http.is_fragment(request):
        return staff(request, "queues/book_one.html", here="book", **context)
    part = render(request, "queues/_book_one.html", context)
    part["Cache-Control"] = "no-store"
    return part


def _successor(row: Appointment, actor: Actor) -> Appointment | None:
    """What it was moved to, if that is of a department the reader sees (R1.2)."""
    became: Appointment | None = row.successor
    return became if became is not None and actor.sees(became.queue.department_id) else None


def _patient_url(row: Appointment, may: bool) -> str:
    """The patient's own page of the booking, for whoever books: to hand it over or to read it out."""
    return outside("queues:booking", appointments.booking_link(row)) if may and row.state != HELD else ""


# --- buttons ---------------------------------------------------------------------------------------------------------


@require_POST
@needs("appointments.check_in")
def check_in(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Somebody booked is here: into the line, with a ticket to print (R2.7)."""
    arrival = checkin.check_in(find(Appointment, pk), actor=actor_of(request))
    text = _("%(token)s is in the line %(line)s")
    text %= {"token": arrival.visit.token, "line": arrival.leg.queue.name}
    if arrival.warning is not None:
        text = f"{text}. {arrival.warning.message}"
    ticket = reverse("queues:ticket", args=[arrival.visit.pk])
    return answer(request, text, link=ticket, label=_("Print ticket"))


@act("appointments.decide")
def accept(request: HttpRequest, pk: UUID) -> str:
    row = appointments.accept(find(Appointment, pk, "patient"), actor=actor_of(request))
    return _("%(name)s accepted for %(when)s") % {"name": whose(row), "when": when(row.starts_at)}


@act("appointments.decide")
def pay(request: HttpRequest, pk: UUID) -> str:
    row = appointments.pay(find(Appointment, pk, "patient"), actor=actor_of(request))
    return _("Paid: %(name)s is booked for %(when)s") % {"name": whose(row), "when": when(row.starts_at)}


@act("appointments.check_in")
def missed(request: HttpRequest, pk: UUID) -> str:
    row = checkin.no_show(find(Appointment, pk, "patient"), actor=actor_of(request))
    return _("%(name)s did not come") % {"name": whose(row)}


@act("appointments.book")
def release(request: HttpRequest, pk: UUID) -> str:
    row = find(Appointment, pk)
    appointments.release(row, actor=actor_of(request))
    return _("%(when)s is free again") % {"when": when(row.starts_at)}


@require_POST
@needs("queues.call")
def start_video(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The doctor goes into the video room: it opens beside this page; the log says so."""
    row = find(Appointment, pk, "queue")
    address = video.join(row, actor=actor_of(request))
    text = _("The video room is open")
    told = answer(request, text, link=address, label=_("Open it again"), back=reverse("queues:appointment", args=[pk]))
    return also(told, "ticket", url=address) if http.is_fragment(request) else told


@act("queues.call")
def leave_video(request: HttpRequest, pk: UUID) -> str:
    video.leave(find(Appointment, pk, "queue"), actor=actor_of(request))
    return _("You have left the video room")


# --- acts that ask ---------------------------------------------------------------------------------------------------


@ASK
@needs("appointments.decide")
def reject(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say no to a request, with a reason that the patient reads."""
    row = find(Appointment, pk, "patient")

    def do(given: dict[str, Any]) -> str:
        appointments.reject(row, reason=given["reason"], actor=actor_of(request))
        return _("%(name)s was told that %(when)s cannot be") % {"name": whose(row), "when": when(row.starts_at)}

    title = _("Reject %(name)s, %(when)s") % {"name": whose(row), "when": when(row.starts_at)}
    why = _("The patient reads the reason.")
    return asking(request, ReasonForm(told(request)), do, title=title, button=_("Reject"), why=why)


@ASK
@needs("appointments.book")
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Cancel a booking with a reason; its place is free at once (R2.5)."""
    row = find(Appointment, pk, "patient")

    def do(given: dict[str, Any]) -> str:
        appointments.cancel(row, reason=given["reason"], actor=actor_of(request))
        return _("%(name)s, %(when)s: cancelled") % {"name": whose(row), "when": when(row.starts_at)}

    title = _("Cancel %(name)s, %(when)s") % {"name": whose(row), "when": when(row.starts_at)}
    why = _("The place is free at once, and the patient is told.")
    return asking(request, ReasonForm(told(request)), do, title=title, button=_("Cancel the booking"), why=why)


@ASK
@needs("appointments.book")
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another time, in this line or another (R2.5)."""
    row = find(Appointment, pk, *RELATED)
    day = day_of(request.GET.get("day", ""), row.service_day)
    kind = {"type": row.type_id} if row.type_id else {}
    form = MoveForm(told(request), initial={"queue": row.queue_id, "day": day, **kind})

    def do(given: dict[str, Any]) -> str:
        if given["following"]:
            return _moved_all(row, given, actor_of(request))
        by_number = given["at"] == BY_NUMBER
        when_to = {"day": given["day"]} if by_number else {"starts_at": given["at"]}
        booked = appointments.reschedule(
            row, queue=given["queue"], reason=given["reason"], actor=actor_of(request), **when_to
        )
        return _moved(booked.appointment)

    line = request.GET.get("queue") or str(row.queue_id)
    shown = form.data if form.is_bound else {"queue": line, "day": day.isoformat()}
    more: dict[str, Any] = {
        "part": "queues/_book_move.html",
        "lines": bookable_lines(),
        "a": row,
        "chosen": shown.get("queue", ""),
    }
    times = times_of({"type": str(row.type_id or ""), **{name: shown.get(name, "") for name in ("queue", "day", "at")}})
    title = _("Move %(name)s, %(when)s") % {"name": whose(row), "when": when(row.starts_at)}
    return asking(request, form, do, title=title, button=_("Move"), **more, **times)


@act("appointments.book")
def move_to(request: HttpRequest, pk: UUID) -> str:
    """Dropped somewhere in the book: a line, a day, and the minutes since that day's local midnight.

    A hand is not exact to five minutes: the free start nearest to it is meant, where one is near.
    """
    row = find(Appointment, pk, *RELATED)
    line = find(Queue, _uuid(request.POST.get("queue", "")), "department", "doctor")
    start = _nearest(line, row, _dropped(request))
    booked = appointments.reschedule(row, starts_at=start, queue=line, actor=actor_of(request))
    return _moved(booked.appointment)


def _nearest(line: Queue, row: Appointment, dropped: datetime) -> datetime:
    day = days.service_day(days.current_hospital(), dropped)
    free = [slot.starts_at for slot in availability.day(line, day, row.type).slots]
    best = min(free, key=lambda start: abs(start - dropped), default=dropped)
    return best if abs(best - dropped) <= NEAR else dropped


def _moved_all(row: Appointment, given: dict[str, Any], actor: Actor) -> str:
    if given["at"] == BY_NUMBER or given["queue"].pk != row.queue_id:
        raise Invalid("row.invalid", _("A series moves as a whole within its line, to a time."), at=["invalid"])
    made = series.move_all(row, starts_at=given["at"], reason=given["reason"], actor=actor)
    n = len(made.booked)
    return ngettext("%(n)s booking moved", "%(n)s bookings moved", n) % {"n": n}


@ASK
@needs("appointments.book")
def of_series(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Cancel one of a series, or it and all that come after it (R2.10)."""
    row = find(Appointment, pk, "patient", "series")

    def do(given: dict[str, Any]) -> str:
        actor = actor_of(request)
        if row.series is None:
            raise NotAllowed("series.not_of_it")
        if given["which"] == SeriesForm.ONE:
            series.skip_one(row, reason=given["reason"], actor=actor)
            return _("%(name)s, %(when)s: cancelled") % {"name": whose(row), "when": when(row.starts_at)}
        series.cancel_all(row.series, start=row.starts_at, reason=given["reason"], actor=actor)
        return _("The series of %(name)s ends before %(when)s") % {"name": whose(row), "when": when(row.starts_at)}

    title = _("The series of %(name)s") % {"name": whose(row)}
    return asking(request, SeriesForm(told(request)), do, title=title, button=_("Cancel the bookings"))


def _moved(row: Appointment) -> str:
    said = {"name": whose(row), "when": when(row.starts_at), "line": row.queue.name}
    return _("%(name)s moved to %(when)s, %(line)s") % said


def _dropped(request: HttpRequest) -> datetime:
    day = day_of(request.POST.get("day", ""), days.service_day(days.current_hospital()))
    minute = request.POST.get("minute", "")
    if not minute.isdecimal() or not 0 <= int(minute[:6]) <= 48 * 60:
        raise Invalid("row.invalid", _("Choose a time."), at=["invalid"])
    # Minutes of the wall: arithmetic within one zone never changes the clock's face.
    return datetime.combine(day, time.min, tzinfo=days.current_hospital().zone) + timedelta(minutes=int(minute[:6]))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("row.invalid", _("Choose a line."), queue=["invalid"]) from None
