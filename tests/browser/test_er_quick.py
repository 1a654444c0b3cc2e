"""Triage of many in a browser: by keyboard, live, and with each refusal at its row."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from er_flow.models import EmergencyVisit
from er_flow.operations import arrivals, triage
from tests.browser.conftest import Hall
from tests.browser.test_pages import sideways
from tests.er_flow.ward import ADULT, Ward, emergency, fresh, sheet
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/h/harbor/er/triage/many/"


@pytest.fixture
def ward(world: World) -> Ward:
    with world.harbor.open():
        return emergency(world.harbor)


@pytest.fixture
def people(world: World, ward: Ward) -> list[EmergencyVisit]:
    told = ["Burns of both hands", "Walks, cuts of the face", "Breathless after smoke", "Lies still, does not answer"]
    with world.harbor.open():
        who = [arrivals.Arriving(text, age=ADULT) for text in told]
        return list(arrivals.arrive_all(ward.department, who, actor=ward.nurse))


def many(hall: Hall, world: World, **more: Any) -> Page:
    page = hall.open(PATH, role="nurse", house=world.harbor, **more)
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    return page


def row(page: Page, visit: EmergencyVisit) -> Any:
    return page.locator(f"#quick-{visit.pk}")


@pytest.mark.rule("4.14")
def test_keys_choose_and_only_the_button_sets(
    hall: Hall, world: World, ward: Ward, people: list[EmergencyVisit]
) -> None:  # fmt: skip
    page = many(hall, world)
    page.keyboard.press("j")
    page.keyboard.press("1")
    page.keyboard.press("j")
    page.keyboard.press("2")
    page.keyboard.press("j")
    page.keyboard.press("2")
    page.keyboard.press("0")
    expect(row(page, people[0])).to_have_attribute("data-chosen", "")
    expect(row(page, people[2])).not_to_have_attribute("data-chosen", "")
    expect(page.locator("#quick-do")).to_have_text("Set levels (2)")
    page.wait_for_timeout(500)
    with world.harbor.open():
        assert not EmergencyVisit.objects.exclude(level=None).exists(), "no key sets a level"
    page.locator("[name=why]").fill("Seen at the door")
    page.keyboard.press("Escape")
    row(page, people[0]).locator("[data-open]").focus()
    page.keyboard.press("c")
    expect(page.locator("#quick-do")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("2 patients have a level")
    expect(page.locator(".quick")).to_have_count(2)
    with world.harbor.open():
        assert [fresh(one).level for one in people] == [1, 2, None, None]


def test_what_is_seen_says_the_level_and_a_refusal_stands_at_its_row(
    hall: Hall, world: World, ward: Ward, people: list[EmergencyVisit]
) -> None:  # fmt: skip
    page = many(hall, world)
    row(page, people[3]).locator("select").select_option("immediate:unresponsive")
    expect(row(page, people[3]).locator("input[value='1']")).to_be_checked()
    row(page, people[0]).locator("input[value='2']").check(force=True)
    page.locator("#quick-do").click()
    refused = row(page, people[0]).locator("[data-refusal]")
    expect(refused).to_have_text(re.compile("Say why another level"))
    expect(row(page, people[0]).locator("input[value='2']")).to_be_checked()
    expect(row(page, people[3])).to_have_count(0)
    expect(page.locator("#quick-told")).to_contain_text("1 patient has a level")
    page.locator("[name=why]").fill("Hands need a surgeon now")
    page.locator("#quick-do").click()
    expect(row(page, people[0])).to_have_count(0)
    expect(page.locator("#quick-told")).to_be_empty()


def test_rows_come_and_go_and_what_was_chosen_stays(
    hall: Hall, world: World, ward: Ward, people: list[EmergencyVisit]
) -> None:  # fmt: skip
    page = many(hall, world)
    row(page, people[1]).locator("input[value='2']").check(force=True)
    row(page, people[1]).locator("select").select_option("severe_pain_seen:yes")
    page.mouse.move(5, 5)
    page.locator("[name=why]").focus()
    with world.harbor.open():
        triage.start(people[1], actor=ward.nurse)
        new = ward.arrived("Comes later")
        triage.assess(people[0], sheet(3), 3, actor=ward.nurse)
    expect(row(page, new)).to_be_visible(timeout=4000)
    expect(row(page, people[0])).to_have_count(0)
    expect(row(page, people[1])).to_contain_text("being triaged")
    expect(row(page, people[1]).locator("input[value='2']")).to_be_checked()
    expect(row(page, people[1]).locator("select")).to_have_value("severe_pain_seen:yes")
    expect(page.locator("#quick-do")).to_have_text("Set levels (1)")


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_axe_finds_nothing(
    hall: Hall, world: World, ward: Ward, people: list[EmergencyVisit], theme: str
) -> None:  # fmt: skip
    page = many(hall, world, theme=theme, bypass_csp=True)
    for visit in people[:2]:
        row(page, visit).locator("input[value='1']").check(force=True)
    page.locator("#quick-do").click()
    expect(row(page, people[0]).locator("[data-refusal]")).to_be_visible()
    told = Axe().run(page, options={"resultTypes": ["violations", "passes"]}).response
    found = [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in told["violations"]]
    assert found == [], json.dumps(found, indent=1)


@pytest.mark.parametrize("width", [390, 720, 1440])
def test_it_fits(hall: Hall, world: World, ward: Ward, people: list[EmergencyVisit], width: int) -> None:
    page = many(hall, world, width=width, height=844)
    assert sideways(page)["over"] <= 0, sideways(page)
