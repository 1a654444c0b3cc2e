"""What is said of a place is true under the policy that makes it: for staff, and in other words for patients (R3.5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from clinic.live import outbox
from clinic.tenants import days
from queues.models import CARRIED_OVER, NORMAL, URGENT, VIP, Leg, Visit
from queues.operations import calls
from queues.regions import words
from tests.queues.helpers import set_policy, shown
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("3.5")]
NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)  # ten in Paris
STRICT = {
    URGENT: "Marked urgent at 10:00: goes before everybody who is not.",
    VIP: "Marked VIP at 10:00: goes after urgent, before all others.",
    CARRIED_OVER: "Carried over from an earlier day: goes before normal.",
    NORMAL: "In order of arrival, here since 10:00.",
}
AGED = {
    URGENT: "Marked urgent at 10:00: counts as waiting 60 min longer.",
    VIP: "Marked VIP at 10:00: counts as waiting 30 min longer.",
    CARRIED_OVER: "Carried over from an earlier day: counts as waiting 15 min longer.",
    NORMAL: "In order of arrival, here since 10:00.",
}


def aged(house: House, **minutes: int) -> None:
    set_policy(house.actor("owner"), order_policy="aged", **minutes)
    outbox.run(house.hospital.pk)


def why(leg: Leg) -> str:
    with timezone.override(days.current_hospital().zone):
        return words.why(leg)


def said(house: House) -> dict[str, str]:
    return {row.klass: row.why for row in shown(f"line:{house.own.pk}").rows}


def of_each_class(house: House) -> None:
    for klass in (NORMAL, VIP, URGENT):
        house.waiting(1, klass=klass)
    carried = house.waiting(1)[0]
    with house.open():
        Visit.objects.filter(pk=carried.pk).update(klass=CARRIED_OVER)


@pytest.mark.parametrize("policy", ["strict", "aged"])
def test_staff_read_what_a_class_means_under_the_policy(world: World, policy: str) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False):
        of_each_class(house)
        with house.open():
            if policy == "aged":
                aged(house)
            told = AGED if policy == "aged" else STRICT
            assert said(house) == told
            assert {leg.visit.klass: why(leg) for leg in Leg.objects.select_related("visit")} == told


def test_staff_read_the_reason_and_the_hospitals_minutes(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False):
        house.waiting(1, klass=URGENT, class_reason="39.2 °C")
        house.waiting(1, klass=VIP, class_reason="A flight")
        with house.open():
            aged(house, aged_urgent=90, aged_vip=0, aged_carried_over=0)
            told = said(house)
    assert told[URGENT] == "Marked urgent at 10:00 (“39.2 °C”): counts as waiting 90 min longer."
    assert told[VIP] == "In order of arrival, here since 10:00.", "a class without a head start moves nobody"


@pytest.mark.parametrize("policy", ["strict", "aged"])
def test_a_patient_reads_why_somebody_goes_first(world: World, policy: str) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as clock:
        mine = house.waiting(1)[0]
        clock.shift(timedelta(minutes=20))
        house.waiting(2, klass=URGENT, class_reason="bleeding")
        with house.open():
            if policy == "aged":
                aged(house)
            row = next(row for row in shown(f"status:{house.department.pk}").rows if row.key == str(mine.pk))
    strict = "2 people who came after you go first. Urgent cases go first."
    assert row.why == (strict if policy == "strict" else
                       "2 people who came after you go first. Who is urgent is called sooner.")  # fmt: skip


def test_under_aged_nobody_says_that_the_urgent_go_first_where_they_do_not(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as clock:
        mine = house.waiting(1)[0]
        clock.shift(timedelta(minutes=70))
        urgent = house.waiting(1, klass=URGENT)[0]
        with house.open():
            aged(house)
            rows = {row.key: row for row in shown(f"status:{house.department.pk}").rows}
            assert (rows[str(mine.pk)].state, rows[str(mine.pk)].why) == ("next", "")
            assert rows[str(urgent.pk)].ahead == 1


def booked(visit: Visit, since: datetime, *, due: bool = True) -> Leg:
    """As a check-in places somebody who has an appointment (R2.7)."""
    leg = calls.leg_now(visit)
    Leg.objects.filter(pk=leg.pk).update(effective_at=since, order_at=since, due=due)
    return calls.leg_now(visit)


@pytest.mark.rule("2.7")
def test_somebody_booked_stands_by_the_agreed_time_and_the_words_say_so(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as clock:
        mine = house.waiting(1)[0]
        clock.shift(timedelta(minutes=10))
        other = house.waiting(1)[0]
        with house.open():
            leg = booked(other, NINE - timedelta(minutes=5))
            assert why(leg) == "Booked: goes before whoever came after 09:55."
            told = {row.token: row.why for row in shown(f"line:{house.own.pk}").rows}
            assert told[other.token] == why(leg)
            place = next(row for row in shown(f"status:{house.department.pk}").rows if row.key == str(mine.pk))
            assert place.why == "Somebody who came after you has an appointment, and goes first."
            card = shown(f"doctor-next:{house.doctor.pk}").context
            assert card.why == why(leg)


@pytest.mark.rule("2.7")
def test_whoever_is_early_for_an_appointment_reads_that_others_go_first_until_then(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as clock:
        mine = house.waiting(1)[0]
        clock.shift(timedelta(minutes=1))
        house.waiting(1)
        with house.open():
            leg = booked(mine, NINE + timedelta(minutes=30), due=False)
            assert why(leg) == "Booked, and early: called before the time only if nobody else waits."
            place = next(row for row in shown(f"status:{house.department.pk}").rows if row.key == str(mine.pk))
            assert place.why == "You are early for your appointment: until shortly before it, others go first."


def test_whoever_waited_on_an_earlier_day_is_no_decision_of_the_desk(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NINE, tick=False) as clock:
        mine = house.waiting(1)[0]
        clock.shift(timedelta(minutes=1))
        late = house.waiting(1)[0]
        with house.open():
            Visit.objects.filter(pk=late.pk).update(klass=CARRIED_OVER)
            Leg.objects.filter(visit=late).update(order_at=NINE - timedelta(days=10))
            place = next(row for row in shown(f"status:{house.department.pk}").rows if row.key == str(mine.pk))
    assert place.why == "Somebody who came after you waited on an earlier day already, and goes first."
