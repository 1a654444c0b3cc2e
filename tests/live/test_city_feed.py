"""``doctor:new``: whoever looks for a doctor in a city is told of new ones, by an event stream without sign-in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import AsyncClient
from django.utils import timezone

from clinic.core.access import SYSTEM
from clinic.directory import find_feed, listing, operations
from clinic.live.hub import Hub
from clinic.tenants.operations import change_hospital, suspend_hospital
from tests.live.wire import elsewhere
from tests.world import House, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("1.8")]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_feed, "EVERY", 0.01)


class Looking:
    """An EventSource on a city."""

    def __init__(self, answer: Any) -> None:
        assert isinstance(answer, StreamingHttpResponse), answer.content
        self._answer = answer
        self._chunks: AsyncIterator[bytes] = aiter(answer)
        self.last_id = ""

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            text = (await anext(self._chunks)).decode()
        if text.startswith(":"):
            return {}
        fields = dict(line.split(": ", 1) for line in text.strip().split("\n"))
        assert fields["event"] == "doctor:new"
        self.last_id = fields["id"]
        told: dict[str, Any] = json.loads(fields["data"])
        return told

    async def ended(self) -> bool:
        async with asyncio.timeout(5):
            async for _ in self._chunks:
                pass
        return True

    async def close(self) -> None:
        await elsewhere(self._answer.close)
        await asyncio.sleep(0)


async def look(city: str, since: str = "", **headers: str) -> Looking:
    answer = await AsyncClient().get("/api/v1/public/feed", {"city": city, "since": since}, headers=headers)
    found = Looking(answer)
    assert await found.next() == {}  # it listens from here on
    return found


def list_doctor(house: House, city: str = "Paris") -> str:
    owner = house.actor("owner")
    with house.open():
        change_hospital(house.hospital, listed=True, city=city, actor=owner)
        operations.change_doctor(house.doctor, listed=True, actor=owner)
        listing.publish(actor=SYSTEM)
    return str(house.doctor.pk)


async def test_who_looks_in_a_city_is_told_of_new_doctors_there_and_nowhere_else(world: World, hub: Hub) -> None:
    paris, lyon = await look("paris"), await look("Lyon")
    key = await elsewhere(lambda: list_doctor(world.harbor))
    told = await paris.next()
    assert (told["doctor"], told["name"], told["city"]) == (key, "Dr. Leïla Benali", "Paris")
    other = await elsewhere(lambda: list_doctor(world.hilltop, "Lyon"))
    assert (await lyon.next())["doctor"] == other  # and not the one of Paris before it
    for looking in (paris, lyon):
        await looking.close()
    assert find_feed.current().listeners == set()


async def test_it_tells_public_words_only(world: World, hub: Hub) -> None:
    paris = await look("Paris")
    await elsewhere(lambda: list_doctor(world.harbor))
    told = await paris.next()
    assert set(told) == {
        "doctor", "name", "specialization", "services", "languages", "clinic", "slug", "address", "city", "latitude",
        "longitude", "fee", "currency", "next_free_at", "km",
    }  # fmt: skip
    assert str(world.harbor.hospital.pk) not in json.dumps(told)
    await paris.close()


async def test_who_was_away_goes_on_where_they_were(world: World, hub: Hub) -> None:
    paris = await look("Paris")
    first = await elsewhere(lambda: list_doctor(world.harbor))
    assert (await paris.next())["doctor"] == first
    await paris.close()
    second = await elsewhere(lambda: list_doctor(world.hilltop))
    again = await look("Paris", **{"Last-Event-ID": paris.last_id})
    assert (await again.next())["doctor"] == second
    await again.close()


async def test_the_page_hears_what_came_after_it_was_made(world: World, hub: Hub) -> None:
    since = await elsewhere(lambda: timezone.now().isoformat())
    key = await elsewhere(lambda: list_doctor(world.harbor))
    paris = await look("Paris", since)
    assert (await paris.next())["doctor"] == key
    await paris.close()


async def test_a_suspended_hospitals_doctors_are_not_told(world: World, hub: Hub) -> None:
    since = await elsewhere(lambda: timezone.now().isoformat())

    def suspended() -> None:
        list_doctor(world.harbor)
        with world.harbor.open():
            suspend_hospital(world.harbor.hospital, actor=world.harbor.actor("owner"))

    await elsewhere(suspended)
    paris = await look("Paris", since)
    key = await elsewhere(lambda: list_doctor(world.hilltop))
    assert (await paris.next())["doctor"] == key
    await paris.close()


async def test_streams_end_when_the_server_stops(world: World, hub: Hub) -> None:
    paris = await look("Paris")
    hub.end_all()
    assert await paris.ended()


@pytest.mark.parametrize("query", [{}, {"city": ""}, {"city": " "}, {"city": "x" * 81}])
async def test_a_city_has_to_be_named(world: World, hub: Hub, query: dict[str, str]) -> None:
    answer = await AsyncClient().get("/api/v1/public/feed", query)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "FEED_WHICH_CITY"


async def test_a_place_to_go_on_from_that_is_none_is_left_out(world: World, hub: Hub) -> None:
    for since in ("x", "2026-13-40T00:00:00Z", "2026-11-20T10:00:00", "0001-01-01T00:00:00+14:00"):
        paris = await look("Paris", since)
        await paris.close()


async def test_too_many_streams_are_refused(world: World, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_feed, "LISTENERS", 1)
    paris = await look("Paris")
    answer = await AsyncClient().get("/api/v1/public/feed", {"city": "Paris"})
    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"
    await paris.close()
