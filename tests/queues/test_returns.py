"""Back after the end: rejoining by the desk, asked for on the phone: R3.14."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from clinic.core.errors import DomainError, Forbidden, NotAllowed, NotFound
from clinic.live.record import done
from queues.models import LEFT, NO_SHOW, NORMAL, URGENT, VIP, WAITING, Visit
from queues.operations import calls, ends, intake, returns, undo
from tests.ledger import recorded
from tests.live.helpers import assert_live
from tests.queues.helpers import called, missed, shown, state_of
from tests.queues.test_holds import NOBODYS, line, phone, seat
from tests.world import House, World

pytestmark = pytest.mark.django_db
NINE = "2026-11-20T09:00:00Z"


def left(house: House, waiting: int = 3, *classes: str) -> Visit:
    """The first of the line left; so many wait."""
    visit = house.waiting(1)[0]
    for klass in classes or [NORMAL] * waiting:
        house.waiting(1, klass=klass)
    with house.open():
        ends.leave(visit, actor=house.desk)
    return visit


@pytest.mark.rule("3.14")
@pytest.mark.parametrize(("waiting", "expected"), [(0, "1"), (1, "2 1"), (2, "2 3 1"), (4, "2 3 1 4 5")])
def test_whoever_left_stands_behind_the_next_two(world: World, waiting: int, expected: str) -> None:
    house = world.harbor
    visit = left(house, waiting)
    with recorded(house) as told:
        leg = returns.rejoin(visit, reason=" was in the hall ", actor=house.desk)
        assert line(house.own) == expected
    assert [(event.name, event.reason) for event in told.events] == [("visit.rejoined", "was in the hall")]
    assert (leg.state, leg.ended_at, leg.visit.ended_at, leg.visit.outcome) == (WAITING, None, None, "")


@pytest.mark.rule("3.14")
def test_the_next_two_are_the_next_two_whatever_their_class(world: World) -> None:
    house = world.harbor
    visit = left(house, 0, NORMAL, VIP, URGENT)
    with house.open():
        returns.rejoin(visit, actor=house.desk)
        assert line(house.own) == "4 3 1 2"


@pytest.mark.rule("3.14")
def test_whoever_did_not_come_rejoins_with_the_old_arrival_and_is_missed_only_after_new_calls(world: World) -> None:
    house = world.harbor
    visit = house.waiting(3)[0]
    with house.open():
        missed(house)
        ends.no_show(visit, actor=house.medic)
        before = calls.leg_now(visit)
        returns.rejoin(visit, actor=house.desk)
        leg = calls.leg_now(visit)
        assert (leg.visit.arrived_at, leg.entered_at, leg.effective_at) == (
            before.visit.arrived_at, before.entered_at, before.effective_at,
        )  # fmt: skip
        assert (seat(leg), leg.spaced_calls, leg.calls) == (NOBODYS, 0, 2)
        assert line(house.own) == "2 3 1"
        calls.call(visit, house.doctor, reason="back", actor=house.medic)
        with pytest.raises(NotAllowed) as refused:
            ends.no_show(visit, actor=house.medic)
        assert refused.value.code == "visit.calls_needed"


@pytest.mark.rule("3.14")
def test_only_on_the_same_service_day(world: World) -> None:
    """The cut is the hospital's: 03:59 in Paris is still the day before."""
    house = world.harbor
    with time_machine.travel("2026-11-20T16:00:00Z", tick=False):
        visit = left(house)
    with time_machine.travel("2026-11-21T02:59:00Z", tick=False), house.open():
        returns.rejoin(visit, actor=house.desk)
        ends.leave(visit, actor=house.desk)
    with time_machine.travel("2026-11-21T03:00:00Z", tick=False), recorded(house) as told:
        for ask in (
            lambda: returns.rejoin(visit, actor=house.desk),
            lambda: returns.ask_rejoin_by_link(visit, actor=phone(visit)),
        ):
            with pytest.raises(NotAllowed) as refused:
                ask()
            assert refused.value.code == "visit.other_day"
    assert told.events == []


@pytest.mark.rule("3.14")
@pytest.mark.rule("3.17")
def test_not_while_the_patient_waits_here_under_another_token(world: World) -> None:
    house = world.harbor
    visit = left(house)
    with house.open():
        again = intake.arrive(house.own, visit.patient, actor=house.desk).visit
    with recorded(house) as told, pytest.raises(DomainError) as refused:
        returns.rejoin(visit, actor=house.desk)
    assert (refused.value.code, refused.value.details["token"]) == ("visit.already_in_line", again.token)
    assert told.events == []


@pytest.mark.rule("3.14")
@pytest.mark.parametrize("role", ["doctor", "biller"])
def test_the_desk_decides_and_nobody_else(world: World, role: str) -> None:
    visit = left(world.harbor)
    for verb in (returns.rejoin, returns.decline_rejoin):
        with recorded(world.harbor) as told, pytest.raises(Forbidden):
            verb(visit, actor=world.harbor.actor(role))
        assert told.events == []


