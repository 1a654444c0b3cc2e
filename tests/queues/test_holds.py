"""On hold and back, and the clock that brings people back: R3.13."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from clinic.core.access import PATIENT, Actor
from clinic.core.errors import DomainError, Forbidden, Invalid, NotAllowed
from clinic.live.record import done
from queues import clock, tasks
from queues.models import CALLED, COMPLETED, IN_PROGRESS, NORMAL, ON_HOLD, URGENT, VIP, WAITING, Leg, Queue, Visit
from queues.operations import calls, ends, holds, undo
from queues.regions import words
from tests.ledger import recorded
from tests.queues.helpers import called, shown, state_of
from tests.world import House, World

pytestmark = pytest.mark.django_db
NINE = "2026-11-20T09:00:00Z"


def line(queue: Queue) -> str:
    """The numbers of those who wait, in order: "2 1 3"."""
    tokens = Leg.objects.filter(queue=queue).waiting().in_order().values_list("visit__token_number", flat=True)
    return " ".join(map(str, tokens))


def arrivals(house: House, *classes: str, minutes: int = 5) -> list[Visit]:
    found = []
    with time_machine.travel(NINE, tick=False) as moment:
        for klass in classes:
            found += house.waiting(1, klass=klass)
            moment.shift(timedelta(minutes=minutes))
    return found


def phone(visit: Visit) -> Actor:
    return Actor(kind="patient", id=visit.ref, name="", abilities=PATIENT)


def refusal(error: pytest.ExceptionInfo[DomainError]) -> str:
    return error.value.code


def seat(leg: Leg) -> list[Any]:
    """Server, lane and room."""
    return [leg.server_id, leg.lane, leg.room_id]


NOBODYS: list[Any] = [None, None, None]


def order_of(visit: Visit) -> tuple[Any, ...]:
    leg = calls.leg_now(visit)
    return leg.place(), leg.placed


# --- hold ----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.13")
@pytest.mark.parametrize("reason", ["away", "tests", "payment", "papers", "other"])
def test_a_hold_frees_the_doctor_for_the_next(world: World, reason: str) -> None:
    house = world.harbor
    first, second = house.waiting(2)
    with house.open():
        called(house)
        calls.start(first, actor=house.medic)
    with recorded(house) as told:
        leg = holds.hold(first, reason=reason, note="x", actor=house.medic)
        assert (leg.state, leg.hold_reason, seat(leg)) == (ON_HOLD, reason, NOBODYS)
        assert called(house).visit_id == second.pk
    assert told.names == ["visit.held", "visit.called"]
    assert told.events[0].reason == reason
    assert f"doctor:{house.doctor.pk}" in told.events[0].subjects


@pytest.mark.rule("3.13")
def test_call_next_passes_over_whoever_is_away(world: World) -> None:
    house = world.harbor
    first, second = house.waiting(2)
    with house.open():
        holds.hold(first, reason="away", minutes=20, actor=house.desk)
        assert called(house).visit_id == second.pk
        ends.complete(second, actor=house.medic)
        assert calls.call_next(house.doctor, actor=house.medic) is None


@pytest.mark.rule("3.13")
def test_a_doctor_sets_aside_the_own_patients_and_the_desk_anybodys(world: World) -> None:
    house = world.harbor
    with house.open():
        theirs = Queue.objects.get(doctor=house.colleague)
    own, pooled, other = house.waiting(1)[0], house.waiting(1, house.pool)[0], house.waiting(1, theirs)[0]
    with recorded(house) as told, pytest.raises(Forbidden) as refused:
        holds.hold(other, reason="tests", actor=house.medic)
    assert (refusal(refused), told.events) == ("doctor.not_yours", [])
    with house.open():
        for visit in (own, pooled):
            assert holds.hold(visit, reason="tests", actor=house.medic).state == ON_HOLD
        assert holds.hold(other, reason="tests", actor=house.actor("nurse")).state == ON_HOLD
        with pytest.raises(Forbidden):
            holds.resume(other, actor=house.medic)


@pytest.mark.rule("3.13")
@pytest.mark.parametrize(
    ("reason", "minutes", "code"),
    [("lunch", None, "visit.bad_hold"), ("away", 0, "visit.bad_minutes"), ("away", 241, "visit.bad_minutes"),
     ("tests", 10, "visit.bad_minutes")],
)  # fmt: skip
def test_a_hold_without_sense_is_refused(world: World, reason: str, minutes: int | None, code: str) -> None:
    visit = world.harbor.waiting(1)[0]
    with recorded(world.harbor) as told, pytest.raises(Invalid) as refused:
        holds.hold(visit, reason=reason, minutes=minutes, actor=world.harbor.desk)
    assert (refusal(refused), told.events) == (code, [])


@pytest.mark.rule("3.13")
def test_another_reason_for_a_hold_is_another_act(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        holds.hold(visit, reason="tests", actor=house.desk)
        holds.hold(visit, reason="tests", actor=house.desk)
        assert done().events == ()
        with pytest.raises(NotAllowed) as refused:
            holds.hold(visit, reason="away", actor=house.desk)
    assert refusal(refused) == "visit.wrong_state"


@pytest.mark.rule("3.1")
def test_a_hold_begins_the_service_anew(world: World) -> None:
    """The hour at the laboratory is not an hour of the doctor's, and calls before it count towards no no-show."""
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open(), time_machine.travel(timezone.now(), tick=False) as moment:
        called(house)
        moment.shift(timedelta(minutes=2))
        calls.recall(visit, actor=house.medic)
        calls.start(visit, actor=house.medic)
        holds.hold(visit, reason="tests", actor=house.medic)
        moment.shift(timedelta(hours=1))
        holds.resume(visit, actor=house.desk)
        leg = called(house)
        assert (leg.started_at, leg.spaced_calls, leg.calls) == (None, 1, 3)
        with pytest.raises(NotAllowed) as refused:
            ends.no_show(visit, actor=house.medic)
        assert refusal(refused) == "visit.calls_needed"
        calls.start(visit, actor=house.medic)
        moment.shift(timedelta(minutes=9))
        leg = ends.complete(visit, actor=house.medic)
        assert leg.ended_at is not None
        assert leg.started_at is not None
        assert leg.ended_at - leg.started_at == timedelta(minutes=9)
        assert leg.visit.ended_at == leg.ended_at


