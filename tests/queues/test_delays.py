"""Delays by the desk and from the phone; whatever is done to some, the others keep their order: R3.13."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.core.errors import DomainError, Forbidden, NotAllowed, NotFound
from clinic.live.record import done
from queues.models import CALLED, NORMAL, ON_HOLD, URGENT, Leg, Queue, Visit
from queues.operations import calls, ends, holds, undo
from tests.ledger import recorded
from tests.queues.helpers import called, state_of
from tests.queues.test_holds import arrivals, line, phone, refusal
from tests.world import House, World

pytestmark = pytest.mark.django_db
NINE = "2026-11-20T09:00:00Z"


@pytest.mark.rule("3.13")
@pytest.mark.parametrize(("who", "places", "expected"), [(0, 1, "2 1 3 4"), (0, 2, "2 3 1 4"), (1, 1, "1 3 2 4"),
                                                         (1, 9, "1 3 4 2"), (2, 1, "1 2 4 3")])  # fmt: skip
def test_a_delay_counts_places_from_where_one_stands(world: World, who: int, places: int, expected: str) -> None:
    house = world.harbor
    visit = arrivals(house, *[NORMAL] * 4)[who]
    arrived = visit.arrived_at
    with recorded(house) as told:
        leg, gone = holds.delay(visit, reason=" her son ", places=places, actor=house.desk)
        assert (line(house.own), gone) == (expected, min(places, 3 - who))
    assert [(event.name, event.reason) for event in told.events] == [("visit.delayed", "her son")]
    assert (leg.visit.arrived_at, leg.effective_at, leg.visit.delays) == (arrived, arrived, 0)


@pytest.mark.rule("3.13")
def test_nobody_behind_is_said_and_changes_nothing(world: World) -> None:
    visits = world.harbor.waiting(2)
    with recorded(world.harbor) as told:
        assert holds.delay(visits[1], reason="her son", places=2, actor=world.harbor.desk)[1] == 0
        holds.delay_by_link(visits[1], places=2, actor=phone(visits[1]))
    assert told.events == []


@pytest.mark.rule("3.13")
@pytest.mark.parametrize(
    ("given", "code"),
    [({"reason": " ", "places": 1}, "visit.reason_needed"), ({"reason": "x"}, "visit.bad_delay"),
     ({"reason": "x", "places": 1, "minutes": 5}, "visit.bad_delay"),
     ({"reason": "x", "places": 0}, "visit.bad_places"),
     ({"reason": "x", "minutes": 0}, "visit.bad_minutes")],
)  # fmt: skip
def test_a_delay_without_sense_is_refused(world: World, given: dict[str, Any], code: str) -> None:
    visit = world.harbor.waiting(2)[0]
    with recorded(world.harbor) as told, pytest.raises(DomainError) as refused:
        holds.delay(visit, actor=world.harbor.desk, **given)
    assert (refusal(refused), told.events) == (code, [])


@pytest.mark.rule("3.13")
def test_a_delay_by_minutes_keeps_the_place(world: World) -> None:
    house = world.harbor
    visits = arrivals(house, *[NORMAL] * 3)
    with house.open(), time_machine.travel(NINE, tick=False):
        leg, gone = holds.delay(visits[0], reason="her son", minutes=20, actor=house.desk)
        assert (leg.state, leg.hold_reason, leg.hold_note, gone) == (ON_HOLD, "away", "her son", 0)
        assert leg.back_at == timezone.now() + timedelta(minutes=20)
        holds.resume(visits[0], actor=house.desk)
        assert line(house.own) == "1 2 3"


@pytest.mark.rule("3.13")
def test_from_the_phone_three_times_in_a_visit(world: World) -> None:
    house = world.harbor
    visit = arrivals(house, *[NORMAL] * 5)[0]
    with house.open():
        for places in (1, 1):
            holds.delay_by_link(visit, places=places, actor=phone(visit))
        holds.delay_by_link(visit, minutes=10, actor=phone(visit))
        holds.delay_by_link(visit, minutes=10, actor=phone(visit))
        assert done().events == (), "away already"
        holds.come_back_by_link(visit, actor=phone(visit))
        assert line(house.own) == "2 3 1 4 5"
        for more in ({"places": 1}, {"minutes": 10}):
            with pytest.raises(NotAllowed) as refused:
                holds.delay_by_link(visit, actor=phone(visit), **more)
            assert refusal(refused) == "visit.delay_limit"
        assert holds.delay(visit, reason="asked at the desk", places=1, actor=house.desk)[1] == 1, "the desk may"


@pytest.mark.rule("3.13")
def test_from_the_phone_not_once_called(world: World) -> None:
    house = world.harbor
    visit = house.waiting(3)[0]
    with house.open():
        called(house)
        with pytest.raises(NotAllowed) as refused:
            holds.delay_by_link(visit, minutes=10, actor=phone(visit))
        assert refusal(refused) == "visit.wrong_state"
        calls.skip(visit, actor=house.medic)
        with pytest.raises(NotAllowed) as refused:
            holds.delay_by_link(visit, places=1, actor=phone(visit))
        assert refusal(refused) == "visit.called_already"


@pytest.mark.rule("3.13")
def test_the_phone_acts_on_its_own_visit_only_and_the_desk_brings_back_from_tests(world: World) -> None:
    house = world.harbor
    own, other = house.waiting(2)
    with house.open():
        for verb in (holds.come_back_by_link, holds.delay_by_link):
            for actor in (phone(own), house.desk):
                with pytest.raises((NotFound, Forbidden)):
                    verb(other, actor=actor)
        holds.hold(own, reason="tests", actor=house.desk)
        with pytest.raises(NotAllowed) as refused:
            holds.come_back_by_link(own, actor=phone(own))
        assert (refusal(refused), state_of(own)) == ("visit.desk_brings_back", ON_HOLD)


@pytest.mark.rule("3.19")
def test_an_undone_delay_gives_the_attempt_back_and_everybody_their_place(world: World) -> None:
    house = world.harbor
    visits = arrivals(house, *[NORMAL] * 4, minutes=0)
    with house.open():
        holds.delay_by_link(visits[0], places=1, actor=phone(visits[0]))
        assert line(house.own) == "2 1 3 4"
        undo.undo(done().seq or 0, actor=house.desk)
        assert line(house.own) == "1 2 3 4"
        assert Visit.objects.get(pk=visits[0].pk).delays == 0


# --- whatever is done to some, the others keep their order --------------------------------------------------------

ACTS = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from(["tests", "away", "resume", "delay", "skip"]), st.integers(1, 6)
    ),
    min_size=1, max_size=12,
)  # fmt: skip


def try_to(house: House, visit: Visit, act: str, places: int) -> None:
    """One act on one of the four; what the states do not allow is refused."""
    try:
        match act:
            case "resume":
                holds.resume(visit, actor=house.desk)
            case "delay":
                holds.delay(visit, reason="x", places=places, actor=house.desk)
            case "skip":
                calls.call(visit, house.doctor, reason="x", actor=house.desk)
                calls.skip(visit, actor=house.desk)
            case reason:
                holds.hold(visit, reason=reason, actor=house.desk)
    except NotAllowed:
        leg = calls.leg_now(visit)
        if leg.state == CALLED:
            undo.undo(done().seq or 0, actor=house.desk)


@pytest.mark.rule("3.13")
@pytest.mark.rule("3.4")
@given(acts=ACTS, minutes=st.sampled_from([0, 5]), urgent=st.integers(0, 9))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_the_others_never_changes(
    world: World, acts: list[tuple[int, str, int]], minutes: int, urgent: int
) -> None:
    house = world.harbor
    with house.open():
        for leg in Leg.objects.open().select_related("visit"):
            ends.cancel(leg.visit, reason="the example before", actor=house.desk)
    visits = arrivals(house, *[URGENT if nth == urgent else NORMAL for nth in range(8)], minutes=minutes)
    touched = {visit.pk for visit in visits[::2]}
    with house.open():
        before = [visit for visit in all_of(house.own) if visit not in touched]
        for who, act, places in acts:
            try_to(house, visits[::2][who], act, places)
            assert [visit for visit in all_of(house.own) if visit not in touched] == before
        for visit in visits:
            if state_of(visit) == ON_HOLD:
                holds.resume(visit, actor=house.desk)
        order = all_of(house.own)
    assert sorted(order) == sorted(visit.pk for visit in visits), "nobody is lost"
    assert [visit for visit in order if visit not in touched] == before


def all_of(queue: Queue) -> list[Any]:
    return list(Leg.objects.filter(queue=queue).waiting().in_order().values_list("visit_id", flat=True))
