"""The replay finds what it is for: a true log passes, and each kind of lie in it is named."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from clinic.live.record import done
from clinic.tenants.models import HospitalConfig
from clinic.tenants.operations import change_policies
from queues.models import Leg
from queues.operations import calls, close, correct, ends, holds, moves, resort, returns, undo
from tests.proof import replay, storm
from tests.world import House, World

pytestmark = pytest.mark.django_db
Log = dict[str, list[dict[str, Any]]]


def a_day(house: House) -> None:
    """Everything happens once."""
    visits = house.waiting(6)
    with house.open():
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        calls.skip(leg.visit, actor=house.medic)
        calls.call(visits[3], house.doctor, reason="in pain", actor=house.medic)
        calls.start(visits[3], actor=house.medic)
        ends.complete_and_call(visits[3], actor=house.medic)
        seq = done().seq
        assert seq is not None
        undo.undo(seq, actor=house.medic)
        ends.complete(visits[3], actor=house.medic)
        calls.call_next(house.doctor, actor=house.medic)
        ends.leave(visits[4], actor=house.desk)
        ends.cancel(visits[5], reason="mistake", actor=house.desk)
        a_long_day(house)
    house.waiting(2, house.pool)


def a_long_day(house: House) -> None:
    """And everything that takes longer: on hold and back, delays, other lines, the end of the day."""
    first, second, third, fourth, fifth = house.waiting(5)
    holds.hold(first, reason="tests", actor=house.desk)
    holds.resume(first, actor=house.desk)
    holds.delay(second, places=1, reason="the bus", actor=house.desk)
    moves.reassign(third, house.pool, actor=house.desk)
    moves.set_class(third, "urgent", reason="faint", actor=house.desk)
    leg = calls.leg_now(house.waiting(1)[0])
    calls.call(leg.visit, house.colleague, reason="lab", actor=house.desk)
    moves.send_on(leg.visit, house.pool, actor=house.desk)
    seq = done().seq
    assert seq is not None
    undo.undo(seq, actor=house.desk)
    moves.send_on(leg.visit, house.pool, actor=house.desk)
    ends.leave(fourth, actor=house.desk)
    returns.rejoin(fourth, actor=house.desk)
    correct.correct_patient(fourth, house.patient(), reason="row", actor=house.desk)
    close.close(fourth, close.CARRY, actor=house.desk)
    close.close(fifth, close.LEAVE, actor=house.desk)
    change_policies(HospitalConfig.objects.get(), order_policy=HospitalConfig.AGED, actor=house.actor("owner"))
    resort.resort(actor=house.actor("owner"))


@pytest.fixture
def log(world: World) -> Log:
    """What the database holds of such a day, by table."""
    a_day(world.harbor)
    kept: Log = {}

    def read(sql: str) -> list[dict[str, Any]]:
        kept[sql.split(" FROM ")[1].split()[0]] = rows = storm.reader()(sql)
        return rows

    told, _refs = replay.check(read, storm.key_of(world.harbor.hospital.pk), callers=1)
    assert told.faults == []
    assert told.events > 15
    return kept


def faults(log: Log) -> list[str]:
    told, _refs = replay.check(lambda sql: log[sql.split(" FROM ")[1].split()[0]], "", callers=1)
    return told.faults


def event(log: Log, name: str, nth: int = 0) -> dict[str, Any]:
    return [row for row in log["live_event"] if row["name"] == name][nth]


def leg_change(row: dict[str, Any]) -> dict[str, Any]:
    return next(change for ref, change in row["changes"].items() if ref.startswith("leg:"))["fields"]


def drop_event(log: Log) -> None:
    log["live_event"].remove(event(log, "visit.skipped"))


def alter_digest(log: Log) -> None:
    event(log, "visit.called")["digest"] = "ab" * 32


def start_without_call(log: Log) -> None:
    event(log, "visit.called_out_of_order")["name"] = "visit.started"


def lie_about_before(log: Log) -> None:
    leg_change(event(log, "visit.started"))["state"][0] = "waiting"


def call_out_of_turn(log: Log) -> None:
    event(log, "visit.called_out_of_order")["name"] = "visit.called"


def two_in_one_room(log: Log) -> None:
    first, second = event(log, "visit.called"), event(log, "visit.called_out_of_order")
    skipped = event(log, "visit.skipped")
    skipped["changes"], skipped["name"] = {}, "doctor.changed"
    assert leg_change(first)["server_id"][1] == leg_change(second)["server_id"][1]


def token_twice(log: Log) -> None:
    one, other = (
        next(change for ref, change in event(log, "visit.arrived", nth)["changes"].items() if ref.startswith("visit:"))
        for nth in (0, 1)
    )
    other["fields"]["token_number"] = one["fields"]["token_number"]


def end_without_time(log: Log) -> None:
    row = event(log, "visit.completed")
    row["changes"] = {ref: change for ref, change in row["changes"].items() if ref.startswith("leg:")}


def lost_row(log: Log) -> None:
    log["queues_leg"].pop()


def unlogged_change(log: Log) -> None:
    log["queues_leg"][0]["state"] = "on_hold"


def unlogged_row(log: Log) -> None:
    log["queues_visit"].append({**log["queues_visit"][0], "id": "00000000-0000-7000-8000-00000000beef"})


def undo_elsewhere(log: Log) -> None:
    leg_change(event(log, "visit.undone"))["state"][1] = "called"


def no_place(log: Log) -> None:
    leg_change(event(log, "visit.called"))["lane"][1] = 7


def wrong_clock(log: Log) -> None:
    log["live_clock"][0]["seq"] += 1


def back_from_nowhere(log: Log) -> None:
    event(log, "visit.held")["name"] = "visit.resumed"


def sent_nowhere(log: Log) -> None:
    row = event(log, "visit.sent_on", 1)
    row["changes"] = {ref: change for ref, change in row["changes"].items() if change["op"] != "insert"}


def carried_without_an_end(log: Log) -> None:
    leg_change(event(log, "visit.carried_over"))["state"][1] = "waiting"


LIES: dict[Callable[[Log], None], str] = {
    drop_event: "gap",
    alter_digest: "clock",
    start_without_call: "went from waiting",
    lie_about_before: "was",
    call_out_of_turn: "passes",
    two_in_one_room: "two patients",
    token_twice: "tokens",
    end_without_time: "its visit ends",
    lost_row: "nowhere else",
    unlogged_change: "by the log",
    unlogged_row: "not in the log",
    undo_elsewhere: "did not come from",
    no_place: "no room",
    wrong_clock: "clock",
    back_from_nowhere: "went from waiting",
    sent_nowhere: "was sent nowhere",
    carried_without_an_end: "went from waiting to waiting",
}


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_each_lie_is_named(log: Log, lie: Callable[[Log], None]) -> None:
    told = copy.deepcopy(log)
    lie(told)
    found = faults(told)
    assert any(LIES[lie] in fault for fault in found), found


def test_one_ref_in_two_hospitals_is_named() -> None:
    assert replay.strangers({"a": {"leg:1", "leg:2"}, "b": {"leg:2", "leg:3"}}) == ["leg:2"]


def test_a_leg_without_an_end_is_named(world: World) -> None:
    """The rows themselves are looked at, not only the log."""
    house = world.harbor
    house.waiting(1)
    with house.open():
        Leg.objects.update(state="on_hold", hold_reason="other", held_at=timezone.now())
    told, _refs = replay.check(storm.reader(), storm.key_of(house.hospital.pk), callers=1)
    assert len(told.faults) == 1
