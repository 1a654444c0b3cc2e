"""The emergency department as browsers show it: the board, triage by keyboard, beds, and who is asked what."""

from __future__ import annotations

import json
import os
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.core import clock
from er_flow.esi import Age
from er_flow.models import Bed, EmergencyVisit
from er_flow.operations import arrivals, beds, delays, moves, places, team, triage
from tests.browser.conftest import Hall
from tests.browser.er_scene import busy, surge
from tests.browser.test_pages import sideways
from tests.er_flow.ward import Ward, emergency, fresh, sheet
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
HERE = "/h/harbor/er/"


@pytest.fixture
def crowd(world: World) -> Ward:
    with world.harbor.open():
        return busy(world.harbor)


@pytest.fixture
def ward(world: World) -> Ward:
    with world.harbor.open():
        return emergency(world.harbor)


def pages(ward: Ward) -> dict[str, str]:
    with ward.house.open():
        rows = EmergencyVisit.objects.open()
        new, waits = rows.filter(level=None).first(), rows.filter(state="triaged").first()
        seen = rows.exclude(seen_at=None).first()
        assert new is not None and waits is not None and seen is not None
        bed = Bed.objects.filter(state="available").first()
        assert bed is not None
    return {
        "board": HERE, "wall": f"{HERE}?tv=1", "beds": f"{HERE}beds/", "arrive": f"{HERE}arrive/",
        "later": f"{HERE}arrive/?later=1", "many": f"{HERE}arrive/many/", "triage": f"{HERE}visits/{new.pk}/triage/",
        "quick": f"{HERE}triage/many/",
        "again": f"{HERE}visits/{waits.pk}/reassess/", "visit": f"{HERE}visits/{seen.pk}/",
        "acts": f"{HERE}visits/{seen.pk}/acts/", "bed": f"{HERE}visits/{waits.pk}/bed/",
        "decide": f"{HERE}visits/{seen.pk}/decide/", "ends": f"{HERE}visits/{seen.pk}/ends/",
        "details": f"{HERE}visits/{seen.pk}/details/", "identify": f"{HERE}visits/{new.pk}/identify/",
        "bed acts": f"{HERE}beds/{bed.pk}/acts/", "downtime": f"{HERE}downtime/", "handover": f"{HERE}handover/",
        "log": f"{HERE}log/", "measures": f"{HERE}measures/",
    }  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_axe_finds_nothing(hall: Hall, world: World, crowd: Ward, theme: str) -> None:
    axe, found = Axe(), dict[str, Any]()
    with world.harbor.open():
        surge(crowd)
    for name, path in pages(crowd).items():
        page = hall.open(path, role="charge_nurse", house=world.harbor, theme=theme, bypass_csp=True)
        told = axe.run(page, options={"resultTypes": ["violations", "passes"]}).response
        assert told["passes"], f"axe did not look at {name}"
        if results := told["violations"]:
            found[name] = [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in results]
        page.context.close()
    assert found == {}, json.dumps(found, indent=1)


@pytest.mark.parametrize("width", [390, 720, 1440])
def test_no_page_scrolls_sideways(hall: Hall, world: World, crowd: Ward, width: int) -> None:
    found = {}
    for name, path in pages(crowd).items():
        page = hall.open(path, role="charge_nurse", house=world.harbor, width=width, height=844)
        if (measured := sideways(page))["over"] > 0:
            found[name] = measured
        page.context.close()
    assert found == {}, json.dumps(found, indent=1)


# --- the board -------------------------------------------------------------------------------------------------------


def row(page: Page, visit: EmergencyVisit) -> Any:
    return page.locator(f"#er-{visit.pk}")


def order(page: Page) -> list[str]:
    told: list[str] = page.eval_on_selector_all(
        "#er-board tr[data-row]:not(.group)", "rows => rows.map((row) => row.dataset.row)"
    )
    return told


