"""R2.7: where a check-in puts somebody: early, on time, late, with and without a lead, by time and by number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.core.errors import Conflict, Forbidden, NotAllowed, NotFound
from clinic.live.models import Event
from clinic.tenants import links
from clinic.tenants.models import PublicToken
from queues import appointment_day as on_the_day
from queues import clock as queue_clock
from queues import faces
from queues.models import (
    CHECKED_IN,
    CONFIRMED,
    URGENT,
    Appointment,
    Leg,
    SlotTick,
)
from queues.operations import calls, checkin, ends, moves, order
from tests.ledger import recorded
from tests.queues.bookings import TEN, booked, minutes, numbered, policy
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("2.7")]


@pytest.fixture
def at() -> Iterator[Any]:
    with time_machine.travel(TEN, tick=False) as traveller:
        yield traveller


def check_in(house: House, row: Appointment) -> Leg:
    with house.open():
        return checkin.check_in(row, actor=house.desk).leg


def tokens(house: House) -> list[str]:
    """Who waits in the doctor's line, in order."""
    with house.open():
        return [leg.visit.token for leg in Leg.objects.waiting().filter(queue=house.own).in_order()]


# --- where one stands: the table of R2.7 -----------------------------------------------------------------------------

TABLE = [
    # came (minutes from the nominal start), lead, grace → counts from, due, late
    (-60, 30, 15, -30, False, False),
    (-11, 30, 15, -30, False, False),
    (-10, 30, 15, -30, True, False),
    (0, 30, 15, -30, True, False),
    (15, 30, 15, -30, True, False),
    (16, 30, 15, 16, True, True),
    (90, 30, 15, 90, True, True),
    (-60, 0, 15, 0, False, False),
    (-10, 0, 15, 0, True, False),
    (0, 0, 15, 0, True, False),
    (15, 0, 15, 0, True, False),
    (16, 0, 15, 16, True, True),
    (1, 0, 0, 1, True, True),
    (0, 0, 0, 0, True, False),
    (-5, 30, 0, -30, True, False),
]


@pytest.mark.parametrize(("came", "lead", "grace", "since", "due", "late"), TABLE)
def test_where_a_check_in_stands(came: int, lead: int, grace: int, since: int, due: bool, late: bool) -> None:
    stands = on_the_day.standing(TEN, TEN + minutes(came), lead=lead, grace=grace)
    assert stands == on_the_day.Standing(TEN + minutes(since), due, late)


def test_who_was_counted_as_not_come_stands_as_late_however_soon() -> None:
    assert on_the_day.standing(TEN, TEN + minutes(6), lead=30, grace=15, missed=True) == on_the_day.Standing(
        TEN + minutes(6), due=True, late=True
    )


@pytest.mark.parametrize("by_number", [False, True])
@pytest.mark.parametrize(("came", "lead", "grace", "since", "due", "late"), TABLE)
def test_the_line_holds_it(
    world: World, at: Any, came: int, lead: int, grace: int, since: int, due: bool, late: bool, by_number: bool
) -> None:
    house = world.harbor
    policy(house, appointment_lead=lead, late_grace=grace)
    row = (numbered if by_number else booked)(house)
    at.move_to(TEN + minutes(came))
    with recorded(house) as told:
        arrival = checkin.check_in(row, actor=house.desk)
    assert told.names == ["visit.arrived", "appointment.checked_in"]
    leg = arrival.leg
    assert (leg.effective_at, leg.order_at, leg.due) == (TEN + minutes(since), TEN + minutes(since), due)
    assert (leg.entered_at, arrival.visit.arrived_at) == (TEN + minutes(came), TEN + minutes(came))
    assert [warned.code for warned in arrival.warnings] == (["appointment.late"] if late else [])
    with house.open():
        reason = Event.objects.get(name="appointment.checked_in").reason
        row.refresh_from_db()
    assert reason == ("late" if late else "" if due else "early")
    assert (row.state, row.visit_id) == (CHECKED_IN, arrival.visit.pk)
    if by_number:
        assert arrival.visit.token == row.token


# --- among those who walked in ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lead", "walked_in", "first"),
    [(30, 31, "walk-in"), (30, 29, "booked"), (0, 1, "walk-in"), (0, -1, "booked"), (45, 44, "booked")],
)
def test_the_lead_decides_between_a_booked_patient_and_a_walk_in(
    world: World, at: Any, lead: int, walked_in: int, first: str
) -> None:
    """Somebody walked in so many minutes before the booked time; the booked patient checks in at it."""
    house = world.harbor
    policy(house, appointment_lead=lead)
    row = booked(house)
    came = TEN - minutes(walked_in)
    at.move_to(min(came, TEN))
    if walked_in > 0:
        walk_in = house.waiting(1)[0]
        at.move_to(TEN)
        own = check_in(house, row).visit
    else:
        at.move_to(TEN)
        own = check_in(house, row).visit
        at.move_to(came)
        walk_in = house.waiting(1)[0]
    expected = [own, walk_in] if first == "booked" else [walk_in, own]
    assert tokens(house) == [visit.token for visit in expected]


