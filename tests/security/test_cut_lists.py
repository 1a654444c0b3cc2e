"""R1.2: a list that is cut shows somebody limited to departments theirs, however many there are of others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clinic.core import clock
from clinic.live.regions import Loaded
from clinic.records.models import Patient
from clinic.tenants import days
from queues.models import REQUESTED, Appointment, WaitlistEntry
from queues.regions import book_lists
from tests.elsewhere import Skin, second_department
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.2")]
OTHERS = book_lists.MOST + 10


def key_of(house: House, skin: Skin) -> str:
    """The key under which the receptionist watches who is limited to the other department."""
    skin.limit("receptionist")
    return f"all@{house.memberships['receptionist'].pk}"


def shown(loaded: Loaded) -> list[str]:
    return [row.key for row in loaded.rows or ()]


def people() -> list[Patient]:
    return Patient.objects.bulk_create([Patient(mrn=f"N{n}", given_name=f"N{n}") for n in range(OTHERS + 1)])


def test_requests_of_another_department_crowd_out_nobodys_own(world: World) -> None:
    house = world.harbor
    skin = second_department(house)
    with house.open():
        now, today = clock.now(), days.service_day(house.hospital)
        rows = [
            Appointment(
                patient=one, queue=skin.own if n == OTHERS else house.own, state=REQUESTED, service_day=today,
                starts_at=now + timedelta(minutes=n), minutes=10, booked_at=now,
            )
            for n, one in enumerate(people())
        ]  # fmt: skip
        Appointment.objects.bulk_create(rows)
        key = key_of(house, skin)
        told = book_lists.load_requests([key, "all"])
    assert shown(told[key]) == [str(rows[-1].pk)]
    assert shown(told["all"]) == [str(row.pk) for row in rows[: book_lists.MOST]]


def test_those_who_wait_elsewhere_crowd_out_nobodys_own(world: World) -> None:
    house = world.harbor
    skin = second_department(house)
    with house.open():
        now, today = clock.now(), days.service_day(house.hospital)
        rows = [
            WaitlistEntry(
                patient=one, queue=skin.own if n == OTHERS else house.own, first_day=today, last_day=today,
                entered_at=now + timedelta(seconds=n),
            )
            for n, one in enumerate(people())
        ]  # fmt: skip
        WaitlistEntry.objects.bulk_create(rows)
        key = key_of(house, skin)
        told = book_lists.load_waiters([key, "all"])
    assert shown(told[key]) == [str(rows[-1].pk)]
    assert shown(told["all"]) == [str(row.pk) for row in rows[: book_lists.MOST]]
