"""What follows an event: after the commit, at least once, however bells and workers die."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from clinic.core.access import SYSTEM, Actor
from clinic.core.tenancy import current_hospital_id
from clinic.directory import operations as directory
from clinic.live import outbox, registry
from clinic.live import tasks as live_tasks
from clinic.live.models import Event, Reaction
from clinic.live.record import operation, record
from queues.models import Queue
from tests.world import House, World

pytestmark = pytest.mark.django_db
NOW = "2026-11-20T10:00:00Z"


@operation("directory.manage")
def happen(name: str, *subjects: Any, fail: bool = False, actor: Actor) -> None:
    record(name, *subjects)
    if fail:
        raise ZeroDivisionError


@pytest.fixture
def house(world: World) -> Iterator[House]:
    with world.harbor.open():
        yield world.harbor


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The doorbell's rings, instead of a worker's start."""
    rung: list[str] = []

    def apply_async(args: tuple[str, ...], **options: Any) -> None:
        rung.append(args[0])

    monkeypatch.setattr(live_tasks.react, "apply_async", apply_async)
    outbox.bell.ring()  # for what other tests did
    rung.clear()
    return rung


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Register a reaction for this test only; returns its label."""
    by_event = {name: list(known) for name, known in registry._reactions.items()}
    by_name = dict(registry._by_name)

    def on(name: str, fn: Callable[[Event], Any]) -> str:
        fn.__qualname__ = fn.__name__
        registry.on(name)(fn)
        return f"{fn.__module__}.{fn.__qualname__}"

    monkeypatch.setattr(registry, "_reactions", registry.defaultdict(list, by_event))  # type: ignore[attr-defined]
    monkeypatch.setattr(registry, "_by_name", by_name)
    return on


def states() -> list[tuple[str, int]]:
    return list(Reaction.objects.order_by("seq", "id").values_list("state", "tries"))


def test_the_row_is_written_with_its_event_and_goes_with_it(
    house: House, register: Callable[..., str], no_worker: list[str]
) -> None:
    label = register("room.seen", lambda event: None)
    with pytest.raises(ZeroDivisionError):
        happen("room.seen", house.room, fail=True, actor=SYSTEM)
    outbox.bell.ring()
    assert (states(), no_worker) == ([], [])
    happen("room.seen", house.room, actor=SYSTEM)
    outbox.bell.ring()
    row = Reaction.objects.get()
    assert (row.seq, row.name, row.state, row.tries, row.lease_until) == (1, label, "pending", 0, None)
    assert no_worker == [str(house.hospital.pk)]
    happen("room.left", house.room, actor=SYSTEM)
    outbox.bell.ring()
    assert len(no_worker) == 1, "an event without reactions wakes nobody"


def test_it_runs_once_inside_its_hospital_with_its_event(house: House, register: Callable[..., str]) -> None:
    seen: list[tuple[int, object]] = []
    register("room.seen", lambda event: seen.append((event.seq, current_hospital_id())))
    for _ in range(3):
        happen("room.seen", house.room, actor=SYSTEM)
    assert outbox.run(house.hospital.pk) == 3
    assert outbox.run(house.hospital.pk) == 0
    assert seen == [(seq, house.hospital.pk) for seq in (1, 2, 3)]
    assert states() == [("done", 1)] * 3


def test_a_lost_bell_costs_a_sweep_and_nothing_else(
    house: House, register: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*args: Any, **options: Any) -> None:
        raise ConnectionError("the broker is gone")

    seen: list[int] = []
    register("room.seen", lambda event: seen.append(event.seq))
    monkeypatch.setattr(live_tasks.react, "apply_async", dead)
    happen("room.seen", house.room, actor=SYSTEM)
    outbox.bell.ring()  # neither the act nor the bell fails
    assert (seen, states()) == ([], [("pending", 0)])
    assert live_tasks.sweep() == 1
    assert seen == [1]


@pytest.mark.faults
def test_the_sweep_goes_through_all_hospitals_and_one_fault_stops_nobody(
    world: World, register: Callable[..., str]
) -> None:
    seen: list[object] = []

    def react(event: Event) -> None:
        if current_hospital_id() == world.harbor.hospital.pk:
            raise ZeroDivisionError
        seen.append(current_hospital_id())

    register("room.seen", react)
    for house in world.both():
        with house.open():
            happen("room.seen", house.room, actor=SYSTEM)
    assert current_hospital_id() is None
    assert live_tasks.sweep() == 1
    assert seen == [world.hilltop.hospital.pk]


@pytest.mark.faults
def test_one_that_fails_is_tried_again_later_and_later_and_at_last_left(
    house: House, register: Callable[..., str]
) -> None:
    tries: list[int] = []

    def failing(event: Event) -> None:
        tries.append(event.seq)
        raise ZeroDivisionError

    register("room.seen", failing)
    with time_machine.travel(NOW, tick=False) as clock:
        happen("room.seen", house.room, actor=SYSTEM)
        for n in range(1, outbox.MAX_TRIES + 1):
            assert outbox.run(house.hospital.pk) == 0
            assert len(tries) == n
            outbox.run(house.hospital.pk)
            assert len(tries) == n, "not again before its time"
            clock.shift(outbox.RETRY_AFTER * n)
            outbox.run(house.hospital.pk)
            assert len(tries) == n, "not at its time either, only after"
            clock.shift(timedelta(seconds=1))
        assert states() == [("failed", outbox.MAX_TRIES)]
        clock.shift(timedelta(days=1))
        assert live_tasks.sweep() == 0
        assert len(tries) == outbox.MAX_TRIES


@pytest.mark.faults
def test_one_that_fails_holds_up_no_other(house: House, register: Callable[..., str]) -> None:
    seen: list[int] = []

    def failing(event: Event) -> None:
        raise ZeroDivisionError

    register("room.seen", failing)
    register("room.seen", lambda event: seen.append(event.seq))
    for _ in range(2):
        happen("room.seen", house.room, actor=SYSTEM)
    assert outbox.run(house.hospital.pk) == 2
    assert seen == [1, 2]


def test_a_worker_that_died_loses_its_lease_and_another_takes_over(house: House, register: Callable[..., str]) -> None:
    runs: list[int] = []

    def killed_at_first(event: Event) -> None:
        runs.append(event.seq)
        if len(runs) == 1:
            raise SystemExit  # as kill -9: nothing after it runs

    register("room.seen", killed_at_first)
    with time_machine.travel(NOW, tick=False) as clock:
        happen("room.seen", house.room, actor=SYSTEM)
        with pytest.raises(SystemExit):
            outbox.run(house.hospital.pk)
        assert states() == [("running", 1)]
        clock.shift(outbox.LEASE - timedelta(seconds=1))
        assert live_tasks.sweep() == 0, "the lease still holds"
        clock.shift(timedelta(seconds=2))
        assert live_tasks.sweep() == 1
        assert states() == [("done", 2)]


@pytest.mark.faults
def test_a_slow_worker_does_not_undo_what_its_successor_wrote(house: House, register: Callable[..., str]) -> None:
    """It is slower than its lease; the successor finishes; the slow one then fails and must not ask for a third run."""
    with time_machine.travel(NOW, tick=False) as clock:
        nested: list[int] = []

        def slow(event: Event) -> None:
            nested.append(event.seq)
            if len(nested) == 1:
                clock.shift(outbox.LEASE + timedelta(seconds=1))
                assert outbox.run(house.hospital.pk) == 1
                raise ZeroDivisionError

        register("room.seen", slow)
        happen("room.seen", house.room, actor=SYSTEM)
        assert outbox.run(house.hospital.pk) == 0
        assert (len(nested), states()) == (2, [("done", 2)])


def test_two_workers_with_one_row_run_it_once(house: House, register: Callable[..., str]) -> None:
    seen: list[int] = []
    register("room.seen", lambda event: seen.append(event.seq))
    happen("room.seen", house.room, actor=SYSTEM)
    one, two = Reaction.objects.get(), Reaction.objects.get()
    assert outbox._run_one(one) is True
    assert outbox._run_one(two) is False
    assert seen == [1]


@pytest.mark.faults
def test_a_reaction_that_is_no_longer_there_is_said_and_not_lost(house: House, register: Callable[..., str]) -> None:
    label = register("room.seen", lambda event: None)
    happen("room.seen", house.room, actor=SYSTEM)
    registry._by_name.pop(label)
    assert outbox.run(house.hospital.pk) == 0
    assert states() == [("pending", 1)]


def test_registering_twice_is_once(register: Callable[..., str]) -> None:
    def react(event: Event) -> None: ...

    label = register("room.seen", react)
    register("room.seen", react)
    assert registry.reactions_to("room.seen") == [label]


def test_a_name_that_does_not_fit_its_column_is_refused_at_once() -> None:
    """Else every event it follows would fail at its commit, and on PostgreSQL only."""

    def react(event: Event) -> None: ...

    react.__qualname__ = "x" * 80
    with pytest.raises(ValueError, match="too long"):
        registry.on("room.seen")(react)


def test_a_new_department_gets_its_pool_and_a_new_doctor_a_line_once(house: House) -> None:
    department = directory.add_department(name="Radiology", prefix="R", actor=house.actor("manager"))
    doctor = directory.add_doctor(name="Dr. New", department=department, actor=house.actor("manager"))
    assert outbox.run(house.hospital.pk) == 3  # the pool, the line, and whether the doctor is listed
    Reaction.objects.update(state=Reaction.PENDING, lease_until=None)
    events = Event.objects.count()
    assert outbox.run(house.hospital.pk) == 3, "at least once: it runs again"
    assert Event.objects.count() == events, "and does nothing more"
    assert list(Queue.objects.filter(department=department).order_by("sort").values_list("sort", "doctor")) == [
        (Queue.DOCTOR, doctor.pk), (Queue.POOL, None),
    ]  # fmt: skip


def test_a_doctor_who_changes_department_takes_the_line_along(house: House) -> None:
    manager = house.actor("manager")
    department = directory.add_department(name="Radiology", prefix="R", actor=manager)
    directory.change_doctor(house.doctor, name="Dr. Other", department=department, actor=manager)
    outbox.run(house.hospital.pk)
    house.own.refresh_from_db()
    assert (house.own.name, house.own.department_id) == ("Dr. Other", department.pk)


def test_many_acts_are_told_in_few_rings_and_none_is_forgotten(
    house: House, register: Callable[..., str], no_worker: list[str]
) -> None:
    register("room.seen", lambda event: None)
    for _ in range(30):
        happen("room.seen", house.room, actor=SYSTEM)
    outbox.bell.ring()
    assert 1 <= len(no_worker) < 30
    happen("room.seen", house.room, actor=SYSTEM)
    before, until = len(no_worker), time.monotonic() + 5
    while len(no_worker) == before and time.monotonic() < until:  # the bell's own thread, without being asked
        time.sleep(0.01)
    assert len(no_worker) == before + 1


def test_a_fork_has_a_bell_of_its_own(house: House, register: Callable[..., str], no_worker: list[str]) -> None:
    outbox.bell.press(house.hospital.pk)
    outbox.bell.ring()
    child = os.fork()
    if child == 0:
        no_worker.clear()
        outbox.bell.press(house.hospital.pk)
        until = time.monotonic() + 5
        while not no_worker and time.monotonic() < until:
            time.sleep(0.01)
        os._exit(0 if len(no_worker) == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0
