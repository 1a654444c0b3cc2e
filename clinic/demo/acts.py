"""The model's intents as acts: each is one real operation, by somebody who would do it in a clinic.

A refusal (``DomainError``) is part of life: it is counted, and told to the model as "not done". Anything else is a
fault and goes through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import structlog

from clinic.core import clock
from clinic.core.access import ABILITIES, PATIENT, Actor
from clinic.core.errors import DomainError
from clinic.demo import bookings, crowd, parts
from clinic.demo.cast import TOO_LONG, Cast
from clinic.demo.parts import CALLED, GONE, Answer, Intent, Person
from clinic.directory import operations as directory
from clinic.directory.models import Doctor
from clinic.tenants import days
from queues.models import NO_SHOW, Appointment, Leg, Queue, Visit
from queues.operations import appointments, calls, checkin, close, ends, holds, moves, returns

DEMO = Actor(kind="system", id="demo", name="Demo", abilities=ABILITIES)
"""Who plays. The log shows the name of the part and this id, so a person's acts can be told from the play's."""
SHOW = {parts.COME_IN: Doctor.ON_TIME, parts.BE_BACK: Doctor.ON_TIME, parts.GO_HOME: Doctor.OFF_DUTY}

COMES_AT_LAST = 3
"""Called so often, somebody who had not come before does: after a no-show they are back at the desk."""

log = structlog.get_logger(__name__)


def acting(name: str) -> Actor:
    return replace(DEMO, name=name)


def desk(cast: Cast) -> Actor:
    return acting(cast.who("receptionist").name)


class Enough(Exception):
    """So many acts were asked for, and they are done."""


def when(at: float) -> datetime:
    """The model's time as a moment, where the model's clock is the real one."""
    return datetime.fromtimestamp(at, UTC)


class Acts:
    """The port to the open hospital. ``moment`` says when an intent happens; without it, now."""

    def __init__(
        self, cast: Cast, dice: Random, *, moment: Callable[[float], datetime] | None = None, most: int = 1_000_000
    ) -> None:
        self.cast, self.dice, self.most = cast, dice, most
        self._moment = moment
        self.crowd = crowd.Crowd(cast, dice)
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._servers = {str(row.pk): row.name for row in Doctor.objects.all()}

    def do(self, intent: Intent) -> Answer:
        """One act at its moment. Raises Enough when there were as many as wanted."""
        if self.done.total() >= self.most:
            raise Enough
        with self._at(intent.at):
            try:
                answer = _ACTS[intent.verb](self, intent)
            except DomainError as refusal:
                self.refused[refusal.code] += 1
                # In a past that is made in seconds there are many, and whoever starts the product reads the output.
                tell = log.info if self._moment is None else log.debug
                tell("demo.refused", verb=intent.verb, code=refusal.code)
                return Answer(False)
        self.done[intent.verb] += answer.done
        return answer

    @contextmanager
    def _at(self, at: float) -> Iterator[None]:
        if self._moment is None:
            yield
            return
        with clock.at(self._moment(at)):
            yield

    # --- who acts, and on whom ----------------------------------------------------------------------------------

    def _server(self, key: str) -> Doctor:
        found: Doctor = Doctor.objects.select_related("room", "department").get(pk=key)
        return found

    def _as(self, key: str) -> Actor:
        return acting(self._servers.get(key, DEMO.name))

    def _leg(self, key: str) -> Leg:
        return calls.leg_now(Visit.objects.get(pk=key))

    def _with(self, leg: Leg) -> Actor:
        """The server the person is with, else the desk."""
        return acting(leg.server.name) if leg.server else desk(self.cast)

    @staticmethod
    def _phone(visit: Visit) -> Actor:
        return Actor(kind="patient", id=visit.ref, name="", abilities=PATIENT)

    # --- the lines -----------------------------------------------------------------------------------------------

    def arrive(self, intent: Intent) -> Answer:
        """Somebody carried over from yesterday, if one is expected in this line; else somebody of the crowd."""
        line = Queue.objects.select_related("department", "doctor").get(pk=intent.where)
        waited_for = next((one for one in self._expected() if one.expected_queue_id == line.pk), None)
        if waited_for is not None:
            return Answer(True, person(close.arrive_expected(waited_for, actor=desk(self.cast)), intent.at))
        arrival = self.crowd.take_in(line, klass=intent.why, actor=desk(self.cast))
        return Answer(arrival is not None, person(arrival.leg, intent.at) if arrival is not None else None)

    @staticmethod
    def _expected() -> list[Visit]:
        return close.expected(days.service_day(days.current_hospital(), clock.now()))

    def call(self, intent: Intent) -> Answer:
        leg = calls.call_next(self._server(intent.who), actor=self._as(intent.who))
        return Answer(leg is not None, person(leg, intent.at) if leg is not None else None)

    def start(self, intent: Intent) -> Answer:
        leg = self._leg(intent.who)
        calls.start(leg.visit, actor=self._with(leg))
        return Answer(True)

    def absent(self, intent: Intent) -> Answer:
        """Nobody came: called again, or, when the call rule allows, noted as not come."""
        leg, policy = self._leg(intent.who), days.policies()
        if leg.state == NO_SHOW:
            return Answer(True, state=GONE)
        if ends.may_be_no_show(leg, policy.min_calls, policy.call_total):
            ends.no_show(leg.visit, actor=self._with(leg))
            return Answer(True, state=GONE)
        if leg.called_at is None or clock.now() - leg.called_at < timedelta(seconds=policy.call_gap):
            return Answer(False, state=CALLED)
        calls.recall(leg.visit, actor=self._with(leg))
        return Answer(True, state=CALLED)

    def skip(self, intent: Intent) -> Answer:
        leg = self._leg(intent.who)
        calls.skip(leg.visit, actor=self._with(leg))
        return Answer(True)

    def complete(self, intent: Intent) -> Answer:
        leg = self._leg(intent.who)
        ends.complete(leg.visit, actor=self._with(leg))
        return Answer(True)

    def complete_and_call(self, intent: Intent) -> Answer:
        leg = self._leg(intent.who)
        _closed, called = ends.complete_and_call(leg.visit, actor=self._with(leg))
        return Answer(True, person(calls.leg_now(called.visit), intent.at) if called is not None else None)

    def leave(self, intent: Intent) -> Answer:
        visit = Visit.objects.get(pk=intent.who)
        if intent.why == "phone":
            ends.leave_by_link(visit, actor=self._phone(visit))
        else:
            ends.leave(visit, reason=self.dice.choice(TOO_LONG), actor=desk(self.cast))
        return Answer(True)

    def hold(self, intent: Intent) -> Answer:
        leg = self._leg(intent.who)
        minutes = max(1, round(intent.minutes)) if intent.why == "away" else None
        holds.hold(leg.visit, reason=intent.why, minutes=minutes, actor=self._with(leg))
        return Answer(True)

    def back(self, intent: Intent) -> Answer:
        holds.resume(Visit.objects.get(pk=intent.who), actor=desk(self.cast))
        return Answer(True)

    def send_on(self, intent: Intent) -> Answer:
        """To the laboratory or the cashier, under the same token."""
        leg, counter = self._leg(intent.who), Queue.objects.get(pk=intent.where)
        following = moves.send_on(leg.visit, counter, actor=self._with(leg))
        return Answer(True, person(following, intent.at))

    def delay(self, intent: Intent) -> Answer:
        """From the phone: away for some minutes, or two places back."""
        visit = Visit.objects.get(pk=intent.who)
        if intent.minutes:
            holds.delay_by_link(visit, minutes=max(1, round(intent.minutes)), actor=self._phone(visit))
        else:
            holds.delay_by_link(visit, places=2, actor=self._phone(visit))
        return Answer(True)

    def rejoin(self, intent: Intent) -> Answer:
        """Asked for on the phone, accepted by the desk."""
        visit = Visit.objects.get(pk=intent.who)
        returns.ask_rejoin_by_link(visit, actor=self._phone(visit))
        returns.rejoin(visit, reason="", actor=desk(self.cast))
        return Answer(True)

    # --- bookings ------------------------------------------------------------------------------------------------

    def check_in(self, intent: Intent) -> Answer:
        """At the desk, or on the phone from the time on that the house has set."""
        row = Appointment.objects.get(pk=intent.who)
        if intent.why == "phone":
            arrival = checkin.check_in_by_link(row, actor=Actor(kind="patient", id=row.ref, name="", abilities=PATIENT))
        else:
            arrival = checkin.check_in(row, actor=desk(self.cast))
        return Answer(True, person(arrival.leg, intent.at))

    def book(self, intent: Intent) -> Answer:
        line = Queue.objects.select_related("department", "doctor").get(pk=intent.where)
        return Answer(bookings.Diary(self.cast, self.dice, desk(self.cast)).somebody_books(line))

    def answer(self, intent: Intent) -> Answer:
        """The doctor says yes or no to a request."""
        row = Appointment.objects.select_related("queue__doctor").get(pk=intent.who)
        by = acting(row.queue.doctor.name) if row.queue.doctor else desk(self.cast)
        if intent.why == "yes":
            appointments.accept(row, actor=by)
        else:
            appointments.reject(row, reason="Please come on foot: that is sooner", actor=by)
        return Answer(True)

    # --- the doctors ---------------------------------------------------------------------------------------------

    def show(self, intent: Intent) -> Answer:
        """A status that somebody sets for themselves."""
        directory.set_status(self._server(intent.who), SHOW[intent.verb], actor=self._as(intent.who))
        return Answer(True)

    def take_break(self, intent: Intent) -> Answer:
        until = clock.now() + timedelta(minutes=intent.minutes)
        directory.set_status(self._server(intent.who), Doctor.ON_BREAK, until=until, actor=self._as(intent.who))
        return Answer(True)

    def fall_ill(self, intent: Intent) -> Answer:
        """Away until the end of the day; begun at once, as the clock would within a minute."""
        doctor, now = self._server(intent.who), clock.now()
        here = days.current_hospital()
        end = days.day_end(here, days.service_day(here, now))
        absence = directory.add_absence(doctor, starts_at=now, ends_at=end, reason="Ill", actor=self._as(intent.who))
        directory.begin_absence(absence, actor=self._as(intent.who))
        return Answer(True)

    def be_late(self, intent: Intent) -> Answer:
        directory.set_status(
            self._server(intent.who), Doctor.RUNNING_LATE, late_minutes=round(intent.minutes),
            actor=self._as(intent.who),
        )  # fmt: skip
        return Answer(True)


def person(leg: Leg, since: float) -> Person:
    """The model's person of a leg. Their name lasts: token and day are the same in every run with one seed."""
    visit = leg.visit
    name = f"{visit.service_day}/{visit.token}" + ("/on" if leg.sent_from_id else "")
    return Person(
        key=str(visit.pk), name=name, line=str(leg.queue_id), since=since, server=str(leg.server_id or ""),
        skips=leg.skips, delayed=bool(visit.delays), returned=leg.calls >= COMES_AT_LAST,
        wants=visit.type.name if visit.type is not None else "",
    )  # fmt: skip


_ACTS: dict[str, Callable[[Acts, Intent], Answer]] = {
    parts.ARRIVE: Acts.arrive,
    parts.CALL: Acts.call,
    parts.START: Acts.start,
    parts.ABSENT: Acts.absent,
    parts.SKIP: Acts.skip,
    parts.COMPLETE: Acts.complete,
    parts.COMPLETE_AND_CALL: Acts.complete_and_call,
    parts.LEAVE: Acts.leave,
    parts.HOLD: Acts.hold,
    parts.BACK: Acts.back,
    parts.SEND_ON: Acts.send_on,
    parts.DELAY: Acts.delay,
    parts.REJOIN: Acts.rejoin,
    parts.CHECK_IN: Acts.check_in,
    parts.BOOK: Acts.book,
    parts.ANSWER: Acts.answer,
    parts.TAKE_BREAK: Acts.take_break,
    parts.BE_LATE: Acts.be_late,
    parts.BE_BACK: Acts.show,
    parts.COME_IN: Acts.show,
    parts.GO_HOME: Acts.show,
    parts.FALL_ILL: Acts.fall_ill,
}
"""Verb → how it is done here."""
