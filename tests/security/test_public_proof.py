"""Who asks without an account is checked the same way everywhere, and is told nothing of what the record holds."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from clinic.tenants.models import HospitalConfig
from queues.models import Appointment, WaitlistEntry
from queues.operations import one_time, public_limits
from tests.api.client import Api
from tests.house.calls.book import free
from tests.queues.public import MONDAY, PERSON, at_of, booked, held, listed, path, words
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("2.13")]
DAYS = {"first_day": "2026-11-23", "last_day": "2026-12-01", "part": "any"}


@pytest.fixture(autouse=True)
def _monday() -> Any:
    cache.clear()
    with time_machine.travel(MONDAY, tick=False):
        yield


def waits(house: House, client: Client, **more: str) -> Any:
    return client.post(path(house, "wait/"), {"line": str(house.own.pk), **PERSON, **DAYS, **more})


def nonce_of(answer: Any) -> str:
    return words(answer).partition('name="nonce" value="')[2].partition('"')[0]


def entries(house: House) -> int:
    with house.open():
        return WaitlistEntry.objects.count()


@pytest.mark.parametrize("policy", ["mail", "sms"])
def test_the_waiting_list_checks_who_joins_as_a_booking_does(world: World, policy: str) -> None:
    house, client = world.harbor, Client()
    listed(house)
    with house.open():
        HospitalConfig.objects.update(public_verification=policy, sms_countries="34")
    asked = waits(house, client)
    assert (asked.status_code, entries(house)) == (200, 0)
    nonce = nonce_of(asked)
    code = one_time.code_of(nonce)
    for wrong in (
        {"code": "12"}, {"code": code, "email": "other@example.org", "phone": "+34 611 111 111"}, {"nonce": "x"},
    ):  # fmt: skip
        assert waits(house, client, **{"nonce": nonce, "code": code, **wrong}).status_code in (200, 409)
    assert entries(house) == 0
    joined = waits(house, client, nonce=nonce, code=code)
    assert "You are on the waiting list" in words(joined)
    assert entries(house) == 1


def test_a_code_by_mail_needs_a_mailbox(world: World) -> None:
    house = world.harbor
    listed(house)
    with house.open():
        HospitalConfig.objects.update(public_verification="mail")
    answer = waits(house, Client(), email="")
    assert (answer.status_code, entries(house)) == (422, 0)
    assert 'aria-invalid="true"' in words(answer)


def test_in_a_rush_the_waiting_list_asks_for_a_code_too(world: World) -> None:
    house = world.harbor
    listed(house)
    for n in range(6):
        answer = waits(house, Client(), phone=f"+34 612 345 6{n:02}", email=f"p{n}@example.org")
    assert nonce_of(answer) and entries(house) == 5


def test_where_nobody_is_checked_one_joins_at_once(world: World) -> None:
    house = world.harbor
    listed(house)
    assert "You are on the waiting list" in words(waits(house, Client()))


# --- what an answer tells of others' bookings ------------------------------------------------------------------------


def neutral(answer: Any, client: Client) -> tuple[int, list[str]]:
    """The answer to a booking: its status, and what the page it leads to says without times and numbers."""
    page = words(client.get(answer["Location"])) if answer.status_code == 303 else words(answer)
    said = re.findall(r">([^<>]*[A-Za-z][^<>]*)<", page.partition("<main")[2])
    return answer.status_code, [line for line in map(str.strip, said) if not re.search(r"[0-9]", line)]


def test_somebody_who_knows_name_phone_and_year_learns_of_no_booking(world: World) -> None:
    """First one who has as many bookings as may be, there and on that day, then one whom nobody knows: one answer."""
    told = []
    for house, knows in ((world.harbor, True), (world.harbor, False)):
        with house.open():
            listed(house)
            HospitalConfig.objects.update(live_bookings_per_phone=1)
        person = {} if knows else {"phone": "+34 699 999 999", "given_name": "Lucía"}
        if knows:
            booked(Client(REMOTE_ADDR="192.0.2.1"), house)
        client = Client(REMOTE_ADDR="203.0.113.9")
        third = held(client, house)
        told.append(neutral(client.post(third, {"at": at_of(third), **PERSON, **person}), client))
    assert told[0] == told[1]
    assert told[0][0] == 303 and len(told[0][1]) > 5


@pytest.mark.rule("2.4")
def test_whoever_books_the_same_again_shows_a_code_and_is_told(world: World) -> None:
    house, client = world.harbor, Client()
    listed(house)
    booked(client, house)
    third = held(client, house)
    given = {"at": at_of(third), **PERSON}
    asked = client.post(third, given)
    nonce = nonce_of(asked)
    assert asked.status_code == 200 and nonce
    answer = client.post(third, {**given, "nonce": nonce, "code": one_time.code_of(nonce)})
    assert answer.status_code == 409
    assert "My bookings" in words(answer)
    with house.open():
        assert Appointment.objects.filter(state="confirmed").count() == 1


@pytest.mark.rule("2.4")
def test_more_of_one_phone_from_one_network_need_a_code_and_a_family_does_not(world: World) -> None:
    house = world.harbor
    listed(house)
    for name in ("Ana", "Bea", "Cruz"):
        booked(Client(), house, given_name=name)
    client = Client()
    third = held(client, house)
    asked = client.post(third, {"at": at_of(third), **PERSON, "given_name": "Dora"})
    assert asked.status_code == 200 and nonce_of(asked)
    other = Client(REMOTE_ADDR="203.0.113.9")
    third = held(other, house)
    assert other.post(third, {"at": at_of(third), **PERSON, "given_name": "Dora"}).status_code == 303


def test_the_api_sends_whoever_books_the_same_again_to_the_page(world: World) -> None:
    house = world.harbor
    listed(house)
    with house.open():
        one, two = free(house, count=2)
    body = {
        "hospital": house.hospital.slug, "doctor": str(house.doctor.pk), "given_name": "Lucía",
        "family_name": "Ortega", "phone": "+34 612 345 678", "birth_year": 1991,
    }  # fmt: skip
    first = Api().post("public/appointments", {**body, "starts_at": one.isoformat()}, idempotency_key="k1")
    again = Api().post("public/appointments", {**body, "starts_at": one.isoformat()}, idempotency_key="k1")
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    more = Api().post("public/appointments", {**body, "starts_at": two.isoformat()})
    assert (more.status, more.code) == (409, "BOOKING_CODE_NEEDED")


def test_what_is_remembered_is_of_one_network_and_one_day(world: World) -> None:
    with world.harbor.open():
        public_limits.note_booked("8765432164321", "lucia line day", "2001:db8:1:2::5")
        assert public_limits.booked_before("876543216", "lucia line day", "2001:db8:1:2::9", 3)
        assert not public_limits.booked_before("876543216", "lucia line day", "2001:db8:1:3::9", 3)
        assert not public_limits.booked_before("876543217", "lucia line day", "2001:db8:1:2::9", 3)
    with world.hilltop.open():
        assert not public_limits.booked_before("876543216", "lucia line day", "2001:db8:1:2::5", 3)