def test_two_browsers_see_each_others_acts(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.bedded()
    nurse = hall.open(HERE, role="nurse", house=world.harbor)
    doctor = hall.open(HERE, role="doctor", house=world.harbor)
    for page in (nurse, doctor):
        expect(page.locator("html")).to_have_attribute("data-link", "live")
    row(doctor, visit).get_by_role("button", name="Seen now").click()
    for page in (nurse, doctor):
        expect(row(page, visit)).to_contain_text("In treatment", timeout=3000)
    expect(doctor.locator("#toasts")).to_contain_text("E-1 is in treatment")
    doctor.keyboard.press("u")
    expect(row(nurse, visit)).to_contain_text("In a bed", timeout=3000)


HELD = 60 if os.environ.get("PROOF") == "1" or os.environ.get("CI") == "true" else 12
"""Seconds that the pointer rests in the board while others act."""


def others_act(ward: Ward, people: dict[str, list[EmergencyVisit]], n: int) -> None:
    """What others do while a nurse aims: each of these would move, take or add a row, or make one higher."""
    nurse = ward.nurse
    match n % 8:
        case 0:
            ward.triaged(2, complaint=f"Nr {n}")
        case 1:
            ward.arrived(f"Nr {n}", reported_level=1)
        case 2 if people["leaves"]:
            moves.depart(people["leaves"].pop(), "lwbs", actor=nurse)
        case 3 if people["worse"]:
            how: dict[str, Any] = {"what_changed": "grey", "what_was_done": "ECG"}
            triage.reassess(people["worse"].pop(), sheet(2), level=2, actor=nurse, **how)
        case 4:
            details = {"complaint": f"Nr {n} " + "very long " * (n % 15), "alerts": ["fall", "allergy", "behaviour"]}
            team.change_details(people["above"][0], actor=nurse, **details)
        case 5:
            delays.explain(people["above"][0], f"No room, said {n} times", actor=nurse)
        case 6:
            places.set_surge(ward.department, n % 16 == 6, reason="Bus crash", actor=ward.by("charge_nurse"))
        case _:
            ward.arrived(f"Nr {n}")


def test_no_row_moves_under_the_pointer_and_the_click_hits_whom_it_aimed_at(
    hall: Hall, world: World, ward: Ward
) -> None:  # fmt: skip
    """While the pointer rests on a button, others act: contents change, no row moves; then the button is pressed where
    it was aimed at, and it is that patient whom it is done to. A whole minute in CI and with PROOF=1."""
    with world.harbor.open():
        people = {"leaves": [ward.triaged(3) for _ in range(4)], "worse": [ward.triaged(5) for _ in range(3)]}
        people["above"] = [ward.triaged(2)]
        aimed, beside = ward.bedded("A1", 4), ward.bedded("A2", 4)
    page = hall.open(HERE, role="nurse", house=world.harbor)
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    act = row(page, aimed).get_by_role("button", name="Seen now")
    box, before = act.bounding_box(), order(page)
    assert box is not None
    there = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*there)
    until, n = time.monotonic() + HELD, 0
    while time.monotonic() < until:
        with world.harbor.open():
            others_act(ward, people, n)
        n += 1
        page.wait_for_timeout(500)
        assert order(page) == before, n
        assert act.bounding_box() == box, n
    assert not people["leaves"] or HELD < 60
    expect(page.locator("#er-board")).to_have_attribute("data-waits", re.compile("New"))
    page.mouse.click(*there)
    expect(page.locator("#toasts")).to_contain_text(f"E-{aimed.number} is in treatment")
    with world.harbor.open():
        assert (fresh(aimed).state, fresh(beside).state) == ("in_treatment", "bedded")
        here = [str(pk) for pk in EmergencyVisit.objects.open().in_order().values_list("pk", flat=True)]
    page.mouse.move(5, 5)
    expect(page.locator("#er-board tr[data-row]:not(.group)")).to_have_count(len(here), timeout=5000)
    assert order(page) == here, "then everybody stands where they belong"


