"""Codes cannot be tried one after the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from tests.api.client import api
from tests.queues.helpers import HTMX, at, signed_in
from tests.world import World

pytestmark = pytest.mark.django_db
TRIES = 60


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_pairing_codes_cannot_be_guessed_at_speed(world: World) -> None:
    house = world.harbor
    caller = api(house, "receptionist")
    body = {"name": "Hall", "queues": [str(house.own.pk)], "languages": ["en"], "names": "token"}
    answers = [caller.post("displays", {"code": f"AAAA{n:02}", **body}) for n in range(TRIES + 1)]
    assert {answer.status for answer in answers[:TRIES]} == {409}
    assert answers[-1].status == 429
    form = {"code": "AAAAZZ", **body, "languages": "en"}
    page = signed_in(house, "receptionist").post(at(house, "displays/"), form, headers=HTMX)
    assert "Too many" in page.content.decode()  # the page and the API count together
