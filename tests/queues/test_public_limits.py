"""A bot gets few places and nobody is locked out: whoever comes in a rush is asked for a one-time code."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from clinic.core.errors import TooMany
from clinic.directory.models import Doctor
from clinic.inbox.models import PatientMessage
from clinic.live import outbox
from clinic.tenants.models import HospitalConfig
from queues.models import Appointment
from queues.operations import one_time, public_limits
from tests.queues.public import MONDAY, PERSON, at_of, first_slot, listed, path, words
from tests.world import House, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    cache.clear()


@pytest.mark.rule("2.13")
def test_a_bot_with_twenty_addresses_gets_five_of_a_hundred_places(world: World) -> None:
    house = world.harbor
    listed(house)
    with time_machine.travel(MONDAY, tick=False) as clock:
        slots = _many_slots(house)
        told = []
        for n in range(100):
            client = Client(REMOTE_ADDR=f"198.51.100.{n % 20}")
            given = {"line": str(house.own.pk), "slot": slots[n % len(slots)]}
            third = client.post(path(house, "time/"), given)
            if third.status_code == 303:
                person = {**PERSON, "phone": f"+34 6{n:08}", "email": f"bot{n}@example.org"}
                told.append(client.post(third["Location"], {"at": at_of(third["Location"]), **person}).status_code)
            clock.shift(timedelta(milliseconds=600))
    with house.open():
        assert Appointment.objects.count() == 5
    assert told.count(303) == 5
    assert told.count(200) > 0  # the others are asked for a code that none of them can read


def _many_slots(house: House) -> list[str]:
    found: list[str] = []
    for n in range(7):
        day = (MONDAY + timedelta(days=n)).date().isoformat()
        page = words(Client().get(path(house, "time/"), {"line": str(house.own.pk), "on": day}))
        found += [slot for slot in re.findall(r'name="slot" value="([^"]+)"', page) if slot not in found]
    assert len(found) > 50
    return found


def test_a_waiting_room_behind_one_address_is_asked_for_codes_and_books(world: World) -> None:
    house = world.harbor
    listed(house)
    with time_machine.travel(MONDAY, tick=False) as clock:
        slots = _many_slots(house)
        for n in range(30):
            client = Client(REMOTE_ADDR="203.0.113.7")
            third = client.post(path(house, "time/"), {"line": str(house.own.pk), "slot": slots[n]})
            assert third.status_code == 303, words(third)
            given = {"at": at_of(third["Location"]), **PERSON, "phone": f"+34 6{n:08}", "email": f"p{n}@example.org"}
            done = client.post(third["Location"], given)
            if done.status_code == 200:
                nonce = _nonce(words(done))
                done = client.post(third["Location"], {**given, "nonce": nonce, "code": one_time.code_of(nonce)})
            assert done.status_code == 303, words(done)
            clock.shift(timedelta(seconds=2))
    with house.open():
        assert Appointment.objects.filter(state="confirmed").count() == 30


def _nonce(page: str) -> str:
    return page.partition('name="nonce" value="')[2].partition('"')[0]


def test_one_choice_of_a_day_does_not_book_many_numbers(world: World) -> None:
    """By number nothing is kept, so the signed choice could be sent in again: each booking counts by itself."""
    house, client = world.harbor, Client()
    listed(house)
    with house.open():
        HospitalConfig.objects.update(booking_mode="token")
        Doctor.objects.update(daily_capacity=100)
    with time_machine.travel(MONDAY, tick=False):
        third = client.post(path(house, "time/"), {"line": str(house.own.pk), "day": MONDAY.date().isoformat()})
        url, told = third["Location"], []
        for n in range(12):
            person = {**PERSON, "phone": f"+34 6{n:08}", "email": "" if n % 2 else f"bot{n}@example.org"}
            told.append(client.post(url, {"at": at_of(url), **person}).status_code)
    assert told.count(303) == 5
    assert set(told[5:]) == {200, 422}  # a code, or the mailbox it could be sent to
    with house.open():
        assert Appointment.objects.count() == 5


def test_what_is_refused_does_not_count(world: World) -> None:
    with world.harbor.open(), time_machine.travel(MONDAY, tick=False) as clock:
        assert [public_limits.calm("192.0.2.1") for _ in range(8)] == [True] * 5 + [False] * 3
        clock.shift(timedelta(seconds=30))
        assert not public_limits.calm("192.0.2.2")
        clock.shift(timedelta(seconds=36))
        assert public_limits.calm("192.0.2.1")
    with world.hilltop.open():
        assert public_limits.calm("192.0.2.1")


def test_nobody_uses_up_the_codes_of_another(world: World) -> None:
    with world.harbor.open(), time_machine.travel(MONDAY, tick=False):
        for _ in range(5):
            public_limits.code("someone@example.org", "192.0.2.66", "a")
        with pytest.raises(TooMany):
            public_limits.code("someone@example.org", "192.0.2.66", "b")
        public_limits.code("someone@example.org", "192.0.2.1", "c")


def test_the_code_that_is_asked_for_in_a_rush_is_mailed(world: World) -> None:
    house = world.harbor
    listed(house)
    with time_machine.travel(MONDAY, tick=False):
        with house.open():
            for _ in range(5):
                public_limits.calm("192.0.2.9")
        client = Client()
        third = client.post(path(house, "time/"), {"line": str(house.own.pk), "slot": first_slot(client, house)})
        with house.open():
            assert not Appointment.objects.exists()
        page = client.post(third["Location"], {"at": at_of(third["Location"]), **PERSON})
        assert page.status_code == 200
        nonce = _nonce(words(page))
        wrong = {"at": at_of(third["Location"]), **PERSON, "nonce": nonce, "code": "000000"}
        if one_time.code_of(nonce) != "000000":
            assert client.post(third["Location"], wrong).status_code == 409
        outbox.run(house.hospital.pk)
        with house.open():
            assert PatientMessage.objects.filter(occasion="code", address=PERSON["email"]).count() == 1


def test_a_booking_is_not_read_without_end_and_years_are_not_tried_through(world: World) -> None:
    house = world.harbor
    with house.open(), time_machine.travel(MONDAY, tick=False) as clock:
        for _ in range(240):
            public_limits.link("one")
        with pytest.raises(TooMany):
            public_limits.link("one")
        public_limits.link("another")
        for n in range(24):
            if n % 6 == 0:
                clock.shift(timedelta(minutes=16))
            public_limits.kiosk_try("876543216")
        clock.shift(timedelta(minutes=16))
        with pytest.raises(TooMany):
            public_limits.kiosk_try("876543216")
        for n in range(60):
            if n % 20 == 0:
                clock.shift(timedelta(minutes=61))
            public_limits.code("someone@example.org", f"198.51.100.{n}", "n")
        clock.shift(timedelta(minutes=61))
        with pytest.raises(TooMany):
            public_limits.code("someone@example.org", "192.0.2.1", "n")
    listed(house)
    assert [Client().get("/b/nothing/").status_code for _ in range(241)].count(429) == 1
