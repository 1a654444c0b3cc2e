"""The page of what became of the waits told, as browsers show it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from queues.models import Promise
from tests.browser.conftest import Hall
from tests.browser.test_directory_pages import shoot
from tests.browser.test_pages import sideways
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)


def fill(house: House) -> None:
    """Promises of both kinds of line: kept, too often late, too wide and too few."""
    begin = timezone.now() - timedelta(hours=30)
    rows = [(house.own, 0, 40, 18), (house.own, 2, 60, 22), (house.pool, 5, 40, 12), (house.pool, 12, 3, 15)]
    with house.open():
        Promise.objects.bulk_create(
            Promise(
                leg_id=queue.pk, queue_id=queue.pk, at=begin, model="schedule-3", ahead=ahead, servers=1,
                p50_at=begin + timedelta(minutes=10), p90_at=begin + timedelta(minutes=20),
                rolling_at=begin + timedelta(minutes=40), called_at=begin + timedelta(minutes=called),
            )
            for queue, ahead, many, called in rows
            for _ in range(many)
        )  # fmt: skip


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_reads_well(hall: Hall, world: World, width: int, scheme: str) -> None:
    house = world.harbor
    fill(house)
    page = hall.open("/h/harbor/home/", role="owner", house=house, width=width, theme=scheme, bypass_csp=True)
    page.get_by_role("link", name="Promised waits").click()
    expect(page.get_by_role("heading", name="By line")).to_be_visible()
    expect(page.get_by_role("row", name="Pool of several doctors 4–8 40")).to_contain_text("wider than need be")
    shoot(page, f"promised-waits-{width}-{scheme}")
    found = sideways(page)
    assert found["over"] <= 0, found
    problems = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in problems] == []
    page.get_by_label("Period").select_option("day")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Nobody was told a wait and called yet")).to_be_visible()
