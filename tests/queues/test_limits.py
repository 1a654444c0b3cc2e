"""How many a line takes in, how many a doctor sees a day, and when the house is closed: R3.20."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from clinic.core.errors import Forbidden, NotAllowed, NotFound
from clinic.directory.models import Absence, Closure, DepartmentConfig, Doctor
from clinic.tenants.models import default_hours
from queues.models import LineEstimate, Queue, Visit
from queues.operations import calls, ends, holds, intake, limits, lines, moves, walk_in
from tests.api.client import api
from tests.queues.crowd import at_once, codes, good
from tests.queues.helpers import called, set_policy
from tests.world import House, World

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
"""Ten o'clock in Paris, four in the morning in New York."""


def limited(house: House, **policies: object) -> None:
    with house.open():
        set_policy(house.actor("owner"), **policies)


def refusal(house: House, queue: Queue | None = None) -> NotAllowed:
    with house.open(), pytest.raises(NotAllowed) as refused:
        intake.arrive(queue or house.own, house.patient(), actor=house.desk)
    return refused.value


def arrive(house: House, queue: Queue | None = None) -> intake.Arrival:
    with house.open():
        return intake.arrive(queue or house.own, house.patient(), actor=house.desk)


@pytest.mark.rule("3.20")
def test_a_long_line_warns_and_takes_in(world: World) -> None:
    house = world.harbor
    limited(house, queue_soft_limit=2)
    with time_machine.travel(FRIDAY):
        assert [arrive(house).warning for _ in range(2)] == [None, None]
        warning = arrive(house).warning
    assert warning is not None
    assert (warning.code, warning.details["people"], warning.details["limit"]) == ("queue.long", 2, 2)
    assert warning.message == f"{house.own.name} is long: 2 wait already."


@pytest.mark.rule("3.20")
def test_a_full_line_refuses_with_the_next_free_time_and_changes_nothing(world: World) -> None:
    house = world.harbor
    limited(house, queue_hard_limit=3, default_minutes=15)
    with time_machine.travel(FRIDAY, tick=False):
        house.waiting(3)
        refused = refusal(house)
        assert refused.code == "queue.full"
        assert refused.details["next_free"] == (FRIDAY + timedelta(minutes=45)).isoformat()
        assert refused.details["time"] == "10:45", "as the clock in Paris shows it"
        with house.open():
            assert Visit.objects.count() == 3
            called(house)
        assert arrive(house).visit.token == "A-004", "no number was lost"


@pytest.mark.rule("3.20")
def test_whoever_is_on_hold_keeps_a_place_and_takes_one(world: World) -> None:
    house = world.harbor
    limited(house, queue_hard_limit=1)
    (visit,) = house.waiting(1)
    with house.open():
        holds.hold(visit, reason="away", actor=house.desk)
    assert refusal(house).code == "queue.full"
    with house.open():
        ends.leave(visit, actor=house.desk)
    arrive(house)


@pytest.mark.rule("3.20")
def test_the_next_free_time_is_what_is_shown_of_the_line(world: World) -> None:
    house = world.harbor
    limited(house, queue_hard_limit=1)
    with time_machine.travel(FRIDAY, tick=False):
        house.waiting(1)
        with house.open():
            LineEstimate.objects.create(queue=house.own, model="m", made_at=FRIDAY, joining=[35, 50])
        assert refusal(house).details["next_free"] == (FRIDAY + timedelta(minutes=35)).isoformat()


@pytest.mark.rule("3.20")
def test_after_the_last_hour_the_next_free_time_is_the_next_opening(world: World) -> None:
    house = world.harbor
    limited(house, queue_hard_limit=1, default_minutes=60)
    weekly = default_hours()
    closes = weekly["fri"][-1]["end"]
    assert closes == "18:00"
    with time_machine.travel("2026-11-20T16:30:00Z", tick=False):  # 17:30 in Paris
        house.waiting(1)
        free = refusal(house).details
    opens = datetime.fromisoformat(free["next_free"])
    assert opens.date() == (date(2026, 11, 21) if "sat" in weekly else date(2026, 11, 23))
    assert ":" in free["time"]
    assert "Nov" in free["time"], "another day is named"


@pytest.mark.rule("3.20")
def test_a_department_has_limits_and_minutes_of_its_own(world: World) -> None:
    house = world.harbor
    limited(house, queue_hard_limit=1, queue_soft_limit=1)
    with house.open():
        own = DepartmentConfig.objects.create(department=house.department, queue_hard_limit=3, queue_soft_limit=2)
    house.waiting(1)
    with time_machine.travel(FRIDAY):
        assert arrive(house).warning is None
        warning = arrive(house).warning
        assert warning is not None
        assert warning.details["limit"] == 2
    with house.open():
        DepartmentConfig.objects.filter(pk=own.pk).update(default_minutes=4)
    with time_machine.travel(FRIDAY, tick=False):
        assert refusal(house).details["next_free"] == (FRIDAY + timedelta(minutes=12)).isoformat()


