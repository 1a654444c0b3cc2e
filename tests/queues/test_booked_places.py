"""R2.6, R3.30: on the day, who is booked reads place and range on the phone; waits count who is booked and to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from queues.estimates import inputs, publish, shown
from queues.models import Appointment, Promise
from queues.operations import checkin
from queues.regions.booking import opened_by
from queues.regions.status import load_places
from tests.queues.bookings import TEN, booked, minutes, numbered, policy
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("2.6")]


@pytest.fixture
def at() -> Iterator[Any]:
    with time_machine.travel(TEN - minutes(30), tick=False) as traveller:
        yield traveller


def place(house: House, key: Any) -> Any:
    with house.open(), timezone.override(house.hospital.zone):
        rows = load_places([str(house.department.pk)])[str(house.department.pk)].rows
        return next((row for row in rows or () if row.key == str(key)), None)


def test_who_is_booked_today_reads_place_and_by_when_to_check_in(world: World, at: Any) -> None:
    house = world.harbor
    house.waiting(1)
    first, second = numbered(house), booked(house, TEN + minutes(15))
    told = place(house, second.pk)
    assert (told.state, told.ahead, told.check_in_by, told.turn_from) == ("booked", 2, "10:15", "10:15")
    assert place(house, first.pk).token == "A-002"
    tomorrow = booked(house, TEN + timedelta(days=1))
    assert place(house, tomorrow.pk) is None
    with house.open():
        own = [f"booking:{first.pk}#card", f"booking:{first.pk}#acts"]
        assert opened_by(first.ref) == [*own, f"status:{house.department.pk}#{first.pk}"]


def test_once_checked_in_the_visits_row_stands_instead(world: World, at: Any) -> None:
    house = world.harbor
    row = booked(house)
    with house.open():
        visit = checkin.check_in(row, actor=house.desk).visit
    assert place(house, row.pk) is None
    assert place(house, visit.pk).state == "next"
    with house.open():
        assert not any(str(visit.pk) in name for name in opened_by(row.ref)), "the place has a link of its own"


def test_the_range_is_estimated_anew_as_the_line_grows(world: World, at: Any) -> None:
    house = world.harbor
    policy(house, default_minutes=20)
    row = booked(house)
    house.waiting(6)
    with house.open():
        publish.refresh()
        first, last = shown.of([house.own.pk])[house.own.pk].waits[row.pk]
    assert TEN + minutes(10) < first < last
    told = place(house, row.pk)
    assert told.turn_from > "10:10"
    with house.open():
        assert not Promise.objects.filter(leg_id=row.pk).exists(), "a turn that is shown is no promise"


@pytest.mark.rule("3.30")
def test_a_known_appointment_makes_those_behind_it_wait_and_not_those_before(world: World, at: Any) -> None:
    house = world.harbor
    policy(house, default_minutes=20, appointment_lead=30)
    first = house.waiting(3)
    with house.open():
        publish.refresh()
        alone = dict(shown.of([house.own.pk])[house.own.pk].waits)
    for step in range(0, 60, 15):
        booked(house, TEN - minutes(20) + minutes(step))
    with house.open():
        publish.refresh()
        told = shown.of([house.own.pk])[house.own.pk]
        legs = {visit.pk: visit.legs.get().pk for visit in first}
    # Who walked in half an hour before the booked times stands before some of them, and the newcomer behind.
    assert told.joining is not None
    assert told.waits[legs[first[2].pk]][0] >= alone[legs[first[2].pk]][0]
    with house.open():
        given = inputs.load()
    order = [person.key for person in given.people]
    assert len(given.booked) == 4
    assert [key for key in order if key in set(legs.values())] == [legs[visit.pk] for visit in first]


@pytest.mark.rule("3.30")
def test_who_is_long_over_the_time_is_counted_no_more(world: World, at: Any) -> None:
    house = world.harbor
    booked(house, TEN - minutes(50))
    late = booked(house, TEN - minutes(35))
    with house.open():
        found = inputs.load().booked
    assert [one.appointment for one in found] == [late.pk]
    assert 0 < found[0].minutes < 15


@pytest.mark.rule("3.30")
def test_somebody_early_is_taken_by_an_idle_doctor_and_else_waits_for_the_time(world: World, at: Any) -> None:
    house = world.harbor
    policy(house, default_minutes=20)
    row = booked(house, TEN + minutes(60))
    with house.open():
        leg = checkin.check_in(row, actor=house.desk).leg
        publish.refresh()
        alone = shown.of([house.own.pk])[house.own.pk].waits[leg.pk]
    assert alone[0] <= TEN - minutes(20)
    house.waiting(2)
    with house.open():
        publish.refresh()
        behind = shown.of([house.own.pk])[house.own.pk].waits[leg.pk]
    assert behind[0] > alone[0]


def test_the_queries_do_not_grow_with_the_bookings(world: World, at: Any, django_assert_max_num_queries: Any) -> None:
    house = world.harbor
    booked(house)
    with house.open(), django_assert_max_num_queries(40) as few:
        load_places([str(house.department.pk)])
        inputs.load()
    for step in range(1, 12):
        booked(house, TEN + minutes(15 * step))
    with house.open(), django_assert_max_num_queries(len(few.captured_queries)):
        load_places([str(house.department.pk)])
        inputs.load()
    with house.open():
        assert Appointment.objects.count() == 12
