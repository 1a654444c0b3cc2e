"""The first day of somebody who has only the page."""

from __future__ import annotations

import time

from playwright.sync_api import expect

from tests.browser.conftest import Hall
from tests.browser.test_link import linked


def test_the_form_of_a_new_hospital_stands_on_the_time_zone_of_the_device(hall: Hall) -> None:
    page = hall.open("/register/", timezone_id="America/New_York")
    assert page.input_value("#id_time_zone") == "America/New_York"


def test_from_sign_up_to_the_first_called_patient(hall: Hall) -> None:
    """docs/first-day.md: nine clicks, two forms, and nothing but the page. Prints how long a quick hand takes."""
    page = hall.open("/sign-in/", timezone_id="Europe/Madrid")
    began, clicks = time.monotonic(), 0

    def click(name: str, role: str = "button", *, exact: bool = False) -> None:
        nonlocal clicks
        page.get_by_role(role, name=name, exact=exact).first.click()  # type: ignore[arg-type]
        clicks += 1

    click("Create a hospital", "link")
    for field, value in {
        "hospital": "Prado Clinic", "name": "Ines Prado", "email": "ines@prado.example",
        "password": "a very long sentence",
    }.items():  # fmt: skip
        page.locator(f"main [name={field}]").fill(value)
    page.locator("main form [type=submit]").first.click()
    clicks += 1
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    click("I see patients myself")
    expect(page.get_by_role("link", name="Open your screen")).to_be_visible()
    click("Open the desk", "link")
    linked(page, "live")
    page.locator("#who").fill("Ana Ruiz")
    page.locator("#found [role=option]").last.click()  # a new patient
    clicks += 1
    page.locator("#born").fill("1980")
    page.locator(".line-pick label", has_text="Ines Prado").click()
    clicks += 1
    click("Add to line")
    expect(page.locator("[data-row] .token", has_text="A-001").first).to_be_visible()
    click("Calling", "link")
    linked(page, "live")
    click("Call A-001")
    expect(page.locator(".big-token")).to_have_text("A-001")
    print(f"{clicks} clicks, {time.monotonic() - began:.0f} s")
    assert clicks <= 9