@pytest.mark.rule("3.2")
def test_a_department_counts_its_tokens_by_its_own_period(world: World) -> None:
    house = world.harbor
    with house.open():
        DepartmentConfig.objects.create(department=house.department, token_reset="monthly")
    with time_machine.travel(FRIDAY):
        assert arrive(house).visit.token_period == date(2026, 11, 1)
    with time_machine.travel(FRIDAY + timedelta(days=1)):
        assert arrive(house).visit.token == "A-002"


@pytest.mark.rule("3.20")
def test_each_line_has_its_own_room_and_so_has_each_hospital(world: World) -> None:
    limited(world.harbor, queue_hard_limit=1)
    world.harbor.waiting(1)
    assert refusal(world.harbor).code == "queue.full"
    world.harbor.waiting(1, world.harbor.pool)
    world.hilltop.waiting(3)


@pytest.mark.rule("3.20")
def test_a_doctor_sees_so_many_a_day_and_no_more(world: World) -> None:
    house = world.harbor
    with house.open():
        Doctor.objects.filter(pk=house.doctor.pk).update(daily_capacity=2)
    with time_machine.travel(FRIDAY, tick=False) as clock:
        first, _second = house.waiting(2)
        refused = refusal(house)
        assert (refused.code, refused.details["capacity"]) == ("doctor.full", 2)
        assert datetime.fromisoformat(refused.details["next_free"]) > FRIDAY + timedelta(hours=12)
        with house.open():
            called(house)
            ends.complete(first, actor=house.medic)
        assert refusal(house).code == "doctor.full", "who has been seen counts"
        with house.open():
            leg = called(house)
            calls.recall(leg.visit, actor=house.medic)
            ends.cancel(leg.visit, reason="twice", actor=house.desk)
        arrive(house)
        assert refusal(house).code == "doctor.full"
        house.waiting(1, house.pool)
        clock.shift(timedelta(days=3))
        arrive(house)


@pytest.mark.rule("3.20")
def test_who_was_called_from_the_pool_counts_for_the_doctor(world: World) -> None:
    house = world.harbor
    with house.open():
        Doctor.objects.filter(pk=house.doctor.pk).update(daily_capacity=1)
    house.waiting(1, house.pool)
    with house.open():
        called(house)
    assert refusal(house).code == "doctor.full"


@pytest.mark.rule("3.20")
def test_the_next_free_time_of_a_full_doctor_passes_over_days_away(world: World) -> None:
    house = world.harbor
    with house.open(), time_machine.travel(FRIDAY, tick=False):
        Doctor.objects.filter(pk=house.doctor.pk).update(daily_capacity=1)
        house.waiting(1)
        first = datetime.fromisoformat(refusal(house).details["next_free"])
        Absence.objects.create(
            doctor=house.doctor, starts_at=FRIDAY, ends_at=first + timedelta(days=2), reason="congress"
        )
        later = datetime.fromisoformat(refusal(house).details["next_free"])
        assert later >= first + timedelta(days=2)


@pytest.mark.rule("3.20")
def test_every_way_into_a_line_meets_the_limit_but_sending_on(world: World) -> None:
    house = world.harbor
    limited(house, queue_hard_limit=2, queue_soft_limit=1)
    (here,) = house.waiting(1)
    with house.open():
        called(house)
    house.waiting(2, house.pool)
    (other,) = house.waiting(1)
    with house.open():
        for act in (
            lambda: walk_in.take_in(house.pool, {"given_name": "Zoe"}, unknown=True, actor=house.desk),
            lambda: moves.reassign(other, house.pool, actor=house.desk),
            lambda: limits.check(house.pool, actor=house.desk),
        ):
            with pytest.raises(NotAllowed) as refused:
                act()
            assert refused.value.code == "queue.full"
        moves.send_on(here, house.pool, actor=house.medic)
        warned = limits.warn(limits.line_of(house.pool.pk, house.desk), besides=1)
        assert warned is not None
        assert warned.details["people"] == 2


@pytest.mark.rule("3.20")
def test_back_to_the_own_pool_is_no_newcomer(world: World) -> None:
    house = world.harbor
    limited(house, queue_hard_limit=1)
    (visit,) = house.waiting(1, house.pool)
    with house.open():
        called(house)
    house.waiting(1, house.pool)
    with house.open():
        moves.reassign(visit, house.pool, actor=house.desk)


