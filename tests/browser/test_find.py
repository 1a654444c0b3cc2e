"""Finding a doctor in a browser: the list and the map without tiles, the own position, and new doctors told live."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from clinic.directory import operations
from clinic.live import outbox
from tests.browser.conftest import Hall
from tests.browser.test_pages import sideways
from tests.directory.test_listing import LYON, PARIS, list_house
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("1.8")]

SHOTS = os.environ.get("SHOTS", "")


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def furnish(world: World) -> None:
    list_house(world.harbor, PARIS, fee="35.00", languages=["French", "Arabic"])
    list_house(world.hilltop, LYON, name="Dr. Maximiliana Featherstonehaugh-Vandenberghe", fee="80.00")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_reads_well(hall: Hall, world: World, width: int, scheme: str) -> None:
    furnish(world)
    page = hall.open("/find/?language=&lat=48.86&lng=2.35&km=250&order=fee", width=width, theme=scheme, bypass_csp=True)
    expect(page.locator(".find-row")).to_have_count(1)
    expect(page.locator(".find-pin")).to_have_count(1)
    shoot(page, f"find-{width}-{scheme}")
    assert sideways(page)["over"] <= 0
    problems = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in problems] == []


def test_the_map_needs_nothing_from_outside_and_leads_to_booking(hall: Hall, world: World) -> None:
    furnish(world)
    asked: list[str] = []
    page = hall.open("/find/?order=name", width=1440)
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.locator(".find-pin")).to_have_count(2)
    expect(page.locator(".leaflet-control-scale-line")).to_be_visible()
    expect(page.locator(".find-city")).to_have_text(["Paris"])  # both houses say so
    here = page.url.split("/find/")[0]
    assert [url for url in asked if not url.startswith((here, "data:"))] == []
    page.locator(".find-pin").first.press("Enter")
    link = page.locator(".leaflet-popup-content a")
    expect(link).to_be_visible()
    assert (link.get_attribute("href") or "").startswith("/book/")


def test_the_list_works_without_a_script(hall: Hall, world: World) -> None:
    furnish(world)
    page = hall.open("/find/", width=390, script=False)
    expect(page.locator(".find-row")).to_have_count(2)
    expect(page.locator("[data-map]")).to_be_hidden()
    expect(page.locator("[data-near]")).to_be_hidden()
    page.get_by_label("Speciality, name or clinic").fill("benali")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".find-row")).to_have_count(1)


def test_the_position_is_asked_for_on_the_button_only(hall: Hall, world: World) -> None:
    furnish(world)
    page = hall.open(
        "/find/", width=1440, geolocation={"latitude": 48.8606, "longitude": 2.3376}, permissions=["geolocation"]
    )
    expect(page.locator(".find-row")).to_have_count(2)
    assert "lat=4" not in page.url
    page.get_by_role("button", name="Near me").click()
    expect(page.locator(".find-row")).to_have_count(1)  # Lyon is further than ten kilometres
    expect(page.locator(".find-you")).to_be_attached()
    assert "lat=48.861" in page.url
    page.get_by_role("button", name="Forget where I am").click()
    expect(page.locator(".find-row")).to_have_count(2)


def test_a_new_doctor_of_the_city_is_told_live(hall: Hall, world: World) -> None:
    list_house(world.harbor)
    page = hall.open("/find/?city=Paris", width=1440)
    expect(page.locator(".find-row")).to_have_count(1)
    expect(page.locator("[data-new]")).to_be_hidden()
    house = world.harbor
    with house.open():
        operations.change_doctor(house.colleague, listed=True, actor=house.actor("owner"))
    outbox.run(house.hospital.pk)
    expect(page.locator("[data-new-who]")).to_have_text("New in Paris: Dr. Kwame Mensah")
    page.get_by_role("link", name="Show the list again").click()
    expect(page.locator(".find-row")).to_have_count(2)
    expect(page.locator("[data-new]")).to_be_hidden()