# --- back ----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.13")
@pytest.mark.parametrize("reason", ["away", "other"])
def test_whoever_was_away_stands_where_they_stood(world: World, reason: str) -> None:
    house = world.harbor
    visits = arrivals(house, *[NORMAL] * 4)
    with house.open():
        before = order_of(visits[1])
        holds.hold(visits[1], reason=reason, actor=house.desk)
        assert line(house.own) == "1 3 4"
        holds.resume(visits[1], actor=house.desk)
        assert (line(house.own), order_of(visits[1])) == ("1 2 3 4", before)


@pytest.mark.rule("3.13")
@pytest.mark.parametrize("reason", ["tests", "payment", "papers"])
def test_whoever_comes_back_from_tests_is_next_after_whoever_is_in_the_room(world: World, reason: str) -> None:
    house = world.harbor
    visits = arrivals(house, *[NORMAL] * 4)
    with house.open():
        called(house)
        holds.hold(visits[0], reason=reason, actor=house.medic)
        in_room = called(house)
        with recorded(house) as told:
            holds.resume(visits[0], actor=house.desk)
        assert line(house.own) == "1 3 4"
        assert (told.names, told.events[0].reason) == (["visit.resumed"], reason)
        assert calls.leg_now(in_room.visit).state == CALLED
        ends.complete(in_room.visit, actor=house.medic)
        assert called(house).visit_id == visits[0].pk


