"""Holds, delays and returns on PostgreSQL, pressed by several at once: each is done once, and nobody is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from clinic.core.access import PATIENT, Actor
from clinic.live.models import Event
from queues import clock
from queues.models import CALLED, LEFT, ON_HOLD, WAITING, Leg, Visit
from queues.operations import calls, ends, holds, intake, returns
from tests.queues.crowd import at_once, codes, good
from tests.queues.test_concurrency import line_up, servers, whole
from tests.queues.test_holds import NOBODYS, seat
from tests.world import House, World

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def held(house: House, reason: str, waiting: int = 4) -> Visit:
    """Somebody on hold, with so many waiting."""
    first, *_rest = house.waiting(waiting + 1)
    with house.open():
        holds.hold(first, reason=reason, actor=house.desk)
    return first


def told(house: House, name: str) -> int:
    with house.open():
        return Event.objects.filter(name=name).count()


@pytest.mark.rule("3.13")
@pytest.mark.parametrize("reason", ["tests", "away"])
def test_two_desks_bring_somebody_back_once(world: World, reason: str) -> None:
    house = world.harbor
    visit, desk = held(house, reason), house.desk
    answers = at_once(house, [lambda: holds.resume(visit, actor=desk)] * 6)
    assert codes(answers) == []
    assert {leg.state for leg in answers} == {WAITING}
    assert told(house, "visit.resumed") == 1
    assert line_up(house)[0] == str(visit.pk)
    whole(house)


@pytest.mark.rule("3.13")
def test_the_clock_the_desk_and_the_phone_bring_back_once(world: World) -> None:
    house = world.harbor
    visit = house.waiting(3)[0]
    with house.open(), time_machine.travel(timezone.now() - timedelta(minutes=20)):
        holds.hold(visit, reason="away", minutes=10, actor=house.desk)
    phone = Actor(kind="patient", id=visit.ref, name="", abilities=PATIENT)
    desk = house.desk
    acts: list[Callable[[], Any]] = [
        clock.bring_back, clock.bring_back, lambda: holds.come_back_by_link(visit, actor=phone),
        lambda: holds.resume(visit, actor=desk),
    ]  # fmt: skip
    assert codes(at_once(house, acts)) == []
    assert told(house, "visit.resumed") == 1
    assert line_up(house)[0] == str(visit.pk)
    whole(house)


@pytest.mark.rule("3.13")
@pytest.mark.rule("3.7")
def test_call_next_while_somebody_comes_back_loses_nobody(world: World) -> None:
    house = world.harbor
    doctors, desk = servers(house, 3), house.desk
    people = house.waiting(6, house.pool)
    with house.open():
        for visit in people[:3]:
            holds.hold(visit, reason="tests", actor=desk)
    acts: list[Callable[[], Any]] = [lambda visit=visit: holds.resume(visit, actor=desk) for visit in people[:3]]  # type: ignore[misc]
    acts += [lambda doctor=doctor: calls.call_next(doctor, actor=desk) for doctor in doctors]  # type: ignore[misc]
    answers = at_once(house, acts)
    assert codes(answers) == []
    called = [leg for leg in answers[3:] if leg is not None]
    assert len({leg.visit_id for leg in called}) == 3
    with house.open():
        assert Leg.objects.filter(state=CALLED).count() == 3
        assert Leg.objects.waiting().count() == 3
        assert not Leg.objects.filter(state=ON_HOLD).exists()
    waiting = line_up(house)
    back = [str(visit.pk) for visit in people[:3] if str(visit.pk) in waiting]
    assert set(waiting[: len(back)]) == set(back), "whoever came back and was not called is next"
    whole(house)


@pytest.mark.rule("3.13")
def test_a_hold_against_the_call_of_the_same_patient(world: World) -> None:
    """The call is first or the hold is: either way the patient is on hold, and the doctor is free or has the next."""
    house = world.harbor
    desk = house.desk
    for _round in range(4):
        visit, following = house.waiting(2)
        answers = at_once(house, [
            lambda visit=visit: holds.hold(visit, reason="away", actor=desk),  # type: ignore[misc]
            lambda: calls.call_next(house.doctor, actor=desk),
        ])  # fmt: skip
        assert codes(answers) == []
        with house.open():
            leg, other = calls.leg_now(visit), calls.leg_now(following)
            assert (leg.state, seat(leg)) == (ON_HOLD, NOBODYS)
            assert other.state == (WAITING if answers[1].visit_id == visit.pk else CALLED)
            for each in (visit, following):
                ends.cancel(each, reason="the next round", actor=desk)
    whole(house)


@pytest.mark.rule("3.13")
def test_many_re_order_one_line_and_nobody_meets_a_deadlock(world: World) -> None:
    """All of one moment, so that each renumbers those behind; the others keep their order."""
    house = world.harbor
    desk = house.desk
    with time_machine.travel(timezone.now(), tick=False):
        people = house.waiting(10)
    moved, others = people[::2], people[1::2]
    with house.open():
        holds.hold(moved[4], reason="tests", actor=desk)
    acts: list[Callable[[], Any]] = [
        lambda visit=visit: holds.delay(visit, reason="x", places=2, actor=desk)  # type: ignore[misc]
        for visit in moved[:4] * 2
    ]
    answers = at_once(house, [*acts, lambda: holds.resume(moved[4], actor=desk)])
    assert codes(answers) == []
    order = line_up(house)
    assert sorted(order) == sorted(str(visit.pk) for visit in people)
    assert [pk for pk in order if pk in {str(visit.pk) for visit in others}] == [str(visit.pk) for visit in others]
    with house.open():
        numbers = list(Leg.objects.waiting().values_list("order_no", flat=True))
    assert len(numbers) == len(set(numbers))
    whole(house)


@pytest.mark.rule("3.14")
def test_two_desks_let_somebody_rejoin_once(world: World) -> None:
    house = world.harbor
    visit, *_rest = house.waiting(4)
    desk = house.desk
    with house.open():
        ends.leave(visit, actor=desk)
    answers = at_once(house, [lambda: returns.rejoin(visit, actor=desk)] * 5)
    assert codes(answers) == []
    assert told(house, "visit.rejoined") == 1
    assert line_up(house).index(str(visit.pk)) == 2
    whole(house)


@pytest.mark.rule("3.14")
@pytest.mark.rule("3.17")
def test_rejoining_against_a_new_arrival_is_one_place_in_the_line(world: World) -> None:
    house = world.harbor
    desk = house.desk
    for _round in range(3):
        visit = house.waiting(1)[0]
        with house.open():
            ends.leave(visit, actor=desk)
        answers = at_once(house, [
            lambda visit=visit: returns.rejoin(visit, actor=desk),  # type: ignore[misc]
            lambda visit=visit: intake.arrive(house.own, visit.patient, actor=desk),  # type: ignore[misc]
        ])  # fmt: skip
        assert len(good(answers)) == 1
        assert codes(answers) == ["visit.already_in_line"]
        with house.open():
            assert Leg.objects.open().filter(visit__patient=visit.patient).count() == 1
    whole(house)


@pytest.mark.rule("3.13")
def test_leaving_against_coming_back_ends_one_way(world: World) -> None:
    house = world.harbor
    visit, desk = held(house, "tests"), house.desk
    answers = at_once(house, [lambda: holds.resume(visit, actor=desk), lambda: ends.leave(visit, actor=desk)])
    assert set(codes(answers)) <= {"visit.wrong_state"}
    with house.open():
        leg = calls.leg_now(visit)
        assert (leg.state, leg.hold_reason, leg.held_at) == (LEFT, "", None)
    whole(house)