@pytest.mark.rule("3.20")
def test_what_the_desk_is_told_before_it_takes_somebody_in(world: World) -> None:
    house = world.harbor
    limited(house, queue_soft_limit=1)
    with house.open():
        assert limits.check(house.own, actor=house.desk) is None
        house.waiting(1)
        warned = limits.check(house.own, actor=house.desk)
        assert warned is not None
        assert warned.code == "queue.long"
        with pytest.raises(NotFound):
            limits.check(world.hilltop.own, actor=house.desk)


@pytest.mark.rule("3.20")
def test_only_who_runs_the_hospital_sets_its_limits(world: World) -> None:
    for role in ("receptionist", "doctor", "nurse"):
        with world.harbor.open(), pytest.raises(Forbidden):
            set_policy(world.harbor.actor(role), queue_hard_limit=1)


@pytest.mark.rule("3.20")
def test_the_api_says_full_and_long(world: World) -> None:
    house = world.harbor
    limited(house, queue_hard_limit=2, queue_soft_limit=1)
    with time_machine.travel(FRIDAY):
        caller = api(house, "receptionist")
        bodies = [{"patient": str(house.patient().pk), "queue": str(house.own.pk)} for _ in range(3)]
        answers = [caller.send("POST", "visits", body) for body in bodies]
    assert [answer.status for answer in answers] == [201, 201, 409]
    assert answers[0].json["warnings"] == []
    assert [warned["code"] for warned in answers[1].json["warnings"]] == ["QUEUE_LONG"]
    assert answers[2].code == "QUEUE_FULL"
    assert "next_free" in answers[2].json["error"]["details"]


# --- the opening hours -----------------------------------------------------------------------------------------------


@pytest.mark.rule("1.9")
@pytest.mark.parametrize(
    ("at", "closed"),
    [("2026-11-20T09:00:00Z", False), ("2026-11-20T18:30:00Z", True), ("2026-11-20T05:00:00Z", True),
     ("2026-11-22T10:00:00Z", True)],
)  # fmt: skip
def test_outside_the_hours_the_desk_is_warned_and_takes_in(world: World, at: str, closed: bool) -> None:
    with time_machine.travel(at):
        arrival = arrive(world.harbor)
    assert [warned.code for warned in arrival.warnings] == (["queue.outside_hours"] if closed else [])


@pytest.mark.rule("1.9")
def test_other_hours_warn_at_other_times(world: World) -> None:
    house = world.harbor
    limited(house, hours={"sun": [{"start": "08:00", "end": "12:00"}]})
    with time_machine.travel("2026-11-22T10:00:00Z"):
        assert arrive(house).warnings == ()
    with time_machine.travel(FRIDAY):
        assert len(arrive(house).warnings) == 1


@pytest.mark.rule("1.9")
@pytest.mark.parametrize("whole", [True, False])
def test_a_closure_warns_where_it_holds(world: World, whole: bool) -> None:
    house = world.harbor
    with house.open(), time_machine.travel(FRIDAY):
        day = FRIDAY.date()
        where = None if whole else house.department
        Closure.objects.create(name="Inventory", department=where, first_day=day, last_day=day)
        there = lines.add_counter(department=_other(house), name="Cashier", actor=house.actor("owner"))
        assert len(arrive(house).warnings) == 1
        assert len(arrive(house, there).warnings) == int(whole)


def _other(house: House):  # type: ignore[no-untyped-def]
    return type(house.department).objects.create(name="Radiology", prefix="R")


# --- many at once ----------------------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("3.20")
def test_desks_at_once_never_fill_a_line_beyond_its_limit(world: World) -> None:
    house = world.harbor
    limited(house, queue_hard_limit=5)
    people, desk = [house.patient(f"P{n}", "Crowd") for n in range(16)], house.desk
    acts = [lambda person=person: intake.arrive(house.pool, person, actor=desk) for person in people]  # type: ignore[misc]
    answers = at_once(house, acts)
    assert len(good(answers)) == 5
    assert codes(answers) == ["queue.full"] * 11


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("3.20")
def test_moved_and_taken_in_at_once_a_line_is_never_fuller_than_its_limit(world: World) -> None:
    house = world.harbor
    moving = house.waiting(8)
    limited(house, queue_hard_limit=4)
    people, desk = [house.patient(f"P{n}", "Crowd") for n in range(8)], house.desk
    acts: list[Callable[[], Any]] = [
        lambda visit=visit: moves.reassign(visit, house.pool, actor=desk) for visit in moving
    ]  # type: ignore[misc]
    acts += [lambda person=person: intake.arrive(house.pool, person, actor=desk) for person in people]  # type: ignore[misc]
    answers = at_once(house, acts)
    assert len(good(answers)) == 4
    assert codes(answers) == ["queue.full"] * 12
