"""R3.22: the end of a day, by the desk and by the clock; who is expected, who enters the line, who lapses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine

from clinic.core.errors import Forbidden, Invalid, NotAllowed, NotFound
from clinic.directory.models import Closure
from clinic.live.models import Event
from clinic.tenants import days as calendar_days
from clinic.tenants import links
from clinic.tenants.models import HospitalConfig, PublicToken
from clinic.tenants.operations import change_policies
from queues import days, faces
from queues.models import (
    CARRIED_OVER,
    COMPLETED,
    IN_PROGRESS,
    LAPSED,
    LEFT,
    NORMAL,
    URGENT,
    WAITING,
    Leg,
    Queue,
    Visit,
)  # fmt: skip
from queues.operations import calls, close, undo
from queues.operations.intake import status_link
from tests.ledger import recorded
from tests.queues.test_order import line
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("3.22")]
FRIDAY_FIVE = "2026-11-20T16:00:00Z"  # 17:00 in Paris
SATURDAY_SIX = "2026-11-21T05:00:00Z"  # after the cut
SATURDAY_NINE = "2026-11-21T08:00:00Z"
SATURDAY_ONE = "2026-11-21T12:00:00Z"


@pytest.fixture
def at() -> Iterator[Any]:
    with time_machine.travel(FRIDAY_FIVE, tick=False) as traveller:
        yield traveller


def policy(house: House, **values: Any) -> None:
    change_policies(HospitalConfig.objects.get(), **values, actor=house.actor("owner"))


def carried(visit: Visit) -> Visit:
    return Visit.objects.get(carried_from=visit)


def test_a_carried_visit_ends_and_another_is_expected_on_the_next_working_day(world: World, at: Any) -> None:
    house = world.harbor
    visit = house.waiting(1, klass=URGENT, class_reason="Chest pain", reason="Cough")[0]
    with recorded(house) as told:
        fresh = close.close(visit, close.CARRY, actor=house.desk)
    assert told.names[-1] == "visit.carried_over"
    with house.open():
        visit.refresh_from_db()
        assert (visit.outcome, calls.leg_now(visit).state) == (CARRIED_OVER, CARRIED_OVER)
        assert fresh is not None
        assert fresh.expected_on == fresh.service_day == date(2026, 11, 21)
        assert (fresh.klass, fresh.class_reason, fresh.reason) == (CARRIED_OVER, "Chest pain", "Cough")
        assert fresh.ended_at is None
        assert (fresh.token, fresh.token_period) == ("A-001", date(2026, 11, 21))
        assert not Leg.objects.filter(visit=fresh).exists()
        assert links.open_link(PublicToken.STATUS, status_link(fresh)).target == fresh.ref
        document = faces.visits([str(fresh.pk)])[str(fresh.pk)]
        assert (document["status"], document["expected_on"]) == ("expected", "2026-11-21")
        assert document["queue"]["id"] == str(house.own.pk)


def test_the_next_working_day_leaves_out_closed_days(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        Closure.objects.create(name="Stocktaking", first_day=date(2026, 11, 21), last_day=date(2026, 11, 21))
        fresh = close.close(house.waiting(1)[0], close.CARRY, actor=house.desk)
        assert fresh is not None
        assert fresh.expected_on == date(2026, 11, 23)  # Sunday is no working day either


def test_twice_is_once(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        visit = house.waiting(1)[0]
        first = close.close(visit, close.CARRY, actor=house.desk)
        seq = Event.objects.count()
        assert close.close(visit, close.CARRY, actor=house.desk) == first
        gone = house.waiting(1)[0]
        close.close(gone, close.LEAVE, actor=house.desk)
        assert close.close(gone, close.LEAVE, actor=house.desk) is None
        assert Event.objects.count() == seq + 2


def test_the_desk_chooses_for_each_and_learns_who_does_not_wait_any_more(world: World, at: Any) -> None:
    house = world.harbor
    first, second, third = house.waiting(3)
    with recorded(house):
        calls.start(calls.call_next(house.doctor, actor=house.medic).visit, actor=house.medic)  # type: ignore[union-attr]
        told = close.close_day({first.pk: close.CARRY, second.pk: close.CARRY, third.pk: close.LEAVE}, actor=house.desk)
    assert told.refused == {first.pk: "visit.wrong_state"}
    assert [visit.carried_from_id for visit in told.carried] == [second.pk]
    assert told.left == [third]
    with house.open():
        assert calls.leg_now(first).state == IN_PROGRESS
        assert calls.leg_now(third).state == LEFT


def test_wrong_choices_roles_states_and_hospitals_change_nothing(world: World, at: Any) -> None:
    house, other = world.both()
    with house.open():
        visit = house.waiting(1)[0]
        with pytest.raises(Invalid):
            close.close_day({visit.pk: "perhaps"}, actor=house.desk)
        for role in ("doctor", "nurse", "biller"):
            with pytest.raises(Forbidden):
                close.close_day({visit.pk: close.CARRY}, actor=house.actor(role))
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        calls.start(visit, actor=house.medic)
        with pytest.raises(NotAllowed):
            close.close(visit, close.CARRY, actor=house.desk)
    with other.open(), pytest.raises(NotFound):
        close.close_day({visit.pk: close.CARRY}, actor=other.desk)
    with house.open():
        assert calls.leg_now(visit).state == IN_PROGRESS
        assert not Visit.objects.exclude(expected_on=None).exists()


def test_somebody_called_who_did_not_come_by_the_end_is_carried_over_and_the_room_is_free(
    world: World, at: Any
) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with recorded(house) as told:
        calls.call_next(house.doctor, actor=house.medic)
        assert close.close(visit, close.CARRY, actor=house.desk) is not None
        assert not Leg.objects.with_server().exists()
    assert told.names[-2:] == ["visit.uncalled", "visit.carried_over"]


# --- the clock -------------------------------------------------------------------------------------------------------


def test_the_clock_closes_at_the_cut_by_the_policy_and_only_once(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        visits = house.waiting(2)
        assert days.pass_on() == 0  # the day is not over
        at.move_to(SATURDAY_SIX)
        assert days.pass_on() == 2
        seq = Event.objects.count()
        assert days.pass_on() == 0
        assert Event.objects.count() == seq
        assert [carried(visit).expected_on for visit in visits] == [date(2026, 11, 21)] * 2


def test_whoever_still_waits_has_left_where_the_policy_says_so(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        policy(house, carry_over=HospitalConfig.LEFT)
        visit = house.waiting(1)[0]
        at.move_to(SATURDAY_SIX)
        days.pass_on()
        assert calls.leg_now(visit).state == LEFT
        assert not Visit.objects.exclude(expected_on=None).exists()


def test_after_days_of_standing_still_people_are_expected_today_and_not_in_the_past(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        visit = house.waiting(1)[0]
        at.move_to("2026-11-25T08:00:00Z")
        days.pass_on()
        assert carried(visit).expected_on == date(2026, 11, 25)


def test_who_is_in_a_room_stays_until_two_hours_are_over(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        visit = house.waiting(1)[0]
        at.move_to("2026-11-21T02:30:00Z")  # half an hour before the cut
        calls.call_next(house.doctor, actor=house.medic)
        calls.start(visit, actor=house.medic)
        at.move_to("2026-11-21T03:30:00Z")
        days.pass_on()
        assert calls.leg_now(visit).state == IN_PROGRESS
        at.move_to("2026-11-21T04:31:00Z")
        days.pass_on()
        assert calls.leg_now(visit).state == COMPLETED


def test_a_line_that_stays_open_carries_nothing_and_keeps_place_token_and_link(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        visits = house.waiting(2)
        link = status_link(visits[0])
        Queue.objects.filter(pk=house.own.pk).update(overnight=True)
        before = line(house.own)
        at.move_to(SATURDAY_NINE)
        days.pass_on()
        assert line(house.own) == before == ["A-001", "A-002"]
        assert links.open_link(PublicToken.STATUS, link).target == visits[0].ref
        house.hospital.refresh_from_db()
        ends = PublicToken.objects.get(target=visits[0].ref).expires_at
        assert ends == calendar_days.day_end(house.hospital, date(2026, 11, 21))


# --- the day they are expected ---------------------------------------------------------------------------------------


def test_expected_people_enter_the_line_when_they_come_in_the_old_order_before_newcomers(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        first, second, third = house.waiting(3)
        for visit in (third, first, second):  # closed in any order
            close.close(visit, close.CARRY, actor=house.desk)
        at.move_to("2026-11-21T07:30:00Z")
        newcomer = house.waiting(1)[0]
        urgent = house.waiting(1, klass=URGENT, class_reason="Bleeding")[0]
        assert [one.carried_from_id for one in close.expected(date(2026, 11, 21))] == [first.pk, second.pk, third.pk]
        with recorded(house) as told:
            for visit in (second, third, first):  # and coming in any order
                at.shift(timedelta(minutes=5))
                close.arrive_expected(carried(visit), actor=house.desk)
        assert told.names == ["visit.arrived"] * 3
    with house.open():
        expected = [carried(first), carried(second), carried(third)]
        assert line(house.own) == [urgent.token, *(visit.token for visit in expected), newcomer.token]
        assert close.expected(date(2026, 11, 21)) == []


def test_before_the_day_and_after_the_lapse_nobody_enters(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        visit = house.waiting(1)[0]
        fresh = close.close(visit, close.CARRY, actor=house.desk)
        assert fresh is not None
        with pytest.raises(NotAllowed) as early:
            close.arrive_expected(fresh, actor=house.desk)
        assert early.value.code == "visit.expected_later"
        with pytest.raises(NotAllowed) as never:
            close.arrive_expected(house.waiting(1)[0].__class__(pk=visit.pk), actor=house.desk)
        assert never.value.code == "visit.not_expected"
        at.move_to(SATURDAY_ONE)
        days.pass_on()
        fresh.refresh_from_db()
        assert (fresh.outcome, fresh.ended_at is None) == (LAPSED, False)
        with pytest.raises(NotAllowed):
            close.arrive_expected(fresh, actor=house.desk)


def test_the_hour_of_lapsing_is_the_hospitals(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        fresh = close.close(house.waiting(1)[0], close.CARRY, actor=house.desk)
        assert fresh is not None
        policy(house, lapse_at=time(15))
        at.move_to(SATURDAY_ONE)
        days.pass_on()
        fresh.refresh_from_db()
        assert fresh.outcome == ""
        at.move_to("2026-11-21T14:00:00Z")
        days.pass_on()
        fresh.refresh_from_db()
        assert fresh.outcome == LAPSED


def test_assumed_present_they_stand_in_line_by_themselves(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        policy(house, presence=HospitalConfig.ASSUME)
        visits = house.waiting(2)
        at.move_to(SATURDAY_SIX)
        days.pass_on()
        days.pass_on()
        assert line(house.own) == [carried(visit).token for visit in visits]
        assert {calls.leg_now(carried(visit)).state for visit in visits} == {WAITING}
        at.move_to(SATURDAY_ONE)
        days.pass_on()  # who stands in line does not lapse
        assert len(line(house.own)) == 2


def test_whoever_has_come_does_not_lapse_and_a_newcomer_is_no_expected_visit(world: World, at: Any) -> None:
    house = world.harbor
    with house.open():
        fresh = close.close(house.waiting(1, klass=NORMAL)[0], close.CARRY, actor=house.desk)
        assert fresh is not None
        at.move_to(SATURDAY_NINE)
        leg = close.arrive_expected(fresh, actor=house.desk)
        assert close.arrive_expected(fresh, actor=house.desk) == leg
        with pytest.raises(Exception, match="already_came"):
            close.lapse(fresh, actor=house.desk)


@pytest.mark.rule("3.19")
def test_a_closing_can_be_taken_back(world: World, at: Any) -> None:
    house = world.harbor
    first, second = house.waiting(2)
    with recorded(house):
        fresh = close.close(first, close.CARRY, actor=house.desk)
        assert fresh is not None
        seq = Event.objects.latest("seq").seq
        undo.undo(seq, actor=house.desk)
    with house.open():
        assert line(house.own) == [first.token, second.token]
        first.refresh_from_db()
        fresh.refresh_from_db()
        assert (first.outcome, fresh.outcome) == ("", "cancelled")
        assert close.expected(date(2026, 11, 21)) == []
        again = close.close(first, close.CARRY, actor=house.desk)
        assert again is not None
        assert again.token == "A-002"  # numbers are never given back
