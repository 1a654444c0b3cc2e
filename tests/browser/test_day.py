"""A day's verbs by button: what the desk and whoever calls can do with one person, and lines that come and go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from clinic.directory.models import Department
from queues.models import Leg, Visit
from queues.operations import lines, posts
from tests.browser.conftest import Hall
from tests.browser.scene import lively
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    """A morning that does not end while the test runs: tokens are those of a day."""
    with time_machine.travel("2026-11-20T09:42:00Z", tick=True):
        yield


def live(page: Page) -> Page:
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    return page


def choose(row: Locator, act: str) -> None:
    """Open the row's menu and take the act, a link or a button."""
    row.locator("summary").click()
    row.locator(".menu-list").locator("a, button").filter(has_text=act).click()


def answer(page: Page, **given: Any) -> None:
    """Fill the dialog and send it."""
    asked = page.locator("#asked")
    expect(asked).to_be_visible()
    for name, value in given.items():
        field = asked.locator(f"[name={name}]")
        if field.first.get_attribute("type") == "radio":
            asked.locator(f"[name={name}][value={value}]").check(force=True)
        elif field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(str(value))
        else:
            field.fill(str(value))
    asked.locator("[type=submit]").click()
    expect(asked).to_be_hidden()


def test_the_desk_does_everything_with_one_person(hall: Hall, world: World) -> None:
    house = world.harbor
    house.patient("Ibrahim", "Diallo", phone="555 0142")
    first, _second, _third = house.waiting(3)
    desk = live(hall.open("/h/harbor/reception/", role="receptionist", house=house))
    row, away = desk.locator(f"#wait-{first.pk}"), desk.locator(f"#away-{first.pk}")
    said = desk.locator(".toast-c").last

    choose(row, "Delay")
    answer(desk, places=1, reason="parking")
    expect(said).to_contain_text(f"{first.token} back by 1 place")
    said.get_by_role("button", name="Undo").click()
    expect(desk.locator(f"#line-{house.own.pk} [data-row]").first).to_have_id(f"wait-{first.pk}")

    choose(row, "Put on hold")
    answer(desk, reason="tests", note="X-ray")
    expect(away).to_contain_text("At tests")
    away.get_by_role("button", name="Back").click()
    expect(row).to_be_visible()

    choose(row, "Change the class")
    answer(desk, klass="urgent", reason="39.2 °C")
    expect(row.locator(".klass")).to_have_text("Urgent")

    choose(row, "Move to another line")
    answer(desk, queue=house.pool.pk)
    expect(desk.locator(f"#line-{house.pool.pk}").locator(f"#wait-{first.pk}")).to_be_visible()

    choose(row, "Wrong patient")
    asked = desk.locator("#asked")
    asked.locator("[name=q]").fill("Diallo")
    asked.locator("[role=option]").first.click()
    answer(desk, reason="two brothers")
    expect(row).to_contain_text("Ibrahim Diallo")

    choose(row, "Left without being seen")
    expect(away).to_contain_text("left at")
    away.get_by_role("button", name="Rejoin").click()
    expect(row).to_be_visible()
    with house.open():
        leg = Leg.objects.get(visit=first)
    assert (leg.state, leg.queue_id) == ("waiting", house.pool.pk)


def test_a_row_is_worked_by_keys(hall: Hall, world: World) -> None:
    house = world.harbor
    first = house.waiting(2)[0]
    desk = live(hall.open("/h/harbor/reception/", role="receptionist", house=house))
    desk.keyboard.press("j")
    expect(desk.locator(f"#wait-{first.pk}")).to_be_focused()
    desk.keyboard.press("h")
    expect(desk.locator("#asked-title")).to_have_text(f"Put {first.token} on hold")
    desk.keyboard.press("Escape")
    expect(desk.locator("#asked")).to_be_hidden()
    desk.keyboard.press("?")
    expect(desk.locator("#help")).to_contain_text("Row: put on hold")


def test_the_search_jumps_to_whoever_waits(hall: Hall, world: World) -> None:
    house = world.harbor
    house.patient("Amina", "Yusuf")
    visit = house.waiting(12)[11]
    with house.open():
        name = Visit.objects.select_related("patient").get(pk=visit.pk).patient.full_name
    desk = live(hall.open("/h/harbor/reception/", role="receptionist", house=house))
    desk.keyboard.press("/")
    desk.keyboard.type(name)
    expect(desk.locator("#palette-patients [data-here]").first).to_be_visible()
    desk.locator("#palette-patients [data-here]").first.click()
    expect(desk.locator(f"#wait-{visit.pk}")).to_have_attribute("data-found", "")
    elsewhere = live(hall.open(f"/h/harbor/reception/?to={visit.pk}", role="receptionist", house=house))
    expect(elsewhere.locator(f"#wait-{visit.pk}")).to_be_focused()


