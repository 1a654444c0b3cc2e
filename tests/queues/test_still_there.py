"""Still there? Whoever is in the room for very long is asked about once, and left out of statistics: R3.18."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from clinic.core.errors import Forbidden, NotAllowed
from clinic.directory.models import DepartmentConfig
from clinic.live.record import done
from queues import clock, faces, tasks
from queues.models import COMPLETED, IN_PROGRESS, Leg, Visit
from queues.operations import calls, ends, holds, still_there, undo
from tests.ledger import recorded
from tests.queues.helpers import called, set_policy, shown, state_of
from tests.world import House, World

pytestmark = pytest.mark.django_db
NINE = "2026-11-20T09:00:00Z"


def started(house: House) -> Visit:
    house.waiting(1)
    with house.open():
        return calls.start(called(house).visit, actor=house.medic).visit


@pytest.mark.rule("3.18")
def test_the_server_is_asked_once_after_three_times_the_expected_service(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as moment:
        visit = started(house)
        with recorded(house) as told:
            moment.shift(timedelta(minutes=60))
            assert clock.look_in() == 0, "three times twenty minutes are not yet longer than that"
            moment.shift(timedelta(seconds=1))
            assert clock.look_in() == 1
            moment.shift(timedelta(minutes=30))
            assert clock.look_in() == 0
            leg = Leg.objects.get(visit=visit)
    assert told.names == ["visit.asked_still_there"]
    assert f"doctor:{house.doctor.pk}" in told.events[0].topics
    assert (leg.asked_at is not None, leg.answered_at, leg.state) == (True, None, IN_PROGRESS)


@pytest.mark.rule("3.18")
@pytest.mark.rule("1.9")
@pytest.mark.parametrize("own", [False, True])
def test_the_expected_service_is_the_departments_policy(world: World, own: bool) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as moment:
        with house.open():
            if own:
                DepartmentConfig.objects.create(department=house.department, default_minutes=5)
            else:
                set_policy(house.actor("owner"), default_minutes=5)
        started(house)
        moment.shift(timedelta(minutes=15, seconds=1))
        with house.open():
            assert clock.look_in() == 1


@pytest.mark.rule("3.18")
def test_what_the_last_services_took_is_what_is_expected(world: World) -> None:
    """Ten services of eight minutes: after 25 minutes the server is asked, not after an hour."""
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as moment:
        for _ in range(10):
            visit = started(house)
            moment.shift(timedelta(minutes=8))
            with house.open():
                ends.complete(visit, actor=house.medic)
        visit = started(house)
        with house.open():
            assert 6 < still_there.expected_minutes(calls.leg_now(visit)) < 10
        moment.shift(timedelta(minutes=17))
        with house.open():
            assert clock.look_in() == 0
        moment.shift(timedelta(minutes=13))
        with house.open():
            assert clock.look_in() == 1


@pytest.mark.rule("3.18")
def test_yes_still_there_keeps_it_quiet(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as moment:
        visit = started(house)
        moment.shift(timedelta(minutes=70))
        with house.open():
            clock.look_in()
            assert faces.visits([str(visit.pk)])[str(visit.pk)]["asked_at"] is not None
        with recorded(house) as told:
            for _press in range(2):
                still_there.answer_still_there(visit, actor=house.medic)
            assert clock.look_in() == 0
            assert faces.visits([str(visit.pk)])[str(visit.pk)]["asked_at"] is None
        assert told.names == ["visit.answered_still_there"]
        with house.open():
            undo.undo(done().seq or told.events[-1].seq, actor=house.medic)
            assert Leg.objects.get(visit=visit).answered_at is None


@pytest.mark.rule("3.18")
def test_no_completes_the_visit(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as moment:
        visit = started(house)
        moment.shift(timedelta(minutes=70))
        with house.open():
            clock.look_in()
            assert still_there.answer_still_there(visit, completed=True, actor=house.medic).state == COMPLETED
            assert still_there.answer_still_there(visit, completed=True, actor=house.medic).state == COMPLETED


@pytest.mark.rule("3.18")
def test_only_who_was_asked_answers_and_only_for_the_own_room(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as moment:
        visit = started(house)
        with recorded(house) as told, pytest.raises(NotAllowed) as refused:
            still_there.answer_still_there(visit, actor=house.medic)
        assert (refused.value.code, told.events) == ("visit.not_asked", [])
        moment.shift(timedelta(minutes=70))
        with house.open():
            clock.look_in()
            for role in ("nurse", "biller"):
                with pytest.raises(Forbidden):
                    still_there.answer_still_there(visit, actor=house.actor(role))
            ends.complete(visit, actor=house.medic)
            with pytest.raises(NotAllowed) as refused:
                still_there.answer_still_there(visit, actor=house.medic)
    assert refused.value.code == "visit.wrong_state"


@pytest.mark.rule("3.18")
def test_at_two_hours_the_desk_is_told_and_statistics_leave_it_out(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as moment:
        usual = started(house)
        moment.shift(timedelta(minutes=10))
        with house.open():
            ends.complete(usual, actor=house.medic)
        forgotten = started(house)
        moment.shift(timedelta(minutes=120))
        with recorded(house) as told:
            assert clock.look_in() == 1, "both in one act, after a stop"
            assert clock.look_in() == 0
            ends.complete(forgotten, actor=house.medic)
        assert told.names == ["visit.asked_still_there", "visit.overran", "visit.completed"]
        assert "reception" in told.events[1].topics
        with house.open():
            ended = Leg.objects.filter(state=COMPLETED).of_usual_length()
            assert [leg.visit_id for leg in ended] == [usual.pk]
            assert shown(f"doctor-bar:{house.doctor.pk}").context.median_minutes == 10


@pytest.mark.rule("3.18")
@pytest.mark.parametrize(("minutes", "is_overlong"), [(119, False), (120, True)])
def test_it_is_left_out_also_where_the_clock_stood_still(world: World, minutes: int, is_overlong: bool) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as moment:
        visit = started(house)
        moment.shift(timedelta(minutes=minutes))
        with house.open():
            assert (ends.complete(visit, actor=house.medic).overlong_at is not None) == is_overlong


@pytest.mark.rule("3.18")
def test_nobody_is_asked_about_whoever_is_not_in_the_room(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as moment:
        visit = started(house)
        with house.open():
            holds.hold(visit, reason="tests", actor=house.medic)
        moment.shift(timedelta(hours=5))
        with recorded(house) as told:
            still_there.look_in(visit, actor=house.desk)
            assert clock.look_in() == 0
    assert told.events == []


@pytest.mark.rule("3.18")
def test_after_a_hold_the_question_begins_anew(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as moment:
        visit = started(house)
        moment.shift(timedelta(minutes=70))
        with house.open():
            clock.look_in()
            holds.hold(visit, reason="tests", actor=house.medic)
            holds.resume(visit, actor=house.desk)
            called(house)
            calls.start(visit, actor=house.medic)
            assert clock.look_in() == 0
            moment.shift(timedelta(minutes=61))
            assert clock.look_in() == 1


@pytest.mark.rule("3.18")
def test_the_question_is_in_no_ones_way_of_an_undo(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as moment:
        house.waiting(1)
        with house.open():
            set_policy(house.actor("owner"), undo_seconds=600, default_minutes=3)
            visit = called(house).visit
            calls.start(visit, actor=house.medic)
            seq = done().seq or 0
            moment.shift(timedelta(minutes=9, seconds=30))
            assert clock.look_in() == 1
            undo.undo(seq, actor=house.medic)
            assert state_of(visit) == "called"


@pytest.mark.rule("3.18")
def test_the_clock_walks_all_hospitals(world: World) -> None:
    with time_machine.travel(NINE, tick=False) as moment:
        for house in world.both():
            started(house)
        moment.shift(timedelta(minutes=61))
        assert tasks.look_in() == 2
        assert tasks.look_in() == 0