def test_somebody_early_is_called_only_if_nobody_due_waits(world: World, at: Any) -> None:
    house = world.harbor
    row = booked(house)
    at.move_to(TEN - minutes(40))
    early = check_in(house, row)
    assert not early.due
    at.move_to(TEN - minutes(20))
    walk_in = house.waiting(1)[0]
    assert tokens(house) == [walk_in.token, early.visit.token]
    with house.open():
        assert calls.call_next(house.doctor, actor=house.medic).visit == walk_in  # type: ignore[union-attr]
        ends.complete(walk_in, actor=house.medic)
        assert calls.call_next(house.doctor, actor=house.medic).visit == early.visit  # type: ignore[union-attr]


def test_the_clock_makes_somebody_due_ten_minutes_before(world: World, at: Any) -> None:
    house = world.harbor
    row = booked(house)
    at.move_to(TEN - minutes(40))
    early = check_in(house, row)
    at.move_to(TEN - minutes(25))
    walk_in = house.waiting(1)[0]
    with house.open():
        at.move_to(TEN - timedelta(minutes=10, seconds=1))
        assert queue_clock.make_due() == 0
        at.move_to(TEN - minutes(10))
        assert queue_clock.make_due() == 1
        assert queue_clock.make_due() == 0, "twice is once"
        assert Leg.objects.get(pk=early.pk).due
    # The walk-in came less than the lead before the booked time: the booked patient goes first.
    assert tokens(house) == [early.visit.token, walk_in.token]


def test_an_early_check_in_never_passes_an_earlier_booking(world: World, at: Any) -> None:
    house = world.harbor
    first, second = booked(house), booked(house, TEN + minutes(15))
    at.move_to(TEN - minutes(50))
    later = check_in(house, second)
    at.move_to(TEN)
    sooner = check_in(house, first)
    with house.open():
        queue_clock.make_due()
    assert tokens(house) == [sooner.visit.token, later.visit.token]


def test_an_urgent_walk_in_goes_before_the_booked(world: World, at: Any) -> None:
    house = world.harbor
    own = check_in(house, booked(house))
    urgent = house.waiting(1, klass=URGENT, class_reason="pain")[0]
    assert tokens(house) == [urgent.token, own.visit.token]


def test_who_becomes_urgent_is_early_no_more(world: World, at: Any) -> None:
    house = world.harbor
    row = booked(house)
    at.move_to(TEN - minutes(40))
    early = check_in(house, row)
    walk_in = house.waiting(1)[0]
    with house.open(), recorded(house):
        moves.set_class(early.visit, URGENT, reason="Faint", actor=house.desk)
    assert tokens(house) == [early.visit.token, walk_in.token]


def test_the_head_start_of_a_class_counts_from_the_booking_where_the_order_is_aged(world: World, at: Any) -> None:
    house = world.harbor
    policy(house, order_policy="aged")
    leg = check_in(house, booked(house))
    assert leg.order_at == order_at_of(house, TEN - minutes(30))


def order_at_of(house: House, since: datetime) -> datetime:
    with house.open():
        return order.order_at(since, "normal")


PEOPLE = st.lists(
    st.tuples(
        st.booleans(),  # booked or walks in
        st.integers(0, 24),  # the booked time, in five minutes from ten on
        st.integers(-60, 60),  # comes so many minutes from it (who walks in: from ten)
    ),
    min_size=2, max_size=9,
)  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(people=PEOPLE, lead=st.sampled_from([0, 10, 30, 60]), grace=st.sampled_from([0, 15, 30]))
def test_a_booked_patient_stands_exactly_where_the_rule_says(
    people: list[tuple[bool, int, int]], lead: int, grace: int
) -> None:
    """The line that the stored columns give is the line that R2.7 describes, at any moment, whoever came when."""
    stood: list[tuple[int, datetime | None, datetime, on_the_day.Standing]] = []
    for number, (is_booked, step, came) in enumerate(people):
        if is_booked:
            start = TEN + minutes(5 * step)
            stands = on_the_day.standing(start, start + minutes(came), lead=lead, grace=grace)
            stood.append((number, start, start + minutes(came), stands))
        else:
            arrives = TEN + minutes(came)
            stood.append((number, None, arrives, on_the_day.Standing(arrives, due=True)))
    for number, begins, came_at, stands in stood:
        if begins is None:
            continue
        start = begins
        on_time = came_at <= start + minutes(grace)
        for other, other_start, other_came, other_stands in stood:
            if other == number or not on_time:
                continue
            if other_start is None:
                # Less than ``lead`` before the booked time: the booked patient goes first; earlier: the walk-in does.
                assert (stands.effective_at < other_came) == (other_came > start - minutes(lead))
            elif other_came <= other_start + minutes(grace):
                # Two who came in time stand by their times, whoever checked in first.
                assert (stands.effective_at < other_stands.effective_at) == (start < other_start)
        if not on_time:
            assert stands.effective_at == came_at


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    steps=st.lists(st.integers(0, 6), min_size=2, max_size=5, unique=True),
    early=st.randoms(use_true_random=False),
    walk_ins=st.lists(st.integers(-45, 60), max_size=3),
)
def test_in_the_line_early_people_never_pass_earlier_bookings_and_wait_for_who_is_due(
    world: World, steps: list[int], early: Any, walk_ins: list[int]
) -> None:
    house = world.harbor
    _emptied(house)
    starts = {TEN + minutes(15 * step): None for step in sorted(steps)}
    rows = {start: booked(house, start) for start in starts}
    happens = [(start - minutes(early.randint(0, 50)), "check-in", start) for start in rows]
    happens += [(TEN + minutes(each), "walk-in", None) for each in walk_ins]
    came: dict[str, datetime] = {}
    nominal: dict[str, datetime] = {}
    with time_machine.travel(TEN - minutes(60), tick=False) as clock:
        for moment, what, start in sorted(happens, key=lambda one: (one[0], str(one[2]))):
            clock.move_to(moment)
            if what == "walk-in":
                came[house.waiting(1)[0].token] = moment
            else:
                assert start is not None
                nominal[check_in(house, rows[start]).visit.token] = start
        for after in (-20, 0, 20, 70):
            clock.move_to(max(TEN + minutes(after), *(one[0] for one in happens)))
            with house.open():
                queue_clock.make_due()
            _check_line(house, came, nominal, TEN + minutes(after))


