"""Ways to and on the emergency board: look-ups jump to a row, filters stand in the address, and a phone's tabs."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.core import clock
from clinic.directory.models import Department
from er_flow.models import EmergencyVisit
from er_flow.operations import arrivals, moves
from tests.browser.conftest import Hall
from tests.browser.er_scene import busy, known
from tests.browser.test_er import HERE, row
from tests.browser.test_pages import sideways
from tests.er_flow.ward import Ward, emergency
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ward(world: World) -> Ward:
    with world.harbor.open():
        return emergency(world.harbor)


@pytest.fixture
def grace(world: World, ward: Ward) -> EmergencyVisit:
    with world.harbor.open():
        return ward.bedded(patient=world.harbor.patient("Grace", "Okafor", birth_date="1980-01-01"))


def look_up(page: Page, name: str) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette-ask").fill(name)
    page.locator("#palette-patients [role=option]").first.click()


# --- look-ups --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["/h/harbor/patients/", HERE, f"{HERE}?show=nobed", f"{HERE}beds/"])
def test_a_patient_in_the_emergency_department_is_found_on_its_board(
    hall: Hall, world: World, grace: EmergencyVisit, start: str
) -> None:  # fmt: skip
    page = hall.open(start, role="nurse", house=world.harbor)
    look_up(page, "okafor")
    expect(row(page, grace)).to_be_focused()
    expect(row(page, grace)).to_have_attribute("data-found", "")
    expect(row(page, grace)).to_be_visible()


def test_a_last_day_in_the_address_is_nobody_to_jump_to(hall: Hall, world: World, grace: EmergencyVisit) -> None:
    page = hall.open(f"{HERE}measures/", role="charge_nurse", house=world.harbor)
    page.get_by_role("link", name="1", exact=True).first.click()
    expect(page.get_by_text("Grace Okafor")).to_be_visible()
    assert "/er/measures/patients/" in page.url
    page.goto(f"{page.url.split('/er/')[0]}/er/log/")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("Grace Okafor")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert "/er/log/" in page.url
    assert "to=" in page.url


def test_of_several_departments_the_right_board_opens(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        second = Department.objects.create(name="Children", prefix="K", sort=Department.EMERGENCY)
        patient = world.harbor.patient("Grace", "Okafor", birth_date="2020-01-01")
        visit = arrivals.arrive(second, arrivals.Arriving("Cough", patient=patient), actor=ward.nurse)
    page = hall.open(f"{HERE}?department={ward.department.pk}", role="nurse", house=world.harbor)
    look_up(page, "okafor")
    expect(row(page, visit)).to_be_focused()
    with world.harbor.open():
        moves.depart(visit, "lwbs", actor=ward.nurse)
    page.goto(f"{HERE}?to={visit.pk}")
    expect(page.locator(".topbar .where")).to_contain_text("Children")


def test_who_may_not_see_the_board_is_led_to_the_patient(hall: Hall, world: World, grace: EmergencyVisit) -> None:
    with world.harbor.open():
        role = next(one for one in ("biller", "receptionist") if not world.harbor.actor(one).can("er.view"))
        assert world.harbor.actor(role).can("patients.view")
    page = hall.open("/h/harbor/patients/", role=role, house=world.harbor)
    look_up(page, "okafor")
    page.wait_for_url(f"**/patients/{grace.patient_id}/")


# --- filters ---------------------------------------------------------------------------------------------------------


def test_each_filter_works_by_its_address_and_says_when_it_has_nobody(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        with clock.at(timezone.now() - timedelta(minutes=50)):
            due = ward.triaged(3, complaint="Due")
        seen = ward.seen("A1", 4)
    shown = {"nobed": due, "redue": due, "late": due, "provider": due, "": seen}
    for name, visit in shown.items():
        page = hall.open(f"{HERE}?show={name}", role="charge_nurse", house=world.harbor)
        expect(row(page, visit)).to_be_visible()
        expect(page.locator(f"[data-shows] [data-show='{name}']")).to_have_attribute("aria-current", "true")
        expect(page.locator("[data-shows] [aria-current]")).to_have_count(1)
        expect(page.locator(".nobody-shown")).to_be_hidden()
        if name:
            expect(row(page, seen)).to_be_hidden()
        page.context.close()
    with world.harbor.open():
        moves.see(due, actor=ward.medic)
        EmergencyVisit.objects.filter(pk=due.pk).update(reassess_at=None)
    for name in ("late", "provider", "redue", "boards"):
        page = hall.open(f"{HERE}?show={name}", role="charge_nurse", house=world.harbor)
        expect(page.locator(".nobody-shown")).to_contain_text("Nobody of these now.")
        expect(page.locator("tr.group:visible")).to_have_count(0)
        page.locator(".nobody-shown a").click()
        expect(row(page, seen)).to_be_visible()
        assert "show=" not in page.url
        page.context.close()


@pytest.mark.parametrize("name", ["nothing", "mine", "constructor", "<b>"])
def test_a_filter_that_is_none_shows_everyone(hall: Hall, world: World, ward: Ward, name: str) -> None:
    with world.harbor.open():
        visit = ward.triaged(3)
    page = hall.open(f"{HERE}?show={name}", role="charge_nurse", house=world.harbor)
    expect(row(page, visit)).to_be_visible()
    expect(page.locator("[data-shows] [data-show='']")).to_have_attribute("aria-current", "true")


def test_without_script_a_filter_that_needs_one_hides_nobody(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        waits, lies = ward.triaged(3), ward.bedded("A1")
    page = hall.open(f"{HERE}?show=redue", role="nurse", house=world.harbor, script=False)
    expect(row(page, waits)).to_be_visible()
    page = hall.open(f"{HERE}?show=nobed", role="nurse", house=world.harbor, script=False)
    expect(row(page, waits)).to_be_visible()
    expect(row(page, lies)).to_be_hidden()


# --- phones, and the patient's page ----------------------------------------------------------------------------------


def test_a_phones_tabs_lead_to_the_beds(hall: Hall, world: World, ward: Ward) -> None:
    for role in ("nurse", "charge_nurse", "doctor"):
        page = hall.open(HERE, role=role, house=world.harbor, width=390, height=844)
        tab = page.locator(".rail").get_by_role("link", name="Beds")
        expect(tab).to_be_visible()
        boxes = [item.bounding_box() for item in page.locator(".rail .item:visible").all()]
        assert all(box is not None and box["width"] >= 44 for box in boxes), boxes
        tab.click()
        page.wait_for_url("**/er/beds/")
        page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_patients_page_with_emergency_visits(hall: Hall, world: World, theme: str) -> None:
    with world.harbor.open():
        patient = known(busy(world.harbor))
    path = f"/h/harbor/patients/{patient.pk}/"
    page = hall.open(path, role="charge_nurse", house=world.harbor, theme=theme, bypass_csp=True)
    expect(page.locator(".past-row")).to_have_count(4)
    told: dict[str, Any] = Axe().run(page, options={"resultTypes": ["violations", "passes"]}).response
    found = [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in told["violations"]]
    assert found == [], json.dumps(found, indent=1)
    page = hall.open(path, role="charge_nurse", house=world.harbor, width=390, height=844)
    assert sideways(page)["over"] <= 0, sideways(page)