@pytest.mark.rule("3.13")
def test_whoever_comes_back_stands_behind_urgent_patients_also_those_who_come_later(world: World) -> None:
    house = world.harbor
    back, urgent, vip, _normal = arrivals(house, NORMAL, URGENT, VIP, NORMAL)
    with house.open():
        calls.call(back, house.doctor, reason="first", actor=house.medic)
        holds.hold(back, reason="tests", actor=house.medic)
        holds.resume(back, actor=house.desk)
        assert line(house.own) == "2 1 3 4"
        with time_machine.travel("2026-11-20T09:30:00Z", tick=False):
            house.waiting(1, klass=URGENT)
        assert line(house.own) == "2 5 1 3 4"
        holds.hold(urgent, reason="tests", actor=house.desk)
        holds.hold(vip, reason="tests", actor=house.desk)
        holds.resume(vip, actor=house.desk)
        assert line(house.own) == "5 1 3 4", "behind whoever came back before"
        holds.resume(urgent, actor=house.desk)
        assert line(house.own) == "2 5 1 3 4", "an urgent patient is next, whoever else waits"


@pytest.mark.rule("3.13")
def test_an_urgent_patient_who_was_put_back_gave_the_first_place_away(world: World) -> None:
    house = world.harbor
    urgent, back, *_rest = arrivals(house, URGENT, NORMAL, NORMAL, NORMAL)
    with house.open():
        holds.delay(urgent, reason="her son", places=2, actor=house.desk)
        holds.hold(back, reason="papers", actor=house.desk)
        assert line(house.own) == "3 1 4"
        holds.resume(back, actor=house.desk)
        assert line(house.own) == "2 3 1 4"


@pytest.mark.rule("3.13")
def test_those_of_one_moment_make_room_for_whoever_comes_back_between_them(world: World) -> None:
    """Where no time lies between an urgent patient and the next, those behind are renumbered."""
    house = world.harbor
    back, urgent, _third, _fourth = arrivals(house, NORMAL, URGENT, NORMAL, NORMAL)
    with house.open():
        Leg.objects.exclude(visit=back).update(order_at=timezone.now())
        holds.hold(back, reason="tests", actor=house.desk)
        with recorded(house) as told:
            holds.resume(back, actor=house.desk)
        assert line(house.own) == "2 1 3 4"
    moved = {ref for ref in told.events[0].changes if ref.startswith("leg:")}
    assert moved == {calls_ref(house, visit) for visit in (back, _third, _fourth)}
    assert calls_ref(house, urgent) not in moved


def calls_ref(house: House, visit: Visit) -> str:
    with house.open():
        return calls.leg_now(visit).ref


@pytest.mark.rule("3.13")
def test_those_who_came_back_are_called_in_the_order_they_came_back(world: World) -> None:
    house = world.harbor
    first, second, _third = arrivals(house, *[NORMAL] * 3)
    with house.open():
        for visit in (first, second):
            holds.hold(visit, reason="tests", actor=house.desk)
        for visit in (second, first):
            holds.resume(visit, actor=house.desk)
        assert line(house.own) == "2 1 3"


@pytest.mark.rule("3.13")
def test_somebody_called_since_did_not_come_back_a_moment_ago(world: World) -> None:
    """Called, skipped and waiting again: the place next was used up."""
    house = world.harbor
    first, second, *_rest = arrivals(house, *[NORMAL] * 3)
    with house.open():
        holds.hold(first, reason="tests", actor=house.desk)
        holds.resume(first, actor=house.desk)
        assert called(house).visit_id == first.pk
        calls.skip(first, actor=house.medic)
        assert line(house.own) == "2 3 1"
        holds.hold(second, reason="tests", actor=house.desk)
        holds.resume(second, actor=house.desk)
        assert line(house.own) == "2 3 1"


@pytest.mark.rule("3.13")
def test_a_kept_place_is_kept_though_those_around_it_are_renumbered(world: World) -> None:
    house = world.harbor
    first, second, third, _fourth = arrivals(house, *[NORMAL] * 4, minutes=0)
    with house.open():
        holds.hold(third, reason="away", actor=house.desk)
        holds.delay(first, reason="her son", places=1, actor=house.desk)
        assert line(house.own) == "2 1 4"
        holds.resume(third, actor=house.desk)
        assert line(house.own) == "2 1 3 4"
    assert second.token_number == 2


