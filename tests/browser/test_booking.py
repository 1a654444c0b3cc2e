"""Public booking in a real browser: on a phone and a desk, without JavaScript, right to left, axe."""

from __future__ import annotations

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Page, expect

from queues.models import CONFIRMED, Appointment
from queues.operations import secret_links
from tests.browser.conftest import Hall
from tests.browser.test_pages import sideways
from tests.queues.public import MONDAY, PERSON, listed, newest
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house(world: World) -> House:
    cache.clear()
    listed(world.harbor)
    return world.harbor


def fill(page: Page) -> None:
    for name in ("given_name", "family_name", "phone", "birth_year", "email"):
        page.locator(f"[name={name}]").fill(PERSON[name])


def clean(page: Page) -> None:
    """axe finds nothing, and nothing is wider than the screen."""
    told = Axe().run(page, options={"resultTypes": ["violations", "passes"]}).response
    assert told["passes"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in told["violations"]] == []
    assert sideways(page)["over"] <= 0


@pytest.mark.parametrize("script", [True, False])
def test_a_phone_books_moves_and_cancels(hall: Hall, house: House, script: bool) -> None:
    with time_machine.travel(MONDAY, tick=True):
        page = hall.open("/book/harbor/", width=390, height=844, script=script)
        page.get_by_role("link", name=house.doctor.name).click()
        page.locator(".slots button").first.click()
        expect(page.locator(".note")).to_contain_text("is kept for you")
        fill(page)
        page.get_by_role("button", name="Book", exact=True).click()
        expect(page.locator(".bk")).to_contain_text("Booked")
        page.get_by_role("link", name="Another time").click()
        page.locator(".slots button").nth(4).click()
        expect(page.locator(".bk")).to_contain_text("Booked")
        with house.open():
            assert Appointment.objects.filter(state=CONFIRMED).count() == 1
        page.get_by_text("Cancel the booking").first.click()
        page.get_by_role("button", name="Cancel the booking").click()
        expect(page.locator(".bk")).to_contain_text("Cancelled")
        page.get_by_role("button", name="العربيّة").click()
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        assert sideways(page)["over"] <= 0
    with house.open():
        assert newest().state == "cancelled"


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1440)])
def test_axe_finds_nothing_on_the_booking_pages(hall: Hall, house: House, theme: str, width: int) -> None:
    with house.open():
        kiosk = secret_links.make_kiosk(actor=house.desk)
    with time_machine.travel(MONDAY, tick=True):
        line = f"?line={house.own.pk}"
        for path in ("/book/harbor/", f"/book/harbor/wait/{line}", "/book/harbor/mine/", f"/k/{kiosk}/"):
            clean(hall.open(path, width=width, height=844, theme=theme, bypass_csp=True))
        page = hall.open(f"/book/harbor/time/{line}", width=width, height=844, theme=theme, bypass_csp=True)
        clean(page)
        page.locator(".slots button").first.click()
        page.wait_for_url("**/details/**")
        clean(page)
        fill(page)
        page.get_by_role("button", name="Book", exact=True).click()
        page.wait_for_url("**/b/**")
        clean(page)
