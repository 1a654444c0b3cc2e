"""To another line, on to the next, and another class: R3.4, R3.15, R3.19."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from clinic.core.errors import Forbidden, NotAllowed, NotFound
from clinic.directory.models import Department
from clinic.live.record import done
from queues.models import CALLED, COMPLETED, IN_PROGRESS, ON_HOLD, URGENT, WAITING, Leg, Queue
from queues.operations import calls, ends, holds, lines, moves, undo
from tests.ledger import recorded, rows
from tests.live.helpers import assert_live
from tests.queues.helpers import called, everywhere, state_of
from tests.world import House, World

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def line(queue: Queue) -> list[str]:
    return list(Leg.objects.filter(queue=queue).waiting().in_order().values_list("visit__token", flat=True))


def radiology(house: House) -> Queue:
    """The pool of another department."""
    department = Department.objects.create(name="Radiology", prefix="R")
    return Queue.objects.create(department=department, sort=Queue.POOL, name="Radiology")


def like_before(before: dict[str, dict[str, object]]) -> bool:
    """Visits and legs are what they were, but for their versions."""
    mine = {ref: row | {"version": 0} for ref, row in before.items() if ref.startswith(("visit:", "leg:"))}
    after = {ref: row | {"version": 0} for ref, row in rows().items() if ref.startswith(("visit:", "leg:"))}
    return mine == after


# --- reassign --------------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.15")
def test_reassigned_stands_by_the_original_arrival(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as clock, house.open():
        (moved,) = house.waiting(1)
        clock.shift(timedelta(minutes=10))
        house.waiting(2, house.pool)
        with recorded(house) as told:
            leg = moves.reassign(moved, house.pool, reason=" any doctor ", actor=house.desk)
        assert line(house.pool) == ["A-001", "A-002", "A-003"]
        assert line(house.own) == []
    assert (leg.state, leg.placed, leg.effective_at) == (WAITING, False, NINE)
    assert [(event.name, event.reason) for event in told.events] == [("visit.reassigned", "any doctor")]


@pytest.mark.rule("3.15")
def test_the_class_goes_along_and_a_hand_given_place_does_not(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as clock, house.open():
        house.waiting(1)
        (urgent,) = house.waiting(1, klass=URGENT)
        clock.shift(timedelta(minutes=1))
        house.waiting(2, house.pool)
        leg = called(house)
        assert leg.visit.pk == urgent.pk
        calls.skip(urgent, actor=house.medic)
        assert calls.leg_now(urgent).placed
        moves.reassign(urgent, house.pool, actor=house.desk)
        assert line(house.pool) == ["A-002", "A-003", "A-004"]
        assert not calls.leg_now(urgent).placed


@pytest.mark.rule("3.15")
@pytest.mark.parametrize("state", [WAITING, ON_HOLD, CALLED])
def test_whoever_waits_is_away_or_was_called_can_be_moved(world: World, state: str) -> None:
    house = world.harbor
    (visit,) = house.waiting(1)
    with house.open():
        if state == CALLED:
            called(house)
        if state == ON_HOLD:
            holds.hold(visit, reason="away", minutes=20, note="outside", actor=house.desk)
        leg = moves.reassign(visit, house.pool, actor=house.desk)
        assert (leg.state, leg.queue_id) == (WAITING, house.pool.pk)
        assert not any([leg.server_id, leg.lane, leg.room_id])
        assert (leg.hold_reason, leg.hold_note, leg.held_at, leg.back_at) == ("", "", None, None)
        assert calls.call_next(house.doctor, actor=house.medic) is not None, "the lane is free"


@pytest.mark.rule("3.15")
@pytest.mark.parametrize("state", [IN_PROGRESS, COMPLETED, "left", "cancelled"])
def test_nobody_else_is_moved(world: World, state: str) -> None:
    house = world.harbor
    (visit,) = house.waiting(1)
    with house.open():
        if state in (IN_PROGRESS, COMPLETED):
            called(house)
            calls.start(visit, actor=house.medic)
        if state == COMPLETED:
            ends.complete(visit, actor=house.medic)
        if state == "left":
            ends.leave(visit, actor=house.desk)
        if state == "cancelled":
            ends.cancel(visit, reason="twice", actor=house.desk)
    with recorded(house) as told, pytest.raises(NotAllowed) as refused:
        moves.reassign(visit, house.pool, actor=house.desk)
    assert (refused.value.code, refused.value.details["state"]) == ("visit.wrong_state", state)
    assert told.events == []


@pytest.mark.rule("3.15")
def test_another_department_keeps_the_token_and_live_equals_reload(world: World) -> None:
    house = world.harbor
    visits = house.waiting(3)
    with house.open():
        there = radiology(house)
        names = [*everywhere(house, *visits), f"line:{there.pk}", f"queue-head:{there.pk}"]
        assert_live(lambda: moves.reassign(visits[1], there, actor=house.desk), *names)
        visits[1].refresh_from_db()
        assert (visits[1].token, visits[1].department_id) == ("A-002", house.department.pk)
        assert (line(there), line(house.own)) == (["A-002"], ["A-001", "A-003"])


@pytest.mark.rule("3.15")
def test_a_closed_line_takes_nobody_in_by_any_way(world: World) -> None:
    house = world.harbor
    first, second = house.waiting(2)
    with house.open():
        called(house)
        lines.set_open(house.pool, False, actor=house.desk)
        acts: list[Callable[[], Any]] = [
            lambda: moves.reassign(second, house.pool, actor=house.desk),
            lambda: moves.send_on(first, house.pool, actor=house.medic),
        ]
        for act in acts:
            with pytest.raises(NotAllowed) as refused:
                act()
            assert refused.value.code == "queue.closed"


@pytest.mark.rule("3.15")
def test_a_doctor_moves_the_own_patients_and_a_pools(world: World) -> None:
    house = world.harbor
    (mine,) = house.waiting(1)
    (pooled,) = house.waiting(1, house.pool)
    with house.open():
        theirs = Queue.objects.get(doctor=house.colleague)
    (other,) = house.waiting(1, theirs)
    with house.open():
        with pytest.raises(Forbidden) as refused:
            moves.reassign(other, house.own, actor=house.medic)
        assert refused.value.code == "doctor.not_yours"
        moves.reassign(mine, theirs, actor=house.medic)
        moves.reassign(pooled, theirs, actor=house.medic)
        moves.reassign(other, house.own, actor=house.desk)
        assert (line(theirs), line(house.own)) == (["A-001", "A-002"], ["A-003"])


@pytest.mark.rule("3.15")
def test_who_may_not_and_who_is_elsewhere(world: World) -> None:
    (visit,) = world.harbor.waiting(1)
    with world.harbor.open():
        for act in (moves.reassign, moves.send_on):
            with pytest.raises(Forbidden):
                act(visit, world.harbor.pool, actor=world.harbor.actor("biller"))
        with pytest.raises(Forbidden):
            moves.set_class(visit, URGENT, reason="x", actor=world.harbor.medic)
        with pytest.raises(NotFound):
            moves.reassign(visit, world.hilltop.pool, actor=world.harbor.desk)
    with world.hilltop.open(), pytest.raises(NotFound):
        moves.reassign(visit, world.hilltop.pool, actor=world.hilltop.desk)


@pytest.mark.rule("1.2")
def test_whoever_is_of_one_department_moves_nobody_to_another(world: World) -> None:
    house = world.harbor
    (visit,) = house.waiting(1)
    with house.open():
        there = radiology(house)
        member = house.memberships["receptionist"]
        type(member).objects.filter(pk=member.pk).update(department_ids=[str(house.department.pk)])
        member.refresh_from_db()
        with pytest.raises(NotFound):
            moves.reassign(visit, there, actor=house.desk)
        moves.reassign(visit, house.pool, actor=house.desk)


@pytest.mark.rule("3.15")
def test_moved_twice_is_moved_once(world: World) -> None:
    house = world.harbor
    (visit,) = house.waiting(1)
    with house.open():
        moves.reassign(visit, house.pool, actor=house.desk)
    with recorded(house) as told:
        moves.reassign(visit, house.pool, actor=house.desk)
    assert told.events == []


@pytest.mark.rule("3.19")
def test_a_move_is_undone(world: World) -> None:
    house = world.harbor
    (visit,) = house.waiting(1)
    with house.open():
        called(house)
        before = rows()
        moves.reassign(visit, house.pool, actor=house.medic)
        undo.undo(done().seq or 0, actor=house.medic)
        assert like_before(before)
        assert state_of(visit) == CALLED


# --- send on ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.15")
@pytest.mark.parametrize("started", [True, False])
def test_sent_on_ends_this_part_and_begins_the_next_under_the_same_token(world: World, started: bool) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as clock, house.open():
        there = radiology(house)
        (visit,) = house.waiting(1)
        clock.shift(timedelta(minutes=30))
        house.waiting(1, there)
        called(house)
        clock.shift(timedelta(minutes=5))
        if started:
            calls.start(visit, actor=house.medic)
        clock.shift(timedelta(minutes=5))
        with recorded(house) as told:
            leg = moves.send_on(visit, there, note="left wrist", actor=house.medic)
        before = Leg.objects.get(visit=visit, queue=house.own)
        assert (before.state, before.ended_at, before.start_derived) == (COMPLETED, clock_now(40), not started)
        assert before.started_at == clock_now(35 if started else 30)
        assert (leg.state, leg.sent_from_id, leg.effective_at, leg.entered_at) == (
            WAITING,
            before.pk,
            NINE,
            clock_now(40),
        )
        assert line(there) == ["A-001", "R-001"], "by the original arrival"
        visit.refresh_from_db()
        assert (visit.ended_at, visit.outcome, visit.token) == (None, "", "A-001")
    assert [(event.name, event.reason) for event in told.events] == [("visit.sent_on", "left wrist")]


def clock_now(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


@pytest.mark.rule("3.15")
def test_the_whole_way_laboratory_and_back(world: World) -> None:
    """Doctor, laboratory, the doctor again: three parts of one visit, and it ends with the last."""
    house = world.harbor
    (visit,) = house.waiting(1)
    with house.open():
        laboratory = lines.add_counter(department=house.department, name="Laboratory", actor=house.actor("owner"))
        called(house)
        moves.send_on(visit, laboratory, actor=house.medic)
        calls.call(visit, house.colleague, reason="blood", actor=house.desk)
        moves.send_on(visit, house.own, actor=house.desk)
        assert called(house).visit_id == visit.pk
        ends.complete(visit, actor=house.medic)
        visit.refresh_from_db()
        assert (visit.outcome, state_of(visit)) == (COMPLETED, COMPLETED)
        states = Leg.objects.filter(visit=visit).order_by("entered_at", "id").values_list("queue__name", "state")
        assert list(states) == [(house.own.name, COMPLETED), ("Laboratory", COMPLETED), (house.own.name, COMPLETED)]


@pytest.mark.rule("3.15")
@pytest.mark.parametrize("state", [WAITING, ON_HOLD, COMPLETED])
def test_only_whoever_is_with_a_server_is_sent_on(world: World, state: str) -> None:
    house = world.harbor
    (visit,) = house.waiting(1)
    with house.open():
        if state == ON_HOLD:
            holds.hold(visit, reason="away", actor=house.desk)
        if state == COMPLETED:
            called(house)
            ends.complete(visit, actor=house.medic)
        with pytest.raises(NotAllowed) as refused:
            moves.send_on(visit, house.pool, actor=house.desk)
        assert (refused.value.code, refused.value.details["state"]) == ("visit.wrong_state", state)


@pytest.mark.rule("3.15")
def test_sending_on_to_the_same_line_is_refused_and_twice_is_once(world: World) -> None:
    house = world.harbor
    (visit,) = house.waiting(1)
    with house.open():
        called(house)
        with pytest.raises(NotAllowed) as refused:
            moves.send_on(visit, house.own, actor=house.medic)
        assert refused.value.code == "visit.same_line"
        leg = moves.send_on(visit, house.pool, actor=house.medic)
    with recorded(house) as told:
        assert moves.send_on(visit, house.pool, actor=house.medic).pk == leg.pk
    assert told.events == []


@pytest.mark.rule("3.19")
def test_sending_on_is_undone_unless_the_next_has_called(world: World) -> None:
    house = world.harbor
    (visit,) = house.waiting(1)
    with house.open():
        called(house)
        calls.start(visit, actor=house.medic)
        before = rows()
        moves.send_on(visit, house.pool, actor=house.medic)
        seq = done().seq or 0
        names = everywhere(house, visit)
        assert_live(lambda: undo.undo(seq, actor=house.medic), *names)
        assert like_before(before)
        assert (state_of(visit), Leg.objects.filter(visit=visit).count()) == (IN_PROGRESS, 1)
        moves.send_on(visit, house.pool, actor=house.medic)
        seq = done().seq or 0
        calls.call_next(house.colleague, actor=house.desk)
        with pytest.raises(NotAllowed) as refused:
            undo.undo(seq, actor=house.medic)
        assert refused.value.code == "undo.touched"


# --- another class ---------------------------------------------------------------------------------------------------
