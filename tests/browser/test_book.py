"""Reception's book in a browser: moving by hand and by button, checking in while others watch, axe, phones."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from clinic.core import clock
from clinic.directory.models import WorkingHours
from clinic.tenants import days
from queues.models import Appointment, Queue
from queues.operations import waitlist
from tests.browser.conftest import Hall
from tests.browser.test_pages import sideways
from tests.house.calls.book import booked, by_video, free
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)

ALL_DAY = [{"start": "00:00", "end": "24:00"}]


@pytest.fixture
def house(world: World) -> House:
    """A doctor and a colleague who work around the clock, so that there is something to come whenever this runs."""
    house = world.harbor
    with house.open():
        for doctor in (house.doctor, house.colleague):
            WorkingHours.objects.create(doctor=doctor, weekly=dict.fromkeys(WEEK, ALL_DAY))
    return house


WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def furnish(house: House) -> dict[str, tuple[str, str]]:
    """Something of everything: page → (role, address)."""
    with house.open():
        first, *rest = [booked(house, start, reason="Cough since Tuesday night") for start in free(house, count=4)]
        Appointment.objects.filter(pk=rest[0].pk).update(state="requested")
        by_video(house)
        day = days.service_day(house.hospital)
        last = day + timedelta(days=7)
        waitlist.enter(house.own, house.patient("Wanda", "Waits"), first_day=day, last_day=last, actor=house.desk)
    here, on = "/h/harbor/", f"?day={first.service_day}"
    return {
        "book": ("receptionist", f"{here}book/{on}"),
        "week": ("doctor", f"{here}book/{on}&view=week&doctor={house.doctor.pk}"),
        "new": ("receptionist", f"{here}appointments/new/{on}&queue={house.own.pk}&patient={first.patient_id}"),
        "one": ("receptionist", f"{here}appointments/{first.pk}/"),
        "move": ("receptionist", f"{here}appointments/{first.pk}/move/"),
        "print": ("receptionist", f"{here}appointments/print/{on}"),
        "away": ("receptionist", f"{here}away-today/{on}&doctor={house.doctor.pk}"),
        "reception": ("receptionist", f"{here}reception/"), "doctor": ("doctor", f"{here}doctor/"),
        "patient": ("doctor", f"{here}patients/{first.patient_id}/"),
    }  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_book(hall: Hall, house: House, theme: str) -> None:
    axe, found = Axe(), {}
    for name, (role, path) in furnish(house).items():
        page = hall.open(path, role=role, house=house, theme=theme, bypass_csp=True)
        if name == "book":
            page.locator(".appt-a").first.click()
            expect(page.locator("[data-sheet]")).to_be_visible()
        told = axe.run(page, options={"resultTypes": ["violations", "passes"]}).response
        if told["violations"]:
            found[name] = [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in told["violations"]]
        page.context.close()
    assert found == {}, json.dumps(found, indent=1)


@pytest.mark.parametrize("width", [390, 720])
def test_the_book_fits_phones(hall: Hall, house: House, width: int) -> None:
    found = {}
    for name, (role, path) in furnish(house).items():
        page = hall.open(path, role=role, house=house, width=width, height=844)
        measured = sideways(page)
        if measured["over"] > 0:
            found[name] = measured
        page.context.close()
    assert found == {}, json.dumps(found, indent=1)


def test_a_booking_is_dragged_to_a_colleague_and_others_see_it(hall: Hall, house: House) -> None:
    with house.open():
        row = booked(house, tomorrow_at_ten(house, house.own)[0])
        to = tomorrow_at_ten(house, house.colleague.queue)[2]
    path = f"/h/harbor/book/?day={row.service_day}"
    other = hall.open(path, role="doctor", house=house)
    page = hall.open(path, role="receptionist", house=house)
    drop(page, str(row.pk), str(house.colleague.queue.pk), to)
    expect(page.locator(".toast-c")).to_contain_text("moved to")
    column = other.locator(f'[data-queue="{house.colleague.queue.pk}"]')
    expect(column.locator(".appt")).to_have_count(1)
    expect(other.locator(f'[data-queue="{house.own.pk}"] .appt')).to_have_count(0)
    page.locator(".toast-c button", has_text="Undo").click()
    expect(other.locator(f'[data-queue="{house.own.pk}"] .appt')).to_have_count(1)


def tomorrow_at_ten(house: House, line: Queue) -> list[datetime]:
    """Free times from ten on: the last ones of today lie on two days just before midnight."""
    zone = house.hospital.zone
    ten = (clock.now().astimezone(zone) + timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0)
    return [start for start in free(house, line, count=200) if start >= ten]


def drop(page: Page, key: str, queue: str, start: datetime) -> None:
    """The hand takes a block and lets it go in another column, where that time is."""
    block = page.locator(f'[data-row="{key}"]')
    block.scroll_into_view_if_needed()
    at = page.evaluate(
        """([queue, iso]) => {
            const sheet = document.querySelector("[data-book]");
            const box = document.querySelector(`[data-queue="${queue}"] .book-track`).getBoundingClientRect();
            const zone = document.querySelector("meta[name=time-zone]").content;
            const clock = new Intl.DateTimeFormat("en-GB", {hour: "2-digit", minute: "2-digit", timeZone: zone});
            const [h, m] = clock.format(new Date(iso)).split(":").map(Number);
            const [first, last] = [Number(sheet.dataset.from) * 60, Number(sheet.dataset.to) * 60];
            return [box.left + 40, box.top + ((h * 60 + m - first) / (last - first)) * box.height];
        }""",
        [queue, start.isoformat()],
    )
    box: Any = block.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(at[0], at[1] + 5, steps=6)
    page.mouse.up()


def test_the_desk_checks_in_and_the_doctors_screen_follows(hall: Hall, house: House) -> None:
    with house.open():
        row = booked(house)
        name = row.patient.full_name if row.patient else ""
        if row.service_day != days.service_day(house.hospital, clock.now()):
            pytest.skip("minutes before the end of the service day")
    doctor = hall.open("/h/harbor/doctor/", role="doctor", house=house)
    desk = hall.open("/h/harbor/reception/", role="receptionist", house=house)
    expect(doctor.locator(f"#own-{row.pk}")).to_be_visible()
    desk.locator(f"#booking-{row.pk} button").click()
    expect(desk.locator(".toast-c")).to_contain_text("is in the line")
    expect(desk.locator(f"#booking-{row.pk}")).to_have_count(0)
    expect(doctor.locator(f"#own-{row.pk}")).to_have_count(0)
    expect(doctor.locator(".next")).to_contain_text(name)
    expect(doctor.locator(".next")).to_contain_text("booked")


def test_somebody_new_is_booked_by_keyboard(hall: Hall, house: House) -> None:
    page = hall.open("/h/harbor/book/", role="receptionist", house=house)
    page.keyboard.press("n")
    expect(page.locator("#who")).to_be_focused()
    page.keyboard.type("Zora Zeller")
    expect(page.locator("#found [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    page.fill("#phone", "+1 555 0142")
    with page.expect_response("**/appointments/times/**"):
        page.select_option("#book-queue", str(house.own.pk))
    expect(page.locator("#times")).not_to_have_class("htmx-request")
    page.locator(".book-slots label").last.click()
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator(".toast-c")).to_contain_text("Zora Zeller is booked")
    with house.open():
        assert Appointment.objects.get().source == "phone"
