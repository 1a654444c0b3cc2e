"""R2.9: where only times are booked, a walk-in takes the next free one; urgent people do not wait for a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from clinic.core.errors import Conflict, NotAllowed
from clinic.directory.models import VisitType
from clinic.live.models import Event
from queues.models import CALLED_OFF, CHECKED_IN, URGENT, VIP, Appointment, Leg, Queue, SlotTick
from queues.operations import intake, limits, undo
from tests.ledger import recorded
from tests.queues.bookings import TEN, booked, minutes, numbered, policy
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("2.9")]


@pytest.fixture
def at() -> Iterator[Any]:
    with time_machine.travel(TEN, tick=False) as traveller:
        yield traveller


def by_times(house: House) -> None:
    policy(house, booking_mode="slot", default_minutes=15, buffer_minutes=0)


def test_a_walk_in_takes_the_next_free_time(world: World, at: Any) -> None:
    house = world.harbor
    by_times(house)
    booked(house), booked(house, TEN + minutes(15))
    patient = house.patient()
    with recorded(house) as told:
        arrival = intake.arrive(house.own, patient, reason="Cough", actor=house.desk)
    assert told.names == ["appointment.booked", "visit.arrived", "appointment.checked_in"]
    with house.open():
        row = Appointment.objects.get(visit=arrival.visit)
        assert (row.starts_at, row.state, row.reason) == (TEN + minutes(30), CHECKED_IN, "Cough")
    assert (arrival.leg.effective_at, arrival.leg.due) == (TEN, False)


def test_one_who_comes_at_a_free_time_is_due_at_once(world: World, at: Any) -> None:
    house = world.harbor
    by_times(house)
    with house.open():
        leg = intake.arrive(house.own, house.patient(), actor=house.desk).leg
        assert (leg.due, Appointment.objects.get(visit=leg.visit).starts_at) == (True, TEN)


@pytest.mark.parametrize("klass", [URGENT, VIP])
def test_who_goes_first_does_not_wait_for_a_time(world: World, at: Any, klass: str) -> None:
    house = world.harbor
    by_times(house)
    booked(house)
    with house.open():
        leg = intake.arrive(house.own, house.patient(), klass=klass, class_reason="pain", actor=house.desk).leg
        assert (leg.due, leg.effective_at, Appointment.objects.filter(visit=leg.visit).exists()) == (True, TEN, False)


def test_the_doctors_own_way_wins_and_counters_are_no_place_to_book(world: World, at: Any) -> None:
    house = world.harbor
    policy(house, default_minutes=15, buffer_minutes=0)
    with house.open():
        house.doctor.booking_mode = "slot"
        house.doctor.save()
        leg = intake.arrive(house.own, house.patient(), actor=house.desk).leg
        assert Appointment.objects.filter(visit=leg.visit).exists()
        pooled = intake.arrive(house.pool, house.patient(), actor=house.desk).leg
        assert not Appointment.objects.filter(visit=pooled.visit).exists()
    by_times(house)
    with house.open():
        counter = Queue.objects.create(department=house.department, sort=Queue.COUNTER, name="Cashier")
        paid = intake.arrive(counter, house.patient(), actor=house.desk).leg
        assert not Appointment.objects.filter(visit=paid.visit).exists()


def test_a_full_day_refuses_and_names_the_next_free_time(world: World, at: Any) -> None:
    house = world.harbor
    by_times(house)
    at.move_to(TEN + timedelta(hours=13))
    with house.open():
        before = (Event.objects.count(), SlotTick.objects.count())
        with pytest.raises(NotAllowed, match=r"queue\.no_slot") as refused:
            intake.arrive(house.own, house.patient(), actor=house.desk)
        assert refused.value.details["next_free"]
        assert (Event.objects.count(), SlotTick.objects.count()) == before


def test_who_is_booked_here_today_is_shown_instead_of_booked_twice(world: World, at: Any) -> None:
    house = world.harbor
    by_times(house)
    row = booked(house, TEN + minutes(30))
    with house.open(), pytest.raises(Conflict, match=r"appointment\.twice"):
        intake.arrive(house.own, house.people[-1], actor=house.desk)
    assert row.patient == house.people[-1]


def test_the_undo_gives_the_time_back(world: World, at: Any) -> None:
    house = world.harbor
    by_times(house)
    with house.open():
        arrival = intake.arrive(house.own, house.patient(), actor=house.desk)
        row = Appointment.objects.get(visit=arrival.visit)
        with recorded(house):
            undo.undo(Event.objects.latest("seq").seq, actor=house.desk)
        row.refresh_from_db()
        assert (row.state, row.visit_id, SlotTick.objects.exists()) == (CALLED_OFF, None, False)
        assert not Leg.objects.open().exists()


def test_an_intake_says_what_kind_of_visit_it_is(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        kind = VisitType.objects.create(name="Vaccination", minutes=10)
        assert intake.arrive(house.own, house.patient(), type=kind, actor=house.desk).visit.type == kind
        kind.is_active = False
        kind.save()
        with pytest.raises(Exception, match=r"visit\.bad_type"):
            intake.arrive(house.own, house.patient(), type=kind, actor=house.desk)
    by_times(house)


@pytest.mark.rule("2.1")
def test_walk_ins_and_who_is_booked_share_a_doctors_day(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        house.doctor.daily_capacity = 3
        house.doctor.save()
    numbered(house)
    booked(house, TEN + minutes(30))
    booked(house, TEN + minutes(60), state="cancelled", ended_at=TEN)
    house.waiting(1)
    with house.open():
        assert limits.taken(house.own.pk, house.doctor.pk, TEN.date()) == 3
        with pytest.raises(NotAllowed, match=r"doctor\.full"):
            intake.arrive(house.own, house.patient(), actor=house.desk)
