"""The table of docs/compat.md: complete, current, and every row of it true."""

from __future__ import annotations

import re

import pytest

from clinic.live.hub import Hub
from tests.api.routes import routes
from tests.compat import walks_of_bookings, walks_of_er  # noqa: F401  register their walks
from tests.compat.table import CALL, PAGE, ROWS, Row, page
from tests.compat.walks import WALKS
from tests.live.conftest import hub
from tests.live.test_sse import Source, follow
from tests.live.wire import elsewhere
from tests.world import World

__all__ = ["hub"]
pytestmark = pytest.mark.django_db
WALKED = [row for row in ROWS if row.ours]
OVER_A_WIRE = {"sse"}
"""Walked below, because it needs a running hub."""


@pytest.mark.parametrize("row", [row for row in WALKED if row.walk not in OVER_A_WIRE], ids=lambda row: row.walk)
def test_what_the_table_says_is_so(world: World, row: Row) -> None:
    WALKS[row.walk](world.harbor)


def test_every_row_is_walked_or_says_why_it_is_not() -> None:
    assert [row.theirs for row in ROWS if not row.ours and not row.remark] == []
    assert [row.theirs for row in WALKED if not row.walk] == []
    assert {row.walk for row in WALKED} == set(WALKS) | OVER_A_WIRE, "a walk without a row, or a row without a walk"
    assert len({row.theirs for row in ROWS}) == len(ROWS)


def test_the_calls_named_are_routes_of_ours() -> None:
    """What stands under "ours" is an address of the API, however it is written."""
    known = {(route.method, re.sub(r"<[^>]+>", "{}", route.pattern).removeprefix("/api/v1/")) for route in routes()}
    named = [row.ours.split("?")[0] for row in WALKED if row.kind == CALL and not row.ours.startswith("GET /health")]
    for ours in named:
        method, path = ours.split(" ")
        if path.startswith("sse/"):
            continue  # a plain asynchronous view, walked like the others
        assert (method, re.sub(r"{[^}]+}", "{}", path)) in known, ours


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run: python -m tests.compat.table"


@pytest.mark.django_db(transaction=True)
async def test_reception_is_followed_over_server_sent_events(world: World, hub: Hub) -> None:
    house = world.harbor
    visit = (await elsewhere(lambda: house.waiting(1)))[0]
    source = Source(await follow(house, f"/api/v1/sse/reception/{house.hospital.slug}", role="receptionist"))
    first = await source.next()
    assert first["snapshot"][visit.ref]["token"] == visit.token
    await source.close()
