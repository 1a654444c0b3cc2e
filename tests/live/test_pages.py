"""The product's pages and the hub agree: a page that has just been loaded is sent nothing, in any language."""

from __future__ import annotations

import re
from functools import partial

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


def shown(path: str, cookie: bytes = b"", language: str = "en") -> tuple[dict[str, str], str]:
    """The regions of a page with their digests, and the language it is in: all that live.js tells the hub."""
    client = Client(headers={"Accept-Language": language})
    if cookie:
        name, _, value = cookie.decode().partition("=")
        client.cookies[name] = value
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    text = answer.content.decode()
    return dict(REGION.findall(text)), text.partition('<html lang="')[2].partition('"')[0]


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
    digests, told = await elsewhere(lambda: shown(f"/h/harbor/{path}", cookie, language))
    assert len(digests) >= 3
    assert told == language
    await agree(Page("/ws/h/harbor/live", cookie), digests, told)


@pytest.mark.parametrize("language", ["en", "es"])
async def test_public_pages_and_the_hub_agree(world: World, hub: Hub, language: str) -> None:
    house = world.harbor
    await elsewhere(lambda: busy(house))
    for make, kind in ((display_of, "d"), (phone_of, "s")):
        token = await elsewhere(partial(make, house))
        digests, told = await elsewhere(partial(shown, f"/{kind}/{token}/", language=language))
        assert digests
        await agree(Page(f"/ws/{kind}/{token}/live", origin=None), digests, told)


async def agree(page: Page, digests: dict[str, str], language: str) -> None:
    assert await page.open()
    await page.send({"watch": digests, "lang": language})
    beat = await page.until_beat()
    assert beat["digests"] == digests
    assert page.frames == []
    assert page.errors == []
    await page.leave()
