"""One-time codes: the same for everybody, good once, for ten minutes, for one address and one request."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.core import clock
from clinic.core.access import VISITOR
from clinic.core.errors import NotAllowed, TooMany
from clinic.inbox.models import PatientMessage
from clinic.live import outbox
from clinic.live.models import Event
from clinic.records.operations import register
from queues.operations import one_time
from tests.queues.public import MONDAY, PERSON, booked, listed, path, words
from tests.world import House, World

pytestmark = pytest.mark.django_db
TO = "lucia@example.org"


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    cache.clear()


def ask(house: House, to: str = TO, **more: Any) -> str:
    given: dict[str, Any] = {"language": "en", "known_only": True, "address": "192.0.2.1", "actor": VISITOR, **more}
    with house.open():
        return one_time.ask(to, **given)


def test_a_code_works_once(world: World) -> None:
    nonce = ask(world.harbor)
    with world.harbor.open():
        code = one_time.code_of(nonce)
        assert len(code) == 6
        one_time.prove(nonce, TO, f" {code[:3]} {code[3:]} ", actor=VISITOR)
        with pytest.raises(NotAllowed, match=r"code\.wrong"):
            one_time.prove(nonce, TO, code, actor=VISITOR)


def test_a_code_is_of_its_address_its_request_its_hospital_and_its_time(world: World) -> None:
    nonce, other = ask(world.harbor), ask(world.harbor)
    with world.harbor.open():
        code = one_time.code_of(nonce)
        for args in ((nonce, "else@example.org", code), (other, TO, code), ("nothing", TO, code), (nonce, TO, "")):
            with pytest.raises(NotAllowed):
                one_time.prove(*args, actor=VISITOR)
    with world.hilltop.open(), pytest.raises(NotAllowed):
        one_time.prove(nonce, TO, code, actor=VISITOR)
    later = time_machine.travel(clock.now() + timedelta(minutes=11), tick=False)
    with world.harbor.open(), later, pytest.raises(NotAllowed):
        one_time.prove(nonce, TO, code, actor=VISITOR)


def test_a_mailbox_that_is_only_written_alike_is_another_one(world: World) -> None:
    nonce = ask(world.harbor, "lucia@strasse.example")
    with world.harbor.open():
        code = one_time.code_of(nonce)
        with pytest.raises(NotAllowed):
            one_time.prove(nonce, "lucia@straße.example", code, actor=VISITOR)
        one_time.prove(nonce, "Lucia@Strasse.example", code, actor=VISITOR)


def test_digits_of_other_scripts_are_digits(world: World) -> None:
    nonce = ask(world.harbor)
    with world.harbor.open():
        arabic = one_time.code_of(nonce).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
        one_time.prove(nonce, TO, arabic, actor=VISITOR)


def test_a_code_is_not_found_by_trying(world: World) -> None:
    nonce = ask(world.harbor)
    with world.harbor.open():
        for _ in range(5):
            with pytest.raises(NotAllowed):
                one_time.prove(nonce, TO, "x", actor=VISITOR)
        with pytest.raises(TooMany):
            one_time.prove(nonce, TO, one_time.code_of(nonce), actor=VISITOR)


def shape(sql: str) -> str:
    """A statement without its values: what is done, and to which table."""
    words = sql.split()
    return (
        words[0]
        if words[0].endswith("SAVEPOINT")
        else " ".join([words[0], *re.findall(r'(?:INTO|FROM|UPDATE) "(\w+)"', sql)])
    )


@pytest.mark.rule("2.13")
def test_asking_does_the_same_for_known_and_unknown(world: World) -> None:
    """The same statements in the same order; who has the address is looked up after the answer."""
    house = world.harbor
    with house.open():
        register(given_name="Lucía", family_name="Ortega", email=TO, birth_year=1991, actor=house.desk)
    ask(house, "first@example.org")
    asked = []
    for to in (TO, "nobody@example.org"):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            ask(house, to)
        asked.append([shape(query["sql"]) for query in seen.captured_queries])
    assert asked[0] == asked[1]
    outbox.run(house.hospital.pk)
    with house.open():
        assert [row.address for row in PatientMessage.objects.filter(occasion="code")] == [TO]


def test_neither_code_nor_address_is_in_the_log(world: World) -> None:
    nonce = ask(world.harbor)
    with world.harbor.open():
        told = str(list(Event.objects.filter(name="booking.code_asked").values()))
        assert nonce in told
        assert one_time.code_of(nonce) not in told and TO not in told


@pytest.mark.rule("2.13")
def test_my_bookings_open_by_the_code_and_show_only_ones_own(world: World) -> None:
    house = world.harbor
    listed(house)
    with time_machine.travel(MONDAY, tick=False):
        mine = booked(Client(), house)
        booked(Client(), house, given_name="Someone", phone="+34 600 000 001", email="else@example.org")
        client = Client()
        known = client.post(path(house, "mine/"), {"to": PERSON["email"]})
        unknown = Client().post(path(house, "mine/"), {"to": "nobody@example.org"})
        assert (known.status_code, unknown.status_code) == (200, 200)
        nonce = words(known).partition('name="nonce" value="')[2].partition('"')[0]
        given = {"to": PERSON["email"], "nonce": nonce}
        assert client.post(path(house, "mine/"), {**given, "code": "1"}).status_code == 409
        opened = client.post(path(house, "mine/"), {**given, "code": one_time.code_of(nonce)})
        assert opened.status_code == 303
        page = words(client.get(path(house, "mine/")))
        assert mine in page
        assert "else@example.org" not in page and "Someone" not in page
        assert mine not in words(Client().get(path(house, "mine/")))
        # What opens the bookings of one hospital opens none of another's.
        assert mine not in words(client.get(path(world.hilltop, "mine/")))
        client.post(path(house, "mine/"), {"close": "1"})
        assert mine not in words(client.get(path(house, "mine/")))
    with time_machine.travel(MONDAY + timedelta(hours=1), tick=False):
        assert mine not in words(client.get(path(house, "mine/")))
