"""Home, a doctor's own page and the owner's set-up in the admin, as browsers show them."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.directory import operations
from clinic.directory.models import Closure, Department, Room, VisitType
from queues.operations import calls
from tests.browser.conftest import Hall
from tests.browser.test_pages import sideways
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)

SHOTS = os.environ.get("SHOTS", "")
"""A folder for pictures to look at; none are taken without it."""


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def furnish(house: House) -> None:
    house.waiting(4)
    now = timezone.now()
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
        kind = VisitType.objects.create(name="Consultation", minutes=45)
        operations.set_own_type(house.doctor, kind, minutes=30, actor=house.medic)
        VisitType.objects.create(name="Telehealth", minutes=20, video=True)
        operations.add_absence(
            house.doctor, starts_at=now + timedelta(hours=1), ends_at=now + timedelta(days=2), reason="Congress",
            actor=house.medic,
        )  # fmt: skip


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_home_and_the_own_page_fit_and_read_well(hall: Hall, world: World, width: int, scheme: str) -> None:
    furnish(world.harbor)
    for name, role, path in (("home", "owner", "/h/harbor/home/"), ("own", "doctor", "/h/harbor/me/practice/")):
        page = hall.open(path, role=role, house=world.harbor, width=width, theme=scheme, bypass_csp=True)
        expect(page.locator("main h2").first).to_be_visible()
        shoot(page, f"{name}-{width}-{scheme}")
        found = sideways(page)
        assert found["over"] <= 0, found
        problems = Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in problems] == []


def test_home_follows_the_log(hall: Hall, world: World) -> None:
    page = hall.open("/h/harbor/home/", role="owner", house=world.harbor)
    expect(page.locator("html[data-link=live]")).to_be_attached()
    (visit,) = world.harbor.waiting(1)
    expect(page.get_by_text(f"{visit.token} came to")).to_be_visible()


def test_an_owner_sets_the_hospital_up(hall: Hall, world: World) -> None:
    """From the index of the admin: a department, a room, hours, a closure, a visit type and the policies."""
    house = world.harbor
    page = hall.open("/h/harbor/admin/", role="owner", house=house)

    def save(path: str, **fields: str) -> None:
        page.goto(f"/h/harbor/admin/{path}")
        for name, value in fields.items():
            field = page.locator(f"[name={name}]")
            if field.evaluate("el => el.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)
        shoot(page, "admin-" + path.strip("/").replace("/", "-")[:40])
        page.locator("button[name=_save], input[name=_save]").first.click()
        page.wait_for_load_state()

    save("directory/department/add/", name="Skin", prefix="D")
    save("directory/room/add/", name="Room 9", department="Skin")
    save("directory/visittype/add/", name="Vaccination", minutes="15")
    save("directory/closure/add/", name="Holidays", first_day="2026-12-24", last_day="2026-12-26")
    with house.open():
        assert Department.objects.filter(name="Skin").exists()
        assert Room.objects.filter(name="Room 9").exists()
        assert VisitType.objects.filter(name="Vaccination").exists()
        assert Closure.objects.exists()
    page.goto("/h/harbor/admin/tenants/hospitalconfig/")
    page.locator("#result_list a, table a").filter(has_text="Policies").first.click()
    page.locator("[name=hours_mon]").fill("tomorrow")
    page.locator("button[name=_save], input[name=_save]").first.click()
    expect(page.get_by_text("is no time like").first).to_be_visible()
    page.locator("[name=hours_mon]").fill("8-12, 13-17")
    shoot(page, "admin-policies")
    page.locator("button[name=_save], input[name=_save]").first.click()
    page.wait_for_url("**/hospitalconfig/")
