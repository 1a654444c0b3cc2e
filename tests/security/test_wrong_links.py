"""Trying out links is slowed down; a waiting room behind the same address goes on (R3.41)."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from clinic.core import limits
from queues.operations.intake import status_link
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.rule("3.41")
@pytest.mark.parametrize("wrong", ["/s/{}/", "/d/{}/", "/s/{}/regions", "/d/{}/regions"])
def test_wrong_links_are_limited_and_right_ones_are_not(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    cache.clear()
    monkeypatch.setattr(limits, "WRONG_LINKS", 5)
    visit = world.harbor.waiting(1)[0]
    with world.harbor.open():
        link = status_link(visit)
    for n in range(5):
        assert client.get(wrong.format(f"guess{n}")).status_code == 404
    refused = client.get(wrong.format("guess5"))
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert client.get(f"/s/{link}/").status_code == 200
    cache.clear()
