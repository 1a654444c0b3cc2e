"""A visit beside the board: by pointer, key and address; the board lives on beneath it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from er_flow.models import EmergencyVisit
from er_flow.operations import moves
from tests.browser.conftest import Hall
from tests.browser.er_scene import busy
from tests.browser.test_er import HERE, row
from tests.browser.test_pages import sideways
from tests.er_flow.ward import Ward, emergency, fresh
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ward(world: World) -> Ward:
    with world.harbor.open():
        return emergency(world.harbor)


def board(hall: Hall, world: World, path: str = HERE, **more: Any) -> Page:
    page = hall.open(path, role="nurse", house=world.harbor, **more)
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    return page


def drawer(page: Page) -> Any:
    return page.locator("[data-drawer]")


def test_a_row_opens_beside_the_board_which_stays_live(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        patient = world.harbor.patient("Grace", "Okafor", birth_date="1980-01-01")
        visit, other = ward.bedded(patient=patient), ward.triaged(4)
    page = board(hall, world)
    page.get_by_role("link", name="Grace Okafor", exact=True).click()
    shown = drawer(page)
    expect(shown).to_be_focused()
    for words in ("Grace Okafor", f"E-{visit.number}", "1 Jan 1980", patient.mrn):
        expect(shown.locator(".er-id")).to_contain_text(words)
    expect(page).to_have_url(re.compile(rf"/er/\?.*visit={visit.pk}"))
    expect(row(page, visit)).to_have_attribute("data-shown", "")
    shown.hover()
    with world.harbor.open():
        moves.see(visit, actor=ward.medic)
        moves.depart(other, "lwbs", actor=ward.nurse)
    expect(row(page, visit)).to_contain_text("In treatment", timeout=3000)
    expect(shown.locator(".er-id")).to_contain_text("In treatment", timeout=3000)
    expect(row(page, other)).to_have_count(0)
    shown.locator("summary").filter(has_text="Acts").click()
    shown.get_by_role("button", name="Out of bed, stays here").click()
    expect(shown.locator(".facts")).to_contain_text("no bed", timeout=3000)
    expect(row(page, visit).locator(".c-bed")).to_contain_text("no bed")


def test_escape_closes_and_the_focus_returns_to_the_row(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.triaged(3)
    page = board(hall, world)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(drawer(page)).to_be_visible()
    drawer(page).locator("summary").filter(has_text="Acts").click()
    page.keyboard.press("Escape")
    expect(drawer(page)).to_be_visible()
    expect(drawer(page).locator("details[open]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(drawer(page)).to_be_hidden()
    expect(row(page, visit).locator("[data-open]")).to_be_focused()
    assert "visit=" not in page.url


def test_the_back_button_closes_and_the_address_opens_it_again(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        first, second = ward.triaged(3), ward.triaged(4)
    page = board(hall, world)
    row(page, first).locator("[data-open]").click()
    expect(drawer(page)).to_contain_text(f"E-{first.number}")
    row(page, second).locator("[data-open]").click()
    expect(drawer(page).locator(".drawer-bar")).to_contain_text(f"E-{second.number}")
    with page.expect_response(re.compile(str(second.pk))):
        page.reload()
    expect(drawer(page).locator(".drawer-bar")).to_contain_text(f"E-{second.number}")
    page.go_back()
    expect(drawer(page)).to_be_hidden()
    expect(page.locator("#er-board")).to_be_visible()
    page.go_forward()
    expect(drawer(page)).to_be_visible()
    page.get_by_role("button", name="Close the visit").click()
    expect(drawer(page)).to_be_hidden()


def test_on_a_phone_and_without_script_the_link_leads_to_the_page(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.triaged(3)
    for options in ({"width": 390, "height": 844}, {"script": False}):
        page = hall.open(HERE, role="nurse", house=world.harbor, **options)
        row(page, visit).locator("[data-open]").click()
        page.wait_for_url(f"**/er/visits/{visit.pk}/")
        expect(page.locator(".visit-acts")).to_be_visible()


def test_an_act_in_the_drawer_of_an_old_board_asks_whose_it_is(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.bedded(patient=world.harbor.patient("Grace", "Okafor", birth_date="1980-01-01"))
    page = board(hall, world, f"{HERE}?visit={visit.pk}")
    expect(drawer(page)).to_be_visible()
    page.route("**/live/**", lambda route: route.abort())
    page.evaluate("document.documentElement.dataset.link = 'reconnecting'")
    page.evaluate("() => { const age = clinicflow.age; clinicflow.age = () => age() + 11000; }")
    drawer(page).locator("summary").filter(has_text="Acts").click()
    drawer(page).get_by_role("button", name="Provider contact now").click()
    guard = page.locator("#er-guard")
    for words in ("Grace Okafor", f"E-{visit.number}", "1 Jan 1980"):
        expect(guard).to_contain_text(words)
    with world.harbor.open():
        assert fresh(visit).state == "bedded"
    page.keyboard.press("Escape")
    expect(guard).to_be_hidden()
    expect(drawer(page)).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_axe_finds_nothing_with_the_drawer_open(hall: Hall, world: World, theme: str) -> None:
    with world.harbor.open():
        busy(world.harbor)
        seen = EmergencyVisit.objects.exclude(seen_at=None).in_order().first()
        assert seen is not None
    page = board(hall, world, f"{HERE}?visit={seen.pk}", theme=theme, bypass_csp=True)
    expect(drawer(page)).to_be_visible()
    told = Axe().run(page, options={"resultTypes": ["violations", "passes"]}).response
    assert told["passes"]
    found = [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in told["violations"]]
    assert found == [], json.dumps(found, indent=1)


@pytest.mark.parametrize("width", [920, 1440])
def test_board_and_drawer_fit_beside_each_other(hall: Hall, world: World, width: int) -> None:
    with world.harbor.open():
        busy(world.harbor)
        seen = EmergencyVisit.objects.exclude(seen_at=None).in_order().first()
        assert seen is not None
    page = board(hall, world, f"{HERE}?visit={seen.pk}", width=width, height=844)
    expect(drawer(page)).to_be_visible()
    assert sideways(page)["over"] <= 0, sideways(page)
