"""R2.11: a doctor is away: everybody who waits and is booked, settled in one act, undone as one; and by the policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from clinic.core.errors import Forbidden, Invalid, NotFound
from clinic.directory import hits
from clinic.directory.models import Absence, Doctor
from clinic.live.models import Event
from queues import clock as queue_clock
from queues.models import (
    CALLED_OFF,
    CONFIRMED,
    MISSED,
    OPEN,
    RESCHEDULED,
    Appointment,
    Leg,
    Queue,
    SlotTick,
    Visit,
)
from queues.operations import away_today, undo
from queues.operations.away_today import CANCEL, COLLEAGUE, DAY, POOL, Choice
from tests.ledger import recorded
from tests.queues.bookings import TEN, booked, minutes, policy
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("2.11")]
TODAY = date(2026, 11, 20)
MONDAY = TEN + timedelta(days=3)


@pytest.fixture
def at() -> Iterator[Any]:
    with time_machine.travel(TEN - minutes(90), tick=False) as traveller:
        yield traveller


def full_day(house: House, count: int = 4) -> tuple[list[Visit], list[Appointment]]:
    """Two wait, and so many are booked."""
    policy(house, default_minutes=15, buffer_minutes=0)
    return house.waiting(2), [booked(house, TEN + minutes(15 * n)) for n in range(count)]


def others(house: House) -> Queue:
    with house.open():
        found: Queue = Queue.objects.get(doctor=house.colleague)
        return found


def state(house: House) -> dict[str, Any]:
    """What an undo has to bring back; tokens and new rows stay."""
    with house.open():
        legs = {leg.pk: (leg.state, leg.queue_id, leg.order_at) for leg in Leg.objects.all()}
        rows = {row.pk: (row.state, row.queue_id, row.starts_at) for row in Appointment.objects.filter(state=CONFIRMED)}
        ticks = set(SlotTick.objects.values_list("queue", "tick", "place", "appointment"))
    return {"legs": legs, "rows": rows, "ticks": ticks}


def test_everybody_who_waits_and_is_booked_is_listed(world: World, at: Any) -> None:
    house = world.harbor
    visits, rows = full_day(house)
    booked(house, TEN, queue=others(house))
    booked(house, MONDAY)
    with house.open():
        plan = away_today.plan(house.doctor, TODAY)
        assert [row.ref for row in plan] == [*(visit.ref for visit in visits), *(row.ref for row in rows)]
        assert [row.waits for row in plan] == [True, True, False, False, False, False]
        assert len(away_today.plan(house.doctor, MONDAY.date())) == 1


def test_colleagues_are_shown_with_their_room(world: World, at: Any) -> None:
    house = world.harbor
    full_day(house)
    booked(house, TEN, queue=others(house))
    with house.open():
        Doctor.objects.filter(pk=house.colleague.pk).update(daily_capacity=20)
        (told,) = away_today.colleagues(house.doctor, TODAY)
    assert (told.doctor, told.waiting, told.booked, told.capacity, told.taken) == (house.colleague, 0, 1, 20, 1)
    assert told.next_free is not None


def test_one_act_moves_cancels_and_is_undone_as_one(world: World, at: Any) -> None:
    house = world.harbor
    (first, second), (a, b, c, d) = full_day(house)
    before = state(house)
    choices = {
        first.ref: Choice(POOL), second.ref: Choice(CANCEL), a.ref: Choice(POOL),
        b.ref: Choice(COLLEAGUE, others(house)), c.ref: Choice(DAY, starts_at=MONDAY), d.ref: Choice(CANCEL),
    }  # fmt: skip
    with recorded(house) as told:
        settled = away_today.settle(house.doctor, TODAY, choices, actor=house.desk)
    assert settled.refused == {}
    assert settled.moved == [first.ref, a.ref, b.ref, c.ref]
    assert settled.cancelled == [second.ref, d.ref]
    assert told.names[-1] == "doctor.away_settled"
    with house.open():
        assert {event.reason for event in Event.objects.filter(name__in=told.names)} == {"away"}
        assert Leg.objects.get(visit=first).queue == house.pool
        moved = {row.pk: row.successor for row in Appointment.objects.filter(state=RESCHEDULED)}
        assert (moved[a.pk].queue, moved[a.pk].starts_at) == (house.pool, TEN)
        assert (moved[b.pk].queue, moved[b.pk].starts_at) == (others(house), b.starts_at)
        assert (moved[c.pk].queue, moved[c.pk].starts_at) == (house.own, MONDAY)
        assert Appointment.objects.get(pk=d.pk).state == CALLED_OFF
        assert away_today.plan(house.doctor, TODAY) == []
        with recorded(house):
            undo.undo(Event.objects.latest("seq").seq, actor=house.desk)
    assert state(house) == before


def test_thirty_bookings_in_one_act_and_back(world: World, at: Any) -> None:
    house = world.harbor
    _visits, rows = full_day(house, 30)
    before = state(house)
    with house.open():
        plan = away_today.plan(house.doctor, TODAY)
        settled = away_today.settle(
            house.doctor, TODAY, away_today.for_all(plan, Choice(COLLEAGUE, others(house))), actor=house.desk
        )
        assert settled.refused == {}
        there = Appointment.objects.filter(queue=others(house), state=CONFIRMED).order_by("starts_at")
        assert [row.starts_at for row in there] == [row.starts_at for row in rows]
        undo.undo(Event.objects.latest("seq").seq, actor=house.desk)
    assert state(house) == before


def test_a_colleagues_taken_time_refuses_that_one_only(world: World, at: Any) -> None:
    house = world.harbor
    _visits, (a, b, *_rest) = full_day(house)
    booked(house, TEN, queue=others(house))
    with house.open():
        Doctor.objects.filter(pk=house.colleague.pk).update(slot_capacity=1)
        chosen = {row.ref: Choice(COLLEAGUE, others(house)) for row in (a, b)}
        settled = away_today.settle(house.doctor, TODAY, chosen, actor=house.desk)
        assert settled.refused == {a.ref: "slot.taken"}
        assert settled.moved == [b.ref]
        a.refresh_from_db()
        assert (a.state, SlotTick.objects.filter(appointment=a).exists()) == (CONFIRMED, True)


def test_somebody_waiting_goes_to_another_day_with_a_booking(world: World, at: Any) -> None:
    house = world.harbor
    (first, _second), _rows = full_day(house)
    before = state(house)
    with house.open():
        with recorded(house):
            away_today.settle(house.doctor, TODAY, {first.ref: Choice(DAY, starts_at=MONDAY)}, actor=house.desk)
        fresh = Appointment.objects.get(patient=first.patient, state=CONFIRMED)
        assert (fresh.starts_at, fresh.queue) == (MONDAY, house.own)
        assert not Leg.objects.filter(visit=first, state__in=OPEN).exists()
        with recorded(house):
            undo.undo(Event.objects.latest("seq").seq, actor=house.desk)
    assert state(house) == before


def test_twice_is_once_and_wrong_choices_roles_and_hospitals_change_nothing(world: World, at: Any) -> None:
    house, other = world.both()
    _visits, (a, *_rest) = full_day(house)
    with house.open():
        count = Event.objects.count()
        for wrong in (Choice("elsewhere"),):
            with pytest.raises(Invalid):
                away_today.settle(house.doctor, TODAY, {a.ref: wrong}, actor=house.desk)
        told = away_today.settle(house.doctor, TODAY, {a.ref: Choice(COLLEAGUE)}, actor=house.desk)
        assert told.refused == {a.ref: "away.bad_choice"}
        told = away_today.settle(house.doctor, TODAY, {"visit:nobody": Choice(POOL)}, actor=house.desk)
        assert told.refused == {"visit:nobody": "away.not_theirs"}
        with pytest.raises(Forbidden):
            away_today.settle(house.doctor, TODAY, {a.ref: Choice(POOL)}, actor=house.medic)
        assert Event.objects.count() == count
        away_today.settle(house.doctor, TODAY, {a.ref: Choice(POOL)}, actor=house.desk)
        count = Event.objects.count()
        told = away_today.settle(house.doctor, TODAY, {a.ref: Choice(POOL)}, actor=house.desk)
        assert (told.refused, Event.objects.count()) == ({a.ref: "away.not_theirs"}, count)
    with other.open():
        assert away_today.plan(house.doctor, TODAY) == []
        with pytest.raises(NotFound):
            away_today.to_pool(a, actor=other.desk)


# --- without a person ------------------------------------------------------------------------------------------------


def absence(house: House, start: Any, end: Any) -> Absence:
    with house.open():
        found: Absence = Absence.objects.create(doctor=house.doctor, starts_at=start, ends_at=end)
        return found


@pytest.mark.parametrize("on_leave", ["pool", "ask", "keep"])
def test_the_policy_decides_of_the_bookings_of_an_absence_that_has_begun(world: World, at: Any, on_leave: str) -> None:
    house = world.harbor
    policy(house, default_minutes=15, buffer_minutes=0, on_leave=on_leave)
    inside, after = booked(house), booked(house, TEN + minutes(120))
    absence(house, TEN - minutes(95), TEN + minutes(60))
    with house.open():
        moved = queue_clock.settle_absent()
        assert queue_clock.settle_absent() == 0, "twice is once"
        inside.refresh_from_db()
        after.refresh_from_db()
    assert moved == (1 if on_leave == "pool" else 0)
    assert (inside.state, after.state) == (RESCHEDULED if on_leave == "pool" else CONFIRMED, CONFIRMED)


def test_an_absence_says_which_bookings_it_hits(world: World, at: Any) -> None:
    house = world.harbor
    inside, _after = booked(house), booked(house, TEN + minutes(120))
    booked(house, TEN + minutes(5), state=MISSED, ended_at=TEN)
    row = absence(house, TEN - minutes(30), TEN + minutes(60))
    with house.open():
        assert [hit.ref for hit in hits.hit_by(row)] == [inside.ref]
