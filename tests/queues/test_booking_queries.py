"""What the pages of bookings cost does not grow with what they show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.directory.models import Doctor
from clinic.inbox.models import FAILED, PatientMessage
from clinic.live import render
from clinic.tenants.models import Hospital
from queues.models import REQUESTED, Queue
from queues.operations import secret_links
from tests.queues.bookings import TEN, booked, minutes
from tests.queues.helpers import at, signed_in
from tests.world import House, World

pytestmark = pytest.mark.django_db
NOW = TEN - minutes(60)


def more_of_everything(house: House, start: int) -> None:
    """Five bookings, three requests, two doctors with a line, four people in it and two failed messages."""
    for n in range(start, start + 5):
        booked(house, TEN + minutes(30 * n))
    for n in range(start, start + 3):
        booked(house, TEN + minutes(30 * (n + 100)), state=REQUESTED)
    house.waiting(4)
    with house.open():
        for n in range(start, start + 2):
            doctor = Doctor.objects.create(
                name=f"Dr. {n}", department=house.department, status=Doctor.ON_TIME, listed=True, specialization="x"
            )
            Queue.objects.create(department=house.department, doctor=doctor, sort=Queue.DOCTOR, name=doctor.name)
            PatientMessage.objects.create(
                patient=house.people[n], about=f"visit:{n}", occasion="booked", channel="mail", address="a@b.example",
                language="en", state=FAILED, created_at=NOW, not_before=NOW,
            )  # fmt: skip


def cost(client: Client, path: str) -> tuple[int, int]:
    """Queries, and how long the answer is."""
    client.get(path)
    render.forget()
    with CaptureQueriesContext(connection) as told:
        answer: Any = client.get(path)
    assert answer.status_code == 200, path
    return len(told), len(answer.content)


PAGES: dict[str, Callable[[House], str]] = {
    "the day": lambda house: at(house, "book/?day=2026-11-20"),
    "the week": lambda house: at(house, f"book/?day=2026-11-20&view=week&doctor={house.doctor.pk}"),
    "the list to print": lambda house: at(house, "appointments/print/?day=2026-11-20"),
    "away today": lambda house: at(house, f"away-today/?doctor={house.doctor.pk}"),
    "messages": lambda house: at(house, "messages/"),
    "doctors to book": lambda house: "/book/harbor/",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_the_same_however_much_it_shows(world: World, name: str) -> None:
    house = world.harbor
    with time_machine.travel(NOW, tick=False):
        Hospital.objects.filter(pk=house.hospital.pk).update(listed=True)
        client = signed_in(house, "receptionist")
        more_of_everything(house, 1)
        few = cost(client, PAGES[name](house))
        more_of_everything(house, 6)
        many = cost(client, PAGES[name](house))
    assert many[0] <= few[0], f"{few[0]} queries became {many[0]}"
    assert many[1] > few[1], "it shows no more than before"


def test_a_calendar_costs_the_same_however_many_are_in_it(world: World) -> None:
    house = world.harbor
    with time_machine.travel(NOW, tick=False):
        with house.open():
            token = secret_links.make_feed(house.doctor, actor=house.medic)
        more_of_everything(house, 1)
        few = cost(Client(), f"/cal/{token}.ics")
        more_of_everything(house, 6)
        many = cost(Client(), f"/cal/{token}.ics")
    assert many[0] <= few[0] and many[1] > few[1]
