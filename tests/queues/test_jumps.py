"""The jump ledger: every departure from the order of arrival, with its cause (R3.6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from clinic.directory.models import Department
from clinic.live import outbox
from clinic.live.record import done
from clinic.tenants import days
from queues import clock as queue_clock
from queues import jumps
from queues.models import NORMAL, URGENT, VIP, Queue
from queues.operations import calls, checkin, ends, holds, moves, returns, undo
from tests.api.client import api
from tests.queues.bookings import booked, minutes
from tests.queues.helpers import called, set_policy
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("3.6")]
TEN = datetime(2026, 11, 20, 9, tzinfo=UTC)


def told(house: House, **options: object) -> list[tuple[str, str, str]]:
    """Cause, token and reason of every jump today."""
    found = jumps.of_day(days.service_day(house.hospital), **options)  # type: ignore[arg-type]
    return [(jump.cause, jump.token, jump.reason) for jump in found]


def test_in_order_of_arrival_nothing_is_told(world: World) -> None:
    house = world.harbor
    first, second = house.waiting(2)
    with house.open():
        for visit in (first, second):
            called(house)
            calls.start(visit, actor=house.medic)
            ends.complete(visit, actor=house.medic)
        assert told(house) == []


@pytest.mark.parametrize(("klass", "cause"), [(URGENT, "class"), (VIP, "vip")])
def test_a_class_on_arrival_is_a_jump_and_its_reason_stays_personal(world: World, klass: str, cause: str) -> None:
    house = world.harbor
    house.waiting(1, klass=klass, class_reason="39.2 degrees")
    with house.open():
        assert told(house) == [(cause, "A-001", "")]


def test_a_class_given_later_or_taken_away(world: World) -> None:
    house = world.harbor
    (visit,) = house.waiting(1)
    with house.open():
        moves.set_class(visit, VIP, reason="donor", actor=house.desk)
        moves.set_class(visit, VIP, reason="donor of a wing", actor=house.desk)
        moves.set_class(visit, NORMAL, reason="a mistake", actor=house.desk)
        assert told(house) == [("vip", "A-001", ""), ("class", "A-001", "")]


def test_every_way_to_go_before_or_behind_others(world: World) -> None:
    house = world.harbor
    with time_machine.travel(TEN, tick=False) as clock, house.open():
        first, second, third, _fourth = house.waiting(4)
        calls.call(second, house.doctor, reason="in pain", actor=house.medic)
        clock.shift(timedelta(seconds=90))
        calls.recall(second, actor=house.medic)
        calls.skip(second, reason="in the garden", actor=house.medic)
        holds.delay(first, reason="a call", places=1, actor=house.desk)
        holds.hold(third, reason="away", minutes=5, actor=house.desk)
        holds.resume(third, actor=house.desk)
        holds.hold(third, reason="tests", actor=house.desk)
        holds.resume(third, actor=house.desk)
        ends.leave(third, actor=house.desk)
        returns.rejoin(third, reason="came back", actor=house.desk)
        moves.reassign(first, house.pool, reason="any", actor=house.desk)
        calls.call(second, house.doctor, reason="now", actor=house.medic)
        moves.send_on(second, house.pool, note="blood", actor=house.medic)
        assert told(house) == [
            ("manual_call", "A-002", "in pain"), ("recall", "A-002", ""), ("skip", "A-002", "in the garden"),
            ("delay", "A-001", "a call"), ("hold_return", "A-003", "tests"), ("rejoin", "A-003", "came back"),
            ("reassign", "A-001", "any"), ("manual_call", "A-002", "now"), ("send_on", "A-002", "blood"),
        ]  # fmt: skip
        lines = {jump.token: jump.queue for jump in jumps.of_day(TEN.date()) if jump.cause in ("reassign", "send_on")}
        assert lines == {"A-001": str(house.pool.pk), "A-002": str(house.pool.pk)}


def test_a_policy_that_moves_the_line_is_told_once(world: World) -> None:
    house = world.harbor
    with time_machine.travel(TEN, tick=False) as clock, house.open():
        house.waiting(2)
        clock.shift(timedelta(minutes=90))
        house.waiting(1, klass=URGENT)
        set_policy(house.actor("owner"), order_policy="aged")
        outbox.run(house.hospital.pk)
        assert told(house) == [("class", "A-003", ""), ("policy", "", "aged")]


@pytest.mark.rule("2.7")
def test_whoever_is_booked_and_stands_before_those_who_had_come_is_told_of(world: World) -> None:
    house = world.harbor
    on_time, alone, late = (booked(house, TEN + minutes(after)) for after in (0, 60, 90))
    with time_machine.travel(TEN - minutes(20), tick=False) as clock, house.open():
        house.waiting(1)
        clock.move_to(TEN)
        checkin.check_in(on_time, actor=house.desk)  # before whoever came twenty minutes ago
        assert told(house) == [("booked", "A-002", "")]
        undo.undo(done().seq or 0, actor=house.desk)
        assert [(jump.cause, jump.undone) for jump in jumps.of_day(TEN.date())] == [("booked", True)]
        clock.move_to(TEN + minutes(40))
        passed = house.waiting(1)[0]
        calls.call(passed, house.colleague, reason="short", actor=house.desk)
        clock.move_to(TEN + minutes(61))
        checkin.check_in(alone, actor=house.desk)  # whom they would have passed was in the room already
        clock.move_to(TEN + minutes(120))
        house.waiting(1)
        clock.move_to(TEN + minutes(121))
        checkin.check_in(late, actor=house.desk)  # counts from now
        assert [cause for cause, _token, _reason in told(house)] == ["booked", "manual_call"]


@pytest.mark.rule("2.7")
def test_whoever_checked_in_early_passes_others_when_the_time_has_come(world: World) -> None:
    house = world.harbor
    row = booked(house)
    with time_machine.travel(TEN - minutes(25), tick=False) as clock, house.open():
        house.waiting(1)
        clock.move_to(TEN - minutes(15))
        checkin.check_in(row, actor=house.desk)
        assert told(house) == []
        clock.move_to(TEN - minutes(10))
        assert queue_clock.make_due() == 1
        (jump,) = jumps.of_day(TEN.date())
        assert (jump.cause, jump.token, jump.queue, jump.at) == (
            "booked", "A-002", str(house.own.pk), TEN - minutes(10)
        )  # fmt: skip


def test_what_was_taken_back_says_so_and_what_came_before_stays(world: World) -> None:
    house = world.harbor
    first, second = house.waiting(2)
    with house.open():
        calls.call(second, house.doctor, reason="in pain", actor=house.medic)
        undo.undo(done().seq or 0, actor=house.medic)
        calls.call(second, house.doctor, reason="again", actor=house.medic)
        moves.send_on(second, house.pool, actor=house.medic)
        undo.undo(done().seq or 0, actor=house.medic)
        found = jumps.of_day(days.service_day(house.hospital))
        assert [(jump.reason, jump.cause, jump.undone) for jump in found] == [
            ("in pain", "manual_call", True), ("again", "manual_call", False), ("", "send_on", True),
        ]  # fmt: skip
        assert first.token not in {jump.token for jump in found}


def test_a_day_is_the_hospitals_service_day(world: World) -> None:
    house = world.harbor
    with time_machine.travel("2026-11-20T22:30:00Z"):  # half past eleven in Paris
        house.waiting(1, klass=URGENT)
    with time_machine.travel("2026-11-21T01:30:00Z"):  # after midnight and before the cut
        house.waiting(1, klass=VIP)
    with time_machine.travel("2026-11-21T09:00:00Z"):
        house.waiting(1, klass=VIP)
    with house.open():
        friday, saturday = (jumps.of_day(date(2026, 11, day)) for day in (20, 21))
        assert [jump.cause for jump in friday] == ["class", "vip"]
        assert [jump.cause for jump in saturday] == ["vip"]


def test_each_hospital_has_its_own(world: World) -> None:
    world.harbor.waiting(1, klass=URGENT)
    with world.hilltop.open():
        assert told(world.hilltop) == []


@pytest.mark.rule("1.2")
def test_whoever_is_of_one_department_reads_of_its_lines(world: World) -> None:
    house = world.harbor
    with house.open():
        other = Department.objects.create(name="Radiology", prefix="R")
        there = Queue.objects.create(department=other, sort=Queue.POOL, name="Radiology")
    house.waiting(1, klass=URGENT)
    house.waiting(1, there, klass=VIP)
    with house.open():
        assert [cause for cause, _t, _r in told(house, departments=frozenset({other.pk}))] == ["vip"]
        assert len(told(house, departments=None)) == 2


def test_the_api_gives_a_day_to_who_may_read_the_log(world: World) -> None:
    house = world.harbor
    house.waiting(1, klass=URGENT, class_reason="39.2 degrees")
    today = days.service_day(house.hospital).isoformat()
    answer = api(house, "manager").send("GET", f"queue/jumps?date={today}")
    assert answer.json["service_day"] == today
    (jump,) = answer.json["jumps"]
    assert (jump["cause"], jump["token"], jump["queue"]) == ("class", "A-001", str(house.own.pk))
    assert (jump["actor"], jump["undone"]) == (house.users["receptionist"].name, False)
    assert "39.2" not in answer.content.decode()
    assert api(house, "manager").send("GET", "queue/jumps?date=2020-01-01").json["jumps"] == []
    assert api(house, "manager").send("GET", "queue/jumps?date=friday").status == 400
    for role in ("receptionist", "doctor", "nurse", "biller"):
        assert api(house, role).send("GET", "queue/jumps").status == 403
