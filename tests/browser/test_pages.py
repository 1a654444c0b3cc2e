"""Every page as browsers show it: no sideways scrolling on a phone, nothing for axe to find, and the keyboard."""

from __future__ import annotations

import json
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from queues.operations import calls, intake
from tests.browser.conftest import Hall
from tests.queues.helpers import paired
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "Wolfeschlegelsteinhausenbergerdorff"


def furnish(house: House) -> dict[str, tuple[str, str]]:
    """A hospital with something on every screen: page → (role, address)."""
    visits = [*house.waiting(4, reason="Cough and fever since Tuesday night"), *house.waiting(2, house.pool)]
    house.patient("Maximiliana", LONG)
    with house.open():
        intake.arrive(house.own, house.people[-1], klass="urgent", class_reason="39.2 °C", actor=house.desk)
        calls.call(visits[0], house.colleague, reason="knows her", actor=house.desk)
        calls.start(visits[0], actor=house.desk)
        calls.call_next(house.doctor, actor=house.medic)
        link = intake.status_link(visits[2])
    _display, wall = paired(house, names="initials")
    here = "/h/harbor/"
    return {
        "reception": ("receptionist", f"{here}reception/"), "doctor": ("doctor", f"{here}doctor/"),
        "colleague": ("receptionist", f"{here}doctors/{house.colleague.pk}/"),
        "displays": ("receptionist", f"{here}displays/"), "patients": ("receptionist", f"{here}patients/?q=waits"),
        "patient": ("doctor", f"{here}patients/{house.people[-1].pk}/"),
        "edit": ("receptionist", f"{here}patients/{house.people[-1].pk}/edit/"),
        "ask": ("receptionist", f"{here}visits/{visits[4].pk}/call/"),
        "ticket": ("receptionist", f"{here}visits/{visits[2].pk}/ticket/"),
        "home": ("nurse", here), "me": ("nurse", f"{here}me/"),
        "display": ("", f"/d/{wall}/"), "pairing": ("", "/d/"), "status": ("", f"/s/{link}/"),
        "find": ("", "/find/"), "sign-in": ("", "/sign-in/"), "register": ("", "/register/"), "join": ("", "/join/"),
        "not-found": ("receptionist", f"{here}nothing/"),
    }  # fmt: skip


def sideways(page: Page) -> dict[str, Any]:
    """How much wider than the window the page is, and what sticks out."""
    found: dict[str, Any] = page.evaluate(
        """() => ({
            over: document.documentElement.scrollWidth - innerWidth,
            out: [...document.querySelectorAll("body *")]
                .filter((el) => el.getBoundingClientRect().right > innerWidth + 1)
                .filter((el) => !el.closest(".lines, .vh, .scroll-x"))
                .slice(0, 5).map((el) => el.outerHTML.slice(0, 160)),
        })"""
    )
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(hall: Hall, world: World, theme: str) -> None:
    axe = Axe()
    found: dict[str, Any] = {}
    for name, (role, path) in furnish(world.harbor).items():
        # axe measures with styles of its own, which the content policy would refuse; the other tests keep it.
        page = hall.open(path, role=role, house=world.harbor, theme=theme, bypass_csp=True)
        told = axe.run(page, options={"resultTypes": ["violations", "passes"]}).response
        results = told["violations"]
        assert told["passes"], f"axe did not look at {name}"
        if results:
            found[name] = [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in results]
        page.context.close()
    assert found == {}, json.dumps(found, indent=1)


@pytest.mark.parametrize("width", [390, 720])
def test_no_page_scrolls_sideways(hall: Hall, world: World, width: int) -> None:
    """390 px is a phone, 720 a desk at 200 % zoom. Reception's lines scroll in a region of their own."""
    found = {}
    for name, (role, path) in furnish(world.harbor).items():
        page = hall.open(path, role=role, house=world.harbor, width=width, height=844)
        measured = sideways(page)
        if measured["over"] > 0:
            found[name] = measured
        page.context.close()
    assert found == {}, json.dumps(found, indent=1)


