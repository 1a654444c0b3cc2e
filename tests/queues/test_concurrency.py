"""Many at once on PostgreSQL: nobody is called twice, nobody is lost, and no press of a button ends in an error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from clinic.core.access import Actor
from clinic.directory.models import Doctor
from clinic.live import ledger
from clinic.live.models import Event
from clinic.live.record import done, operation
from clinic.records.models import Patient
from queues.models import CALLED, CANCELLED, COMPLETED, WAITING, Leg, Queue, Visit
from queues.operations import calls, ends, intake, undo
from tests.queues.crowd import at_once, codes, good, wait_until_blocked
from tests.world import House, World

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def servers(house: House, count: int, **more: Any) -> list[Doctor]:
    with house.open():
        made = []
        for n in range(count):
            doctor = Doctor.objects.create(
                name=f"Dr. {n}", department=house.department, room=house.room, status=Doctor.ON_TIME, **more
            )
            Queue.objects.create(department=house.department, doctor=doctor, sort=Queue.DOCTOR, name=doctor.name)
            made.append(doctor)
        return made


def call_all(doctor: Doctor, actor: Actor) -> list[str]:
    """Call, complete, call … until nobody waits; the visits in the order they came."""
    seen = []
    while (leg := calls.call_next(doctor, actor=actor)) is not None:
        seen.append(str(leg.visit_id))
        ends.complete(leg.visit, actor=actor)
    return seen


def line_up(house: House) -> list[str]:
    with house.open():
        return [str(pk) for pk in Leg.objects.waiting().in_order().values_list("visit_id", flat=True)]


def whole(house: House) -> None:
    assert ledger.verify(house.hospital.pk).fault == ""


@pytest.mark.rule("3.7")
def test_eight_doctors_empty_one_pool_together(world: World) -> None:
    house = world.harbor
    doctors, desk = servers(house, 8), house.desk
    waiting = [str(visit.pk) for visit in house.waiting(40, house.pool)]
    answers = at_once(house, [lambda doctor=doctor: call_all(doctor, desk) for doctor in doctors])  # type: ignore[misc]
    assert codes(answers) == []
    called = [visit for seen in answers for visit in seen]
    assert len(called) == len(set(called)) == 40
    assert set(called) == set(waiting)
    with house.open():
        order = [
            next(ref for ref in subjects if ref.startswith("visit:")).removeprefix("visit:")
            for subjects in Event.objects.filter(name="visit.called").order_by("seq").values_list("subjects", flat=True)
        ]
        assert Leg.objects.open().count() == 0
    # Whoever is passed is being called at that very moment: never more than there are other callers.
    passed = [sum(other not in order[:nth] for other in waiting[: waiting.index(v)]) for nth, v in enumerate(order)]
    assert max(passed) <= 7
    whole(house)


@pytest.mark.rule("3.7")
def test_own_lines_and_the_pool_empty_together(world: World) -> None:
    house = world.harbor
    doctors, desk = servers(house, 8), house.desk
    with house.open():
        own = {doctor.pk: Queue.objects.get(doctor=doctor) for doctor in doctors}
    mine = {doctor.pk: {str(visit.pk) for visit in house.waiting(3, own[doctor.pk])} for doctor in doctors}
    pooled = {str(visit.pk) for visit in house.waiting(24, house.pool)}
    answers = at_once(house, [lambda doctor=doctor: call_all(doctor, desk) for doctor in doctors])  # type: ignore[misc]
    assert codes(answers) == []
    seen = {doctor.pk: set(visits) for doctor, visits in zip(doctors, answers, strict=True)}
    assert sum(len(visits) for visits in answers) == 48
    for key, visits in seen.items():
        assert mine[key] <= visits
        assert visits - mine[key] <= pooled
    assert line_up(house) == []
    whole(house)


@pytest.mark.rule("3.8")
def test_eight_presses_for_one_doctor_call_one_patient(world: World) -> None:
    house = world.harbor
    desk = house.desk
    waiting = [str(visit.pk) for visit in house.waiting(12)]
    answers = at_once(house, [lambda: calls.call_next(house.doctor, actor=desk)] * 8)
    assert codes(answers) == ["doctor.busy"] * 7
    (leg,) = good(answers)
    # The winner may have crossed with a loser by a place; the losers' patients are back where they stood.
    assert str(leg.visit_id) in waiting[:8]
    assert line_up(house) == [visit for visit in waiting if visit != str(leg.visit_id)]
    whole(house)


@pytest.mark.rule("3.17")
def test_two_desks_take_the_same_patient_in_once(world: World) -> None:
    house = world.harbor
    patient, desk = house.patient(), house.desk
    answers = at_once(house, [lambda: intake.arrive(house.own, patient, actor=desk)] * 6)
    assert len(good(answers)) == 1
    assert codes(answers) == ["visit.already_in_line"] * 5
    with house.open():
        assert Visit.objects.count() == 1


@pytest.mark.rule("3.2")
def test_64_intakes_at_once_get_64_tokens(world: World) -> None:
    house = world.harbor
    people, desk = [house.patient(f"P{n}", "Crowd") for n in range(64)], house.desk

    def come(patient: Patient) -> Callable[[], Any]:
        return lambda: intake.arrive(house.pool, patient, actor=desk)

    answers = at_once(house, [come(patient) for patient in people])
    assert codes(answers) == []
    numbers = sorted(arrival.visit.token_number for arrival in answers)
    assert numbers == list(range(1, 65))
    with house.open():
        assert sorted(Leg.objects.values_list("order_no", flat=True)) == list(range(1, 65))
        assert Event.objects.filter(name="visit.arrived").count() == 64
    whole(house)


def called(house: House, count: int = 4) -> Visit:
    """Somebody called from a line of so many."""
    house.waiting(count)
    with house.open():
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        return leg.visit


@pytest.mark.rule("3.16")
def test_complete_pressed_by_many_is_once(world: World) -> None:
    house = world.harbor
    visit, desk = called(house), house.desk
    answers = at_once(house, [lambda: ends.complete(visit, actor=desk)] * 6)
    assert codes(answers) == []
    assert {leg.state for leg in answers} == {COMPLETED}
    with house.open():
        assert Event.objects.filter(name="visit.completed").count() == 1


@pytest.mark.rule("3.16")
def test_complete_and_call_pressed_by_many_calls_one(world: World) -> None:
    house = world.harbor
    visit, desk = called(house, 8), house.desk
    answers = at_once(house, [lambda: ends.complete_and_call(visit, actor=desk)] * 6)
    assert codes(answers) == []
    assert [leg for _closed, leg in answers if leg is not None].__len__() == 1
    with house.open():
        assert Event.objects.filter(name="visit.completed").count() == 1
        assert Leg.objects.filter(state=CALLED).count() == 1
    assert len(line_up(house)) == 6


@pytest.mark.rule("3.11")
def test_skip_pressed_by_many_is_once(world: World) -> None:
    house = world.harbor
    visit, desk = called(house, 6), house.desk
    answers = at_once(house, [lambda: calls.skip(visit, actor=desk)] * 6)
    assert codes(answers) == []
    with house.open():
        leg = Leg.objects.get(visit=visit)
        assert (leg.state, leg.skips) == (WAITING, 1)
        assert Event.objects.filter(name="visit.skipped").count() == 1


def test_complete_against_skip_ends_one_way(world: World) -> None:
    house = world.harbor
    visit, desk = called(house, 6), house.desk
    acts: list[Callable[[], Any]] = [
        lambda: ends.complete(visit, actor=desk), lambda: calls.skip(visit, actor=desk),
        lambda: ends.cancel(visit, reason="mistake", actor=desk), lambda: calls.start(visit, actor=desk),
    ]  # fmt: skip
    answers = at_once(house, acts)
    assert set(codes(answers)) <= {"visit.wrong_state"}
    assert good(answers)
    with house.open():
        leg = Leg.objects.select_related("visit").get(visit=visit)
        assert leg.state in (COMPLETED, WAITING, CANCELLED)
        assert (leg.visit.ended_at is None) == (leg.state == WAITING)
        assert Leg.objects.filter(visit=visit).count() == 1
    whole(house)


@pytest.mark.rule("3.19")
def test_undo_pressed_by_many_is_once(world: World) -> None:
    house = world.harbor
    visit, desk = called(house), house.desk
    with house.open():
        ends.complete(visit, actor=desk)
        seq = done().seq
    assert seq is not None
    answers = at_once(house, [lambda: undo.undo(seq, actor=desk)] * 5)
    assert len(good(answers)) == 1
    assert set(codes(answers)) <= {"undo.touched", "row.changed", "undo.nothing"}
    with house.open():
        assert Leg.objects.get(visit=visit).state == CALLED
        assert Event.objects.filter(name="visit.undone").count() == 1
    whole(house)


def test_an_arrival_is_taken_back_once_and_not_from_a_doctor(world: World) -> None:
    house = world.harbor
    desk = house.desk
    for _ in range(4):
        (visit,) = house.waiting(1)
        seq = done().seq
        assert seq is not None
        acts: list[Callable[[], Any]] = [lambda seq=seq: undo.undo(seq, actor=desk)] * 3  # type: ignore[misc]
        answers = at_once(house, [*acts, lambda: calls.call_next(house.doctor, actor=desk)])
        assert set(codes(answers)) <= {"undo.touched"}
        with house.open():
            leg = Leg.objects.select_related("visit").get(visit=visit)
            taken_back = Event.objects.filter(name="visit.arrival_undone", subjects__contains=visit.ref)
            if leg.state == CALLED:
                assert not taken_back.exists()
                ends.complete(visit, actor=desk)
            else:
                assert leg.state == CANCELLED
                assert taken_back.count() == 1
    whole(house)


def test_undo_against_a_new_act_leaves_one_of_them(world: World) -> None:
    house = world.harbor
    visit, desk = called(house), house.desk
    seq = done().seq
    assert seq is not None
    answers = at_once(house, [lambda: undo.undo(seq, actor=desk), lambda: calls.start(visit, actor=desk)])
    assert len(good(answers)) >= 1
    assert set(codes(answers)) <= {"undo.touched", "row.changed", "visit.wrong_state"}
    with house.open():
        leg = Leg.objects.get(visit=visit)
        assert leg.state in (WAITING, "in_progress")
        assert (leg.server_id is None) == (leg.state == WAITING)
    whole(house)


@operation("queues.call")
def call_then_fail(server: Doctor, called_one: threading.Event, go_on: threading.Event, *, actor: Actor) -> None:
    calls.call_next(server, actor=actor)
    called_one.set()
    go_on.wait(30)
    raise RuntimeError("the power is gone")


def test_a_rolled_back_call_gives_the_patient_back_at_the_head(world: World) -> None:
    house = world.harbor
    one, two, three = servers(house, 3)
    first, second, third = (str(visit.pk) for visit in house.waiting(3, house.pool))
    desk, claimed, go_on = house.desk, threading.Event(), threading.Event()

    def passes_by() -> str:
        claimed.wait(30)
        leg = calls.call_next(two, actor=desk)
        go_on.set()
        assert leg is not None
        return str(leg.visit_id)

    answers = at_once(house, [lambda: call_then_fail(one, claimed, go_on, actor=desk), passes_by])
    assert isinstance(answers[0], RuntimeError)
    assert answers[1] == second
    assert line_up(house) == [first, third]
    with house.open():
        leg = calls.call_next(three, actor=desk)
        assert leg is not None
        assert str(leg.visit_id) == first
    whole(house)


def test_the_last_one_is_waited_for_and_not_answered_with_nobody(world: World) -> None:
    house = world.harbor
    one, two = servers(house, 2)
    only = house.waiting(1, house.pool)[0]
    desk, claimed, go_on = house.desk, threading.Event(), threading.Event()

    def waits() -> Leg | None:
        claimed.wait(30)
        return calls.call_next(two, actor=desk)

    def watches() -> None:
        wait_until_blocked()
        go_on.set()

    answers = at_once(house, [lambda: call_then_fail(one, claimed, go_on, actor=desk), waits, watches])
    assert isinstance(answers[0], RuntimeError)
    assert answers[1] is not None
    assert answers[1].visit_id == only.pk


@operation("queues.call")
def call_and_take_time(
    visit: Visit, server: Doctor, called_one: threading.Event, go_on: threading.Event, *, actor: Actor
) -> None:
    calls.call(visit, server, reason="in pain", actor=actor)
    called_one.set()
    go_on.wait(30)


def test_an_act_that_had_to_wait_sees_who_called_meanwhile(world: World) -> None:
    """The waited-for row comes back with its new server, whose room is then called for and whose rights are asked."""
    house = world.harbor
    visit, following = house.waiting(2, house.pool)
    desk, medic, claimed, go_on = house.desk, house.medic, threading.Event(), threading.Event()

    def late(act: Callable[..., Any], actor: Actor) -> Callable[[], Any]:
        def press() -> Any:
            claimed.wait(30)
            return act(visit, actor=actor)

        return press

    def watches() -> None:
        wait_until_blocked(2)
        go_on.set()

    acts = [
        lambda: call_and_take_time(visit, house.colleague, claimed, go_on, actor=desk),
        late(calls.start, medic), late(ends.complete_and_call, desk), watches,
    ]  # fmt: skip
    answers = at_once(house, acts)
    assert codes(answers) == ["doctor.not_yours"]
    closed, leg = answers[2]
    assert closed.server_id == house.colleague.pk
    assert leg.visit_id == following.pk
    with house.open():
        completed = Event.objects.get(name="visit.completed")
        assert house.colleague.ref in completed.subjects
    whole(house)


def test_two_hospitals_call_at_once_and_never_meet(world: World) -> None:
    people = {house.hospital.slug: {str(visit.pk) for visit in house.waiting(8)} for house in world.both()}
    answers: dict[str, list[Any]] = {}

    def run(house: House) -> None:
        answers[house.hospital.slug] = at_once(house, [lambda: call_all(house.doctor, house.desk)])

    threads = [threading.Thread(target=run, args=(house,)) for house in world.both()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for house in world.both():
        (seen,) = answers[house.hospital.slug]
        assert set(seen) == people[house.hospital.slug]
        whole(house)
