"""Appointments as the day finds them: the tests of the day put them there, those of booking book them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from clinic.core.access import PATIENT, Actor
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from clinic.tenants.operations import change_policies
from queues.models import CONFIRMED, SLOT, TAKES_PLACE, TOKEN, Appointment, Counter
from queues.operations import slot_ticks
from tests.world import House

TEN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""Ten o'clock in Paris, on a Friday."""


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def booked(house: House, starts_at: datetime = TEN, **more: Any) -> Appointment:
    """Somebody is booked with the doctor (or in ``queue``) at this time, and confirmed."""
    with house.open(), transaction.atomic():
        values = {"queue": house.own, "minutes": 15, "state": CONFIRMED, "booked_at": starts_at - timedelta(days=2)}
        day = days.service_day(house.hospital, starts_at)
        patient = more.pop("patient", None) or house.patient("Booked", f"B{len(house.people)}")
        row = Appointment.objects.create(
            patient=patient, starts_at=starts_at, service_day=day, mode=more.pop("mode", SLOT), **values | more
        )
        if row.mode == SLOT and row.state in TAKES_PLACE:
            slot_ticks.take(row)
    return row


def numbered(house: House, starts_at: datetime = TEN, **more: Any) -> Appointment:
    """Somebody is booked by number: the next of the counter that walk-ins draw from."""
    with house.open():
        period = days.service_day(house.hospital, starts_at)
        scope = f"token:{house.department.pk}:{period}"
        counter, _made = Counter.objects.get_or_create(scope=scope, defaults={"value": 0})
        counter.value += 1
        counter.save()
    more = {"token_period": period, "token_number": counter.value, "token": f"A-{counter.value:03d}"} | more
    return booked(house, starts_at, mode=TOKEN, **more)


def holder(row: Appointment) -> Actor:
    """Whoever holds the appointment's link."""
    return Actor(kind="patient", id=row.ref, name="", abilities=PATIENT)


def policy(house: House, **values: Any) -> None:
    with house.open():
        change_policies(HospitalConfig.objects.get(), **values, actor=house.actor("owner"))
