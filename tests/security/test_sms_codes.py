"""Text messages with codes cost money: few for one number, a cap for the hospital, and nowhere that pays for them."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client, override_settings

from clinic.core.access import VISITOR
from clinic.core.errors import NotAllowed, TooMany
from clinic.live.models import Event
from clinic.tenants.models import Hospital, HospitalConfig
from queues.operations import one_time, public_limits, sms_countries
from queues.regions import home
from tests.queues.public import MONDAY, path, words
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("2.13")]


@pytest.fixture(autouse=True)
def monday() -> Any:
    cache.clear()
    with time_machine.travel(MONDAY, tick=False) as moment:
        yield moment


def ask(to: str, address: str = "192.0.2.1") -> str:
    return one_time.ask(to, language="en", known_only=True, address=address, actor=VISITOR)


def test_one_number_gets_few_codes_whoever_asks(world: World, monday: Any) -> None:
    with world.harbor.open():
        for n in range(3):
            ask("+34 612 345 678" if n else "612 345 678")  # with its country or without: one phone
        with pytest.raises(TooMany):
            ask("+34612345678")
        for n in range(3):
            ask("+34 612 345 678", f"198.51.100.{n}")
        with pytest.raises(TooMany):
            ask("+34 612 345 678", "198.51.100.99")
        for _hour in range(2):
            monday.shift(4000)
            for n in range(3):
                ask("+34 612 345 678", f"198.51.100.{n}")
        monday.shift(4000)
        with pytest.raises(TooMany):
            ask("+34 612 345 678", "198.51.100.7")  # twelve in a day
    with world.hilltop.open():
        ask("+34 612 345 678")


def test_what_nobody_types_counts_against_its_network_and_its_range(world: World) -> None:
    with world.harbor.open():
        for n in range(10):
            ask(f"+34 612 345 {n:03}", f"198.51.100.{n}")
        with pytest.raises(TooMany):
            ask("+34 612 345 999", "198.51.100.99")
        for n in range(30):
            ask(f"+34 6{n:02} 000 000", "2001:db8:1:1::1")
        with pytest.raises(TooMany):
            ask("+34 699 000 000", "2001:db8:1:1:ffff::1")


def test_a_waiting_room_that_types_its_codes_is_never_locked_out(world: World) -> None:
    with world.harbor.open():
        for n in range(60):
            to = f"+34 612 34 {n:04}"
            nonce = ask(to, "203.0.113.7")
            one_time.prove(nonce, to, one_time.code_of(nonce), actor=VISITOR)


def pump(house: House, count: int) -> list[int]:
    return [
        Client(REMOTE_ADDR=f"198.51.100.{n}").post(path(house, "mine/"), {"to": f"+34 6{n:02} 000 00{n}"}).status_code
        for n in range(count)
    ]


@pytest.mark.parametrize(("settings", "window"), [({"SMS_CODES_HOUR": 3}, "hour"), ({"SMS_CODES_DAY": 3}, "day")])
def test_the_hospitals_cap_is_met_and_its_office_told_once(world: World, settings: dict[str, int], window: str) -> None:
    house = world.harbor
    with override_settings(**settings):
        assert pump(house, 6) == [200] * 3 + [422] * 3
        answer = Client().post(path(house, "mine/"), {"to": "someone@example.org"})
        assert answer.status_code == 200, "a code by e-mail costs nothing"
        with world.hilltop.open():
            ask("+34 612 345 678")
    with house.open():
        told = Event.objects.filter(name="hospital.codes_stopped")
        assert [(row.reason, row.subjects) for row in told] == [(window, [house.hospital.ref])]
        rows: Any = home.load_log(["today"])["today"].rows
        assert "Too many codes" in rows[0].text


def test_what_is_refused_by_the_cap_counts_nowhere_else(world: World) -> None:
    with world.harbor.open(), override_settings(SMS_CODES_HOUR=1):
        ask("+34 612 345 678")
        for n in range(40):
            with pytest.raises(public_limits.Capped):
                ask(f"+34 6{n:02} 999 999")


@pytest.mark.parametrize(
    ("phone", "countries", "to", "goes"),
    [
        ("+33 1 23 45 67 89", "", "+33 6 12 34 56 78", True),
        ("+33 1 23 45 67 89", "", "06 12 34 56 78", True),
        ("+33 1 23 45 67 89", "", "+34 612 345 678", False),
        ("+33 1 23 45 67 89", "", "0034 612 345 678", False),
        ("+33 1 23 45 67 89", "", "34612345678", False),
        ("0033 1 23 45 67 89", "33, +34", "+34 612 345 678", True),
        ("+33 1 23 45 67 89", "", "+33 899 70 12 34", False),
        ("+33 1 23 45 67 89", "", "0899 70 12 34", False),
        ("+1 212 555 0100", "", "+1 (415) 555-0100", True),
        ("+1 212 555 0100", "", "+1 876 555 0100", False),
        ("+1 212 555 0100", "1 1876", "+1 876 555 0100", True),
        ("01 23 45 67 89", "", "+34 612 345 678", True),
        ("", "", "+882 13 123456", False),
        ("", "", "+44 9061 234567", False),
        ("", "", "0612345678", True),
    ],
)
def test_codes_go_to_the_hospitals_own_country_or_those_it_names(
    world: World, phone: str, countries: str, to: str, goes: bool
) -> None:
    house = world.harbor
    Hospital.objects.filter(pk=house.hospital.pk).update(phone=phone)
    with house.open():
        HospitalConfig.objects.update(sms_countries=countries)
        assert sms_countries.allowed(to) is goes
        if not goes:
            with pytest.raises(NotAllowed, match=r"code\.country"):
                ask(to)


def test_whoever_is_abroad_is_told_and_offered_another_way(world: World) -> None:
    house = world.harbor
    with house.open():
        HospitalConfig.objects.update(sms_countries="33")
    answer = Client().post(path(house, "mine/"), {"to": "+34 612 345 678"})
    assert answer.status_code == 422 and "e-mail address" in words(answer)
