"""A simulated day through the real operations: with an outage, across midnight and both changes of the clocks.

Short here; with PROOF=1 a whole day at 60×, which takes 24 minutes.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.db import OperationalError

import queues.appointment_clock
import queues.clock
import queues.days
from clinic.core import clock
from clinic.core.tenancy import hospital
from clinic.demo import day as demo_day
from clinic.demo import history, pacing, play, stage
from clinic.demo.acts import when
from clinic.demo.cast import HARBOR, Cast
from clinic.demo.model import Model
from clinic.live import ledger
from clinic.live.models import Event
from clinic.tenants import days
from clinic.tenants.models import Hospital
from clinic.tenants.passwords import new_password
from queues import faces
from queues.models import (
    CHECKED_IN,
    COMPLETED,
    CONFIRMED,
    ENDED,
    FULFILLED,
    HELD,
    OPEN,
    Appointment,
    Leg,
    Queue,
    SlotTick,
    Visit,
)
from queues.operations import waitlist
from tests.proof import replay, storm

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LONG = os.environ.get("PROOF") == "1"
ZONE = "Europe/Paris"
OUTAGE = 15 * 60
CLOCK = (
    (queues.days.pass_on, 60), (queues.clock.bring_back, 10), (queues.clock.look_in, 60), (queues.clock.make_due, 30),
    (queues.clock.miss, 30), (queues.clock.settle_absent, 60), (queues.appointment_clock.expire_due, 30),
    (waitlist.lapse_due, 60),
)  # fmt: skip
"""What the clock does, and every how many seconds here."""
THREE: Cast = replace(
    HARBOR,
    departments={key: HARBOR.departments[key] for key in "APC"},
    rooms={key: HARBOR.rooms[key] for key in "APC"},
    staff=tuple(one for one in HARBOR.staff if one.department in ("", "A", "P", "C")),
    people=tuple(one for one in HARBOR.people if one.goes_to in "APC"),
    fewest=6,
    most=14,
    away="",
)
"""Three departments with six doctors, a laboratory and a cashier."""


class Day:
    """One hospital's simulated time, from a moment on."""

    def __init__(self, here: Hospital, begin: datetime) -> None:
        self.here, self.dice, self.now = here, Random(11), begin
        self.model = self._begin()
        self.looks = 0

    def _begin(self) -> Model:
        """A process that starts: all it knows is read from the rows."""
        model = history.begin(THREE, self.dice, self.now, lambda at: play.bounds_of(THREE, at))
        for task, every in CLOCK:
            pacing.tick(model, task, every)
        return model

    def play(self, seconds: float, *, speed: float | None = None) -> None:
        self.now += timedelta(seconds=seconds)
        pacing.drive(self.model, self.now.timestamp(), speed=speed)

    def stop_and_start(self) -> None:
        """The process is gone for a quarter of an hour; people who were in a room are still there."""
        self.now += timedelta(seconds=OUTAGE)
        self.model = self._begin()

    def lose_the_database(self) -> None:
        """Every act fails for a quarter of an hour, and the process is started again until it can act."""
        lost = 0
        with refused_database():
            for _ in range(OUTAGE // 60):
                self.now += timedelta(seconds=60)
                try:
                    pacing.drive(self.model, self.now.timestamp())
                except OperationalError:
                    lost += 1
                    self.model = self._begin()
        assert lost, "nobody noticed"
        self.model = self._begin()

    def look(self) -> None:
        """What a board shows now of every line is what the log says by itself."""
        self.looks += 1
        with clock.at(self.now):
            shown = faces.visits([str(pk) for pk in Visit.objects.filter(ended_at=None).values_list("pk", flat=True)])
            by_log = from_the_log()
            for queue in Queue.objects.all():
                line = list(Leg.objects.waiting().filter(queue=queue).in_order())
                assert [str(leg.visit_id) for leg in line] == by_log.line(str(queue.pk))
            for key, document in shown.items():
                if document["status"] == "expected":  # carried over, and not here yet
                    assert key not in by_log.arrived
                    continue
                assert moment(document["arrived_at"]) == by_log.arrived[key]

    def end(self) -> None:
        """Nobody comes any more; whoever is inside is seen; the rest is closed by the clock, and lapses in the end."""
        self.model.last_arrival = self.now.timestamp()
        self.play(20 * 60)
        cut = days.day_end(self.here, days.service_day(self.here, self.now)) + timedelta(minutes=1)
        for late in (timedelta(0), timedelta(minutes=121), timedelta(days=1, hours=9), timedelta(days=4, hours=9)):
            with clock.at(max(cut + late, self.now)):
                queues.days.pass_on()
                queues.clock.miss()
                queues.appointment_clock.expire_due()


@contextmanager
def refused_database() -> Iterator[None]:
    """Every transaction is refused, as by a database that is not there."""
    with mock.patch("clinic.live.record.transaction.atomic", side_effect=OperationalError("refused")):
        yield


class FromTheLog:
    """Who waits where since when, by the events alone: through the replay's own reading of the rows they name."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = defaultdict(dict)
        self.arrived: dict[str, datetime] = {}

    def feed(self, event: Event) -> None:
        for ref, change in event.changes.items():
            self.rows[ref].update({name: after for name, (_before, after) in change["fields"].items()})
        if event.name == "visit.arrived":
            (visit,) = (ref for ref in event.subjects if ref.startswith("visit:"))
            self.arrived[visit.removeprefix("visit:")] = event.at

    def line(self, queue: str) -> list[str]:
        waiting = [
            (replay._place(ref, row), row["visit_id"])
            for ref, row in self.rows.items()
            if ref.startswith("leg:") and row["state"] == "waiting" and row["queue_id"] == queue
        ]
        return [str(visit) for _place, visit in sorted(waiting)]


def from_the_log() -> FromTheLog:
    found = FromTheLog()
    for event in Event.objects.order_by("seq"):
        found.feed(event)
    return found


def moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


# --- what must be so in the end --------------------------------------------------------------------------------------


def prove(here: Hospital) -> Counter[str]:
    told, _refs = replay.check(storm.reader(), storm.key_of(here.pk), callers=1)
    assert told.faults == []
    assert told.crossed == 0, "one after the other: nobody is passed by"
    assert ledger.verify(here.pk).fault == ""
    assert not Leg.objects.filter(state__in=OPEN).exists()
    assert not Visit.objects.filter(ended_at=None).exists()
    assert not Visit.objects.filter(outcome="").exists()
    _times_are_the_logs()
    _nothing_twice()
    _bookings_have_ended()
    return Counter(Visit.objects.values_list("outcome", flat=True))


def _times_are_the_logs() -> None:
    """The waits and lengths that screens and statistics are made of are those between the events."""
    calls: dict[str, datetime] = {}
    starts: dict[str, datetime] = {}
    ends: dict[str, datetime] = {}
    for event in Event.objects.order_by("seq"):
        for ref, change in event.changes.items():
            if not ref.startswith("leg:"):
                continue
            state = change["fields"].get("state", [None, None])[1]
            if state == "called":
                calls.setdefault(ref, event.at)
            if state == "in_progress":
                starts[ref] = event.at
            if state in ENDED:
                ends[ref] = event.at
    legs = list(Leg.objects.all())
    assert legs
    for leg in legs:
        assert leg.first_called_at == calls.get(leg.ref), leg.ref
        assert leg.ended_at == ends[leg.ref], leg.ref
        if leg.started_at is not None and not leg.start_derived:
            assert leg.started_at == starts[leg.ref], leg.ref


def _nothing_twice() -> None:
    once = ("visit.completed", "visit.carried_over", "visit.lapsed", "visit.sent_on")
    seen: Counter[tuple[str, str]] = Counter()
    for event in Event.objects.filter(name__in=once):
        first = next(ref for ref in event.subjects if ref.startswith(("leg:", "visit:")))
        leg = next((ref for ref in event.subjects if ref.startswith("leg:")), first)
        seen[event.name, leg] += 1
    assert seen
    assert max(seen.values()) == 1
    tokens = Counter(Visit.objects.values_list("department", "token_period", "token_number"))
    assert max(tokens.values()) == 1


def _bookings_have_ended() -> None:
    """Nobody who was to come by now is still expected or inside, and whoever was seen has one visit that says so."""
    today = days.service_day(days.current_hospital(), Event.objects.latest("seq").at)
    assert not Appointment.objects.filter(state__in=(CONFIRMED, HELD), service_day__lt=today).exists()
    assert not Appointment.objects.filter(state=CHECKED_IN).exists()
    assert not SlotTick.objects.filter(appointment__ended_at__isnull=False).exists()
    outcomes = Appointment.objects.filter(state=FULFILLED).values_list("visit__outcome", flat=True)
    assert set(outcomes) <= {COMPLETED}


def came_by_appointment() -> int:
    """How many of those who were booked have checked in."""
    came: int = Event.objects.filter(name="appointment.checked_in").count()
    return came


@contextmanager
def a_hospital(at: datetime, *, still: bool = True) -> Iterator[Day]:
    zone = mock.patch("clinic.demo.stage.time_zone", return_value=ZONE)
    before = mock.patch("clinic.demo.stage.HISTORY", timedelta(minutes=100 if LONG else 25))
    told = demo_day.read()
    booked = told if LONG else replace(told, bookings={**told.bookings, "days": 1})
    with zone, before, mock.patch("clinic.demo.day.read", return_value=booked), time_machine.travel(at, tick=False):
        made = stage.make(THREE, new_password("tidewater-desk"), past=False).hospital
    # The real clock stands still far behind: whatever asked it instead of the simulated one would be found out.
    with time_machine.travel(at, tick=False) if still else nullcontext(), hospital(made):
        yield Day(made, at)


MOMENTS = {
    "midnight and the cut": datetime(2026, 11, 17, 22, 40, tzinfo=UTC),
    "the clocks go back": datetime(2026, 10, 25, 0, 40, tzinfo=UTC),
    "the clocks go forward": datetime(2027, 3, 28, 0, 40, tzinfo=UTC),
}


SHORT = ("midnight and the cut", "the clocks go back")
"""The moments of the short run: what the clocks do in spring has its own tests (tests/tenants/test_days.py)."""


@pytest.mark.parametrize("begin", [pytest.param(MOMENTS[name], id=name) for name in (MOMENTS if LONG else SHORT)])
def test_through_the_night(begin: datetime) -> None:
    with a_hospital(begin) as day:
        for _ in range(8 if LONG else 2):
            day.play(3600 if LONG else 20 * 60)
            day.look()
        day.end()
        outcomes = prove(day.here)
    assert outcomes["completed"] > 5
    assert outcomes["carried_over"] + outcomes["left"] > 0


@pytest.mark.parametrize("way", ["lose_the_database", *(["stop_and_start"] if LONG else [])])
def test_an_outage_of_a_quarter_of_an_hour(way: str) -> None:
    with a_hospital(datetime(2026, 11, 16, 9, 0, tzinfo=UTC)) as day:
        day.play(10 * 60)
        getattr(day, way)()
        day.look()
        before = Visit.objects.filter(outcome="completed").count()
        day.play(15 * 60)
        assert Visit.objects.filter(outcome="completed").count() > before + 3, "life goes on"
        day.look()
        assert came_by_appointment() > 3
        day.end()
        prove(day.here)


def test_sixty_times_as_fast_as_the_clock() -> None:
    """Four minutes in four seconds, with a stop on the way; with PROOF=1 a whole day in twenty-four minutes."""
    with a_hospital(datetime(2026, 11, 16, 8, 0, tzinfo=UTC), still=False) as day:
        pieces, length = (96, 900) if LONG else (2, 120)
        for n in range(pieces):
            if n == pieces // 2:
                day.stop_and_start()
            day.play(length, speed=60)
            day.look()
        day.end()
        outcomes = prove(day.here)
        assert came_by_appointment() > 3
    assert outcomes["completed"] > 5
    assert when(day.model.now) >= datetime(2026, 11, 16, 8, 6, tzinfo=UTC)
