"""Somebody booked with the doctor of a house, at eight on a Monday, in steps of half an hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from clinic.core.access import PATIENT, Actor
from clinic.core.errors import DomainError
from queues.models import Appointment, SlotTick
from queues.operations import appointments
from tests.world import House

MONDAY = date(2026, 11, 23)
EIGHT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
TEN = EIGHT + timedelta(hours=2)
HALF = timedelta(minutes=30)
PERSON = {"given_name": "Nora", "family_name": "Newcomer", "phone": "+1 555 0199 2233", "birth_year": 1980}


def take(house: House, start: datetime = TEN, **more: Any) -> Appointment:
    patient = more.pop("patient", None) or house.patient("Bea", f"Booked{len(house.people)}")
    return appointments.book(house.own, patient, starts_at=start, actor=house.desk, **more).appointment


def ticks(row: Appointment) -> int:
    return SlotTick.objects.filter(appointment=row).count()


def holder(row: Appointment) -> Actor:
    return Actor(kind="patient", id=row.ref, name="", abilities=PATIENT)


def refused(code: str) -> Any:
    return pytest.raises(DomainError, check=lambda error: error.code == code)
