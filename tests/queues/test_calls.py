"""Calling, starting, skipping and ending."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from clinic.core.errors import DomainError, Forbidden, NotAllowed
from clinic.live.models import Event
from clinic.live.record import done
from queues.models import CALLED, COMPLETED, IN_PROGRESS, NO_SHOW, WAITING, Leg
from queues.operations import calls, ends
from tests.world import World

pytestmark = pytest.mark.django_db


def test_call_next_takes_the_head_and_tells_the_log(world: World) -> None:
    house = world.harbor
    first, _second = house.waiting(2)
    with house.open():
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None and leg.visit_id == first.pk
        assert (leg.state, leg.server_id, leg.lane, leg.room_id) == (CALLED, house.doctor.pk, 1, house.room.pk)
        event = Event.objects.get(seq=done().seq)
        assert event.name == "visit.called"
        assert f"queue:{house.own.pk}" in event.topics
        assert event.changes[leg.ref]["fields"]["state"] == [WAITING, CALLED]


def test_call_next_with_nobody_waiting_is_an_empty_answer(world: World) -> None:
    with world.harbor.open():
        assert calls.call_next(world.harbor.doctor, actor=world.harbor.medic) is None


@pytest.mark.rule("3.7")
def test_call_next_takes_the_better_head_of_own_line_and_pool(world: World) -> None:
    house = world.harbor
    with time_machine.travel("2026-11-20T08:00:00Z", tick=False):
        pooled = house.waiting(1, house.pool)[0]
    with time_machine.travel("2026-11-20T08:05:00Z", tick=False):
        own = house.waiting(1)[0]
        with house.open():
            leg = calls.call_next(house.doctor, actor=house.medic)
            assert leg is not None and leg.visit_id == pooled.pk
            ends.complete(pooled, actor=house.medic)
            leg = calls.call_next(house.doctor, actor=house.medic)
            assert leg is not None and leg.visit_id == own.pk


@pytest.mark.rule("3.8")
def test_a_second_call_is_refused_while_somebody_is_called(world: World) -> None:
    house = world.harbor
    house.waiting(2)
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
        with pytest.raises(NotAllowed) as refused:
            calls.call_next(house.doctor, actor=house.medic)
        assert refused.value.code == "doctor.busy"
        assert Leg.objects.with_server().count() == 1


def test_a_doctor_calls_only_for_the_own_room(world: World) -> None:
    house = world.harbor
    with house.open(), pytest.raises(Forbidden):
        calls.call_next(house.colleague, actor=house.medic)


@pytest.mark.rule("3.11")
def test_skip_goes_back_three_places_and_at_most_twice(world: World) -> None:
    house = world.harbor
    visits = house.waiting(6)
    with house.open():
        for turn in (1, 2):
            leg = calls.call_next(house.doctor, actor=house.medic)
            assert leg is not None
            _leg, places = calls.skip(leg.visit, actor=house.medic)
            assert places == 3, turn
        order = list(Leg.objects.waiting().in_order().values_list("visit_id", flat=True))
        assert order == [visits[n].pk for n in (2, 3, 0, 1, 4, 5)]


@pytest.mark.rule("3.12")
def test_no_show_needs_calls_apart_and_time(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    start = timezone.now()
    with house.open(), time_machine.travel(start, tick=False) as clock:
        calls.call_next(house.doctor, actor=house.medic)
        for wait, allowed in ((30, False), (40, False), (60, True)):
            clock.shift(timedelta(seconds=wait))
            calls.recall(visit, actor=house.medic)
            if allowed:
                assert ends.no_show(visit, actor=house.medic).state == NO_SHOW
            else:
                with pytest.raises(NotAllowed):
                    ends.no_show(visit, actor=house.medic)


@pytest.mark.rule("3.16")
def test_complete_and_call_twice_is_once(world: World) -> None:
    house = world.harbor
    first, second, _third = house.waiting(3)
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
        calls.start(first, actor=house.medic)
        closed, called = ends.complete_and_call(first, actor=house.medic)
        assert closed.state == COMPLETED and called is not None and called.visit_id == second.pk
        again, nobody = ends.complete_and_call(first, actor=house.medic)
        assert again.state == COMPLETED and nobody is None
        assert calls.leg_now(second).state == CALLED
        calls.start(second, actor=house.medic)
        assert calls.leg_now(second).state == IN_PROGRESS


def test_an_operation_that_raises_leaves_nothing(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        before = Event.objects.count()
        with pytest.raises(DomainError):
            calls.start(visit, actor=house.medic)
        assert Event.objects.count() == before