@pytest.mark.rule("3.14")
def test_the_patient_asks_on_the_phone_and_the_desk_accepts(world: World) -> None:
    house = world.harbor
    visit = left(house)
    with recorded(house) as told:
        asked = returns.ask_rejoin_by_link(visit, actor=phone(visit))
        assert asked.rejoin_asked_at is not None
        returns.ask_rejoin_by_link(visit, actor=phone(visit))
        assert state_of(visit) == LEFT, "asking puts nobody back"
        leg = returns.rejoin(visit, actor=house.desk)
        assert (leg.state, leg.visit.rejoin_asked_at) == (WAITING, None)
    assert told.names == ["visit.rejoin_asked", "visit.rejoined"]
    assert "reception" in told.events[0].topics


@pytest.mark.rule("3.14")
def test_the_desk_may_decline_and_the_patient_ask_again(world: World) -> None:
    house = world.harbor
    visit = left(house)
    with recorded(house) as told:
        returns.ask_rejoin_by_link(visit, actor=phone(visit))
        for _press in range(2):
            assert returns.decline_rejoin(visit, actor=house.desk).rejoin_asked_at is None
        returns.ask_rejoin_by_link(visit, actor=phone(visit))
        assert state_of(visit) == LEFT
    assert told.names == ["visit.rejoin_asked", "visit.rejoin_declined", "visit.rejoin_asked"]


@pytest.mark.rule("3.14")
def test_a_link_asks_for_its_own_visit_only_and_not_while_it_is_open(world: World) -> None:
    house = world.harbor
    visit = left(house)
    with house.open():
        other = house.waiting(1)[0]
        for actor in (phone(other), house.desk):
            with pytest.raises((NotFound, Forbidden)):
                returns.ask_rejoin_by_link(visit, actor=actor)
        with pytest.raises(NotAllowed) as refused:
            returns.ask_rejoin_by_link(other, actor=phone(other))
        assert refused.value.code == "visit.wrong_state"


@pytest.mark.rule("3.19")
@pytest.mark.parametrize("act", ["rejoin", "decline"])
def test_what_the_desk_answered_can_be_taken_back(world: World, act: str) -> None:
    house = world.harbor
    visit = left(house)
    with house.open():
        returns.ask_rejoin_by_link(visit, actor=phone(visit))
        before = Visit.objects.filter(pk=visit.pk).values("rejoin_asked_at", "ended_at", "outcome").get()
        (returns.rejoin if act == "rejoin" else returns.decline_rejoin)(visit, actor=house.desk)
        undo.undo(done().seq or 0, actor=house.desk)
        assert Visit.objects.filter(pk=visit.pk).values("rejoin_asked_at", "ended_at", "outcome").get() == before
        assert state_of(visit) == LEFT
        assert line(house.own) == "2 3 4"


@pytest.mark.rule("3.14")
def test_the_phone_is_told_that_the_desk_declined(world: World) -> None:
    """Until the patient asks again, or is back."""
    house = world.harbor
    visit = left(house)
    place = f"status:{house.department.pk}#{visit.pk}"

    def told() -> tuple[bool, bool, bool]:
        row = next(row for row in shown(f"status:{house.department.pk}").rows if row.key == str(visit.pk))
        return row.may_rejoin, row.rejoin_asked, row.rejoin_declined

    with house.open():
        assert told() == (True, False, False)
        returns.ask_rejoin_by_link(visit, actor=phone(visit))
        assert told() == (False, True, False)
        assert_live(lambda: returns.decline_rejoin(visit, actor=house.desk), place)
        assert told() == (True, False, True)
        link = intake.status_link(visit)
    assert "did not take you back" in Client().get(f"/s/{link}/").content.decode()
    with house.open():
        undo.undo(done().seq or 0, actor=house.desk)
        assert told() == (False, True, False)
        returns.decline_rejoin(visit, actor=house.desk)
        returns.ask_rejoin_by_link(visit, actor=phone(visit))
        returns.rejoin(visit, actor=house.desk)
        ends.leave(visit, actor=house.desk)
        assert told() == (True, False, False), "that was another time"


@pytest.mark.rule("3.14")
def test_who_rejoined_is_called_in_turn(world: World) -> None:
    house = world.harbor
    visit = left(house, 3)
    with house.open():
        returns.rejoin(visit, actor=house.desk)
        order = []
        for _turn in range(4):
            leg = called(house)
            order.append(leg.visit.token_number)
            ends.complete(leg.visit, actor=house.medic)
        assert order == [2, 3, 1, 4]


@pytest.mark.rule("3.14")
def test_somebody_who_never_waited_here_is_not_there(world: World) -> None:
    visit = left(world.hilltop)
    for verb in (returns.rejoin, returns.decline_rejoin):
        with recorded(world.harbor) as told, pytest.raises(NotFound):
            verb(visit, actor=world.harbor.desk)
        assert told.events == []


def test_a_no_show_is_not_ended_twice_by_the_way(world: World) -> None:
    """Rejoined and missed again: the visit ends anew, with its own time."""
    house = world.harbor
    with house.open():
        with time_machine.travel(timezone.now() - timedelta(minutes=30)):
            visit = house.waiting(1)[0]
            missed(house)
            first = ends.no_show(visit, actor=house.medic).ended_at
            returns.rejoin(visit, actor=house.desk)
        missed(house)
        leg = ends.no_show(visit, actor=house.medic)
    assert leg.state == NO_SHOW
    assert first is not None
    assert leg.ended_at is not None
    assert leg.ended_at > first
