"""The main job in four browsers: taken in, announced, called, seen, completed, undone; all right in a second."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from queues.models import Visit
from queues.operations import intake
from tests.browser.conftest import Hall
from tests.queues.helpers import paired
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = 1500
"""Milliseconds a change may take to be on another screen, the slow machine included."""


def live(page: Page) -> Page:
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    return page


def take_in(desk: Page, who: str, queue: str) -> None:
    """As a receptionist does: type, choose, press Enter."""
    if not desk.locator("#who").evaluate("field => field === document.activeElement"):
        desk.keyboard.press("n")  # after a walk-in the look-up has the focus already
    expect(desk.locator("#who")).to_be_focused()
    desk.keyboard.type(who)
    expect(desk.locator("#found [role=option]").first).to_be_visible()
    desk.keyboard.press("Enter")
    desk.get_by_role("radio", name=queue).check(force=True)
    desk.get_by_role("button", name="Add to line").click()


def test_the_main_job_on_four_screens(hall: Hall, world: World) -> None:
    house = world.harbor
    house.patient("Amina", "Yusuf", phone="555 01 47")
    house.patient("Mateo", "Fernández")
    _display, wall = paired(house)
    desk = live(hall.open("/h/harbor/reception/", role="receptionist", house=house))
    doctor = live(hall.open("/h/harbor/doctor/", role="doctor", house=house))
    tv = live(hall.open(f"/d/{wall}/", width=1920, height=1080))

    take_in(desk, "0147", "Dr. Leïla Benali")
    row = desk.locator(f"#line-{house.own.pk} [data-row]")
    expect(row).to_have_count(1, timeout=SECOND)
    expect(row).to_contain_text("Amina Yusuf")
    expect(desk.locator(".toast-c")).to_contain_text("A-001 taken in for Dr. Leïla Benali")
    take_in(desk, "fernandez", "Dr. Leïla Benali")
    expect(row).to_have_count(2, timeout=SECOND)
    expect(doctor.get_by_role("button", name="Call A-001")).to_be_visible(timeout=SECOND)
    expect(tv.locator(".tv-lines")).to_contain_text("A-001", timeout=SECOND)

    with house.open():
        first, second = Visit.objects.order_by("token_number")
        phone = live(hall.open(f"/s/{intake.status_link(second)}/", width=390, height=844))
    expect(phone.locator("h1")).to_contain_text("1")
    expect(phone.locator("h1")).to_contain_text("person ahead of you")

    doctor.keyboard.press("c")
    expect(doctor.locator(".big-token")).to_have_text("A-001", timeout=SECOND)
    expect(tv.locator(".tv-token")).to_have_text("A-001", timeout=SECOND)
    expect(tv.locator("[data-say]")).to_have_attribute("data-say", "Token A 0 0 1, Room 4")
    expect(phone.locator("h1")).to_contain_text("You are next", timeout=SECOND)
    expect(row).to_have_count(1, timeout=SECOND)
    expect(desk.locator(f"#head-{house.own.pk} .now")).to_contain_text("Called, not here yet", timeout=SECOND)

    doctor.keyboard.press("Enter")
    expect(doctor.locator(".who h2")).to_have_text("Amina Yusuf", timeout=SECOND)
    doctor.get_by_role("button", name="Complete and call A-002").click()
    expect(phone.locator("h1")).to_contain_text("Please come in", timeout=SECOND)
    expect(phone).to_have_title(re.compile("^A-002"))
    expect(tv.locator(".tv-token")).to_have_text("A-002", timeout=SECOND)

    doctor.locator(".toast-c [data-undo]").last.click()
    expect(phone.locator("h1")).to_contain_text("You are next", timeout=SECOND)
    expect(phone.locator("main")).to_contain_text("Please wait", timeout=SECOND)
    expect(tv.locator(".tv-back")).to_contain_text("A-002, please wait", timeout=SECOND)
    expect(doctor.locator(".who h2")).to_have_text("Amina Yusuf", timeout=SECOND)
    assert first.token == "A-001"


def test_the_display_announces_each_call_once(hall: Hall, world: World) -> None:
    house = world.harbor
    house.waiting(2)
    _display, wall = paired(house)
    tv = live(hall.open(f"/d/{wall}/", width=1920, height=1080))
    doctor = live(hall.open("/h/harbor/doctor/", role="doctor", house=house))
    expect(tv.locator("[data-sound-word]")).to_contain_text("Sound off")  # nothing has been heard yet, and it says so
    doctor.keyboard.press("c")
    expect(tv.locator("[data-call]")).to_have_count(1, timeout=SECOND)
    expect(tv.locator("[data-call][data-new]")).to_have_count(1, timeout=SECOND)
    key = tv.locator("[data-call]").get_attribute("data-call")
    assert key
    tv.reload()
    live(tv)
    assert tv.evaluate("window.clinicflowDisplay.said") == []  # what stood there at the start is not shouted again


def test_the_phone_leaves_the_line_and_every_screen_knows(hall: Hall, world: World) -> None:
    house = world.harbor
    visit = house.waiting(2)[1]
    desk = live(hall.open("/h/harbor/reception/", role="receptionist", house=house))
    with house.open():
        phone = live(hall.open(f"/s/{intake.status_link(visit)}/", width=390, height=844))
    phone.get_by_text("Leave the line").first.click()
    phone.get_by_role("button", name="Yes, leave the line").click()
    expect(phone.locator("h1")).to_contain_text("You left the line")
    expect(desk.locator(f"#line-{house.own.pk} [data-row]")).to_have_count(1, timeout=SECOND)
