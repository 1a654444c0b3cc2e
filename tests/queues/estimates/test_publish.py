"""What is shown of waits: stored, changed past five minutes only, live as after a reload (R3.21, R3.30, R3.31)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.core.access import SYSTEM
from clinic.core.tenancy import require_hospital_id
from clinic.directory import operations as directory
from clinic.directory.models import Doctor, VisitType
from clinic.live.models import Event
from clinic.live.record import change, operation, record
from queues import faces
from queues.estimates import follow, inputs, publish, shown
from queues.models import AWAY, Leg, LineEstimate, Promise, Queue, Visit
from queues.operations import calls, holds, lines, undo
from tests.ledger import recorded
from tests.live.helpers import assert_told
from tests.world import House, World

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-11-20T10:00:00+00:00")


@pytest.fixture
def at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def house(at: time_machine.Traveller, world: World) -> Iterator[House]:
    with world.harbor.open():
        yield world.harbor


@operation("hospital.manage")
def set_policy(house: House, *, actor: Any, **values: Any) -> None:
    from clinic.tenants.models import HospitalConfig

    row = HospitalConfig.objects.get()
    change(row, **values)
    record("hospital.policies_changed", row)


def minutes(moment: datetime) -> float:
    return (moment - datetime.now(moment.tzinfo)).total_seconds() / 60


def waits(queue: Queue) -> list[tuple[float, float]]:
    """What is shown of the line now, in order, as minutes from now."""
    told = shown.of([queue.pk])[queue.pk].waits
    legs = Leg.objects.waiting().filter(queue=queue).in_order()
    return [(minutes(told[leg.pk][0]), minutes(told[leg.pk][1])) for leg in legs if leg.pk in told]


def only(house: House) -> None:
    """The colleague is off duty: the doctor alone serves."""
    directory.set_status(house.colleague, Doctor.OFF_DUTY, actor=house.desk)


@pytest.mark.rule("3.30", "3.31")
def test_each_of_those_who_wait_is_told_when_in_steps_of_five_minutes(house: House) -> None:
    only(house)
    house.waiting(4)
    assert publish.refresh() == 3
    told = waits(house.own)
    assert all(value % 5 == 0 for pair in told for value in pair)
    assert all(p50 <= p90 for p50, p90 in told)
    middles = [p50 for p50, _p90 in told]
    assert middles == sorted(middles) and middles[0] <= 5
    assert 60 <= middles[3] <= 80  # three before, each 20 minutes and 5 between, as configured
    joining = shown.of([house.own.pk])[house.own.pk].joining
    assert joining is not None and 85 <= joining[0] <= 105 and joining[0] < joining[1]


@pytest.mark.rule("3.30")
def test_a_second_doctor_of_the_pool_shortens_the_wait(house: House) -> None:
    only(house)
    house.waiting(4, house.pool)
    publish.refresh()
    alone = waits(house.pool)
    directory.set_status(house.colleague, Doctor.ON_TIME, actor=house.desk)
    publish.refresh()
    assert waits(house.pool)[3][0] < alone[3][0] * 0.7


@pytest.mark.rule("3.30")
def test_the_own_line_and_the_pool_are_merged_as_they_will_be_called(house: House) -> None:
    only(house)
    first = house.waiting(1)[0]
    house.waiting(1, house.pool)
    last = house.waiting(1)[0]
    publish.refresh()
    told = shown.of([house.own.pk])[house.own.pk].waits
    own = {leg.visit_id: minutes(told[leg.pk][0]) for leg in Leg.objects.filter(queue=house.own)}
    assert waits(house.pool)[0][0] < own[last.pk]
    assert own[first.pk] <= waits(house.pool)[0][0]
    assert Promise.objects.get(leg_id=Leg.objects.get(visit=last).pk).ahead == 2
    assert Promise.objects.get(queue_id=house.pool.pk).servers == 1


@pytest.mark.rule("3.30")
def test_somebody_away_is_counted_where_they_come_back_and_is_told_no_wait(house: House) -> None:
    only(house)
    away, _second, _third = house.waiting(3)
    publish.refresh()
    before = waits(house.own)[2]
    holds.hold(away, reason=AWAY, minutes=10, actor=house.desk)
    publish.refresh()
    told = waits(house.own)
    assert len(told) == 2
    assert told[0][0] <= 5  # the second goes first now
    assert abs(told[1][0] - before[0]) <= 10  # the third has both of them before


@pytest.mark.rule("3.30")
def test_configured_minutes_and_the_time_between_count_until_measured(house: House) -> None:
    """Policies default_minutes and buffer_minutes; then the doctor's own; then the kind of visit."""
    only(house)
    house.waiting(3)
    publish.refresh()
    usual = waits(house.own)[2][0]
    set_policy(house, default_minutes=40, actor=house.actor("owner"))
    publish.refresh()
    longer = waits(house.own)[2][0]
    assert longer > usual + 25
    set_policy(house, buffer_minutes=30, actor=house.actor("owner"))
    publish.refresh()
    spaced = waits(house.own)[2][0]
    assert spaced > longer + 35
    doctor = Doctor.objects.get(pk=house.doctor.pk)
    directory.change_doctor(doctor, minutes=10, actor=house.actor("owner"))
    publish.refresh()
    assert waits(house.own)[2][0] < spaced - 40
    kind = VisitType.objects.create(name="Operation", minutes=90)
    Visit.objects.update(type=kind)
    publish.refresh()
    assert waits(house.own)[2][0] > 150


