"""The map of beds as browsers show it: dragging, choosing, and the buttons that do the same."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from er_flow.operations import beds, moves
from tests.browser.conftest import Hall
from tests.er_flow.ward import Ward, emergency, fresh
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
HERE = "/h/harbor/er/"


@pytest.fixture
def ward(world: World) -> Ward:
    with world.harbor.open():
        return emergency(world.harbor)


def test_a_patient_is_dragged_to_a_bed_and_two_are_changed(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        waits, other = ward.triaged(3), ward.bedded("A1")
    page = hall.open(f"{HERE}beds/", role="nurse", house=world.harbor)
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    free, taken = (page.locator(f"#bed-{ward.beds[name].pk}") for name in ("A3", "A1"))
    page.locator(f"#need-{waits.pk}").drag_to(free)
    expect(free).to_have_attribute("data-state", "occupied")
    expect(free).to_contain_text(f"E-{waits.number}")
    free.drag_to(taken)
    expect(taken).to_contain_text(f"E-{waits.number}")
    with world.harbor.open():
        assert fresh(other).stays.get(ended_at=None).bed.name == "A3"


def test_the_button_does_what_the_drag_does(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        waits = ward.triaged(3)
    page = hall.open(f"{HERE}beds/", role="nurse", house=world.harbor)
    need = page.locator(f"#need-{waits.pk}")
    need.get_by_role("button", name=re.compile("^Assign")).first.click()
    expect(need).to_have_count(0)
    expect(page.locator(".bed[data-state=occupied]")).to_have_count(1)
    with world.harbor.open():
        moves.depart(fresh(waits), "lwbs", actor=ward.nurse)
    cleaning = page.locator(".bed[data-state=cleaning]")
    expect(cleaning).to_have_count(1)
    page.mouse.move(5, 5)
    cleaning.get_by_role("button", name=re.compile("^Clean")).click()
    expect(cleaning).to_have_count(0)


def test_whoever_is_chosen_shows_the_beds_that_suit_and_why_and_follows_what_becomes_of_them(
    hall: Hall, world: World, ward: Ward
) -> None:  # fmt: skip
    with world.harbor.open():
        first, other = ward.triaged(3, section=ward.sections["Resus"]), ward.triaged(4)
    page = hall.open(f"{HERE}beds/", role="nurse", house=world.harbor)
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    need, fits = page.locator(f"#need-{first.pk}"), page.locator(".bed[data-fit]")
    expect(need.locator(".fit .line")).to_have_count(1)
    need.get_by_role("link", name=re.compile("^Other beds")).click()
    expect(need).to_have_attribute("data-picked", "")
    expect(need.locator(".fit .line")).to_have_count(6)
    expect(need).to_contain_text("2 sections away")
    expect(fits).to_have_count(6)
    best = need.locator(".bed-id").first.inner_text()
    expect(page.locator(".bed[data-fit=best] .bed-id")).to_have_text(best)
    with world.harbor.open():
        beds.assign(other, next(bed for name, bed in ward.beds.items() if name == best), actor=ward.nurse)
    expect(fits).to_have_count(5, timeout=3000)
    expect(need.locator(".fit .line")).to_have_count(5)
    need.locator("[data-own]").get_by_role("button", name=re.compile("^Assign")).first.click()
    expect(need).to_have_count(0)
    expect(fits).to_have_count(0)
