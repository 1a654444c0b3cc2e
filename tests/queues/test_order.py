"""Who stands where, and what is told when somebody does not stand where they arrived: R3.3, R3.4, R3.6, R3.10."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.core.errors import Forbidden, NotAllowed
from clinic.tenants.models import HospitalConfig
from clinic.tenants.operations import change_policies
from queues.models import CARRIED_OVER, HEAD_START, NORMAL, URGENT, VIP, Leg, Queue, Visit
from queues.operations import calls, intake, order
from tests.ledger import recorded
from tests.world import House, World

pytestmark = pytest.mark.django_db
NINE = "2026-11-20T09:00:00Z"


def line(queue: Queue) -> list[str]:
    return list(Leg.objects.filter(queue=queue).waiting().in_order().values_list("visit__token", flat=True))


def arrivals(house: House, *classes: str, minutes: int = 5) -> list[Visit]:
    """One after the other, so many minutes apart."""
    found = []
    with time_machine.travel(NINE, tick=False) as clock:
        for klass in classes:
            found += house.waiting(1, klass=klass)
            clock.shift(timedelta(minutes=minutes))
    return found


@pytest.mark.rule("3.3")
def test_urgent_before_vip_before_normal_and_first_come_within(world: World) -> None:
    house = world.harbor
    arrivals(house, NORMAL, VIP, URGENT, NORMAL, URGENT, VIP)
    with house.open():
        assert line(house.own) == ["A-003", "A-005", "A-002", "A-006", "A-001", "A-004"]


@pytest.mark.rule("3.3")
def test_people_of_the_same_moment_stand_in_the_order_of_their_numbers(world: World) -> None:
    house = world.harbor
    arrivals(house, *[NORMAL] * 4, minutes=0)
    with house.open():
        assert line(house.own) == ["A-001", "A-002", "A-003", "A-004"]


@pytest.mark.rule("3.4")
@given(st.integers(0, 4 * 24 * 60), st.integers(0, 4 * 24 * 60))
@settings(max_examples=200, deadline=None)
def test_no_wait_of_days_lifts_a_class_above_the_one_before_it(early: int, late: int) -> None:
    """R3.4 strict: the head starts are longer than anybody could wait."""
    start = datetime.fromisoformat(NINE)
    ranks = [URGENT, VIP, CARRIED_OVER, NORMAL]
    for higher, lower in pairwise(ranks):
        came_last = order.order_at(start + timedelta(minutes=late), higher, HospitalConfig())
        came_first = order.order_at(start - timedelta(minutes=early), lower, HospitalConfig())
        assert came_last < came_first
        assert HEAD_START[higher] > HEAD_START[lower]


@pytest.mark.rule("3.4")
@pytest.mark.parametrize(("places", "expected"), [(1, "BACDE"), (2, "BCADE"), (4, "BCDEA"), (9, "BCDEA")])
def test_a_skip_goes_back_by_the_policys_places(world: World, places: int, expected: str) -> None:
    house = world.harbor
    visits = arrivals(house, *[NORMAL] * 5)
    with house.open():
        change_policies(HospitalConfig.objects.get(), skip_places=places, actor=house.actor("owner"))
        names = {visit.token: letter for visit, letter in zip(visits, "ABCDE", strict=True)}
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        _leg, gone = calls.skip(leg.visit, actor=house.medic)
        assert gone == min(places, 4)
        assert "".join(names[token] for token in line(house.own)) == expected


@pytest.mark.rule("3.4")
def test_whoever_goes_back_stands_exactly_there_among_people_of_the_same_moment(world: World) -> None:
    house = world.harbor
    arrivals(house, *[NORMAL] * 5, minutes=0)
    with recorded(house) as told:
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        calls.skip(leg.visit, actor=house.medic)
        assert line(house.own) == ["A-002", "A-003", "A-004", "A-001", "A-005"]
    renumbered = [ref for ref in told.events[-1].changes if ref.startswith("leg:")]
    assert len(renumbered) == 2, "the one who went back, and the one behind with the same time"


@pytest.mark.rule("3.4")
def test_a_newcomer_stands_behind_whoever_was_put_back(world: World) -> None:
    house = world.harbor
    arrivals(house, *[NORMAL] * 2)
    with house.open(), time_machine.travel("2026-11-20T10:00:00Z", tick=False) as clock:
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        calls.skip(leg.visit, actor=house.medic)
        clock.shift(timedelta(minutes=1))
        intake.arrive(house.own, house.patient(), actor=house.desk)
        assert line(house.own) == ["A-002", "A-001", "A-003"]


@pytest.mark.rule("3.11")
def test_alone_in_the_line_a_skip_goes_nowhere_and_says_so(world: World) -> None:
    house = world.harbor
    house.waiting(1)
    with house.open():
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        assert calls.skip(leg.visit, actor=house.medic)[1] == 0
        assert line(house.own) == ["A-001"]


@pytest.mark.rule("3.11")
def test_no_more_skips_than_the_policy_allows(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        change_policies(HospitalConfig.objects.get(), skip_max=1, actor=house.actor("owner"))
        calls.call_next(house.doctor, actor=house.medic)
        calls.skip(visit, actor=house.medic)
        calls.call_next(house.doctor, actor=house.medic)
        with pytest.raises(NotAllowed) as refused:
            calls.skip(visit, actor=house.medic)
    assert (refused.value.code, refused.value.details["skips"]) == ("visit.skip_limit", 1)


@pytest.mark.rule("3.10")
def test_calling_a_chosen_patient_asks_for_a_reason(world: World) -> None:
    house = world.harbor
    _first, second = house.waiting(2)
    with recorded(house) as told:
        for reason in ("", "   "):
            with pytest.raises(NotAllowed) as refused:
                calls.call(second, house.doctor, reason=reason, actor=house.medic)
            assert refused.value.code == "visit.reason_needed"
        leg = calls.call(second, house.doctor, reason=" in pain ", actor=house.medic)
    assert leg.state == "called"
    assert [(event.name, event.reason) for event in told.events] == [("visit.called_out_of_order", "in pain")]


@pytest.mark.rule("3.10")
def test_a_doctor_chooses_from_the_own_line_and_the_pool_only(world: World) -> None:
    house = world.harbor
    with house.open():
        theirs = Queue.objects.get(doctor=house.colleague)
    visit = house.waiting(1, theirs)[0]
    pooled = house.waiting(1, house.pool)[0]
    with recorded(house):
        with pytest.raises(Forbidden):
            calls.call(visit, house.doctor, reason="x", actor=house.medic)
        calls.call(pooled, house.doctor, reason="x", actor=house.medic)
        calls.call(visit, house.colleague, reason="x", actor=house.desk)  # the desk may for anybody


@pytest.mark.rule("3.6")
def test_every_departure_from_the_order_of_arrival_is_in_the_log_with_its_cause(world: World) -> None:
    house = world.harbor
    people = [house.patient(f"P{n}") for n in range(3)]
    with recorded(house) as told:
        _urgent, second, _third = (
            intake.arrive(house.own, people[0], klass=URGENT, class_reason="39.2 °C", actor=house.desk).visit,
            intake.arrive(house.own, people[1], actor=house.desk).visit,
            intake.arrive(house.own, people[2], actor=house.desk).visit,
        )
        calls.call(second, house.doctor, reason="in pain", actor=house.medic)
        calls.skip(second, reason="at the toilet", actor=house.medic)
    jumps = {
        "visit.arrived": [pair for event in told.events for ref, fields in told.all_of(event).items()
                          if ref.startswith("visit:") and fields.get("klass", [0, NORMAL])[1] != NORMAL
                          for pair in (fields["klass"], fields["class_reason"])],
        "reasons": [(event.name, event.reason) for event in told.events if event.reason],
        "placed": [event.name for event in told.events for fields in told.all_of(event).values()
                   if fields.get("placed") == [False, True]],
    }  # fmt: skip
    assert jumps == {
        "visit.arrived": [[None, URGENT], [None, "39.2 °C"]],
        "reasons": [("visit.called_out_of_order", "in pain"), ("visit.skipped", "at the toilet")],
        "placed": ["visit.skipped"],
    }
    assert "39.2" not in str([event.changes for event in told.events]), "why somebody is urgent is personal"


@pytest.mark.rule("3.7")
def test_the_call_takes_the_head_of_whatever_order_there_is(world: World) -> None:
    house = world.harbor
    arrivals(house, NORMAL, VIP, URGENT, NORMAL)
    with house.open():
        change = house.doctor.__class__.objects.filter(pk=house.doctor.pk)
        change.update(parallel_rooms=4)
        house.doctor.refresh_from_db()
        expected = line(house.own)
        found = [calls.call_next(house.doctor, actor=house.medic) for _ in range(4)]
        assert [leg.visit.token for leg in found if leg] == expected


@pytest.mark.rule("3.8")
def test_a_doctor_of_two_rooms_has_two_lanes_and_no_third(world: World) -> None:
    house = world.harbor
    visits = house.waiting(4)
    with house.open():
        house.doctor.__class__.objects.filter(pk=house.doctor.pk).update(parallel_rooms=2)
        house.doctor.refresh_from_db()
        lanes = [calls.call_next(house.doctor, actor=house.medic) for _ in range(2)]
        assert [leg.lane for leg in lanes if leg] == [1, 2]
        with pytest.raises(NotAllowed) as refused:
            calls.call_next(house.doctor, actor=house.medic)
        assert refused.value.code == "doctor.busy"
        calls.skip(visits[0], actor=house.medic)
        third = calls.call_next(house.doctor, actor=house.medic)
        assert third is not None
        assert third.lane == 1, "the lowest lane that is free"