@pytest.mark.rule("3.21", "3.31")
def test_a_break_reads_paused_and_the_pool_only_when_nobody_serves_it(house: House) -> None:
    house.waiting(1)
    house.waiting(1, house.pool)
    publish.refresh()
    directory.set_status(house.doctor, Doctor.ON_BREAK, until=NOW + timedelta(minutes=30), actor=house.medic)
    publish.refresh()
    told = shown.of([house.own.pk, house.pool.pk])
    assert told[house.own.pk] == shown.Shown(True, None, {})
    assert not told[house.pool.pk].paused and told[house.pool.pk].waits
    only(house)
    publish.refresh()
    assert shown.of([house.pool.pk])[house.pool.pk] == shown.Shown(True, None, {})
    visit = Visit.objects.get(legs__queue=house.pool)
    doc = faces.visits([str(visit.pk)])[str(visit.pk)]
    assert (doc["wait"], doc["paused"]) == (None, True)
    directory.set_status(house.doctor, Doctor.ON_TIME, actor=house.medic)
    publish.refresh()
    assert [one.paused for one in shown.of([house.own.pk, house.pool.pk]).values()] == [False, False]


@pytest.mark.rule("3.21")
def test_running_late_adds_its_minutes(house: House, at: time_machine.Traveller) -> None:
    only(house)
    house.waiting(2)
    publish.refresh()
    before = waits(house.own)[1][0]
    directory.set_status(house.doctor, Doctor.RUNNING_LATE, late_minutes=45, actor=house.medic)
    publish.refresh()
    assert waits(house.own)[1][0] == pytest.approx(before + 45, abs=5)
    at.shift(timedelta(minutes=20))  # they pass like others: the moment told stays
    publish.refresh()
    assert waits(house.own)[1][0] == pytest.approx(before + 25, abs=5)


@pytest.mark.rule("3.31")
def test_what_is_shown_changes_only_past_five_minutes(house: House, at: time_machine.Traveller) -> None:
    only(house)
    house.waiting(3)
    publish.refresh()
    with recorded(house) as told:
        assert publish.refresh() == 0
        at.shift(timedelta(minutes=2))
        assert publish.refresh() == 0
    assert told.events == []
    at.shift(timedelta(minutes=6))  # nobody was called: everybody waits longer
    with recorded(house) as told:
        assert publish.refresh() >= 1
    assert set(told.names) == {"line.estimated"}
    assert Visit.objects.latest("arrived_at").ref in told.events[0].subjects


@pytest.mark.rule("3.31")
def test_an_older_draft_never_replaces_a_newer_one(house: House, at: time_machine.Traveller) -> None:
    house.waiting(2)
    old = publish.estimate(inputs.load())
    at.shift(timedelta(minutes=10))
    publish.refresh()
    before = list(LineEstimate.objects.order_by("pk").values())
    assert publish.publish(old, actor=SYSTEM) == []
    assert list(LineEstimate.objects.order_by("pk").values()) == before


@pytest.mark.rule("3.31")
def test_documents_read_the_stored_value_and_follow_its_event(house: House, at: time_machine.Traveller) -> None:
    visit = house.waiting(3)[2]
    topics = [f"queue:{house.own.pk}", f"visit:{visit.pk}"]
    assert_told(publish.refresh, *topics)
    doc = faces.visits([str(visit.pk)])[str(visit.pk)]
    assert doc["wait"]["low"] < doc["wait"]["high"] and doc["paused"] is False
    low = datetime.fromisoformat(doc["wait"]["low"]).astimezone(house.hospital.zone)
    assert doc["wait"]["text"].startswith(f"{low:%H:%M}–")
    line = faces.queues([str(house.own.pk)])[str(house.own.pk)]
    assert line["paused"] is False and line["joining"]["low"] <= line["joining"]["high"]
    at.shift(timedelta(minutes=3))
    assert faces.visits([str(visit.pk)])[str(visit.pk)] == doc
    directory.set_status(house.doctor, Doctor.OFF_DUTY, actor=house.medic)
    assert_told(publish.refresh, *topics)
    assert faces.queues([str(house.own.pk)])[str(house.own.pk)]["paused"] is True


@pytest.mark.rule("3.31")
def test_a_closed_line_offers_no_wait_to_whoever_would_join(house: House) -> None:
    publish.refresh()
    lines.set_open(house.own, False, actor=house.actor("owner"))
    publish.refresh()
    assert shown.of([house.own.pk])[house.own.pk].joining is None


