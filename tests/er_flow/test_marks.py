"""Time marks: at the moment of the act, earlier with a reason, or corrected later (R4.2, R4.43)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from clinic.core.errors import DomainError
from clinic.live.record import done
from er_flow.models import EmergencyVisit
from er_flow.operations import arrivals, beds, moves, times, triage
from er_flow.operations.arrivals import Arriving
from tests.er_flow.ward import ADULT, Ward, emergency, fresh, sheet, whole
from tests.ledger import recorded
from tests.world import World

pytestmark = pytest.mark.django_db
NOON = "2026-11-20T12:00:00Z"
T = datetime.fromisoformat(NOON)


def at(minutes: int) -> datetime:
    """So many minutes after noon."""
    return T + timedelta(minutes=minutes)


def code(act: Callable[[], Any]) -> str:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value.code


def course(ward: Ward, clock: Any) -> EmergencyVisit:
    """Arrived at noon, triaged at 5, in a bed at 10, seen at 20, decided at 60, and still here."""
    visit = ward.arrived()
    steps: list[tuple[int, Callable[[], Any]]] = [
        (5, lambda: triage.assess(visit, sheet(3), 3, actor=ward.nurse)),
        (10, lambda: beds.assign(visit, ward.beds["A1"], actor=ward.nurse)),
        (20, lambda: moves.see(visit, actor=ward.medic)),
        (60, lambda: moves.decide(visit, "admit", actor=ward.medic)),
    ]
    for minute, act in steps:
        clock.move_to(at(minute))
        act()
    return fresh(visit)


@pytest.mark.rule("4.2")
def test_acts_are_back_timed_with_a_reason_and_never_into_what_was_before(world: World) -> None:
    with world.harbor.open(), time_machine.travel(NOON, tick=False) as clock:
        ward = emergency(world.harbor)
        other, visit = ward.bedded("A3"), ward.arrived(arrived_at=None)
        clock.move_to(at(30))
        moves.depart(other, "lwbs", actor=ward.nurse)
        beds.clean(ward.beds["A3"], actor=ward.nurse)
        clock.move_to(at(60))
        nurse, bed = ward.nurse, ward.beds["A3"]
        assert code(lambda: beds.assign(visit, bed, at=at(61), reason="x", actor=nurse)) == "er.in_the_future"
        assert code(lambda: beds.assign(visit, bed, at=at(40), actor=nurse)) == "er.why_then"
        assert code(lambda: beds.assign(visit, bed, at=at(29), reason="x", actor=nurse)) == "er.before_the_last"
        triage.assess(visit, sheet(4), 4, at=at(35), reason="busy", actor=nurse)
        assert code(lambda: beds.assign(visit, bed, at=at(34), reason="x", actor=nurse)) == "er.before_the_last"
        beds.assign(visit, bed, at=at(40), reason="busy", actor=nurse)
        moves.see(visit, at=at(45), reason="busy", actor=ward.medic)
        assert code(lambda: moves.see(other, actor=ward.medic)) == "er.wrong_state"
        moves.decide(visit, "discharge", at=at(50), reason="busy", actor=ward.medic)
        beds.assign(visit, ward.beds["A1"], at=at(52), reason="busy", actor=nurse)
        out = moves.depart
        assert code(lambda: out(visit, "discharged", at=at(51), reason="x", actor=ward.medic)) == "er.before_the_last"
        out(visit, "discharged", at=at(55), reason="busy", actor=ward.medic)
        assert whole(visit) == ["arrived", "triaged", "bedded", "in_treatment", "disposition", "discharged"]
        now = fresh(visit)
        marks = [now.arrived_at, now.triaged_at, now.bedded_at, now.seen_at, now.decided_at, now.departed_at]
        assert marks == [at(minute) for minute in (0, 35, 40, 45, 50, 55)]


@pytest.mark.rule("4.2")
def test_the_minute_in_which_something_happened_is_not_before_it(world: World) -> None:
    with world.harbor.open(), time_machine.travel(T + timedelta(seconds=30), tick=False) as clock:
        ward = emergency(world.harbor)
        visit = ward.arrived()
        clock.move_to(at(5))
        triage.assess(visit, sheet(3), 3, at=T, reason="at the door", actor=ward.nurse)
        assert fresh(visit).triaged_at == fresh(visit).arrived_at == T + timedelta(seconds=30)
        whole(visit)


@pytest.mark.rule("4.2")
def test_marks_are_corrected_with_their_stage_and_stay_and_in_their_order(world: World) -> None:
    with world.harbor.open(), time_machine.travel(NOON, tick=False) as clock:
        ward = emergency(world.harbor)
        visit = course(ward, clock)
        clock.move_to(at(90))
    right = {
        "arrived_at": -3, "triage_started_at": 2, "triaged_at": 4, "bedded_at": 8, "seen_at": 25, "decided_at": 50,
        "admit_at": 55,
    }  # fmt: skip
    wrong = {
        "arrived_at": (3, -60 * 24 * 8), "triage_started_at": (5, -4), "triaged_at": (1, 11), "bedded_at": (-4, 26),
        "seen_at": (7, 51), "decided_at": (24, 91), "admit_at": (24, 91),
    }  # fmt: skip

    def set_to(mark: str, minute: int) -> EmergencyVisit:
        return times.set_time(visit, mark, at(minute), reason="the paper says so", actor=ward.nurse)

    with recorded(world.harbor) as told, time_machine.travel(at(90), tick=False):
        for mark, minute in right.items():
            set_to(mark, minute)
            assert getattr(fresh(visit), mark) == at(minute)
            whole(visit)
            set_to(mark, minute)
            assert done().seq is None
        for mark, minutes in wrong.items():
            for minute in minutes:
                assert (mark, minute, code(lambda: set_to(mark, minute))) == (mark, minute, "er.out_of_order")  # noqa: B023
        assert code(lambda: set_to("registered_at", 1)) == "er.bad_mark"
        assert code(lambda: set_to("departed_at", 1)) == "er.not_yet"
        assert code(lambda: times.set_time(visit, "seen_at", at(21), reason=" ", actor=ward.nurse)) == "er.why_then"
    assert set(told.names) == {"er_visit.time_corrected"}


@pytest.mark.rule("4.2")
def test_a_departure_is_corrected_with_the_stay_but_not_into_somebody_elses(world: World) -> None:
    with world.harbor.open(), time_machine.travel(NOON, tick=False) as clock:
        ward = emergency(world.harbor)
        visit = course(ward, clock)
        clock.move_to(at(100))
        moves.depart(visit, "expired", actor=ward.medic)
        beds.clean(ward.beds["A1"], actor=ward.nurse)
        clock.move_to(at(120))
        beds.assign(ward.arrived(), ward.beds["A1"], actor=ward.nurse)
        clock.move_to(at(130))
        times.set_time(visit, "departed_at", at(110), reason="paper", actor=ward.nurse)
        assert fresh(visit).departed_at == visit.stays.get().ended_at == at(110)
        whole(visit)
        for minute in (59, 121, 131):
            assert code(
                lambda: times.set_time(visit, "departed_at", at(minute), reason="paper", actor=ward.nurse)  # noqa: B023
            ) == "er.out_of_order"  # fmt: skip


@pytest.mark.rule("4.2")
def test_reentry_keeps_both_periods(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit = ward.bedded("A1")
        beds.leave_bed(visit, actor=ward.nurse)
        beds.assign(visit, ward.beds["A3"], actor=ward.nurse)
        first = visit.bedded_at
        moves.see(visit, actor=ward.medic)
        moves.decide(visit, "transfer", actor=ward.medic)
        moves.withdraw(visit, reason="better", actor=ward.medic)
        assert whole(visit) == [
            "arrived", "triaged", "bedded", "triaged", "bedded", "in_treatment", "disposition", "in_treatment"
        ]  # fmt: skip
        now = fresh(visit)
        assert (now.bedded_at, now.disposition, now.decided_at) == (first, "", None)
        assert now.stays.count() == 2


@pytest.mark.rule("4.43")
def test_a_downtime_sheet_is_entered_with_its_times_and_marked(world: World) -> None:
    with world.harbor.open():
        ward, now = emergency(world.harbor), timezone.now()
        early = now - timedelta(hours=3)
        who = Arriving("Fall", age=ADULT, arrived_at=early)
        assert code(lambda: arrivals.arrive(ward.department, who, actor=ward.nurse)) == "er.why_then"
    with recorded(world.harbor) as told:
        visit = arrivals.arrive(ward.department, who, entered_later=True, actor=ward.nurse)
        triage.assess(visit, sheet(3), 3, at=early + timedelta(minutes=4), reason="downtime", actor=ward.nurse)
    assert told.names == ["er_visit.arrived", "er_visit.triaged"]
    with world.harbor.open():
        row = fresh(visit)
        assert (row.arrived_at, row.triaged_at) == (early, early + timedelta(minutes=4))
        assert row.entered_later
        assert row.registered_at >= now
        assert whole(visit) == ["arrived", "triaged"]
        ancient = Arriving("Fall", age=ADULT, arrived_at=now - timedelta(days=8))
        assert code(
            lambda: arrivals.arrive(ward.department, ancient, entered_later=True, actor=ward.nurse)
        ) == "er.before_the_last"  # fmt: skip


@pytest.mark.rule("4.2")
@pytest.mark.parametrize("marked", ["triage_started_at", "triaged_at"])
def test_nobody_is_seen_or_gone_before_the_triage_that_was(world: World, marked: str) -> None:
    """In a bed the care stage began before the triage did: the mark counts, and not only the stage."""
    with world.harbor.open(), time_machine.travel(NOON, tick=False) as clock:
        ward = emergency(world.harbor)
        visit = ward.arrived()
        clock.move_to(at(5))
        beds.assign(visit, ward.beds["A1"], actor=ward.nurse)
        clock.move_to(at(15))
        if marked == "triaged_at":
            triage.assess(visit, sheet(3), 3, actor=ward.nurse)
        else:
            triage.start(visit, actor=ward.nurse)
        clock.move_to(at(30))
        assert getattr(fresh(visit), marked) == at(15)
        early: dict[str, Any] = {"at": at(10), "reason": "was busy"}
        assert code(lambda: moves.see(visit, actor=ward.medic, **early)) == "er.before_the_last"
        assert code(lambda: moves.depart(visit, "lwbs", actor=ward.nurse, **early)) == "er.before_the_last"
        gone = moves.depart(visit, "lwbs", at=at(20), reason="was busy", actor=ward.nurse)
        assert gone.departed_at == at(20)
        times.set_time(gone, "departed_at", at(25), reason="asked at the door", actor=ward.nurse)
        whole(gone)


@pytest.mark.rule("4.2")
def test_nobody_is_gone_before_they_were_out_of_bed(world: World) -> None:
    with world.harbor.open(), time_machine.travel(NOON, tick=False) as clock:
        ward = emergency(world.harbor)
        visit = ward.seen("A1")
        clock.move_to(at(30))
        beds.leave_bed(visit, actor=ward.nurse)
        clock.move_to(at(40))
        gone: dict[str, Any] = {"end": "eloped", "reason": "looked for too late", "actor": ward.nurse}
        assert code(lambda: moves.depart(visit, at=at(20), **gone)) == "er.before_the_last"
        assert fresh(visit).is_open
        moves.depart(visit, at=at(35), **gone)
        assert whole(visit)[-1] == "eloped"
