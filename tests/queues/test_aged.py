"""The two policies of order, and what a change between them does to whoever waits: R3.3, R3.4."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.core.errors import Forbidden
from clinic.live import outbox
from clinic.tenants.models import HospitalConfig
from queues.models import CARRIED_OVER, NORMAL, URGENT, VIP, Leg, Queue
from queues.operations import calls, moves, order, resort
from queues.operations.resort import Stands, sequence
from tests.ledger import recorded
from tests.live.helpers import assert_live
from tests.queues.helpers import everywhere, set_policy
from tests.world import House, World

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
MINUTES = {URGENT: 60, VIP: 30, CARRIED_OVER: 15, NORMAL: 0}
CLASSES = st.sampled_from(list(MINUTES))
AGED = HospitalConfig(order_policy="aged")
STRICT = HospitalConfig()


def line(queue: Queue) -> list[str]:
    return list(Leg.objects.filter(queue=queue).waiting().in_order().values_list("visit__token", flat=True))


def change(house: House, **fields: object) -> None:
    """As the owner, and what follows from it."""
    set_policy(house.actor("owner"), **fields)
    outbox.run(house.hospital.pk)


@contextmanager
def arrivals(house: House, *people: tuple[int, str]) -> Iterator[time_machine.Traveller]:
    """Minutes after nine and class of each; the clock stands at the last."""
    with time_machine.travel(NINE, tick=False) as clock, house.open():
        for minute, klass in people:
            clock.move_to(NINE + timedelta(minutes=minute))
            house.waiting(1, klass=klass)
        yield clock


# --- the policy ------------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.4")
def test_aged_gives_minutes_instead_of_ranks(world: World) -> None:
    house = world.harbor
    with house.open():
        change(house, order_policy="aged")
    with arrivals(house, (0, NORMAL), (20, VIP), (40, NORMAL), (70, URGENT), (71, VIP)):
        # 9:00, 8:50, 9:40, 9:10 and 9:41
        assert line(house.own) == ["A-002", "A-001", "A-004", "A-003", "A-005"]


@pytest.mark.rule("3.4")
@pytest.mark.parametrize(
    ("policy", "klass", "minutes"),
    [("aged_urgent", URGENT, 90), ("aged_vip", VIP, 45), ("aged_carried_over", CARRIED_OVER, 25)],
)
def test_how_many_minutes_is_the_hospitals_policy(policy: str, klass: str, minutes: int) -> None:
    config = HospitalConfig(order_policy="aged", **{policy: minutes})
    assert order.order_at(NINE, klass, config) == NINE - timedelta(minutes=minutes)
    assert order.order_at(NINE, klass, AGED) == NINE - timedelta(minutes=MINUTES[klass])


@pytest.mark.rule("3.4")
def test_the_hospitals_minutes_move_whoever_waits(world: World) -> None:
    house = world.harbor
    with house.open():
        change(house, order_policy="aged")
    with arrivals(house, (0, NORMAL), (40, VIP), (50, URGENT)):
        assert line(house.own) == ["A-003", "A-001", "A-002"]  # 8:50, 9:00, 9:10
        change(house, aged_vip=55, aged_carried_over=55)
        assert line(house.own) == ["A-002", "A-003", "A-001"]


arrived = st.tuples(st.integers(0, 600), CLASSES)


@pytest.mark.rule("3.4")
@given(st.lists(arrived, min_size=2, max_size=30))
@settings(max_examples=200, deadline=None)
def test_nobody_starves_under_aged(people: list[tuple[int, str]]) -> None:
    """Whoever comes more than an hour later never goes first, however urgent; and a class never costs a place."""
    at = [order.order_at(NINE + timedelta(minutes=minute), klass, AGED) for minute, klass in people]
    for (came, klass), mine in zip(people, at, strict=True):
        for (later, other), theirs in zip(people, at, strict=True):
            if later > came + 60:
                assert mine < theirs
            if later >= came and MINUTES[klass] >= MINUTES[other]:
                assert mine <= theirs


@pytest.mark.rule("3.3")
@given(st.lists(arrived, min_size=2, max_size=30))
@settings(max_examples=200, deadline=None)
def test_a_vip_never_stands_above_an_urgent_patient_under_strict(people: list[tuple[int, str]]) -> None:
    stand = sorted(people, key=lambda one: order.order_at(NINE + timedelta(minutes=one[0]), one[1], STRICT))
    ranks = [list(MINUTES).index(klass) for _minute, klass in stand]
    assert ranks == sorted(ranks)
    for klass in MINUTES:
        came = [minute for minute, other in stand if other == klass]
        assert came == sorted(came)


# --- a change of policy: an independent model -------------------------------------------------------------------------

somebody = st.tuples(st.integers(0, 90), CLASSES, st.booleans())


def model(stood: list[tuple[int, str, bool]], aged: bool) -> list[int]:
    """Who stands where after the change, by index before it: the placed stay, the others fill up by the policy."""

    def rank(one: int) -> tuple[float, int]:
        minute, klass, _placed = stood[one]
        return (minute - MINUTES[klass] if aged else minute + 100_000 * list(MINUTES).index(klass), one)

    free = sorted((one for one, (_m, _k, placed) in enumerate(stood) if not placed), key=rank)
    return [one if placed else free.pop(0) for one, (_m, _k, placed) in enumerate(stood)]


@pytest.mark.rule("3.4")
@given(st.lists(somebody, max_size=25), st.booleans())
@settings(max_examples=300, deadline=None)
def test_a_change_sorts_the_unplaced_and_keeps_the_ranks_of_the_placed(
    people: list[tuple[int, str, bool]], aged: bool
) -> None:
    keys = [UUID(int=n) for n in range(len(people))]
    stood = [
        Stands(key, NINE, n + 1, placed) for n, (key, (_m, _k, placed)) in enumerate(zip(keys, people, strict=True))
    ]
    policy = AGED if aged else STRICT
    by_policy = {
        key: order.order_at(NINE + timedelta(minutes=minute), klass, policy)
        for key, (minute, klass, _placed) in zip(keys, people, strict=True)
    }
    found = sequence(stood, by_policy)
    assert [keys.index(stands.key) for stands in found] == model(people, aged)
    # What is written gives this very order: numbers below zero become fresh ones, higher than all there are.
    numbers = [s.order_no if s.order_no > 0 else 1_000 + sum(o.order_no < s.order_no for o in found) for s in found]
    keyed = [(s.order_at, number, str(s.key)) for s, number in zip(found, numbers, strict=True)]
    assert keyed == sorted(keyed)
    for stands in found:
        assert stands.placed or stands.order_at == by_policy[stands.key]
    # Sorted again, nothing moves.
    again = sequence([Stands(s.key, s.order_at, n, s.placed) for s, n in zip(found, numbers, strict=True)], by_policy)
    assert [(s.key, s.order_at, s.order_no) for s in again] == [
        (s.key, s.order_at, n) for s, n in zip(found, numbers, strict=True)
    ]


# --- a change of policy: the rows -------------------------------------------------------------------------------------


@pytest.mark.rule("3.4")
def test_a_change_of_policy_is_one_event_and_live_equals_reload(world: World) -> None:
    house = world.harbor
    with arrivals(house, (0, NORMAL), (10, NORMAL), (50, VIP), (69, URGENT)):
        pooled = house.waiting(1, house.pool, klass=VIP)
        assert line(house.own) == ["A-004", "A-003", "A-001", "A-002"]
        set_policy(house.actor("owner"), order_policy="aged")
        with recorded(house) as told:
            visits = [leg.visit for leg in Leg.objects.select_related("visit")]
            owner = house.actor("owner")
            assert assert_live(lambda: resort.resort(actor=owner), *everywhere(house, *visits)) == 3
        assert told.names == ["queue.resorted"]
        assert told.events[0].reason == "aged"
        assert line(house.own) == ["A-001", "A-004", "A-002", "A-003"]  # 9:00, 9:09, 9:10 and 9:20
        assert pooled[0].ref in told.events[0].subjects
        with recorded(house) as told:
            assert resort.resort(actor=owner) == 0
        assert told.events == []


@pytest.mark.rule("3.4")
def test_a_skipped_patient_keeps_the_rank_and_a_caller_takes_the_new_head(world: World) -> None:
    house = world.harbor
    with arrivals(house, (0, NORMAL), (1, NORMAL), (2, NORMAL), (3, NORMAL), (70, URGENT), (71, VIP)):
        first = calls.call_next(house.doctor, actor=house.medic)
        assert first is not None
        calls.skip(first.visit, actor=house.medic)
        assert line(house.own) == ["A-006", "A-001", "A-002", "A-005", "A-003", "A-004"]
        change(house, order_policy="aged")
        assert line(house.own) == ["A-001", "A-002", "A-003", "A-005", "A-004", "A-006"]
        assert line(house.own).index("A-005") == 3, "the rank before the change"
        change(house, order_policy="strict")
        assert line(house.own) == ["A-006", "A-001", "A-002", "A-005", "A-003", "A-004"]
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        assert leg.visit.token == "A-006"


@pytest.mark.rule("3.4")
def test_another_policy_moves_nobody(world: World) -> None:
    house = world.harbor
    with arrivals(house, (0, NORMAL), (10, URGENT)):
        change(house, order_policy="aged")
        with recorded(house) as told:
            change(house, skip_places=5)
        assert told.names == ["hospital.policies_changed"]


@pytest.mark.rule("3.4")
def test_only_this_hospitals_lines_are_sorted(world: World) -> None:
    with arrivals(world.hilltop, (0, NORMAL), (70, URGENT)):
        before = line(world.hilltop.own)
    with arrivals(world.harbor, (0, NORMAL), (70, URGENT)):
        change(world.harbor, order_policy="aged")
        assert line(world.harbor.own) == ["A-001", "A-002"]
    with world.hilltop.open():
        assert line(world.hilltop.own) == before == ["A-002", "A-001"]


def test_whoever_does_not_run_the_hospital_cannot_sort_it(world: World) -> None:
    with world.harbor.open():
        for role in ("doctor", "nurse", "receptionist", "biller"):
            with pytest.raises(Forbidden):
                resort.resort(actor=world.harbor.actor(role))


@pytest.mark.rule("3.4")
def test_every_way_into_a_line_goes_by_the_policy(world: World) -> None:
    """Taken in, moved and given another class: the head start is the policy's."""
    house = world.harbor
    with house.open():
        change(house, order_policy="aged")
    with arrivals(house, (0, URGENT), (0, NORMAL)):
        urgent, normal = (leg.visit for leg in Leg.objects.select_related("visit").order_by("visit__token_number"))
        assert calls.leg_now(urgent).order_at == NINE - timedelta(minutes=60)
        assert moves.reassign(urgent, house.pool, actor=house.desk).order_at == NINE - timedelta(minutes=60)
        assert moves.set_class(normal, VIP, reason="donor", actor=house.desk).order_at == NINE - timedelta(minutes=30)
        leg = calls.call(normal, house.doctor, reason="now", actor=house.medic)
        assert moves.send_on(leg.visit, house.pool, actor=house.medic).order_at == NINE - timedelta(minutes=30)
