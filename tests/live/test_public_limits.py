"""Guessing at public sockets is counted, and a waiting room behind one address is never locked out (R3.41)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from clinic.core import limits
from clinic.live import consumers, sockets
from clinic.live.hub import Hub
from clinic.tenants import links
from queues.operations.intake import status_link
from tests.live.wire import Page, elsewhere
from tests.queues.helpers import paired
from tests.world import House, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("3.41")]


@pytest.fixture
def harbor(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    cache.clear()
    monkeypatch.setattr(limits, "WRONG_LINKS", 5)
    yield world.harbor
    cache.clear()


async def ended(path: str) -> int:
    """The code a socket is closed with."""
    page = Page(path, origin=None)
    await page.open()
    return await page.closed()


@pytest.mark.parametrize("kind", ["d", "s", "b"])
async def test_sockets_with_wrong_links_are_counted_and_right_ones_open(harbor: House, hub: Hub, kind: str) -> None:
    token = await elsewhere(lambda: paired(harbor)[1])
    for n in range(5):
        assert await ended(f"/ws/{kind}/guess{n}/live") == sockets.NO_SUCH_LINK
    assert await ended(f"/ws/{kind}/guess5/live") == sockets.TOO_FAST
    for _ in range(12):  # many screens and phones behind the same address
        page = Page(f"/ws/d/{token}/live", origin=None)
        assert await page.open()
        await page.watch()
        await page.leave()


async def test_one_link_is_not_opened_without_end(harbor: House, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "A_LINK", (3, 60))
    first, second = await elsewhere(lambda: (paired(harbor)[1], paired(harbor)[1]))
    for _ in range(3):
        page = Page(f"/ws/d/{first}/live", origin=None)
        await page.open()
        await page.watch()
        await page.leave()
    assert await ended(f"/ws/d/{first}/live") == sockets.TOO_FAST
    page = Page(f"/ws/d/{second}/live", origin=None)  # another link of the same address
    await page.open()
    await page.watch()
    await page.leave()


async def test_looking_again_at_an_open_socket_counts_nothing(
    harbor: House, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "A_LINK", (1, 60))
    token = await elsewhere(lambda: paired(harbor)[1])
    page = Page(f"/ws/d/{token}/live", origin=None)
    await page.open()
    await page.watch()
    for _ in range(5):
        for member in [each for room in hub._rooms for each in room]:
            member.look_again()
        await page.send({"ping": 1})
        await page.until_beat()
    await page.leave()


def test_rest_counts_wrong_links_and_serves_right_ones(harbor: House, client: Client) -> None:
    visit = harbor.waiting(1)[0]
    with harbor.open():
        link = status_link(visit)
    codes = [client.get(f"/api/v1/public/visits/guess{n}/status").status_code for n in range(6)]
    assert codes == [404] * 5 + [429]
    assert client.get(f"/api/v1/public/visits/{link}/status").status_code == 200
    assert links.hashed(link) != link