# --- the clock ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.13")
def test_the_clock_brings_back_whoever_said_until_when(world: World) -> None:
    house = world.harbor
    first, second, third = house.waiting(3)
    with house.open(), time_machine.travel(NINE, tick=False) as moment:
        leg = holds.hold(first, reason="away", minutes=20, actor=house.desk)
        assert leg.back_at == timezone.now() + timedelta(minutes=20)
        holds.hold(second, reason="away", actor=house.desk)
        holds.hold(third, reason="tests", actor=house.desk)
        moment.shift(timedelta(minutes=20) - timedelta(seconds=1))
        assert clock.bring_back() == 0
        moment.shift(timedelta(seconds=1))
        with recorded(house) as told:
            assert clock.bring_back() == 1
        assert (state_of(first), state_of(second), state_of(third)) == (WAITING, ON_HOLD, ON_HOLD)
        assert told.events[0].actor["kind"] == "system"
        assert clock.bring_back() == 0, "twice is once"


@pytest.mark.rule("3.13")
def test_after_a_stop_the_clock_catches_up_in_every_hospital(world: World) -> None:
    visits = {}
    for house in world.both():
        visits[house.hospital.slug] = house.waiting(1)[0]
        with house.open(), time_machine.travel(timezone.now() - timedelta(days=2)):
            holds.hold(visits[house.hospital.slug], reason="away", minutes=5, actor=house.desk)
    assert tasks.bring_back() == 2
    for house in world.both():
        with house.open():
            assert state_of(visits[house.hospital.slug]) == WAITING
    assert tasks.bring_back() == 0


@pytest.mark.rule("3.13")
def test_the_clock_leaves_whoever_came_back_and_went_again(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open(), time_machine.travel(NINE, tick=False) as moment:
        holds.hold(visit, reason="away", minutes=5, actor=house.desk)
        moment.shift(timedelta(minutes=4))
        holds.come_back_by_link(visit, actor=phone(visit))
        holds.delay_by_link(visit, minutes=30, actor=phone(visit))
        moment.shift(timedelta(minutes=2))
        assert holds.bring_back(visit, actor=house.desk).state == ON_HOLD
        assert clock.bring_back() == 0


@pytest.mark.rule("3.19")
def test_what_the_clock_did_it_would_do_again_so_it_is_not_undone(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        with time_machine.travel(timezone.now() - timedelta(hours=1)):
            holds.hold(visit, reason="away", minutes=5, actor=house.desk)
        clock.bring_back()
        with pytest.raises(NotAllowed) as refused:
            undo.undo(done().seq or 0, actor=house.desk)
        assert (refusal(refused), state_of(visit)) == ("undo.clock", WAITING)


@pytest.mark.rule("3.19")
def test_a_hold_is_not_undone_once_the_doctor_has_called_another(world: World) -> None:
    house = world.harbor
    first, _second = house.waiting(2)
    with house.open():
        called(house)
        holds.hold(first, reason="tests", actor=house.medic)
        held = done().seq or 0
        called(house)
        with pytest.raises(NotAllowed) as refused:
            undo.undo(held, actor=house.medic)
        assert (refusal(refused), state_of(first)) == ("undo.touched", ON_HOLD)


@pytest.mark.rule("3.19")
def test_an_undone_hold_gives_the_room_back(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        called(house)
        calls.start(visit, actor=house.medic)
        holds.hold(visit, reason="tests", actor=house.medic)
        undo.undo(done().seq or 0, actor=house.medic)
        leg = calls.leg_now(visit)
        assert (leg.state, leg.server_id, leg.lane, leg.hold_reason) == (IN_PROGRESS, house.doctor.pk, 1, "")
        assert ends.complete(visit, actor=house.medic).state == COMPLETED


@pytest.mark.rule("3.5")
def test_staff_read_why_whoever_came_back_is_next(world: World) -> None:
    house = world.harbor
    visit = house.waiting(2)[0]
    with house.open():
        holds.hold(visit, reason="tests", actor=house.desk)
        holds.resume(visit, actor=house.desk)
        told = words.why(calls.leg_now(visit))
        assert told == f"{visit.token} is back from tests, payment or papers, and is next after whoever is in the room."
        assert next(row.why for row in shown(f"line:{house.own.pk}").rows) == told
        called(house)
        calls.skip(visit, actor=house.medic)
        assert "did not come" in words.why(calls.leg_now(visit))
