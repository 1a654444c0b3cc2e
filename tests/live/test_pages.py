"""The product's pages and the hub agree: a page that has just been loaded is sent nothing, in any language."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from clinic.live.hub import Hub
from clinic.tenants import links
from queues.models import Display, DisplayLine
from queues.operations import calls
from tests.live.wire import Page, elsewhere, sign_in
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)
REGION = re.compile(r'data-region="([^"]+)" data-digest="([0-9a-f]+)"')


def shown(path: str, cookie: bytes = b"", language: str = "en") -> dict[str, str]:
    """The regions of a page and their digests."""
    client = Client(headers={"Accept-Language": language})
    if cookie:
        name, _, value = cookie.decode().partition("=")
        client.cookies[name] = value
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return dict(REGION.findall(answer.content.decode()))


def busy(house: House) -> None:
    house.waiting(3)
    house.waiting(2, house.pool)
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)


def display_of(house: House) -> str:
    with house.open():
        row = Display.objects.create(name="Wall", paired_at=timezone.now())
        DisplayLine.objects.create(display=row, queue=house.own)
    return links.issue("display", row.ref, house.hospital.pk, None)


def phone_of(house: House) -> str:
    visit = house.waiting(1)[0]
    return links.issue("status", visit.ref, house.hospital.pk, None)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("role,path", [("receptionist", "reception/"), ("owner", "reception/"), ("doctor", "doctor/")])
async def test_staff_pages_and_the_hub_agree(world: World, hub: Hub, role: str, path: str, language: str) -> None:
    house = world.harbor
    await elsewhere(lambda: busy(house))
    cookie = await elsewhere(lambda: sign_in(house, role))
    digests = await elsewhere(lambda: shown(f"/h/harbor/{path}", cookie, language))
    assert len(digests) >= 3
    await agree(Page("/ws/h/harbor/live", cookie), digests, language)


@pytest.mark.parametrize("language", ["en", "es"])
async def test_public_pages_and_the_hub_agree(world: World, hub: Hub, language: str) -> None:
    house = world.harbor
    await elsewhere(lambda: busy(house))
    for token, kind in (
        (await elsewhere(lambda: display_of(house)), "d"),
        (await elsewhere(lambda: phone_of(house)), "s"),
    ):
        digests = await elsewhere(lambda path=f"/{kind}/{token}/": shown(path, language=language))  # type: ignore[misc]
        assert digests
        await agree(Page(f"/ws/{kind}/{token}/live", origin=None), digests, language)


async def agree(page: Page, digests: dict[str, str], language: str) -> None:
    assert await page.open()
    await page.send({"watch": digests, "lang": language})
    beat = await page.until_beat()
    assert beat["digests"] == digests
    assert page.frames == []
    assert page.errors == []
    await page.leave()