@pytest.mark.rule("3.19")
def test_an_estimate_is_no_reason_against_an_undo(house: House) -> None:
    house.waiting(2)
    calls.call_next(house.doctor, actor=house.medic)
    seq = Event.objects.order_by("-seq")[0].seq
    publish.refresh()
    assert Event.objects.filter(seq__gt=seq, name="line.estimated").exists()
    undo.undo(seq, actor=house.medic)
    assert Leg.objects.waiting().count() == 2


def test_the_other_hospital_has_its_own(world: World) -> None:
    world.hilltop.waiting(3)
    with world.harbor.open():
        publish.refresh()
        assert Promise.objects.count() == 0
        assert shown.of([world.hilltop.own.pk])[world.hilltop.own.pk] == shown.Shown()


# --- following the log -----------------------------------------------------------------------------------------------


def test_a_burst_of_acts_is_one_estimate_and_none_is_lost(
    house: House, at: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    real = publish.refresh

    def refresh(which: Any = None) -> int:
        if require_hospital_id() == house.hospital.pk:
            asked.append(which)
        return real(which)

    monkeypatch.setattr(publish, "refresh", refresh)
    house.waiting(2)
    follow.follow()
    assert asked == [None]  # nothing is known yet: everything
    house.waiting(3)
    calls.call_next(house.doctor, actor=house.medic)
    at.shift(timedelta(seconds=1))
    follow.follow()
    assert len(asked) == 2 and house.own.pk in asked[1].queues and house.doctor.pk in asked[1].doctors
    follow.follow()
    assert len(asked) == 2  # only its own events since
    assert len(waits(house.own)) == 4
    at.shift(timedelta(minutes=1))
    follow.follow()
    assert asked[2:] == [None]  # time passed


def test_nobody_in_the_house_costs_no_estimate(house: House, at: time_machine.Traveller) -> None:
    follow.follow()
    at.shift(timedelta(minutes=1))
    with CaptureQueriesContext(connection) as seen:
        assert follow.follow() == 0
    assert len(seen) <= 5 * 2  # two hospitals


@pytest.mark.faults
def test_a_pass_that_fails_is_made_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> int:
        raise ZeroDivisionError

    house.waiting(1)
    with monkeypatch.context() as patch:
        patch.setattr(publish, "refresh", broken)
        assert follow.follow() == 0
    assert follow.follow() > 0
    assert waits(house.own)


def crowded(house: House) -> None:
    """15 lines and 300 people, each line with a week of services behind it."""
    people = [house.patient(f"C{n}") for n in range(30)]
    department = house.department
    queues = list(Queue.objects.order_by("pk"))
    for n in range(15 - len(queues)):
        doctor = Doctor.objects.create(name=f"Dr. {n}", department=department, status=Doctor.ON_TIME)
        queues.append(Queue.objects.create(department=department, doctor=doctor, sort=Queue.DOCTOR, name=doctor.name))
    number = 100
    for queue in queues:
        for place in range(20):
            number += 1
            _leg(house, queue, people[place % 30], number, "waiting")
        for place in range(25):
            number += 1
            if queue.doctor is not None:
                _leg(house, queue, people[place % 30], number, "completed")


def _leg(house: House, queue: Queue, patient: Any, number: int, state: str) -> None:
    day = NOW.date()
    ended = NOW - timedelta(minutes=20 * number) if state == "completed" else None
    visit = Visit.objects.create(
        patient=patient, department=house.department, token_period=day, token_number=number, token=f"A-{number}",
        service_day=day, arrived_at=NOW, ended_at=ended, outcome=state if ended else "",
    )  # fmt: skip
    inside: dict[str, Any] = {}
    if ended:
        called = ended - timedelta(minutes=12 + number % 7)
        inside = {"server": queue.doctor, "lane": 1, "called_at": called, "first_called_at": called, "ended_at": ended}
    Leg.objects.create(
        visit=visit, queue=queue, state=state, effective_at=NOW, order_at=NOW, order_no=number,
        entered_at=NOW - timedelta(hours=3), **inside,
    )  # fmt: skip


@pytest.mark.rule("3.30")
def test_the_queries_do_not_grow_with_lines_and_people(house: House) -> None:
    house.waiting(2)
    with CaptureQueriesContext(connection) as few:
        inputs.load()
    crowded(house)
    with CaptureQueriesContext(connection) as many:
        inputs.load()
    assert len(few) == len(many) <= 15
    with CaptureQueriesContext(connection) as all_moved:
        assert publish.refresh() == 15
    with CaptureQueriesContext(connection) as nothing_moved:
        assert publish.refresh() == 0
    assert len(nothing_moved) <= len(many) + 1
    # One insert or update for each line that moved; the rest does not grow.
    assert len(all_moved) <= len(many) + 15 * 3 + 15