def _check_line(house: House, came: dict[str, datetime], nominal: dict[str, datetime], _now: datetime) -> None:
    with house.open():
        line = list(Leg.objects.waiting().filter(queue=house.own).in_order().select_related("visit"))
    dues = [leg.due for leg in line]
    assert dues == sorted(dues, reverse=True), "who is not due waits for everybody who is"
    for ahead, behind in pairwise(line):
        if ahead.due != behind.due:
            continue
        key = [nominal[leg.visit.token] - minutes(30) if leg.visit.token in nominal else came[leg.visit.token]
               for leg in (ahead, behind)]  # fmt: skip
        assert key[0] <= key[1]
    starts = [nominal[leg.visit.token] for leg in line if leg.visit.token in nominal and leg.due]
    assert starts == sorted(starts)


def _emptied(house: House) -> None:
    """The hypothesis of before leaves nobody behind."""
    with house.open():
        for leg in Leg.objects.open().select_related("visit"):
            ends.cancel(leg.visit, reason="next", actor=house.desk)
        SlotTick.objects.all().delete()
        Appointment.objects.filter(state=CONFIRMED).delete()


# --- the door --------------------------------------------------------------------------------------------------------


def test_twice_is_once(world: World, at: Any) -> None:
    house = world.harbor
    row = booked(house)
    with house.open():
        first = checkin.check_in(row, actor=house.desk)
        count = Event.objects.count()
        again = checkin.check_in(row, actor=house.desk)
        assert (again.visit, again.leg, again.link) == (first.visit, first.leg, first.link)
        assert Event.objects.count() == count
        assert links.open_link(PublicToken.STATUS, first.link).target == first.visit.ref


def test_wrong_states_roles_days_and_hospitals_change_nothing(world: World, at: Any) -> None:
    house, other = world.both()
    row, tomorrow = booked(house), booked(house, TEN + timedelta(days=1))
    asked = booked(house, TEN + minutes(30), state="requested")
    with house.open():
        with pytest.raises(Forbidden):
            checkin.check_in(row, actor=house.actor("biller"))
        with pytest.raises(NotAllowed, match=r"appointment\.other_day"):
            checkin.check_in(tomorrow, actor=house.desk)
        with pytest.raises(NotAllowed, match=r"appointment\.wrong_state"):
            checkin.check_in(asked, actor=house.desk)
    with other.open(), pytest.raises(NotFound):
        checkin.check_in(row, actor=other.desk)
    assert tokens(house) == []


def test_somebody_who_waits_already_under_another_token_is_shown(world: World, at: Any) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    row = booked(house, patient=visit.patient)
    with house.open(), pytest.raises(Conflict, match=r"visit\.already_in_line"):
        checkin.check_in(row, actor=house.desk)


def test_a_full_or_closed_line_takes_the_booked_in_all_the_same(world: World, at: Any) -> None:
    house = world.harbor
    policy(house, queue_hard_limit=1)
    house.waiting(1)
    with house.open():
        house.own.is_open = False
        house.own.save()
    assert check_in(house, booked(house)).due


def test_the_visit_tells_of_the_appointment_and_keeps_its_type_and_reason(world: World, at: Any) -> None:
    house = world.harbor
    row = booked(house, reason="Control")
    leg = check_in(house, row)
    with house.open():
        doc = faces.visits([str(leg.visit_id)])[str(leg.visit_id)]
    assert doc["appointment"] == {"id": str(row.pk), "starts_at": doc["appointment"]["starts_at"]}
    assert (doc["reason"], doc["source"], doc["due"]) == ("Control", "appointment", True)