def test_the_target_ticks_and_a_delayed_row_is_found_by_one_key(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        with clock.at(timezone.now() - timedelta(minutes=26)):
            nearly = ward.triaged(3, complaint="Nearly")
        with clock.at(timezone.now() - timedelta(minutes=38)):
            late = ward.triaged(3, complaint="Late")
        calm = ward.triaged(4, complaint="Calm")
    page = hall.open(HERE, role="nurse", house=world.harbor)
    expect(row(page, nearly).locator(".tgt")).to_have_attribute("data-due", "warn")
    expect(row(page, nearly).locator("[data-said]")).to_have_text("26 of 30")
    expect(row(page, late)).to_have_attribute("data-late", "")
    expect(row(page, late).locator("[data-said]")).to_have_text("+8 min")
    assert order(page) == [str(late.pk), str(nearly.pk), str(calm.pk)]
    page.keyboard.press("f")
    page.keyboard.press("d")
    expect(row(page, late)).to_be_visible()
    expect(row(page, calm)).to_be_hidden()
    expect(page.locator("tr.group:visible")).to_have_count(1)
    page.reload()
    expect(row(page, calm)).to_be_hidden()
    page.get_by_role("link", name="Everyone").click()
    expect(row(page, calm)).to_be_visible()


# --- the identity guard ----------------------------------------------------------------------------------------------


def test_the_identity_guard_asks_on_a_board_older_than_ten_seconds(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.bedded(patient=world.harbor.patient("Grace", "Okafor", birth_date="1980-01-01"))
    page = hall.open(HERE, role="nurse", house=world.harbor)
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    page.route("**/live/**", lambda route: route.abort())
    page.evaluate("document.documentElement.dataset.link = 'reconnecting'")
    page.evaluate("() => { const age = clinicflow.age; clinicflow.age = () => age() + 11000; }")
    act = row(page, visit).get_by_role("button", name="Seen now")
    act.click()
    guard = page.locator("#er-guard")
    expect(guard).to_be_visible()
    for words in ("Grace Okafor", "E-1", "A1", "Is it still this patient?"):
        expect(guard).to_contain_text(words)
    page.keyboard.press("Escape")
    with world.harbor.open():
        assert fresh(visit).state == "bedded"
    act.click()
    guard.get_by_role("button", name="Yes: Seen now").click()
    expect(page.locator("#toasts")).to_contain_text("in treatment")
    with world.harbor.open():
        assert fresh(visit).state == "in_treatment"


def test_a_board_that_is_cut_off_asks_nothing_until_it_is_older_than_ten_seconds(
    hall: Hall, world: World, ward: Ward
) -> None:  # fmt: skip
    with world.harbor.open():
        first, second = ward.bedded("A1"), ward.bedded("A3")
    page = hall.open(HERE, role="nurse", house=world.harbor)
    guard = page.locator("#er-guard")
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    page.evaluate("document.documentElement.dataset.link = 'reconnecting'")
    page.evaluate("clinicflow.age = () => 10000")
    row(page, first).get_by_role("button", name="Seen now").click()
    expect(page.locator("#toasts")).to_contain_text(f"E-{first.number} is in treatment")
    expect(guard).to_be_hidden()
    page.evaluate("document.documentElement.dataset.link = 'reconnecting'")
    page.evaluate("clinicflow.age = () => 10001")
    row(page, second).get_by_role("button", name="Seen now").click()
    expect(guard).to_contain_text(f"E-{second.number}")
    with world.harbor.open():
        assert [fresh(visit).state for visit in (first, second)] == ["in_treatment", "bedded"]


def test_the_guard_asks_nothing_while_the_server_says_that_nothing_changed(
    hall: Hall, world: World, ward: Ward
) -> None:  # fmt: skip
    with world.harbor.open():
        visit = ward.bedded()
    page = hall.open(HERE, role="nurse", house=world.harbor)
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    page.evaluate("() => { const age = clinicflow.age; clinicflow.age = () => age() + 11000; }")
    row(page, visit).get_by_role("button", name="Seen now").click()
    expect(row(page, visit)).to_contain_text("In treatment")
    expect(page.locator("#er-guard")).to_be_hidden()


# --- triage ----------------------------------------------------------------------------------------------------------


def test_triage_is_done_by_keyboard(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.arrived("Flank pain")
    page = hall.open(HERE, role="nurse", house=world.harbor)
    page.keyboard.press("t")
    page.wait_for_url("**/triage/")
    expect(page.locator("[name=hr]")).to_be_focused()
    page.keyboard.type("108")
    page.keyboard.press("Tab")
    page.keyboard.type("18")
    page.keyboard.press("Tab")
    page.keyboard.type("98")
    page.locator("input[value=labs]").check()
    page.locator("input[value=ct_mri_us]").check()
    expect(page.locator("#suggestion")).to_contain_text("Consider 2")
    expect(page.locator("[data-sign=hr]")).to_have_attribute("data-out", "")
    expect(page.locator("[name=level]:checked")).to_have_count(0)
    page.locator("[name=spo2]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-decide]")).to_be_focused()
    page.keyboard.press("3")
    expect(page.locator("#level-3")).to_be_checked()
    page.wait_for_timeout(500)
    expect(page.locator("#level-3")).to_be_checked()
    page.keyboard.press("Enter")
    page.wait_for_url("**/er/?department=*")
    expect(row(page, visit)).to_contain_text("Triaged")
    with world.harbor.open():
        assert fresh(visit).level == 3


def test_another_level_asks_why_and_nothing_typed_into_a_field_chooses(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.arrived("Sprain")
    page = hall.open(f"{HERE}visits/{visit.pk}/triage/", role="nurse", house=world.harbor)
    page.locator("[name=hr]").fill("80")
    page.locator("[name=rr]").fill("16")
    expect(page.locator("#level-5")).to_be_checked()
    page.locator("[name=notes]").focus()
    page.keyboard.type("2 days ago")
    expect(page.locator("#level-2")).not_to_be_checked()
    expect(page.locator("[name=override_reason]")).to_be_hidden()
    page.locator("#level-4").check(force=True)
    expect(page.locator("[name=override_reason]")).to_be_visible()
    expect(page.locator("[name=override_reason]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#id_override_reason_error")).to_contain_text("Say why")
    expect(page.locator("[name=override_reason]")).to_be_focused()
    page.keyboard.type("X-ray is likely")
    page.keyboard.press("Enter")
    page.wait_for_url("**/er/?department=*")
    with world.harbor.open():
        assert fresh(visit).level == 4


def test_without_script_somebody_is_taken_in_triaged_and_put_to_bed(hall: Hall, world: World, ward: Ward) -> None:
    page = hall.open(f"{HERE}arrive/", role="nurse", house=world.harbor, script=False)
    page.get_by_label("Age").fill("40")
    page.get_by_label("Comes for").fill("Cough")
    page.get_by_role("button", name="Take in").click()
    page.locator("#er-board").get_by_role("link", name=re.compile("^Triage")).click()
    page.locator("[name=hr]").fill("80")
    page.locator("[name=rr]").fill("16")
    page.get_by_role("button", name="Suggest").click()
    expect(page.locator("#level-5")).to_be_checked()
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("link", name=re.compile("^Assign bed")).click()
    page.get_by_role("button", name="Assign").click()
    expect(page.locator("#er-board")).to_contain_text("In a bed")


# --- arrivals and beds -----------------------------------------------------------------------------------------------


def test_an_arrival_is_three_fields_in_a_dialog(hall: Hall, world: World, ward: Ward) -> None:
    patient = world.harbor.patient("Grace", "Okafor", birth_date="1980-01-01")
    page = hall.open(HERE, role="nurse", house=world.harbor)
    page.keyboard.press("n")
    dialog = page.locator("#asked")
    expect(dialog.locator("[name=q]")).to_be_focused()
    page.keyboard.type("okaf")
    expect(dialog.locator("[role=option]").first).to_be_visible()
    dialog.locator("[role=option]").first.click()
    dialog.get_by_label("Comes for").fill("Headache")
    page.keyboard.press("Enter")
    expect(page.locator("#er-board")).to_contain_text("Grace Okafor")
    expect(dialog).to_be_hidden()
    with world.harbor.open():
        assert EmergencyVisit.objects.get().patient_id == patient.pk


def test_the_boards_open_quickly_with_two_hundred(hall: Hall, world: World, ward: Ward) -> None:
    with world.harbor.open():
        for _round in range(4):
            people = [arrivals.Arriving(f"Nr {n}", age=Age.said(30, "years")) for n in range(50)]
            arrivals.arrive_all(ward.department, people, actor=ward.nurse)
        first = EmergencyVisit.objects.in_order().first()
        assert first is not None
    page = hall.open(HERE, role="nurse", house=world.harbor)
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    with world.harbor.open():
        beds.assign(first, ward.beds["A1"], actor=ward.nurse)
    expect(row(page, first)).to_contain_text("A1", timeout=3000)


def test_a_rows_menu_is_seen_whole_wherever_the_row_stands(hall: Hall, world: World, crowd: Ward) -> None:
    page = hall.open(HERE, role="charge_nurse", house=world.harbor, width=1440, height=700)
    for n in (8, 12):
        menu = page.locator("#er-board details.menu").nth(n)
        menu.locator("summary").click()
        expect(menu.locator(".menu-list a, .menu-list button").nth(3)).to_be_visible()
        page.wait_for_timeout(150)
        cut = """menu => {
            const list = menu.querySelector('.menu-list').getBoundingClientRect();
            const seen = menu.closest('.scroll').getBoundingClientRect();
            return [Math.max(0, Math.floor(seen.top - list.top)), Math.max(0, Math.floor(list.bottom - seen.bottom))];
        }"""
        assert menu.evaluate(cut) == [0, 0], n
        page.keyboard.press("Escape")
