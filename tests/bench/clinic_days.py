"""Days of clinics that never were, for asking the product's model of waits: nothing here is told to the model that the
product would not know at that moment.

A clinic has one doctor with a line, or several with a pool; people walk in or are booked; doctors come late, take
breaks that stand in their hours and others; somebody urgent comes, somebody does not come, is not there when called,
or goes. Times are minutes since the first midnight. What is known of it at a moment is made into the product's own
``Facts`` (clinic_facts.py).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import exp, log, sqrt
from random import Random
from typing import Any
from uuid import UUID

from clinic.directory import policies
from clinic.directory.models import Doctor
from clinic.tenants.models import HospitalConfig
from queues import appointment_day
from queues.models import CALLED, COMPLETED, LEFT, NO_SHOW, NORMAL, URGENT, WAITING

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
DAY = 1440.0
DUE = appointment_day.DUE_BEFORE.total_seconds() / 60
RULES = policies.given(None, HospitalConfig())
"""The policies as they are when nobody has changed them."""
ANSWER = (2.0, 4.0)
"""Until somebody called who is not there is given up."""


def moment(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


@dataclass(slots=True, eq=False)
class Patient:
    key: UUID
    sort: int
    entered: float = 0.0
    order_at: float = 0.0
    number: int = 0
    starts_at: float | None = None
    """Booked for."""
    comes_at: float | None = None
    """When a booked one will be there; None for who does not come. The model is not told."""
    klass: str = NORMAL
    state: str = "booked"
    server: int | None = None
    called: float | None = None
    ended: float | None = None
    answers: bool = True

    def due(self, now: float) -> bool:
        return self.starts_at is None or self.entered >= self.starts_at - DUE or now >= self.starts_at - DUE


@dataclass(slots=True, eq=False)
class Medic:
    number: int
    key: UUID
    speed: float
    day_speed: float = 1.0
    status: str = Doctor.OFF_DUTY
    status_at: float = 0.0
    late: int = 0
    until: float | None = None
    there: bool = False
    """In the room and willing to call. The model is not told."""
    patient: Patient | None = None
    lunch: tuple[float, float] = (0.0, 0.0)
    """Begin and end, as it stands in the hours."""
    had_lunch: bool = False
    wants_break: float | None = None


@dataclass(slots=True)
class Traits:
    """What is drawn once for a clinic."""

    load: float
    rush: float
    spread: float
    pause: float
    no_show: float
    not_there: float
    leave: float
    urgent: float
    booked: float
    early: float
    extra: float


@dataclass
class ClinicDays:
    """One clinic, day after day."""

    given: dict[str, Any]
    doctors: int
    chance: Random
    now: float = 0.0
    line: list[Patient] = field(default_factory=list)
    booked: list[Patient] = field(default_factory=list)
    """Of today."""
    gone_by: list[Patient] = field(default_factory=list)
    """Whose visit has ended, or who are with a doctor, in the order of their calls or ends."""
    medics: list[Medic] = field(default_factory=list)
    came: list[tuple[float, bool]] = field(default_factory=list)
    """Of all who were booked: for when, and whether they came."""
    on_arrival: Callable[[ClinicDays, Patient], None] | None = None
    on_tick: Callable[[ClinicDays], None] | None = None

    def __post_init__(self) -> None:
        given, draw = self.given, self._draw
        self.traits = Traits(
            draw(given["hours"]["load"]), draw(given["hours"]["rush"]), draw(given["service"]["spread"]),
            draw(given["service"]["pause"]), draw(given["gone"]["no_show"]), draw(given["gone"]["not_there"]),
            draw(given["gone"]["leave"]), draw(given["urgent"]["share"]), draw(given["booked"]["share"]),
            draw(given["booked"]["early"]), draw(given["breaks"]["extra"]),
        )  # fmt: skip
        self.medics = [
            Medic(n, self._key(), draw(given["service"]["speed"])) for n in range(self.doctors)
        ]  # fmt: skip
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.counter = 0

    # --- drawing -----------------------------------------------------------------------------------------------------

    def _draw(self, span: Any) -> float:
        return self.chance.uniform(*span) if isinstance(span, list) else float(span)

    def _key(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128))

    def _sort(self) -> int:
        types = self.given["service"]["types"]
        return int(self.chance.choices(range(len(types)), [one["share"] for one in types])[0])

    def _factor(self, spread: float) -> float:
        """Log-normal, of mean 1."""
        sigma = sqrt(log(1 + spread * spread))
        return exp(self.chance.gauss(-sigma * sigma / 2, sigma))

    def at(self, when: float, act: Callable[[], None]) -> None:
        self.counter += 1
        heapq.heappush(self.events, (when, self.counter, act))

    # --- a day -------------------------------------------------------------------------------------------------------

    def live(self, day: int) -> None:
        """One day, until the last who came has been seen."""
        midnight, hours = day * DAY, self.given["hours"]
        self.opens, self.closes = midnight + hours["opens"], midnight + hours["closes"]
        self.line, self.booked = [], []
        for medic in self.medics:
            self._morning(medic, midnight)
        self._book(midnight)
        self._walk_ins(midnight)
        if self.on_tick is not None:
            every = self.given["every"]
            for n in range(int((self.closes - self.opens) / every)):
                self.at(self.opens + (n + self.chance.random()) * every, self._tick)
        while self.events:
            self.now, _number, act = heapq.heappop(self.events)
            act()
        for medic in self.medics:
            medic.status, medic.there = Doctor.OFF_DUTY, False

    def _tick(self) -> None:
        if self.on_tick is not None:
            self.on_tick(self)

    def _morning(self, medic: Medic, midnight: float) -> None:
        late, breaks = self.given["late"], self.given["breaks"]
        medic.day_speed, medic.had_lunch, medic.wants_break = (
            self._factor(self.given["service"]["day_speed"]),
            False,
            None,
        )
        begin = midnight + 5 * round(self._draw(breaks["lunch_at"]) / 5)
        medic.lunch = (begin, begin + 5 * round(self._draw(breaks["lunch"]) / 5))
        by = self._draw(late["minutes"]) if self.chance.random() < late["chance"] else 0.0
        says = by > 0 and self.chance.random() < late["announced"]
        status = Doctor.RUNNING_LATE if says else Doctor.ON_TIME
        told = 5 * max(round(by * self.chance.uniform(0.6, 1.3) / 5), 1) if says else 0
        self.at(self.opens, lambda: self._set(medic, status, late=told))
        self.at(self.opens + by, lambda: self._comes(medic))
        self.at(medic.lunch[0], lambda: self._call(medic))
        for _ in range(round(self.traits.extra)):
            self.at(self.chance.uniform(self.opens + 30, self.closes - 30), lambda: self._wish(medic))

    def _set(self, medic: Medic, status: str, *, late: int = 0, until: float | None = None) -> None:
        medic.status, medic.status_at, medic.late, medic.until = status, self.now, late, until

    def _comes(self, medic: Medic) -> None:
        medic.there = True
        self._set(medic, Doctor.ON_TIME)
        self._call(medic)

    def _wish(self, medic: Medic) -> None:
        medic.wants_break = self._draw(self.given["breaks"]["extra_minutes"])
        if medic.patient is None:
            self._call(medic)

    # --- who comes ---------------------------------------------------------------------------------------------------

    def _work(self) -> float:
        """How many people the doctors can see in their hours."""
        types = self.given["service"]["types"]
        usual = sum(one["minutes"] * one["share"] for one in types) / sum(one["share"] for one in types)
        lunch = sum(self.given["breaks"]["lunch"]) / 2 if isinstance(self.given["breaks"]["lunch"], list) else 0.0
        hours = self.closes - self.opens - lunch
        return sum(hours / (usual * medic.speed + self.traits.pause) for medic in self.medics)

    def _book(self, midnight: float) -> None:
        count = round(self._work() * self.traits.load * self.traits.booked)
        times = sorted(self.chance.sample(range(96), min(count, 96))) if self.doctors == 1 else sorted(
            self.chance.choices(range(96), k=count)
        )  # fmt: skip
        for n in times:
            begins = self.opens + n * (self.closes - 60 - self.opens) / 96
            begins = midnight + 5 * round((begins - midnight) / 5)
            one = Patient(self._key(), self._sort(), starts_at=begins, answers=self._answers())
            self.booked.append(one)
            if self.chance.random() >= self.traits.no_show:
                one.comes_at = max(begins - self.chance.gauss(self.traits.early, self.given["booked"]["spread"]),
                                   self.opens - 15)  # fmt: skip
                self.at(one.comes_at, lambda one=one: self._arrive(one))  # type: ignore[misc]
            else:
                self.at(begins + RULES.no_show_after, lambda one=one: self._missed(one))  # type: ignore[misc]

    def _walk_ins(self, midnight: float) -> None:
        mean = self._work() * self.traits.load * (1 - self.traits.booked)
        count = max(0, round(self.chance.gauss(mean, sqrt(mean))))
        last = midnight + self.given["hours"]["last_walk_in"]
        for _ in range(count):
            rush = self.chance.random() < self.traits.rush
            when = self.chance.uniform(self.opens, self.opens + 60 if rush else last)
            one = Patient(self._key(), self._sort(), answers=self._answers())
            if self.chance.random() < self.traits.urgent:
                one.klass = URGENT
            self.at(when, lambda one=one: self._arrive(one))  # type: ignore[misc]

    def _answers(self) -> bool:
        return self.chance.random() >= self.traits.not_there

    def _missed(self, one: Patient) -> None:
        self.booked.remove(one)
        self.came.append((one.starts_at or 0.0, False))

    def _arrive(self, one: Patient) -> None:
        self.counter += 1
        one.state, one.entered, one.number, one.order_at = WAITING, self.now, self.counter, self.now
        if one.starts_at is not None:
            self.booked.remove(one)
            self.came.append((one.starts_at, True))
            if self.now <= one.starts_at + RULES.late_grace:
                one.order_at = one.starts_at - RULES.appointment_lead
            if not one.due(self.now):
                self.at(one.starts_at - DUE, self._call_all)
        if one.klass == URGENT:
            one.order_at -= 365 * DAY
        elif self.chance.random() < self.traits.leave:
            self.at(self.now + self.chance.expovariate(1 / 45), lambda: self._leave(one))
        self.line.append(one)
        self._call_all()
        if one.state == WAITING and self.on_arrival is not None:
            self.on_arrival(self, one)

    def _leave(self, one: Patient) -> None:
        if one.state == WAITING:
            self.line.remove(one)
            self._end(one, LEFT)

    def _end(self, one: Patient, state: str) -> None:
        one.state, one.ended = state, self.now
        self.gone_by.append(one)

    # --- calling -----------------------------------------------------------------------------------------------------

    def in_order(self) -> list[Patient]:
        """R3.3: those whose time has come first."""
        return sorted(self.line, key=lambda one: (not one.due(self.now), one.order_at, one.number))

    def _call_all(self) -> None:
        for medic in self.chance.sample(self.medics, len(self.medics)):
            if medic.patient is None and medic.status != Doctor.ON_BREAK:
                self._call(medic)

    def _call(self, medic: Medic) -> None:
        """The doctor is free: takes a break that is due, calls the next, or waits for somebody."""
        if not medic.there or medic.patient is not None or medic.status == Doctor.ON_BREAK:
            return
        if self._rests(medic):
            return
        line = self.in_order()
        if not line:
            return
        one = line[0]
        self.line.remove(one)
        one.state, one.called, one.server = CALLED, self.now, medic.number
        medic.patient = one
        if one.answers:
            kind = self.given["service"]["types"][one.sort]
            length = kind["minutes"] * medic.speed * medic.day_speed * self._factor(self.traits.spread)
            self.at(self.now + max(length, 0.5), lambda: self._done(medic, COMPLETED))
        else:
            self.at(self.now + self.chance.uniform(*ANSWER), lambda: self._done(medic, NO_SHOW))

    def _done(self, medic: Medic, state: str) -> None:
        assert medic.patient is not None
        self._end(medic.patient, state)
        pause = self.chance.expovariate(1 / self.traits.pause)
        resting = medic.patient
        self.at(self.now + pause, lambda: self._ready(medic, resting))

    def _ready(self, medic: Medic, last: Patient) -> None:
        if medic.patient is last:
            medic.patient = None
        self._call(medic)

    def _rests(self, medic: Medic) -> bool:
        begin, end = medic.lunch
        if not medic.had_lunch and self.now >= begin:
            medic.had_lunch = True
            says = max(end, self.now + (end - begin) * 0.6)
            return self._break(medic, says, self.chance.expovariate(1 / 3))
        if medic.wants_break is not None:
            length, medic.wants_break = medic.wants_break, None
            return self._break(medic, self.now + 5 * max(round(length / 5), 1), self.chance.uniform(-2, 4))
        return False

    def _break(self, medic: Medic, says: float, more: float) -> bool:
        self._set(medic, Doctor.ON_BREAK, until=says)
        self.at(max(says + more, self.now), lambda: self._comes(medic))
        return True
