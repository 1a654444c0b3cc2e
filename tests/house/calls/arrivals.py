"""Examples of the day of an appointment: checked in, late, not come, and the doctor away."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import time_machine
from django.utils import timezone

from clinic.core.access import Actor
from clinic.directory.models import Doctor
from clinic.tenants import days
from queues.models import Appointment
from queues.operations import away_today, checkin
from queues.operations.away_today import CANCEL, POOL, Choice
from tests.house.calls.book import free
from tests.house.examples import REFUSED, SAME, Call, example
from tests.queues.bookings import booked, holder
from tests.world import House


def coming(house: House, minutes: int = 0) -> Appointment:
    """Somebody is booked for now, or so many minutes from now."""
    return booked(house, timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=minutes))


def the_booking(house: House) -> Actor:
    """The holder of the newest booking's link."""
    return holder(Appointment.objects.order_by("booked_at", "pk").last() or Appointment(pk=uuid4()))


@example(checkin.check_in, twice=SAME)
def _check_in(house: House) -> Call:
    return Call(coming(house))


@example(checkin.check_in_by_link, twice=SAME, actor=the_booking)
def _check_in_by_link(house: House) -> Call:
    return Call(coming(house))


@example(checkin.delay_by_link, twice=SAME, actor=the_booking)
def _delay_by_link(house: House) -> Call:
    return Call(coming(house), minutes=20)


@example(checkin.no_show, twice=SAME)
def _no_show(house: House) -> Call:
    return Call(coming(house, -5))


@example(checkin.make_due, twice=SAME)
def _make_due(house: House) -> Call:
    with time_machine.travel(timezone.now() - timedelta(minutes=40), tick=False):
        row = coming(house, 45)
        visit = checkin.check_in(row, actor=house.desk).visit
        house.waiting(1)
    return Call(visit)


@example(away_today.settle, twice=SAME)
def _settle(house: House) -> Call:
    """One who waits goes to the pool, and a booking of today is called off."""
    visit, row = house.waiting(1)[0], coming(house)
    day = days.service_day(house.hospital)
    return Call(house.doctor, day, {visit.ref: Choice(POOL), row.ref: Choice(CANCEL)})


@example(away_today.to_pool, twice=REFUSED)
def _to_pool(house: House) -> Call:
    Doctor.objects.update(serves_pool=True)
    return Call(booked(house, free(house)[0]))