def test_a_line_that_is_added_appears_and_typed_text_stays(hall: Hall, world: World) -> None:
    house = world.harbor
    desk = live(hall.open("/h/harbor/reception/", role="receptionist", house=house))
    desk.locator("#who").fill("Ama")
    with house.open():
        office = Department.objects.create(name="Front office", prefix="F")
        counter = lines.add_counter(department=office, name="Cashier", actor=house.actor("owner"))
    column = desk.locator(f"#part-{counter.pk}")
    expect(column).to_contain_text("Nobody is signed on")
    expect(desk.locator("#who")).to_have_value("Ama")
    expect(desk.locator(f".line-pick [value='{counter.pk}']")).to_have_count(1)
    with house.open():
        posts.sign_on(counter, actor=house.actor("nurse"))
    expect(column).to_contain_text("Nurse harbor")  # what came later is live too


def test_a_pinned_line_stands_first_on_this_device(hall: Hall, world: World) -> None:
    house = world.harbor
    desk = live(hall.open("/h/harbor/reception/", role="receptionist", house=house))
    columns = desk.locator(".queue")
    expect(columns.last).to_have_id(f"part-{house.pool.pk}")
    desk.locator(f"#part-{house.pool.pk} .q-menu summary").click()
    with desk.expect_response("**/pin/"):
        desk.locator(f"#part-{house.pool.pk}").get_by_role("button", name="Pin to the front").click()
    expect(columns.first).to_have_id(f"part-{house.pool.pk}")
    desk.reload()
    expect(columns.first).to_have_id(f"part-{house.pool.pk}")


def test_a_nurse_signs_on_calls_and_sends_on(hall: Hall, world: World) -> None:
    house = world.harbor
    with house.open():
        counter = lines.add_counter(department=house.department, name="Blood tests", actor=house.actor("owner"))
    visit = house.waiting(1, counter)[0]
    nurse = hall.open("/h/harbor/doctor/", role="nurse", house=house)
    expect(nurse).to_have_url(re.compile("/posts/$"))
    nurse.get_by_role("link", name="Sign on Blood tests").click()
    expect(nurse.locator("#asked")).to_be_visible()
    nurse.locator("#asked [type=submit]").click()
    expect(nurse.get_by_role("button", name="Sign off Blood tests")).to_be_visible()
    nurse.get_by_role("link", name="To my screen").click()
    live(nurse)
    nurse.get_by_role("button", name=f"Call {visit.token}").click()
    nurse.get_by_role("button", name="In the room: start").click()
    nurse.get_by_role("link", name="Send on").click()
    answer(nurse, queue=house.own.pk, reason="result in an hour")
    expect(nurse.locator(".toast-c").last).to_contain_text(f"{visit.token} sent on to")
    nurse.locator(".day summary").click()
    expect(nurse.locator(".seen")).to_contain_text(visit.token)


def test_a_family_is_taken_in_together(hall: Hall, world: World) -> None:
    house = world.harbor
    house.patient("Priya", "Raman", phone="555 0147")
    house.patient("Tom", "Raman", phone="555 0147")
    desk = live(hall.open("/h/harbor/reception/", role="receptionist", house=house))
    desk.locator("#who").fill("Priya")
    desk.locator("#found [role=option]").first.click()
    desk.get_by_label("Tom Raman").check()
    desk.get_by_role("radio", name=house.own.name).check(force=True)
    desk.get_by_role("button", name="Add to line").click()
    expect(desk.locator(".toast-c")).to_contain_text("A-001, A-002 taken in")
    expect(desk.locator(f"#line-{house.own.pk} [data-row]")).to_have_count(2)


def test_a_full_morning_is_accessible_and_fits_a_phone(hall: Hall, world: World) -> None:
    house = world.harbor
    with house.open():
        scene = lively(house)
    assert scene.third.doctor is not None
    places = {
        "/h/harbor/reception/": "receptionist", "/h/harbor/doctor/": "doctor", "/h/harbor/posts/": "nurse",
        f"/h/harbor/doctors/{scene.third.doctor_id}/": "receptionist",
    }  # fmt: skip
    for path, role in places.items():
        for theme in ("light", "dark"):
            page = hall.open(path, role=role, house=house, theme=theme, bypass_csp=True)
            no_faults(page, path)
            page.context.close()
        phone = hall.open(path, role=role, house=house, width=390, height=844, bypass_csp=True)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, path
        no_faults(phone, path)


def no_faults(page: Page, where: str) -> None:
    """axe finds nothing on what is shown, with a row's menu open."""
    if page.locator(".wait summary").count():
        page.locator(".wait summary").first.click()
        expect(page.locator(".wait details[open] .menu-list a").nth(1)).to_be_visible()
    told = Axe().run(page, options={"resultTypes": ["violations", "passes"]}).response
    assert told["passes"], f"axe did not look at {where}"
    found = {one["id"]: [node["html"][:200] for node in one["nodes"]] for one in told["violations"]}
    assert found == {}, where
