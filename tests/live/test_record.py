"""The verb's engine: what an operation writes, and what is left of one that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, transaction

from clinic.core.access import SYSTEM, Actor
from clinic.core.errors import Conflict, Forbidden, NotAllowed
from clinic.core.tenancy import HospitalRequired, WrongHospital, hospital
from clinic.directory.models import Department, Room
from clinic.live import bell
from clinic.live.models import Clock, Event, EventRef
from clinic.live.record import (
    OutsideOperation,
    UnrecordedChange,
    add,
    add_unless,
    change,
    change_many,
    done,
    drop,
    operation,
    record,
)
from queues.models import Counter
from tests.ledger import recorded
from tests.world import House, World

pytestmark = pytest.mark.django_db


@operation("directory.manage")
def act(doing: Callable[[], Any], *, actor: Actor) -> Any:
    """An operation whose body a test writes on the spot."""
    return doing()


def run(*steps: Callable[[], Any]) -> list[Any]:
    return act(lambda: [step() for step in steps], actor=SYSTEM)


@pytest.fixture
def house(world: World) -> Iterator[House]:
    with world.harbor.open():
        yield world.harbor


@pytest.fixture
def bells() -> Iterator[list[bell.Bell]]:
    heard: list[bell.Bell] = []
    bell.listen(heard.append)
    yield heard
    bell.forget(heard.append)


def name_in_database(room: Room) -> str:
    return str(Room.objects.values_list("name", flat=True).get(pk=room.pk))


def seqs() -> list[int]:
    return list(Event.objects.order_by("seq").values_list("seq", flat=True))


# --- what it writes ------------------------------------------------------------------------------------------------


def test_a_change_an_insert_and_a_delete_are_told_and_lead_back(world: World) -> None:
    room = world.harbor.room
    with recorded(world.harbor) as told:
        fresh = Room(department=world.harbor.department, name="Room 5")
        run(lambda: add(fresh), lambda: record("room.added", fresh))
        run(lambda: change(room, name="Room 4b", place="upstairs"), lambda: record("room.changed", room))
        run(lambda: drop(fresh), lambda: record("room.removed", fresh))
    assert told.names == ["room.added", "room.changed", "room.removed"]
    assert told.events[1].changes[room.ref] == {
        "op": "update", "fields": {"name": ["Room 4", "Room 4b"], "place": ["", "upstairs"]},
    }  # fmt: skip
    assert told.events[0].changes[fresh.ref]["fields"]["department_id"] == [None, str(world.harbor.department.pk)]


def test_several_changes_of_a_row_are_one_from_the_first_to_the_last(house: House) -> None:
    with recorded(house) as told:
        run(
            lambda: change(house.room, name="a"),
            lambda: change(house.room, name="b", place="up"),
            lambda: record("room.changed", house.room),
        )
    assert told.events[0].changes[house.room.ref]["fields"] == {"name": ["Room 4", "b"], "place": ["", "up"]}


def test_two_events_of_one_operation_share_their_op_and_split_the_changes(house: House) -> None:
    with recorded(house) as told:
        run(
            lambda: change(house.room, name="a"),
            lambda: record("room.changed", house.room),
            lambda: change(house.room, name="b"),
            lambda: record("room.changed", house.room),
        )
    one, two = told.events
    assert (one.op, two.op) == (one.seq, one.seq)
    assert [event.changes[house.room.ref]["fields"]["name"] for event in (one, two)] == [["Room 4", "a"], ["a", "b"]]
    assert done().events == (("room.changed", one.seq), ("room.changed", two.seq))
    assert done().seq == two.seq


def test_a_foreign_key_changes_by_instance_and_is_noted_by_its_key(house: House) -> None:
    other = Department.objects.create(name="Other", prefix="B")
    with recorded(house) as told:
        run(lambda: change(house.room, department=other), lambda: record("room.changed", house.room))
    assert told.events[0].changes[house.room.ref]["fields"] == {
        "department_id": [str(house.department.pk), str(other.pk)]
    }
    assert house.room.department is other


def test_topics_are_those_before_and_after(house: House) -> None:
    other = Department.objects.create(name="Other", prefix="B")
    with recorded(house) as told:
        run(lambda: change(house.colleague, department=other), lambda: record("doctor.changed", house.colleague))
    assert {f"department:{house.department.pk}", f"department:{other.pk}"} <= set(told.events[0].topics)


def test_a_subject_may_be_unchanged_and_is_touched(house: House) -> None:
    with recorded(house) as told:
        run(lambda: record("room.seen", house.room, house.doctor))
    assert told.events[0].changes == {}
    assert EventRef.objects.filter(ref=house.doctor.ref, seq=told.events[0].seq).exists()


def test_nothing_that_differs_writes_nothing(house: House, django_assert_num_queries: Any) -> None:
    with recorded(house) as told:
        assert run(lambda: change(house.room, name="Room 4"))[0] == {}
    assert told.events == []
    assert done().seq is None
    assert house.room.version == 1


def test_many_rows_change_one_by_one(house: House) -> None:
    fresh = Room.objects.create(department=house.department, name="Room 5")
    with recorded(house) as told:
        rooms = list(Room.objects.order_by("name"))
        count = run(lambda: change_many(rooms, place="up"), lambda: record("rooms.moved", *rooms))[0]
        assert count == 2
        again = run(lambda: change_many(Room.objects.filter(pk=fresh.pk), place="up"))[0]
        assert again == 0
    assert set(told.events[0].subjects) == {house.room.ref, fresh.ref}


def test_the_bell_is_rung_once_with_all_topics_and_after_the_commit(house: House, bells: list[bell.Bell]) -> None:
    def inside() -> None:
        change(house.room, name="a")
        record("room.changed", house.room)
        record("doctor.seen", house.doctor)
        assert bells == []

    run(inside)
    assert len(bells) == 1
    assert bells[0].seq == done().seq
    assert bells[0].refs == {house.room.ref, house.doctor.ref}
    assert bells[0].topics == {*house.room.live_topics(), *house.doctor.live_topics()}


# --- who may, and where --------------------------------------------------------------------------------------------


def test_the_ability_is_asked_before_anything_happens(house: House) -> None:
    with pytest.raises(Forbidden):
        act(pytest.fail, actor=house.medic)
    with pytest.raises(KeyError):
        act(pytest.fail)  # type: ignore[call-arg]


def test_without_a_hospital_there_is_no_operation(world: World) -> None:
    with pytest.raises(HospitalRequired):
        act(pytest.fail, actor=SYSTEM)


def test_record_outside_an_operation_is_refused(house: House) -> None:
    with pytest.raises(OutsideOperation):
        record("room.changed", house.room)


def test_a_row_of_another_hospital_cannot_be_changed(world: World) -> None:
    theirs = world.hilltop
    with recorded(world.harbor):
        for doing in (
            lambda: change(theirs.room, name="x"),
            lambda: change(world.harbor.room, department=theirs.department),
            lambda: drop(theirs.room),
            lambda: add(Room(department=theirs.department, name="x")),
        ):  # fmt: skip
            with pytest.raises((Conflict, WrongHospital)):
                run(doing)
    assert (theirs.room.name, theirs.room.version) == ("Room 4", 1)


# --- what is left of one that fails --------------------------------------------------------------------------------


def test_an_inner_error_that_is_caught_leaves_no_event_and_no_change(house: House, bells: list[bell.Bell]) -> None:
    """Else the outer operation would write the ghost of an event whose rows were rolled back."""
    other = Room.objects.create(department=house.department, name="Room 5")

    def inner() -> None:
        change(other, name="inner 2")
        change(house.room, name="inner", place="inner")
        record("room.changed", other, house.room)
        raise NotAllowed("doctor.paused")

    def outer() -> None:
        change(house.room, place="outer")
        with pytest.raises(NotAllowed):
            act(inner, actor=SYSTEM)
        assert (house.room.name, house.room.place, other.name, other.version) == ("Room 4", "outer", "Room 5", 1)
        change(house.room, name="outer")
        record("room.changed", house.room)

    with recorded(house) as told:
        run(outer)
    assert told.names == ["room.changed"]
    assert told.events[0].changes[house.room.ref]["fields"] == {"place": ["", "outer"], "name": ["Room 4", "outer"]}
    assert other.ref not in bells[0].refs


def test_an_inner_change_that_was_not_recorded_counts_with_the_outer_ones(house: House) -> None:
    with recorded(house) as told:
        run(
            lambda: act(lambda: change(house.room, name="inner"), actor=SYSTEM),
            lambda: record("room.changed", house.room),
        )
    assert told.names == ["room.changed"]


@pytest.mark.parametrize("error", [NotAllowed("doctor.paused"), ZeroDivisionError(), KeyboardInterrupt()])
def test_an_outermost_error_undoes_rows_events_and_what_is_in_memory(
    house: House, bells: list[bell.Bell], error: BaseException
) -> None:
    def failing() -> None:
        change(house.room, name="a", place="a")
        change(house.room, name="b")
        record("room.changed", house.room)
        raise error

    with recorded(house) as told, pytest.raises(type(error)):
        run(failing)
    assert told.events == []
    assert bells == []
    assert (house.room.name, house.room.place, house.room.version) == ("Room 4", "", 1)
    run(lambda: change(house.room, name="after"), lambda: record("room.changed", house.room))
    assert name_in_database(house.room) == "after"


def test_a_change_that_no_event_names_is_refused(house: House) -> None:
    with recorded(house), pytest.raises(UnrecordedChange, match=house.room.ref):
        run(lambda: change(house.room, name="a"))
    with recorded(house), pytest.raises(UnrecordedChange):
        run(lambda: change(house.room, name="a"), lambda: record("doctor.changed", house.doctor))
    assert house.room.name == "Room 4"


def test_whoever_comes_second_overwrites_nothing(house: House) -> None:
    mine, theirs = Room.objects.get(pk=house.room.pk), Room.objects.get(pk=house.room.pk)
    run(lambda: change(theirs, name="theirs"), lambda: record("room.changed", theirs))
    with recorded(house) as told:
        with pytest.raises(Conflict) as refused:
            run(lambda: change(mine, place="mine"), lambda: record("room.changed", mine))
        with pytest.raises(Conflict):
            run(lambda: drop(mine))
    assert refused.value.code == "row.changed"
    assert told.events == []
    assert (mine.place, mine.version) == ("", 1)
    assert name_in_database(mine) == "theirs"


@pytest.mark.parametrize("nested", [False, True])
def test_a_constraint_that_refuses_is_a_domain_error(house: House, nested: bool) -> None:
    twin = Room(department=house.department, name="Room 4")

    def adding() -> None:
        add(twin)
        record("room.added", twin)

    with recorded(house) as told:
        with pytest.raises(Conflict) as refused:
            run((lambda: act(adding, actor=SYSTEM)) if nested else adding)
        assert refused.value.code == "room.name_taken"
        assert isinstance(refused.value.__cause__, IntegrityError)
    assert told.events == []


def test_an_operation_is_the_outermost_transaction(house: House) -> None:
    """Else it would return before the commit, and ring for what may still be rolled back.

    (A test case's own transaction around everything is the one exception Django makes.)
    """
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        run(lambda: None)


def test_whoever_is_second_to_insert_gets_the_row_of_the_first(house: House) -> None:
    with recorded(house) as told:

        def both() -> list[tuple[Counter, bool]]:
            one = add_unless(Counter(scope="x", value=1), scope="x")
            two = add_unless(Counter(scope="x", value=1), scope="x")
            record("counter.taken", one[0])
            return [one, two]

        (first, made), (second, again) = run(both)[0]
    assert (made, again) == (True, False)
    assert first.pk == second.pk
    assert list(told.events[0].changes) == [first.ref]


# --- once more -----------------------------------------------------------------------------------------------------


class _Deadlock(Exception):
    sqlstate = "40P01"


def _failing(times: int, doing: Callable[[], Any], state: str = "40P01") -> tuple[Callable[[], Any], list[str]]:
    tries: list[str] = []

    def attempt() -> Any:
        tries.append("")
        result = doing()
        if len(tries) <= times:
            cause = _Deadlock()
            cause.sqlstate = state
            raise OperationalError("deadlock detected") from cause
        return result

    return attempt, tries


def test_after_a_deadlock_the_outermost_runs_once_more(house: House) -> None:
    def renaming() -> None:
        change(house.room, name="once")
        record("room.changed", house.room)

    attempt, tries = _failing(1, renaming)
    with recorded(house) as told:
        run(lambda: act(attempt, actor=SYSTEM))  # an inner one does not run again by itself
    assert len(tries) == 2
    assert told.names == ["room.changed"]
    assert (house.room.name, house.room.version) == ("once", 2)


@pytest.mark.parametrize(("times", "state", "tried"), [(2, "40P01", 2), (1, "40001", 2), (1, "57014", 1)])
def test_only_once_and_only_after_what_may_go_better(house: House, times: int, state: str, tried: int) -> None:
    attempt, tries = _failing(times, lambda: None, state)
    if tried > times:
        run(attempt)
    else:
        with pytest.raises(OperationalError):
            run(attempt)
    assert len(tries) == tried


# --- several hospitals ---------------------------------------------------------------------------------------------


def test_an_operation_may_write_to_a_second_hospitals_log(world: World, bells: list[bell.Bell]) -> None:
    mine, theirs = world.both()
    run_here = Room.objects

    def both() -> None:
        change(mine.room, name="mine")
        record("room.changed", mine.room)
        with hospital(theirs.hospital):
            room = run_here.get(pk=theirs.room.pk)
            change(room, name="theirs")
            record("room.changed", room)

    with recorded(mine) as told:
        run(both)
    where = {event.hospital_id: event.subjects for event in told.events}
    assert where == {mine.hospital.pk: [mine.room.ref], theirs.hospital.pk: [theirs.room.ref]}
    assert {each.hospital_id for each in bells} == set(where)
    clocks = dict(Clock.objects.values_list("hospital_id", "seq"))
    assert [clocks[mine.hospital.pk], clocks[theirs.hospital.pk]] == [1, 1]


def test_each_hospital_counts_for_itself(world: World) -> None:
    for house, times in ((world.harbor, 3), (world.hilltop, 2)):
        with house.open():
            for n in range(times):
                run(lambda n=n, room=house.room: (change(room, name=f"{n}"), record("room.changed", room)))
            assert seqs() == list(range(1, times + 1))
