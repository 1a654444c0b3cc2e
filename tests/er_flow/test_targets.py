"""Named sets of targets, who is delayed by them, and how the clock tells (R4.20–R4.22)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.core import schedule
from clinic.core.access import SYSTEM
from clinic.core.errors import DomainError
from clinic.live import outbox
from clinic.tenants.models import HospitalConfig
from clinic.tenants.models.emergency import five_targets
from er_flow import clock, targets, tasks
from er_flow.models import EmergencyVisit
from er_flow.operations import beds, delays, moves, times, triage
from tests.er_flow.ward import Ward, emergency, fresh, policies, sheet
from tests.ledger import recorded
from tests.world import House, World

pytestmark = pytest.mark.django_db
NOON = "2026-11-20T12:00:00Z"
T = datetime.fromisoformat(NOON)


def after(minutes: float, seconds: float = 0) -> datetime:
    return T + timedelta(minutes=minutes, seconds=seconds)


def crossed(moment: datetime) -> list[int]:
    """The clock ticks at this moment, in all hospitals; the numbers of whom it told of, in the open one."""
    with time_machine.travel(moment, tick=False):
        tasks.cross()
    found = EmergencyVisit.objects.filter(crossed_at=moment).order_by("number")
    return list(found.values_list("number", flat=True))


@pytest.mark.rule("4.20")
def test_the_sets_are_those_of_their_sources_and_a_hospital_has_its_own() -> None:
    policy = HospitalConfig()
    assert targets.of(policy).minutes == {1: 0, 2: 10, 3: 30, 4: 60, 5: 120}
    assert targets.of(policy).met_by == {1: 100, 2: 80, 3: 75, 4: 70, 5: 70}
    policy.er_targets = HospitalConfig.CTAS
    assert targets.of(policy).minutes == {1: 0, 2: 15, 3: 30, 4: 60, 5: 120}
    assert targets.of(policy).met_by == {1: 98, 2: 95, 3: 90, 4: 85, 5: 80}
    policy.er_targets, policy.er_own_targets, policy.version = HospitalConfig.OWN, [5, 5, 20, 90, 90], 7
    assert (targets.of(policy).minutes, targets.of(policy).version) == ({1: 5, 2: 5, 3: 20, 4: 90, 5: 90}, "own-7")
    assert targets.limit(1, policy) == timedelta(minutes=5)
    for wrong in ([1, 2, 3, 4], [0, 10, 5, 60, 120], [0, 1, 2, 3, 2000], [0, 1, 2, 3, True], "no"):
        with pytest.raises(ValidationError):
            five_targets(wrong)


@pytest.mark.rule("4.22")
def test_reassessment_is_due_by_level() -> None:
    due = {level: targets.reassess_at(level, T, HospitalConfig()) for level in range(1, 6)}
    assert due == {1: None, 2: after(15), 3: after(30), 4: after(60), 5: after(120)}


def crowd(house: House) -> Ward:
    """Seven who came at noon, in the order of their numbers: of levels 1 to 5 (to 5), untriaged (6), seen (7)."""
    with time_machine.travel(T, tick=False):
        ward = emergency(house)
        for level in range(1, 6):
            ward.triaged(level)
        ward.arrived()
        moves.see(ward.triaged(2), actor=ward.medic)
    return ward


@pytest.mark.rule("4.21")
@pytest.mark.parametrize("where", ["harbor", "hilltop"])
def test_the_clock_tells_who_has_passed_a_target_strictly_and_once(world: World, where: str) -> None:
    house: House = getattr(world, where)
    with house.open():
        crowd(house)
    limits = {1: 2, 2: 10, 3: 30, 4: 60, 5: 120, 6: 10}
    with recorded(house) as told:
        for minute in sorted(set(limits.values())):
            assert crossed(after(minute)) == []
            assert crossed(after(minute, 1)) == [number for number, limit in limits.items() if limit == minute]
            assert crossed(after(minute, 3)) == []
    assert told.names == ["er_visit.delayed"] * 6
    assert {event.actor["kind"] for event in told.events} == {"system"}


@pytest.mark.rule("4.21")
def test_the_clock_looks_often_enough_to_tell_within_five_seconds() -> None:
    """Half of the five at most: a tick that was missed leaves time for the next."""
    assert schedule.ENTRIES["er.cross"]["task"] == tasks.cross.name
    assert schedule.ENTRIES["er.cross"]["schedule"] <= 2.5


@pytest.mark.rule("4.21")
def test_a_tick_asks_one_thing_where_nobody_waits_and_two_where_nobody_is_late(world: World) -> None:
    with world.harbor.open():
        with CaptureQueriesContext(connection) as asked:
            assert clock.cross() == 0
        assert len(asked) == 1
        ward = emergency(world.harbor)
        for _ in range(4):
            ward.triaged(3)
        with CaptureQueriesContext(connection) as asked:
            assert clock.cross() == 0
        assert len(asked) == 2
        with CaptureQueriesContext(connection) as asked:
            assert clock.end_blocks() == 0
        assert len(asked) == 1


@pytest.mark.rule("4.21")
def test_departed_and_seen_people_are_never_delayed(world: World) -> None:
    with world.harbor.open(), time_machine.travel(T, tick=False) as travel:
        ward = emergency(world.harbor)
        left, seen, here = ward.triaged(2), ward.triaged(2), ward.triaged(2)
        stale = fresh(left)
        moves.depart(left, "lwbs", actor=ward.nurse)
        moves.see(seen, actor=ward.medic)
        travel.shift(timedelta(minutes=30))
        # Seen in the very moment in which the clock had read the row: it looks again under the lock.
        assert delays.cross(stale, actor=SYSTEM) is delays.cross(seen, actor=SYSTEM) is False
        assert clock.cross() == 1
        with pytest.raises(DomainError):
            delays.explain(left, "x", actor=ward.nurse)
        delays.explain(here, "no free room", actor=ward.nurse)
        assert fresh(here).delay_reason == "no free room"


@pytest.mark.rule("4.21")
def test_triage_and_a_raised_level_have_a_target_of_their_own(world: World) -> None:
    with world.harbor.open():
        with time_machine.travel(T, tick=False):
            ward = emergency(world.harbor)
            visit = ward.arrived()
        assert crossed(after(11)) == [1]
        with time_machine.travel(after(12), tick=False):
            triage.assess(visit, sheet(4), 4, actor=ward.nurse)
            assert fresh(visit).crossed_at is None
        assert crossed(after(59)) == []
        with time_machine.travel(after(40), tick=False):
            triage.reassess(visit, sheet(2), level=2, what_changed="x", what_was_done="y", actor=ward.nurse)
        assert crossed(after(40, 2)) == [1]
        with time_machine.travel(after(45), tick=False):  # they came later than was thought
            times.set_time(visit, "arrived_at", after(0), reason="paper", actor=ward.nurse)
            assert fresh(visit).crossed_at is not None


def changed(house: House, **fields: Any) -> None:
    """Other policies, and what follows."""
    policies(house, **fields)
    outbox.run(house.hospital.pk)


@pytest.mark.rule("4.21")
@pytest.mark.parametrize(
    ("fields", "late"),
    [
        ({}, [1, 2, 6]), ({"er_targets": "ctas"}, [1, 6]), ({"door_to_triage": 15}, [1, 2]),
        ({"level1_grace": 12}, [2, 6]), ({"er_targets": "own", "er_own_targets": [0, 4, 11, 11, 20]}, [1, 2, 3, 4, 6]),
    ],
)  # fmt: skip
def test_a_policy_moves_the_target_of_who_waits_both_ways(
    world: World, fields: dict[str, Any], late: list[int]
) -> None:  # fmt: skip
    with world.harbor.open():
        crowd(world.harbor)
        assert crossed(after(11, 30)) == [1, 2, 6]
        with time_machine.travel(after(11, 40), tick=False):
            changed(world.harbor, **fields)
            clock.cross()
            delayed = EmergencyVisit.objects.exclude(crossed_at=None).order_by("number")
            assert list(delayed.values_list("number", flat=True)) == late
        if fields.get("door_to_triage"):
            assert crossed(after(15, 1)) == [6]


@pytest.mark.rule("4.21")
def test_a_wait_counts_since_the_arrival_or_in_the_present_state(world: World) -> None:
    def run(house: House, er_clock: str) -> list[int]:
        with house.open():
            policies(house, er_clock=er_clock)
            with time_machine.travel(T, tick=False) as travel:
                ward = emergency(house)
                visit = ward.triaged(3)
                travel.shift(timedelta(minutes=25))
                beds.assign(visit, ward.beds["A1"], actor=ward.nurse)
            return [minute for minute in (29, 31, 54, 56) if crossed(after(minute))]

    assert run(world.harbor, "arrival") == [31]
    assert run(world.hilltop, "status") == [56]


@pytest.mark.rule("4.21")
def test_in_the_present_state_a_new_state_is_a_new_wait(world: World) -> None:
    with world.harbor.open():
        policies(world.harbor, er_clock="status")
        with time_machine.travel(T, tick=False):
            ward = emergency(world.harbor)
            visit = ward.triaged(3)
        assert crossed(after(31)) == [1]
        with time_machine.travel(after(32), tick=False):
            beds.assign(visit, ward.beds["A1"], actor=ward.nurse)
            assert fresh(visit).crossed_at is None
        assert crossed(after(61)) == []
        assert crossed(after(63)) == [1]
