"""Undo and the doctor's status: R3.16, R3.19, R3.21."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from clinic.core.errors import Forbidden, Invalid, NotAllowed, NotFound
from clinic.directory import operations as directory
from clinic.directory.models import Doctor
from clinic.live.record import done
from clinic.records.operations import correct
from clinic.tenants.models import HospitalConfig
from clinic.tenants.operations import change_policies
from queues.models import CALLED, CANCELLED, IN_PROGRESS, WAITING, Leg, Visit
from queues.operations import calls, ends, intake, undo, walk_in
from tests.ledger import recorded, rows
from tests.world import House, World

pytestmark = pytest.mark.django_db
NOON = "2026-11-20T12:00:00Z"


def state(visit: Visit) -> str:
    return calls.leg_now(visit).state


def last() -> int:
    seq = done().seq
    assert seq is not None
    return seq


def refusal(house: House, seq: int, role: str = "receptionist") -> str:
    with recorded(house) as told, pytest.raises((NotAllowed, Forbidden, NotFound)) as refused:
        undo.undo(seq, actor=house.actor(role))
    assert told.events == []
    return str(refused.value.code)


@pytest.mark.rule("3.19")
def test_complete_and_call_is_undone_as_one(world: World) -> None:
    house = world.harbor
    first, second = house.waiting(2)
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
        calls.start(first, actor=house.medic)
        before = {ref: row for ref, row in rows().items() if ref.startswith(("visit:", "leg:"))}
        ends.complete_and_call(first, actor=house.medic)
    with recorded(house) as told:
        assert undo.undo(last(), actor=house.medic) == ["visit.called", "visit.completed"]
        assert (state(first), state(second)) == (IN_PROGRESS, WAITING)
    assert told.names == ["visit.undone"]
    after = {ref: row for ref, row in rows().items() if ref.startswith(("visit:", "leg:"))}
    for ref, row in before.items():
        assert after[ref] | {"version": 0} == row | {"version": 0}


@pytest.mark.rule("3.19")
def test_either_event_of_the_act_undoes_the_whole_act(world: World) -> None:
    house = world.harbor
    first, second = house.waiting(2)
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
        ends.complete_and_call(first, actor=house.medic)
        undo.undo(last() - 1, actor=house.medic)
        assert (state(first), state(second)) == (CALLED, WAITING)


@pytest.mark.rule("3.19")
@pytest.mark.parametrize(("seconds", "allowed"), [(0, True), (59, True), (60, True), (61, False), (86400, False)])
def test_only_for_a_while(world: World, seconds: int, allowed: bool) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open(), time_machine.travel(NOON, tick=False) as clock:
        calls.call_next(house.doctor, actor=house.medic)
        seq = last()
        clock.shift(timedelta(seconds=seconds))
        if allowed:
            undo.undo(seq, actor=house.medic)
        else:
            assert refusal(house, seq) == "undo.too_late"
        assert state(visit) == (WAITING if allowed else CALLED)


@pytest.mark.rule("3.19")
def test_how_long_is_the_hospitals_policy(world: World) -> None:
    house = world.harbor
    house.waiting(1)
    with house.open(), time_machine.travel(NOON, tick=False) as clock:
        change_policies(HospitalConfig.objects.get(), undo_seconds=5, actor=house.actor("owner"))
        calls.call_next(house.doctor, actor=house.medic)
        seq = last()
        clock.shift(timedelta(seconds=6))
        assert refusal(house, seq) == "undo.too_late"


@pytest.mark.rule("3.19")
def test_not_when_something_touched_the_visit_or_the_server_since(world: World) -> None:
    house = world.harbor
    visit = house.waiting(2)[0]
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
        called = last()
        calls.start(visit, actor=house.medic)
        assert refusal(house, called) == "undo.touched"
        directory.set_status(house.doctor, Doctor.RUNNING_LATE, actor=house.medic)
        status = last()
        assert refusal(house, called) == "undo.touched"
        undo.undo(status, actor=house.medic)
        assert refusal(house, called) == "undo.touched", "an undo touches as well"


@pytest.mark.rule("3.19")
def test_not_twice_and_not_the_undo_itself(world: World) -> None:
    house = world.harbor
    house.waiting(1)
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
        seq = last()
        undo.undo(seq, actor=house.medic)
        assert refusal(house, seq) == "undo.touched"
        assert refusal(house, last()) == "undo.nothing"


@pytest.mark.rule("3.19")
def test_what_others_did_is_undone_by_the_desk_only(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        calls.call_next(house.doctor, actor=house.desk)
        seq = last()
        assert refusal(house, seq, "doctor") == "undo.not_yours"
        undo.undo(seq, actor=house.actor("manager"))
        assert state(visit) == WAITING


@pytest.mark.rule("3.19")
def test_what_cannot_be_taken_back_says_so(world: World) -> None:
    house = world.harbor
    patient = house.patient()
    with house.open():
        correct(patient, given_name="Other", actor=house.desk)
        assert refusal(house, last()) == "undo.nothing"
    assert refusal(house, 99) == "access.not_here"
    with world.hilltop.open():
        correct(world.hilltop.patient(), given_name="Other", actor=world.hilltop.desk)
    with house.open():
        house.waiting(1)
    assert refusal(world.hilltop, 2) == "access.not_here", "a seq is counted by each hospital for itself"


@pytest.mark.rule("3.19")
def test_an_undone_arrival_is_a_cancelled_visit_and_the_person_stays_known(world: World) -> None:
    house = world.harbor
    with recorded(house) as told:
        visit = walk_in.take_in(house.own, {"family_name": "Nova", "phone": "555 0199"}, actor=house.desk).visit
        undo.undo(last(), actor=house.desk)
        assert state(visit) == CANCELLED
        visit.patient.refresh_from_db()
    assert told.names == ["patient.registered", "visit.arrived", "visit.arrival_undone"]


@pytest.mark.rule("3.19")
def test_an_undone_skip_brings_everybody_back_to_their_place(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NOON, tick=False):  # all of one moment, so that some are renumbered
        house.waiting(5)
        with house.open():
            leg = calls.call_next(house.doctor, actor=house.medic)
            assert leg is not None
            order = list(Leg.objects.waiting().in_order().values_list("pk", flat=True))
            calls.skip(leg.visit, actor=house.medic)
            assert list(Leg.objects.waiting().in_order().values_list("pk", flat=True)) != order
            undo.undo(last(), actor=house.medic)
            assert list(Leg.objects.waiting().in_order().values_list("pk", flat=True)) == order
            assert state(leg.visit) == CALLED


@pytest.mark.rule("3.16")
def test_pressing_complete_and_call_twice_calls_one(world: World) -> None:
    house = world.harbor
    first, second, third = house.waiting(3)
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
        ends.complete_and_call(first, actor=house.medic)
        before = last()
        ends.complete_and_call(first, actor=house.medic)
        assert (state(second), state(third)) == (CALLED, WAITING)
        assert done().seq is None
        assert before is not None


@pytest.mark.rule("3.16")
def test_completing_the_last_one_calls_nobody_and_is_no_error(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
        closed, called = ends.complete_and_call(visit, actor=house.medic)
    assert (closed.state, called) == ("completed", None)
    assert closed.start_derived
    assert closed.started_at == closed.called_at, "whoever was never started is taken to have started at the call"


@pytest.mark.rule("3.21")
@pytest.mark.parametrize("status", [Doctor.ON_BREAK, Doctor.OFF_DUTY])
def test_a_doctor_who_is_away_calls_nobody_without_resuming(world: World, status: str) -> None:
    house = world.harbor
    house.waiting(1)
    with house.open():
        directory.set_status(house.doctor, status, actor=house.medic)
        with pytest.raises(NotAllowed) as refused:
            calls.call_next(house.doctor, actor=house.medic)
        assert (refused.value.code, refused.value.details["status"]) == ("doctor.paused", status)
    with recorded(house) as told:
        calls.call_next(house.doctor, resume=True, actor=house.medic)
    assert told.names == ["doctor.status_changed", "visit.called"]
    assert house.doctor.status == Doctor.ON_TIME
    with house.open():
        undo.undo(last(), actor=house.medic)
        house.doctor.refresh_from_db()
        assert house.doctor.status == status, "resume and call are undone as one"


@pytest.mark.rule("3.21")
def test_running_late_adds_ten_minutes_or_those_stated(world: World) -> None:
    house = world.harbor
    until = timezone.now() + timedelta(minutes=15)
    with house.open():
        assert directory.set_status(house.doctor, Doctor.RUNNING_LATE, actor=house.medic).late_minutes == 10
        assert (
            directory.set_status(house.doctor, Doctor.RUNNING_LATE, late_minutes=25, actor=house.medic).late_minutes
            == 25
        )
        on_break = directory.set_status(house.doctor, Doctor.ON_BREAK, until=until, actor=house.medic)
        assert (on_break.late_minutes, on_break.status_until) == (0, until)
        assert directory.set_status(house.doctor, Doctor.ON_TIME, until=until, actor=house.medic).status_until is None
        house.waiting(1)
        assert calls.call_next(house.doctor, actor=house.medic) is not None, "late is not away"


@pytest.mark.rule("3.21")
def test_ones_own_status_is_ones_own_and_the_desks(world: World) -> None:
    house = world.harbor
    with recorded(house) as told:
        with pytest.raises(Forbidden):
            directory.set_status(house.colleague, Doctor.ON_BREAK, actor=house.medic)
        with pytest.raises(Forbidden):
            directory.set_status(house.doctor, Doctor.ON_BREAK, actor=house.actor("nurse"))
        with pytest.raises(Invalid):
            directory.set_status(house.doctor, "asleep", actor=house.medic)
    assert told.events == []
    with house.open():
        directory.set_status(house.colleague, Doctor.ON_BREAK, actor=house.desk)


@pytest.mark.rule("3.12")
def test_never_called_is_never_a_no_show(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open(), pytest.raises(NotAllowed) as refused:
        ends.no_show(visit, actor=house.medic)
    assert refused.value.code == "visit.wrong_state"


@pytest.mark.rule("3.12")
@pytest.mark.parametrize(("policy", "value"), [("min_calls", 3), ("call_gap", 90), ("call_total", 300)])
def test_the_rule_of_calls_is_the_hospitals_policy(world: World, policy: str, value: int) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open(), time_machine.travel(NOON, tick=False) as clock:
        change_policies(HospitalConfig.objects.get(), actor=house.actor("owner"), **{policy: value})
        calls.call_next(house.doctor, actor=house.medic)
        clock.shift(timedelta(seconds=60))
        calls.recall(visit, actor=house.medic)
        clock.shift(timedelta(seconds=60))
        with pytest.raises(NotAllowed) as refused:
            ends.no_show(visit, actor=house.medic)
        assert refused.value.code == "visit.calls_needed"


@pytest.mark.rule("3.11")
def test_recall_is_a_counter_and_a_double_press_is_one(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open(), time_machine.travel(NOON, tick=False) as clock:
        calls.call_next(house.doctor, actor=house.medic)
        counted = []
        for seconds in (1, 5, 1, 60):
            clock.shift(timedelta(seconds=seconds))
            leg = calls.recall(visit, actor=house.medic)
            counted.append((leg.state, leg.calls, leg.spaced_calls))
    assert counted == [(CALLED, 1, 1), (CALLED, 2, 1), (CALLED, 2, 1), (CALLED, 3, 2)]


def test_whoever_is_taken_in_again_after_an_undo_waits(world: World) -> None:
    house = world.harbor
    with house.open():
        patient = house.patient()
        intake.arrive(house.own, patient, actor=house.desk)
        undo.undo(last(), actor=house.desk)
        assert state(intake.arrive(house.own, patient, actor=house.desk).visit) == WAITING
