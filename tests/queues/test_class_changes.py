"""Another class, and the place it gives: R3.4, R3.19."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from clinic.core.errors import Invalid, NotAllowed
from clinic.directory.models import Department, Doctor
from clinic.live.record import done
from queues.models import NORMAL, ON_HOLD, URGENT, VIP, WAITING, Leg, Queue, Visit
from queues.operations import calls, holds, moves, undo
from tests.ledger import recorded, rows
from tests.queues.helpers import called
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


@pytest.mark.rule("3.4")
def test_another_class_gives_its_place_and_is_told_without_the_reason(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as clock, house.open():
        for _ in range(3):
            house.waiting(1)
            clock.shift(timedelta(minutes=1))
        last = Visit.objects.get(token="A-003")
        with recorded(house) as told:
            moves.set_class(last, URGENT, reason=" 39.2 degrees ", actor=house.actor("nurse"))
        assert line(house.own) == ["A-003", "A-001", "A-002"]
        last.refresh_from_db()
        assert (last.klass, last.class_reason) == (URGENT, "39.2 degrees")
        moves.set_class(last, NORMAL, reason="better", actor=house.desk)
        assert line(house.own) == ["A-001", "A-002", "A-003"]
    assert told.names == ["visit.class_changed"]
    assert "39.2" not in str([(event.changes, event.reason) for event in told.events])


@pytest.mark.rule("3.4")
def test_a_new_class_ends_a_place_given_by_hand_and_a_new_reason_does_not(world: World) -> None:
    house = world.harbor
    visits = house.waiting(3)
    with house.open():
        called(house)
        calls.skip(visits[0], actor=house.medic)
        assert line(house.own) == ["A-002", "A-003", "A-001"]
        moves.set_class(visits[0], NORMAL, reason="asked", actor=house.desk)
        assert calls.leg_now(visits[0]).placed
        moves.set_class(visits[0], VIP, reason="donor", actor=house.desk)
        assert line(house.own) == ["A-001", "A-002", "A-003"]
        assert not calls.leg_now(visits[0]).placed


@pytest.mark.rule("3.4")
def test_a_class_needs_a_reason_and_is_one_of_three(world: World) -> None:
    house = world.harbor
    (visit,) = house.waiting(1)
    with recorded(house) as told:
        with pytest.raises(NotAllowed) as refused:
            moves.set_class(visit, URGENT, reason="  ", actor=house.desk)
        assert refused.value.code == "visit.why_class"
        for klass in ("carried_over", "king"):
            with pytest.raises(Invalid):
                moves.set_class(visit, klass, reason="x", actor=house.desk)
    assert told.events == []


@pytest.mark.rule("3.4")
def test_whoever_was_called_keeps_the_class_and_whoever_is_on_hold_gets_it(world: World) -> None:
    house = world.harbor
    first, second = house.waiting(2)
    with house.open():
        holds.hold(second, reason="away", actor=house.desk)
        called(house)
        with pytest.raises(NotAllowed) as refused:
            moves.set_class(first, VIP, reason="x", actor=house.desk)
        assert refused.value.code == "visit.wrong_state"
        leg = moves.set_class(second, URGENT, reason="fainted", actor=house.desk)
        assert leg.state == ON_HOLD
        calls.skip(first, actor=house.medic)
        holds.resume(second, actor=house.desk)
        assert line(house.own) == ["A-002", "A-001"]


@pytest.mark.rule("3.19")
def test_a_class_is_taken_back_with_its_reason_and_its_place(world: World) -> None:
    house = world.harbor
    visits = house.waiting(2)
    with house.open():
        before = rows()
        moves.set_class(visits[1], URGENT, reason="fainted", actor=house.desk)
        undo.undo(done().seq or 0, actor=house.desk)
        assert like_before(before)
        assert line(house.own) == ["A-001", "A-002"]


def test_a_doctor_without_a_place_in_the_directory_is_no_hindrance(world: World) -> None:
    """The desk sends on for a doctor who has left the hospital's directory meanwhile."""
    house = world.harbor
    (visit,) = house.waiting(1)
    with house.open():
        called(house)
        Doctor.objects.filter(pk=house.doctor.pk).update(is_active=False)
        assert moves.send_on(visit, house.pool, actor=house.desk).state == WAITING
