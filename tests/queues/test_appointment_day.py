"""R2.6–R2.8: from the phone, who is late, who does not come, and how the visit and its appointment end together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from clinic.core.errors import Invalid, NotAllowed, NotFound
from clinic.live.models import Event
from queues import clock as queue_clock
from queues import tasks
from queues.models import CALLED_OFF, CHECKED_IN, CONFIRMED, FULFILLED, MISSED, Appointment, Leg, SlotTick, Visit
from queues.operations import calls, checkin, close, ends, intake, returns, undo
from tests.ledger import recorded
from tests.queues.bookings import TEN, booked, holder, minutes, numbered, policy
from tests.queues.test_checkin import check_in, tokens
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("2.7")]


@pytest.fixture
def at() -> Iterator[Any]:
    with time_machine.travel(TEN, tick=False) as traveller:
        yield traveller


# --- from the phone --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "opens"), [(16, False), (15, True), (0, True), (-10, True)])
def test_the_phone_checks_in_from_the_arrival_window_on(world: World, at: Any, before: int, opens: bool) -> None:
    house = world.harbor
    row = booked(house)
    at.move_to(TEN - minutes(before))
    with house.open():
        if opens:
            assert checkin.check_in_by_link(row, actor=holder(row)).visit.token == "A-001"
            return
        with pytest.raises(NotAllowed, match=r"appointment\.too_early"):
            checkin.check_in_by_link(row, actor=holder(row))


def test_the_arrival_window_is_the_departments_policy(world: World, at: Any) -> None:
    house = world.harbor
    policy(house, arrival_window=45)
    row = booked(house)
    at.move_to(TEN - minutes(45))
    with house.open():
        assert not checkin.check_in_by_link(row, actor=holder(row)).leg.due


def test_a_link_acts_on_its_own_appointment_only(world: World, at: Any) -> None:
    house = world.harbor
    row, other = booked(house), booked(house, TEN + minutes(15))
    with house.open():
        for verb in (checkin.check_in_by_link, lambda a, actor: checkin.delay_by_link(a, minutes=5, actor=actor)):
            with pytest.raises(NotFound):
                verb(row, actor=holder(other))


def test_late_is_told_and_gives_so_long(world: World, at: Any) -> None:
    house = world.harbor
    row = booked(house)
    with recorded(house) as told:
        checkin.delay_by_link(row, minutes=45, actor=holder(row))
        checkin.delay_by_link(row, minutes=45, actor=holder(row))
    assert told.names == ["appointment.delayed"]
    with house.open():
        for wrong in (0, -1, 121):
            with pytest.raises(Invalid):
                checkin.delay_by_link(row, minutes=wrong, actor=holder(row))
        at.move_to(TEN + minutes(44))
        assert queue_clock.miss() == 0
        at.move_to(TEN + minutes(45))
        assert queue_clock.miss() == 1


# --- R2.8: who does not come -----------------------------------------------------------------------------------------

LATENESS = [
    # the doctor's status, minutes late, no_show_after → minutes after the start from which on the clock gives up
    ("on_time", 0, 30, 30),
    ("on_time", 0, 5, 5),
    ("running_late", 10, 30, 40),
    ("running_late", 45, 30, 75),
    ("off_duty", 0, 30, 30),
    ("on_time", 20, 30, 30),
]


@pytest.mark.rule("2.8")
@pytest.mark.parametrize(("status", "late", "after", "gives_up"), LATENESS)
def test_the_clock_counts_as_not_come_after_the_time_and_the_doctors_lateness(
    world: World, at: Any, status: str, late: int, after: int, gives_up: int
) -> None:
    house = world.harbor
    policy(house, no_show_after=after)
    row = booked(house)
    with house.open():
        house.doctor.status, house.doctor.late_minutes = status, late
        house.doctor.save()
        at.move_to(TEN + minutes(gives_up) - timedelta(seconds=1))
        assert queue_clock.miss() == 0
        at.move_to(TEN + minutes(gives_up))
        with recorded(house) as told:
            assert queue_clock.miss() == 1
        assert told.names == ["appointment.missed"]
        assert queue_clock.miss() == 0
        row.refresh_from_db()
        assert (row.state, row.ended_by, SlotTick.objects.filter(appointment=row).exists()) == (MISSED, "clock", False)


@pytest.mark.rule("2.8")
def test_a_break_announced_until_a_time_is_waited_for(world: World, at: Any) -> None:
    house = world.harbor
    booked(house)
    with house.open():
        house.doctor.status, house.doctor.status_until = "on_break", TEN + minutes(20)
        house.doctor.save()
        at.move_to(TEN + minutes(49))
        assert queue_clock.miss() == 0
        at.move_to(TEN + minutes(50))
        assert queue_clock.miss() == 1


@pytest.mark.rule("2.8")
def test_who_was_not_given_up_by_the_end_of_the_day_is_then(world: World, at: Any) -> None:
    house = world.harbor
    booked(house, TEN + timedelta(hours=17))
    at.move_to(TEN + timedelta(days=1))
    with house.open():
        assert queue_clock.miss() == 1


@pytest.mark.rule("2.8")
def test_the_desk_says_it_from_the_nominal_start_on(world: World, at: Any) -> None:
    house = world.harbor
    row = booked(house)
    with house.open():
        at.move_to(TEN - minutes(1))
        with pytest.raises(NotAllowed, match=r"appointment\.not_begun"):
            checkin.no_show(row, actor=house.desk)
        at.move_to(TEN)
        assert checkin.no_show(row, actor=house.desk).state == MISSED
        assert checkin.no_show(row, actor=house.desk).state == MISSED


@pytest.mark.rule("2.8")
def test_whoever_comes_after_all_stands_as_late_on_the_same_day_and_not_on_another(world: World, at: Any) -> None:
    house = world.harbor
    row, other = booked(house), booked(house, TEN + minutes(15))
    with house.open():
        at.move_to(TEN + minutes(45))
        assert queue_clock.miss() == 2
        leg = checkin.check_in(row, actor=house.desk).leg
        assert (leg.effective_at, leg.due) == (TEN + minutes(45), True)
        row.refresh_from_db()
        assert (row.state, row.ended_at, row.ended_by) == (CHECKED_IN, None, "")
        at.move_to(TEN + timedelta(days=1))
        with pytest.raises(NotAllowed, match=r"appointment\.other_day"):
            checkin.check_in(other, actor=house.desk)


# --- the visit and its appointment end together ----------------------------------------------------------------------


def seen(house: House, visit: Visit) -> None:
    calls.call_next(house.doctor, actor=house.medic)
    ends.complete(visit, actor=house.medic)


ENDINGS = [
    (seen, FULFILLED),
    (lambda h, v: ends.leave(v, actor=h.desk), CALLED_OFF),
    (lambda h, v: ends.cancel(v, reason="twice", actor=h.desk), CALLED_OFF),
    (lambda h, v: close.close(v, close.CARRY, actor=h.desk), CALLED_OFF),
    (lambda h, v: close.close(v, close.LEAVE, actor=h.desk), CALLED_OFF),
]


@pytest.mark.parametrize(("end", "state"), ENDINGS)
def test_the_end_of_the_visit_ends_the_appointment_and_undo_restores_it(
    world: World, at: Any, end: Any, state: str
) -> None:
    house = world.harbor
    row = booked(house)
    visit = check_in(house, row).visit
    with house.open():
        end(house, visit)
        row.refresh_from_db()
        assert (row.state, SlotTick.objects.filter(appointment=row).exists()) == (state, False)
        with recorded(house):
            undo.undo(Event.objects.latest("seq").seq, actor=house.desk)
        row.refresh_from_db()
        assert (row.state, SlotTick.objects.filter(appointment=row).exists()) == (CHECKED_IN, True)


def test_a_call_in_vain_misses_the_appointment_and_the_rejoin_brings_it_back(world: World, at: Any) -> None:
    house = world.harbor
    row = booked(house)
    visit = check_in(house, row).visit
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
        at.move_to(TEN + minutes(2))
        calls.recall(visit, actor=house.medic)
        at.move_to(TEN + minutes(4))
        ends.no_show(visit, actor=house.medic)
        row.refresh_from_db()
        assert row.state == MISSED
        with pytest.raises(NotAllowed, match=r"appointment\.ask_desk"):
            checkin.check_in_by_link(row, actor=holder(row))
        with recorded(house):
            arrival = checkin.check_in(row, actor=house.desk)
        row.refresh_from_db()
        assert (row.state, arrival.visit) == (CHECKED_IN, visit)
        ends.leave(visit, actor=house.desk)
        returns.rejoin(visit, actor=house.desk)
        row.refresh_from_db()
        assert row.state == CHECKED_IN


@pytest.mark.parametrize("by_number", [False, True])
def test_an_undone_check_in_leaves_the_booking_and_its_token(world: World, at: Any, by_number: bool) -> None:
    house = world.harbor
    row = (numbered if by_number else booked)(house)
    visit = check_in(house, row).visit
    with house.open():
        with recorded(house):
            undo.undo(Event.objects.latest("seq").seq, actor=house.desk)
        row.refresh_from_db()
        visit.refresh_from_db()
        assert (row.state, visit.outcome) == (CONFIRMED, "cancelled")
        assert not Appointment.objects.filter(visit=visit).exists()
        with recorded(house):
            again = checkin.check_in(row, actor=house.desk)
    if by_number:
        assert again.visit.token == row.token
    assert tokens(house) == [again.visit.token]


@pytest.mark.rule("2.6")
def test_a_booked_number_is_the_ticket_and_walk_ins_draw_from_the_same_counter(world: World, at: Any) -> None:
    house = world.harbor
    row = numbered(house)
    walk_in = house.waiting(1)[0]
    assert (row.token, walk_in.token) == ("A-001", "A-002")
    assert check_in(house, row).visit.token == "A-001"
    with house.open():
        assert intake.arrive(house.own, house.patient(), actor=house.desk).visit.token == "A-003"


@pytest.mark.rule("2.8")
def test_the_clock_passes_the_times_on_in_every_hospital(world: World, at: Any) -> None:
    rows = [booked(house) for house in world.both()]
    early = booked(world.harbor, TEN + minutes(60))
    at.move_to(TEN + minutes(20))
    leg = check_in(world.harbor, early)
    at.move_to(TEN + minutes(51))
    assert tasks.pass_times_on() == 3, "two did not come, and one is due"
    assert tasks.pass_times_on() == 0
    for house, row in zip(world.both(), rows, strict=True):
        with house.open():
            row.refresh_from_db()
            assert row.state == MISSED
    with world.harbor.open():
        assert Leg.objects.get(pk=leg.pk).due
