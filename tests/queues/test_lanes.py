"""A server of several rooms: as many patients at once as rooms, and never one more (R3.8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from clinic.core.errors import Invalid, NotAllowed
from clinic.directory import operations as directory
from clinic.live.record import done
from queues.models import CALLED, Leg, Visit
from queues.operations import calls, ends, holds, lines, moves, posts, undo
from tests.queues.at_posts import counter
from tests.queues.crowd import at_once, codes, good
from tests.queues.helpers import state_of
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("3.8")]
rooms = pytest.mark.parametrize("count", [1, 2, 3, 4])


def of_rooms(house: House, count: int) -> None:
    with house.open():
        directory.change_doctor(house.doctor, parallel_rooms=count, actor=house.actor("owner"))


def taken(house: House) -> list[int]:
    return sorted(Leg.objects.with_server().filter(server=house.doctor).values_list("lane", flat=True))


@rooms
def test_so_many_at_once_and_the_next_is_refused_until_one_goes(world: World, count: int) -> None:
    house = world.harbor
    of_rooms(house, count)
    visits = house.waiting(count + 2)
    with house.open():
        for _ in range(count):
            assert calls.call_next(house.doctor, actor=house.medic) is not None
        assert taken(house) == list(range(1, count + 1))
        with pytest.raises(NotAllowed) as refused:
            calls.call_next(house.doctor, actor=house.medic)
        assert refused.value.code == "doctor.busy"
        with pytest.raises(NotAllowed):
            calls.call(visits[-1], house.doctor, reason="in pain", actor=house.medic)
        middle = visits[count // 2]
        lane = calls.leg_now(middle).lane
        _leg, following = ends.complete_and_call(middle, actor=house.medic)
        assert following is not None
        assert (following.lane, following.visit_id) == (lane, visits[count].pk), "the room that became free"
        assert taken(house) == list(range(1, count + 1))


@rooms
def test_every_way_out_of_a_room_frees_it(world: World, count: int) -> None:
    house = world.harbor
    of_rooms(house, count)
    with house.open():
        ways: dict[str, Callable[[Visit], Any]] = {
            "skip": lambda visit: calls.skip(visit, actor=house.medic),
            "hold": lambda visit: holds.hold(visit, reason="tests", actor=house.medic),
            "reassign": lambda visit: moves.reassign(visit, house.pool, actor=house.desk),
            "send on": lambda visit: moves.send_on(visit, house.pool, actor=house.medic),
            "complete": lambda visit: ends.complete(visit, actor=house.medic),
            "cancel": lambda visit: ends.cancel(visit, reason="twice", actor=house.desk),
        }
        for name, way in ways.items():
            house.waiting(count + 1)
            for _ in range(count):
                leg = calls.call_next(house.doctor, actor=house.medic)
                assert leg is not None
            way(leg.visit)
            assert taken(house) == list(range(1, count)), name
            for left in Leg.objects.open().select_related("visit"):
                ends.cancel(left.visit, reason="the next way", actor=house.desk)


def test_an_undo_finds_the_room_taken_and_refuses(world: World) -> None:
    house = world.harbor
    of_rooms(house, 2)
    first, second, third = house.waiting(3)
    with house.open():
        for _ in range(2):
            calls.call_next(house.doctor, actor=house.medic)
        ends.complete(first, actor=house.medic)
        seq = done().seq or 0
        calls.call_next(house.doctor, actor=house.medic)
        with pytest.raises(NotAllowed) as refused:
            undo.undo(seq, actor=house.medic)
        assert refused.value.code == "undo.touched"
        assert (state_of(second), state_of(third)) == (CALLED, CALLED)


def test_fewer_rooms_send_nobody_away_and_call_nobody_more(world: World) -> None:
    house = world.harbor
    of_rooms(house, 3)
    visits = house.waiting(5)
    with house.open():
        for _ in range(3):
            calls.call_next(house.doctor, actor=house.medic)
    of_rooms(house, 1)
    with house.open():
        assert taken(house) == [1, 2, 3]
        ends.complete(visits[1], actor=house.medic)
        with pytest.raises(NotAllowed):
            calls.call_next(house.doctor, actor=house.medic)
        for visit in (visits[0], visits[2]):
            ends.complete(visit, actor=house.medic)
        assert calls.call_next(house.doctor, actor=house.medic) is not None
        assert taken(house) == [1]


def test_rooms_are_one_to_four_and_the_database_holds_a_lane_once(world: World) -> None:
    house = world.harbor
    for count in (0, 5):
        with pytest.raises(Exception) as refused:
            of_rooms(house, count)
        assert isinstance(refused.value, Invalid) or getattr(refused.value, "code", "") == "doctor.bad_rooms"
    of_rooms(house, 2)
    house.waiting(2)
    with house.open():
        for _ in range(2):
            leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        with pytest.raises(IntegrityError), transaction.atomic():
            Leg.objects.filter(pk=leg.pk).update(lane=1)


def test_lanes_are_shared_by_all_the_lines_of_a_server(world: World) -> None:
    house = world.harbor
    of_rooms(house, 2)
    laboratory = counter(house)
    house.waiting(1)
    house.waiting(1, house.pool)
    house.waiting(1, laboratory)
    with house.open():
        posts.sign_on(laboratory, actor=house.medic)
        for _ in range(2):
            assert calls.call_next(house.doctor, actor=house.medic) is not None
        with pytest.raises(NotAllowed):
            calls.call_next(house.doctor, actor=house.medic)
        lines.set_open(laboratory, False, actor=house.desk)
        assert taken(house) == [1, 2]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [2, 3, 4])
def test_pressed_by_many_every_room_is_taken_once(world: World, count: int) -> None:
    house = world.harbor
    of_rooms(house, count)
    house.waiting(16)
    desk = house.desk
    answers = at_once(house, [lambda: calls.call_next(house.doctor, actor=desk)] * 10)
    called = good(answers)
    assert len({leg.visit_id for leg in called}) == len(called)
    assert set(codes(answers)) <= {"doctor.busy"}
    with house.open():
        lanes = taken(house)
        assert lanes == sorted(set(lanes))
        assert 1 <= len(lanes) == len(called) <= count
        while len(taken(house)) < count:
            calls.call_next(house.doctor, actor=desk)
        assert taken(house) == list(range(1, count + 1))
