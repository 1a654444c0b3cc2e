"""Real threads on PostgreSQL: SQLite has one writer and cannot show a lock's fault."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connections

from clinic.core.access import SYSTEM, Actor
from clinic.core.errors import Conflict
from clinic.directory.models import Room
from clinic.live.ledger import verify
from clinic.live.models import Clock, Event
from clinic.live.record import add_unless, change, done, operation, record
from queues.models import Counter
from tests.world import House, World

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@operation("directory.manage")
def act(doing: Callable[[], Any], *, actor: Actor) -> Any:
    return doing()


def in_threads(house: House, *jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs at once, each in its own thread with its own connection; a job's error is its result."""
    start = threading.Barrier(len(jobs))

    def one(job: Callable[[], Any]) -> Any:
        try:
            with house.open():
                start.wait(10)
                return job()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(one, jobs))


def rename(room: Room, name: str) -> None:
    change(room, name=name)
    record("room.changed", room)


def test_seq_is_gapless_and_in_commit_order(world: World) -> None:
    """8 writers, 20 operations each, every fourth fails after its events were named; from the first event on."""
    house = world.harbor
    with house.open():
        rooms = [Room.objects.create(department=house.department, name=f"R{n}") for n in range(8)]
    seen: list[list[int]] = [[] for _ in rooms]

    def writer(n: int) -> None:
        def step(turn: int) -> None:
            rename(rooms[n], f"R{n}-{turn}")
            record("room.seen", house.doctor)
            if turn % 4 == 3:
                raise ZeroDivisionError

        for turn in range(20):
            try:
                act(lambda turn=turn: step(turn), actor=SYSTEM)
            except ZeroDivisionError:
                continue
            seen[n] += [seq for _name, seq in done().events]

    assert in_threads(house, *[lambda n=n: writer(n) for n in range(8)]) == [None] * 8
    with house.open():
        seqs = list(Event.objects.order_by("seq").values_list("seq", flat=True))
        assert seqs == list(range(1, 8 * 15 * 2 + 1))
        assert list(Event.objects.order_by("id").values_list("seq", flat=True)) == seqs
        assert Clock.objects.get(pk=house.hospital.pk).seq == len(seqs)
    assert sorted(seq for own in seen for seq in own) == seqs
    assert all(own == sorted(own) for own in seen)
    assert verify(house.hospital.pk).fault == ""


def test_one_of_two_changes_of_a_row_wins(world: World) -> None:
    house = world.harbor
    with house.open():
        copies = [Room.objects.get(pk=house.room.pk) for _ in range(6)]
    jobs = [lambda n=n, room=room: act(lambda: rename(room, f"N{n}"), actor=SYSTEM) for n, room in enumerate(copies)]
    results = in_threads(house, *jobs)
    assert [type(result) for result in results].count(type(None)) == 1
    assert [result.code for result in results if isinstance(result, Conflict)] == ["row.changed"] * 5
    with house.open():
        assert Event.objects.count() == 1
        assert Room.objects.get(pk=house.room.pk).version == 2


def test_a_real_deadlock_is_run_again(world: World) -> None:
    house = world.harbor
    with house.open():
        one = house.room
        two = Room.objects.create(department=house.department, name="Two")
    both_hold = threading.Barrier(2)
    tries: list[str] = []

    def crossing(first: Room, second: Room) -> None:
        tries.append(first.name)
        change(first, place="a")
        if len(tries) <= 2:  # the first time round each holds one and wants the other
            both_hold.wait(10)
        change(second, place=f"{second.place}b")
        record("rooms.changed", first, second)

    def job(first: Any, second: Any) -> None:
        act(lambda: crossing(first, second), actor=SYSTEM)

    def fresh(*rooms: Room) -> list[Room]:
        return [Room.objects.get(pk=room.pk) for room in rooms]

    with house.open():
        pairs = [fresh(one, two), fresh(two, one)]
    results = in_threads(house, *[lambda pair=pair: job(*pair) for pair in pairs])
    assert len(tries) == 3, "the loser ran once more"
    # Whoever ran again found the rows changed by the winner: refused, and not a deadlock that a person sees.
    assert not [result for result in results if isinstance(result, OperationalError)]
    assert [type(result) for result in results if result is not None] == [Conflict]
    with house.open():
        assert Event.objects.count() == 1
        assert verify(house.hospital.pk).fault == ""


def test_a_row_that_the_first_of_many_makes_is_made_once(world: World) -> None:
    house = world.harbor

    def taking() -> int:
        row, made = add_unless(Counter(scope="x", value=1), scope="x")
        if not made:
            change(row, value=row.value + 1)
        record("counter.taken", row)
        return row.value

    results = in_threads(house, *[lambda: act(taking, actor=SYSTEM)] * 8)
    assert sorted(results) == list(range(1, 9))
