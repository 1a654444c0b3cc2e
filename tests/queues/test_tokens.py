"""Tokens and intake: R3.2, R3.17, R3.23."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connections

from clinic.core.errors import Conflict, Invalid, NotAllowed
from clinic.live.record import done
from clinic.records.operations import register
from clinic.tenants.models import HospitalConfig
from clinic.tenants.operations import change_policies
from queues.models import Queue, Visit
from queues.operations import ends, intake, lines, undo, walk_in
from tests.ledger import recorded
from tests.world import House, World

pytestmark = pytest.mark.django_db


def tokens(house: House) -> list[str]:
    """The tokens given out, in order; what is shown is the number that the database holds unique."""
    with house.open():
        found = list(Visit.objects.order_by("id").select_related("department"))
    assert all(one.token == f"{one.department.prefix}-{one.token_number:03d}" for one in found)
    return [one.token for one in found]


@pytest.mark.rule("3.2")
def test_a_token_is_the_departments_prefix_and_the_next_number(world: World) -> None:
    house = world.harbor
    house.waiting(2)
    house.waiting(1, house.pool)
    assert tokens(house) == ["A-001", "A-002", "A-003"], "its lines share the department's numbers"
    world.hilltop.waiting(1)
    assert tokens(world.hilltop) == ["A-001"], "each hospital counts for itself"


@pytest.mark.rule("3.2")
def test_each_department_counts_for_itself(world: World) -> None:
    house = world.harbor
    with house.open():
        other = house.department.__class__.objects.create(name="Radiology", prefix="XR")
        pool = Queue.objects.create(department=other, sort=Queue.POOL, name="Radiology")
    house.waiting(1)
    house.waiting(2, pool)
    assert sorted(tokens(house)) == ["A-001", "XR-001", "XR-002"]


@pytest.mark.rule("3.2")
def test_a_number_is_never_given_out_twice(world: World) -> None:
    house = world.harbor
    with house.open():
        first = intake.arrive(house.own, house.patient(), actor=house.desk).visit
        undo.undo(done().seq or 0, actor=house.desk)
        second = intake.arrive(house.own, house.patient(), actor=house.desk).visit
        ends.cancel(second, reason="a mistake", actor=house.desk)
        third = intake.arrive(house.own, house.patient(), actor=house.desk).visit
    assert [first.token, second.token, third.token] == ["A-001", "A-002", "A-003"]


@pytest.mark.rule("3.2")
def test_a_refused_intake_takes_no_number(world: World) -> None:
    house = world.harbor
    with house.open():
        patient = house.patient()
        intake.arrive(house.own, patient, actor=house.desk)
        with pytest.raises(Conflict):
            intake.arrive(house.own, patient, actor=house.desk)
        assert intake.arrive(house.own, house.patient(), actor=house.desk).visit.token == "A-002"


@pytest.mark.rule("3.2")
@pytest.mark.parametrize(
    ("reset", "expected"),
    [
        ("daily", ["A-001", "A-002", "A-001", "A-001"]),
        ("weekly", ["A-001", "A-002", "A-003", "A-001"]),
        ("monthly", ["A-001", "A-002", "A-003", "A-004"]),
        ("never", ["A-001", "A-002", "A-003", "A-004"]),
    ],
)
def test_numbers_begin_again_when_the_policy_says(world: World, reset: str, expected: list[str]) -> None:
    house = world.harbor
    with house.open():
        change_policies(HospitalConfig.objects.get(), token_reset=reset, actor=house.actor("owner"))
    # Friday, after midnight but before the cut of the same day, Sunday, Monday.
    for moment in ("2026-11-20T09:00Z", "2026-11-21T02:30Z", "2026-11-22T09:00Z", "2026-11-23T09:00Z"):
        with time_machine.travel(moment, tick=False):
            house.waiting(1)
    assert tokens(house) == expected


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.rule("3.2")
@pytest.mark.django_db(transaction=True)
def test_many_desks_at_once_never_give_one_number_twice(world: World) -> None:
    """The very first token of a day included, when there is no counter yet."""
    house = world.harbor
    patients = [house.patient(f"P{n}") for n in range(24)]

    def desk(batch: list[object]) -> None:
        try:
            with house.open():
                for patient in batch:
                    intake.arrive(house.own, patient, actor=house.desk)  # type: ignore[arg-type]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(desk, [patients[n::8] for n in range(8)]))
    assert sorted(tokens(house)) == [f"A-{n:03d}" for n in range(1, 25)]


@pytest.mark.rule("3.17")
def test_somebody_already_in_this_line_is_shown_and_a_second_visit_needs_a_reason(world: World) -> None:
    house = world.harbor
    with house.open():
        patient = house.patient()
        first = intake.arrive(house.own, patient, actor=house.desk).visit
        with pytest.raises(Conflict) as refused:
            intake.arrive(house.own, patient, again_reason="  ", actor=house.desk)
        assert (refused.value.code, refused.value.details["visit"]) == ("visit.already_in_line", str(first.pk))
        intake.arrive(house.pool, patient, actor=house.desk)  # another line is another matter
    with recorded(house) as told:
        intake.arrive(house.own, patient, again_reason="blood test too", actor=house.desk)
    assert told.events[0].reason == "blood test too"


@pytest.mark.rule("3.17")
def test_whoever_has_left_may_come_again(world: World) -> None:
    house = world.harbor
    with house.open():
        patient = house.patient()
        ends.leave(intake.arrive(house.own, patient, actor=house.desk).visit, actor=house.desk)
        assert intake.arrive(house.own, patient, actor=house.desk).visit.token == "A-002"


@pytest.mark.rule("3.23")
def test_a_name_or_unknown_is_enough_to_be_registered(world: World) -> None:
    house = world.harbor
    with house.open():
        with pytest.raises(Invalid) as refused:
            register(phone="555 0199", actor=house.desk)
        assert refused.value.code == "patient.needs_name"
        assert register(family_name="Nova", actor=house.desk).full_name == "Nova"
        unknown = register(unknown=True, actor=house.desk)
        assert unknown.mrn in unknown.full_name


@pytest.mark.rule("3.23")
def test_registered_and_taken_in_are_one_act(world: World) -> None:
    house = world.harbor
    with recorded(house) as told:
        walk_in.take_in(house.own, {"family_name": "Nova", "phone": "555 0199"}, actor=house.desk)
    assert told.names == ["patient.registered", "visit.arrived"]
    assert len({event.op for event in told.events}) == 1
    with house.open():
        lines.set_open(house.pool, False, actor=house.desk)
    with recorded(house) as told, pytest.raises(NotAllowed):
        walk_in.take_in(house.pool, {"family_name": "Other", "phone": "555 0111"}, actor=house.desk)
    assert told.changed == set(), "nobody is registered by an intake that is refused"


def test_a_closed_line_takes_nobody_in_and_keeps_who_waits(world: World) -> None:
    house = world.harbor
    house.waiting(1)
    with house.open():
        lines.set_open(house.own, False, actor=house.desk)
        with pytest.raises(NotAllowed) as refused:
            intake.arrive(house.own, house.patient(), actor=house.desk)
        assert refused.value.code == "queue.closed"
        assert house.own.legs.waiting().count() == 1  # type: ignore[attr-defined]


def test_nobody_is_taken_in_as_carried_over(world: World) -> None:
    house = world.harbor
    patient = house.patient()
    for klass in ("carried_over", "king", ""):
        with recorded(house) as told, pytest.raises(Invalid):
            intake.arrive(house.own, patient, klass=klass, actor=house.desk)
        assert told.events == []