def test_targets_are_large_enough_to_touch(hall: Hall, world: World) -> None:
    """WCAG 2.2: 24 px at least for everything that is pressed."""
    small = {}
    for name, (role, path) in furnish(world.harbor).items():
        page = hall.open(path, role=role, house=world.harbor, width=390, height=844, has_touch=True)
        found = page.evaluate(
            """() => [...document.querySelectorAll("button, summary, input, select, .btn, nav a")]
                .filter((el) => el.getClientRects().length && getComputedStyle(el).opacity !== "0")
                .filter((el) => !el.closest(".vh, .skip"))
                .map((el) => [el, el.closest("label") || el])
                .map(([el, label]) => [el.getBoundingClientRect(), label.getBoundingClientRect(), el])
                .filter(([box, label]) => Math.max(box.height, label.height) < 24
                    || Math.max(box.width, label.width) < 24)
                .map(([, , el]) => el.outerHTML.slice(0, 140))"""
        )
        if found:
            small[name] = found
        page.context.close()
    assert small == {}, json.dumps(small, indent=1)


# --- the keyboard --------------------------------------------------------------------------------------------------


def test_keys_reach_every_act_and_are_off_while_typing(hall: Hall, world: World) -> None:
    house = world.harbor
    house.waiting(2)
    page = hall.open("/h/harbor/doctor/", role="doctor", house=house)
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    expect(page.locator("#help")).to_contain_text("Call A-001")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.locator(".big-token")).to_have_text("A-001")
    page.keyboard.press("r")
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Call A-002")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("skipped")
    page.keyboard.press("u")  # undo
    expect(page.locator(".big-token")).to_have_text("A-001")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/patients/")
    page.locator("main input[name=q]").fill("")
    page.locator("main input[name=q]").press("g")
    page.keyboard.press("d")
    expect(page.locator("main input[name=q]")).to_have_value("gd")


def test_the_palette_finds_commands_and_patients(hall: Hall, world: World) -> None:
    house = world.harbor
    patient = house.patient("Grace", "Okafor")
    page = hall.open("/h/harbor/reception/", role="receptionist", house=house)
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-ask")).to_be_focused()
    page.keyboard.type("okaf")
    expect(page.locator("#palette-patients")).to_contain_text("Grace Okafor")
    page.keyboard.press("ArrowDown")
    while page.locator("#palette [aria-selected=true]").get_attribute("data-value") != str(patient.pk):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/patients/{patient.pk}/")


def test_rows_are_walked_with_j_and_k_and_menus_close_with_escape(hall: Hall, world: World) -> None:
    house = world.harbor
    house.waiting(3)
    page = hall.open("/h/harbor/reception/", role="receptionist", house=house)
    rows = page.locator(f"#line-{house.own.pk} [data-row]")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    rows.nth(0).locator("summary").focus()
    page.keyboard.press("Enter")
    expect(rows.nth(0).locator(".menu-list")).to_be_visible()
    page.keyboard.press("Escape")
    expect(rows.nth(0).locator(".menu-list")).to_be_hidden()
    expect(rows.nth(0).locator("summary")).to_be_focused()


def test_an_act_that_needs_a_reason_asks_for_it(hall: Hall, world: World) -> None:
    house = world.harbor
    visit = house.waiting(3)[2]
    page = hall.open("/h/harbor/doctor/", role="doctor", house=house)
    row = page.locator(f"#wait-{visit.pk}")
    row.locator("summary").click()
    row.get_by_role("link", name="Call now").click()
    reason = page.locator("#asked").get_by_label("Reason")
    expect(reason).to_be_focused()
    page.keyboard.press("Enter")  # nothing without a reason
    expect(reason).to_be_visible()
    page.keyboard.type("in pain")
    page.keyboard.press("Enter")
    expect(page.locator(".big-token")).to_have_text(visit.token)


# --- without JavaScript --------------------------------------------------------------------------------------------


def test_the_main_job_works_without_javascript(hall: Hall, world: World) -> None:
    house = world.harbor
    desk = hall.open("/h/harbor/reception/", role="receptionist", house=house, script=False)
    desk.locator("[name=family_name]").fill("Nova")
    desk.locator("[name=phone]").fill("555 0199")
    desk.get_by_role("radio", name=house.own.name).check(force=True)
    desk.get_by_role("button", name="Add to line").click()
    expect(desk.locator(".toast-c")).to_contain_text("A-001 taken in")
    expect(desk.locator(f"#line-{house.own.pk} [data-row]")).to_contain_text("Nova")
    doctor = hall.open("/h/harbor/doctor/", role="doctor", house=house, script=False)
    doctor.get_by_role("button", name="Call A-001").click()
    expect(doctor.locator(".big-token")).to_have_text("A-001")
    doctor.get_by_role("button", name="In the room").click()
    doctor.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(doctor.locator(".big-token")).to_have_text("A-001")
    doctor.get_by_role("button", name="In the room").click()
    doctor.get_by_role("button", name="Complete").click()
    expect(doctor.locator(".room")).to_contain_text("Nobody")
