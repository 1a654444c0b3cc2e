"""Check-ins pressed by several at once: one visit, one token, and nobody both here and called off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from clinic.live.models import Event
from queues import clock
from queues.models import CALLED_OFF, CHECKED_IN, MISSED, Appointment, Leg, Visit
from queues.operations import appointments, checkin, intake
from tests.queues.bookings import TEN, booked, holder, policy
from tests.queues.crowd import at_once, codes, good
from tests.queues.test_concurrency import whole
from tests.world import House, World

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 6


@pytest.fixture(autouse=True)
def by_day() -> Iterator[None]:
    with time_machine.travel(TEN):
        yield


def coming(house: House, minutes: int = 0) -> Appointment:
    return booked(house, timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=minutes))


@pytest.mark.rule("2.7")
def test_desk_and_phone_check_somebody_in_once(world: World) -> None:
    house = world.harbor
    row, desk = coming(house), house.desk
    acts: list[Callable[[], Any]] = [lambda: checkin.check_in(row, actor=desk)] * 4
    acts += [lambda: checkin.check_in_by_link(row, actor=holder(row))] * 4
    answers = at_once(house, acts)
    assert codes(answers) == []
    assert len({arrival.visit.pk for arrival in answers}) == 1
    with house.open():
        assert (Visit.objects.count(), Leg.objects.waiting().count()) == (1, 1)
        assert Event.objects.filter(name="appointment.checked_in").count() == 1
    whole(house)


@pytest.mark.rule("2.7")
def test_somebody_checked_in_and_taken_in_at_once_stands_once(world: World) -> None:
    house = world.harbor
    desk = house.desk
    for nth in range(ROUNDS):
        row = coming(house, 15 * nth)
        acts: list[Callable[[], Any]] = [
            lambda row=row: checkin.check_in(row, actor=desk),  # type: ignore[misc]
            lambda row=row: intake.arrive(house.own, row.patient, actor=desk),  # type: ignore[misc]
        ]
        answers = at_once(house, acts)
        assert (len(good(answers)), codes(answers)) == (1, ["visit.already_in_line"])
        with house.open():
            assert Leg.objects.open().filter(visit__patient=row.patient).count() == 1
    whole(house)


@pytest.mark.rule("2.8")
def test_a_check_in_and_the_clock_or_a_cancellation_agree(world: World) -> None:
    house = world.harbor
    desk = house.desk
    for nth in range(ROUNDS):
        row = coming(house, -60 - 15 * nth)
        other: Callable[[], Any] = (
            clock.miss if nth % 2 else lambda row=row: appointments.cancel(row, reason="asked", actor=desk)
        )  # type: ignore[misc]
        answers = at_once(house, [lambda row=row: checkin.check_in(row, actor=desk), other])  # type: ignore[misc]
        assert set(codes(answers)) <= {"appointment.wrong_state"}
        with house.open():
            row.refresh_from_db()
            here = Leg.objects.open().filter(visit__patient=row.patient).count()
        assert row.state in (CHECKED_IN, CALLED_OFF, MISSED)
        assert here == (row.state == CHECKED_IN)
    whole(house)


@pytest.mark.rule("2.9")
def test_walk_ins_at_once_take_different_times(world: World) -> None:
    house = world.harbor
    policy(house, booking_mode="slot", default_minutes=15, buffer_minutes=0)
    people, desk = [house.patient() for _ in range(8)], house.desk
    acts: list[Callable[[], Any]] = [lambda p=p: intake.arrive(house.own, p, actor=desk) for p in people]  # type: ignore[misc]
    answers = at_once(house, acts)
    assert set(codes(answers)) <= {"slot.taken", "queue.no_slot"}
    with house.open():
        starts = list(Appointment.objects.filter(state=CHECKED_IN).values_list("starts_at", flat=True))
    assert len(starts) == len(set(starts)) == len(good(answers)) >= 1
    whole(house)
