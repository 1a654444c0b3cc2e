"""The kiosk in the hall: check-in by code or by phone and year of birth, and the same answer for everybody else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from queues.models import CHECKED_IN, CONFIRMED, Appointment
from queues.operations import appointments, secret_links
from tests.queues.helpers import at, signed_in
from tests.queues.public import MONDAY, PERSON, at_of, booked, listed, newest, path, words
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    cache.clear()


@pytest.fixture
def monday() -> Any:
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


def kiosk(world: World) -> str:
    with world.harbor.open():
        return f"/k/{secret_links.make_kiosk(actor=world.harbor.desk)}/"


@pytest.mark.rule("2.7")
def test_the_kiosk_checks_in_by_code_or_phone_and_year(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    first, wall = booked(client, house), kiosk(world)
    booked(Client(), house, given_name="Ana", phone="+34 600 000 002", birth_year="1980", email="")
    monday.move_to(MONDAY + timedelta(hours=2, minutes=55))
    scanned = client.post(wall, {"code": f"https://harbor.example{first}"})
    assert "You are checked in" in words(scanned)
    monday.shift(timedelta(minutes=20))
    typed = client.post(wall, {"phone": "+34 600-000-002", "birth_year": "1980"})
    assert "You are checked in" in words(typed)
    with house.open():
        assert Appointment.objects.filter(state=CHECKED_IN).count() == 2
        assert all(row.visit.token in words(typed) for row in Appointment.objects.filter(patient__given_name="Ana"))
    assert "Ana" not in words(typed)


@pytest.mark.rule("2.13")
def test_the_kiosk_tells_nobody_who_is_known(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    wall = kiosk(world)
    house.patient(phone="+34 600 000 003", birth_year=1950)
    given = ({"phone": "+34 600 000 003", "birth_year": "1950"}, {"phone": "+34 600 000 004", "birth_year": "1950"},
             {"code": "x" * 32})  # fmt: skip
    told = [client.post(wall, each) for each in given]
    assert {answer.status_code for answer in told} == {404}
    plain = [re.sub(r'value="[^"]*"', "", words(answer)) for answer in told]
    assert plain[0] == plain[1] and "There is no booking for today" in plain[2]


def test_a_year_of_birth_is_not_found_by_trying_at_the_kiosk(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    url, wall = booked(client, house), kiosk(world)
    monday.move_to(MONDAY + timedelta(hours=2, minutes=55))
    tried = [client.post(wall, {"phone": PERSON["phone"], "birth_year": str(year)}) for year in range(1980, 1992)]
    assert {answer.status_code for answer in tried[-3:]} == {429}
    with house.open():
        assert newest().state == CONFIRMED
    assert "You are checked in" in words(client.post(wall, {"code": url}))


def test_another_hospitals_booking_is_not_known_at_the_kiosk(world: World, monday: Any) -> None:
    listed(world.hilltop)
    listed(world.harbor)
    client, wall = Client(), kiosk(world)
    page = words(client.get(path(world.hilltop, "time/"), {"line": str(world.hilltop.own.pk)}))
    slot = re.findall(r'name="slot" value="([^"|]+)"', page)[0]
    third = client.post(path(world.hilltop, "time/"), {"line": str(world.hilltop.own.pk), "slot": slot})["Location"]
    url = client.post(third, {"at": at_of(third), **PERSON})["Location"].partition("?")[0]
    assert client.post(wall, {"code": url}).status_code == 404


def test_the_kiosk_is_made_and_ended_by_the_desk(world: World, monday: Any) -> None:
    house = world.harbor
    desk = signed_in(house, "receptionist")
    assert desk.post(at(house, "kiosk/make/")).status_code == 303
    with house.open():
        wall = f"/k/{secret_links.kiosk_of(house.hospital)}/"
    assert wall in words(desk.get(at(house, "kiosk/")))
    assert Client().get(wall).status_code == 200
    desk.post(at(house, "kiosk/end/"))
    assert Client().get(wall).status_code == 404
    assert signed_in(house, "doctor").post(at(house, "kiosk/make/")).status_code == 403


@pytest.mark.rule("2.7")
def test_whoever_has_no_phone_is_not_checked_in_by_a_phone_without_digits(world: World, monday: Any) -> None:
    house, wall = world.harbor, kiosk(world)
    with house.open():
        patient = house.patient("Ana", "Phoneless", birth_year=1980)
        row = appointments.book(house.own, patient, starts_at=MONDAY + timedelta(hours=3), actor=house.desk).appointment
    monday.move_to(MONDAY + timedelta(hours=2, minutes=55))
    answer = Client().post(wall, {"phone": "none", "birth_year": "1980"})
    assert "There is no booking for today under this" in words(answer)
    with house.open():
        row.refresh_from_db()
        assert row.state == CONFIRMED
