"""Commands of the JSON stream about appointments, series and the waiting list: the bodies and verbs of REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clinic.core.access import Actor
from clinic.core.api_fields import Id, ReasonBody
from clinic.core.api_input import Fields, Strict
from clinic.records.models import Patient
from queues.api import appointments as api
from queues.api import find
from queues.api import series as series_api
from queues.api import waitlist as waitlist_api
from queues.appointment_serializers import AppointmentBody, PlaceHoldBody, RescheduleBody
from queues.operations import appointments, checkin, series, waitlist
from queues.waitlist_serializers import EntryBody, OfferBody, SeriesBody, SeriesCancelBody, SeriesMoveBody

Run = Callable[[Fields, Actor], Any]


class OfAppointment(Strict):
    appointment = Id()


class ReasonOf(ReasonBody, OfAppointment):
    """Which appointment, and why."""


class MoveArgs(RescheduleBody, OfAppointment):
    """Which appointment, and where to."""


class OfEntry(Strict):
    entry = Id()


class OfferArgs(OfferBody, OfEntry):
    """To whom, and which place."""


class OfSeries(Strict):
    series = Id()


class SeriesMoveArgs(SeriesMoveBody, OfSeries):
    """Which series, which of it, and where to."""


class SeriesCancelArgs(SeriesCancelBody, OfSeries):
    """Which series, from which of it on, and why."""


def _of(verb: Callable[..., Any], *names: str) -> Run:
    def run(given: Fields, actor: Actor) -> Any:
        told = {name: given[name] for name in names}
        return verb(api.found(given["appointment"]), actor=actor, **told)

    return run


def _of_entry(verb: Callable[..., Any], *names: str) -> Run:
    def run(given: Fields, actor: Actor) -> Any:
        return verb(waitlist_api.entry(given["entry"]), actor=actor, **{name: given[name] for name in names})

    return run


def _hold(given: Fields, actor: Actor) -> Any:
    line, kind = find.line(given), api.type_of(given)
    return appointments.hold(line, type=kind, starts_at=given["starts_at"], actor=actor)


def _book(given: Fields, actor: Actor) -> appointments.Booked:
    return api.booking(given, actor)()


def _reschedule(given: Fields, actor: Actor) -> appointments.Booked:
    return api.moving(api.found(given["appointment"]), given, actor)()


def _enter(given: Fields, actor: Actor) -> Any:
    patient = find.one(Patient.objects.all(), pk=given["patient"])
    asked = {name: given[name] for name in waitlist_api.ASKED}
    return waitlist.enter(find.line(given), patient, type=api.type_of(given), actor=actor, **asked)


def _make(given: Fields, actor: Actor) -> Any:
    patient = find.one(Patient.objects.all(), pk=given["patient"])
    asked = {name: given[name] for name in series_api.ASKED}
    return series.make(find.line(given), patient, type=api.type_of(given), actor=actor, **asked)


def _move_series(given: Fields, actor: Actor) -> series.Made:
    return series_api.moving(given["series"], given, actor)()


def _cancel_series(given: Fields, actor: Actor) -> series.Made:
    return series_api.ending(given["series"], given, actor)()


COMMANDS: dict[str, tuple[type[Strict], Run]] = {
    "appointment.hold": (PlaceHoldBody, _hold),
    "appointment.release": (OfAppointment, _of(appointments.release)),
    "appointment.book": (AppointmentBody, _book),
    "appointment.accept": (OfAppointment, _of(appointments.accept)),
    "appointment.reject": (ReasonOf, _of(appointments.reject, "reason")),
    "appointment.cancel": (ReasonOf, _of(appointments.cancel, "reason")),
    "appointment.reschedule": (MoveArgs, _reschedule),
    "appointment.check_in": (OfAppointment, _of(checkin.check_in)),
    "appointment.no_show": (OfAppointment, _of(checkin.no_show)),
    "waitlist.enter": (EntryBody, _enter),
    "waitlist.offer": (OfferArgs, _of_entry(waitlist.offer, "starts_at")),
    "waitlist.take": (OfEntry, _of_entry(waitlist.take_offer)),
    "waitlist.decline": (OfEntry, _of_entry(waitlist.decline)),
    "waitlist.withdraw": (OfEntry, _of_entry(waitlist.withdraw)),
    "series.make": (SeriesBody, _make),
    "series.move": (SeriesMoveArgs, _move_series),
    "series.cancel": (SeriesCancelArgs, _cancel_series),
}
"""Name → what it takes, and what it does."""
