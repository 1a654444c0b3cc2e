"""The patient's phone in a real browser: with and without JavaScript, live, in another language (R3.13, R3.14)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from queues.models import ON_HOLD
from queues.operations import calls, ends, intake
from tests.browser.conftest import Hall
from tests.browser.test_link import linked
from tests.browser.test_pages import sideways
from tests.queues.helpers import state_of
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)


def phone(hall: Hall, house: House, place: int, **options: Any) -> Page:
    """The phone of the one at this place of the own line."""
    visits = house.waiting(4)
    with house.open():
        link = intake.status_link(visits[place])
    return hall.open(f"/s/{link}/", width=390, height=844, **options)


@pytest.mark.rule("3.13")
def test_everything_works_without_javascript(hall: Hall, world: World) -> None:
    house = world.harbor
    page = phone(hall, house, 0, script=False)
    expect(page.locator(".place h1")).to_contain_text("You are next")
    expect(page.get_by_role("button", name="Tell me when I am next")).to_be_hidden()
    page.get_by_text("Push back my place").click()
    page.get_by_label("Let others go first").select_option("2")
    page.get_by_role("button", name="Push back", exact=True).click()
    expect(page.locator(".place h1")).to_contain_text("2")
    expect(page.locator(".note")).to_contain_text("Others go first now.")
    page.get_by_text("Push back my place").click()
    page.get_by_label("Go away for a while and keep my place").select_option("20")
    page.get_by_role("button", name="Step out").click()
    expect(page.locator(".place h1")).to_contain_text("Your place is kept")
    page.get_by_role("button", name="I am back").click()
    expect(page.locator(".place h1")).to_contain_text("2")
    page.get_by_role("button", name="العربيّة").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert sideways(page)["over"] <= 0
    page.get_by_role("button", name="English").click()
    page.get_by_text("Leave the line", exact=True).click()
    page.get_by_role("button", name="Yes, leave the line").click()
    expect(page.locator(".place h1")).to_contain_text("You left the line")
    page.get_by_role("button", name="Ask to come back into the line").click()
    expect(page.locator(".ph-acts")).to_contain_text("You asked to come back.")


@pytest.mark.rule("3.13")
def test_what_may_be_done_follows_the_line_live(hall: Hall, world: World) -> None:
    house = world.harbor
    page = phone(hall, house, 1)
    linked(page, "live")
    expect(page.locator(".place h1")).to_contain_text("1")
    page.get_by_role("button", name="Tell me when I am next").click()
    expect(page.locator("[data-tell]")).to_be_disabled()
    page.locator("#push-back summary").click()
    page.locator("#minutes").select_option("30")
    with house.open():
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
    expect(page.locator(".place h1")).to_contain_text("You are next")
    expect(page.locator("#push-back")).to_have_attribute("open", "")  # what was begun is not taken away
    expect(page.locator("#minutes")).to_have_value("30")
    page.get_by_role("button", name="Step out").click()
    expect(page.locator(".place h1")).to_contain_text("Your place is kept")
    with house.open():
        ends.complete(leg.visit, actor=house.medic)
    page.get_by_role("button", name="I am back").click()
    linked(page, "live")
    with house.open():
        mine = calls.call_next(house.doctor, actor=house.medic)
        assert mine is not None
        assert state_of(mine.visit) != ON_HOLD
    expect(page.locator(".place h1")).to_contain_text("Please come in")
    expect(page.locator(".ph-acts")).to_have_count(0)
    assert mine.visit.token in page.title()
    assert sideways(page)["over"] <= 0
