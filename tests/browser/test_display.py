"""The waiting room's screen in a real browser: voice, captions, pages of many lines, television mode (R3.42, R3.43)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from clinic.directory.models import Department, Doctor
from clinic.live.record import done
from queues.models import Display, Visit
from queues.operations import calls, displays, lines, undo
from tests.browser.conftest import FLAGS, Hall, Server
from tests.browser.test_link import linked
from tests.queues.helpers import paired, set_policy
from tests.world import House, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("3.43")]

LISTEN = """(() => {
    window.heard = { nodes: [], told: [] };
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (when, offset, length) {
        const node = { when, length, ended: false };
        window.heard.nodes.push(node);
        this.addEventListener("ended", () => { node.ended = true; });
        return start.call(this, when, offset, length);
    };
    for (const name of ["began", "ended"])
        document.addEventListener(`sound:${name}`, ({ detail }) => window.heard.told.push({ name, ...detail }));
})();"""
"""Counts what the real audio graph is given and says that it has played."""


SHY = """(() => {
    const { suspend, resume } = AudioContext.prototype;
    let touched = false;
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => { touched = true; }, true);
    AudioContext.prototype.resume = function () { return touched ? resume.call(this) : new Promise(() => {}); };
    window.AudioContext = class extends AudioContext { constructor() { super(); if (!touched) suspend.call(this); } };
})();"""
"""A browser as people have it wants a touch before it plays; the tools of this test count as touches, so it is told."""


@pytest.fixture
def loud(server: Server, chromium: Browser, world: World) -> Iterator[Hall]:
    """A browser set up as a television is: it may play without a touch."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    flags = [*FLAGS, "--autoplay-policy=no-user-gesture-required"]
    browser = chromium.browser_type.launch(executable_path=path, headless=True, args=flags)
    opened = Hall(browser, server.url)
    yield opened
    opened.close()
    browser.close()
    assert opened.faults == []


def wall(hall: Hall, house: House, *, shy: bool = False, **options: Any) -> tuple[Page, Display]:
    """A screen that shows the house's lines, with everything it plays counted."""
    display, token = paired(house, **options)
    page = hall.open("about:blank", width=1920, height=1080)
    page.add_init_script(LISTEN + (SHY if shy else ""))
    page.goto(f"/d/{token}/")
    linked(page, "live")
    return page, display


def two_rooms(house: House) -> None:
    with house.open():
        Doctor.objects.filter(pk=house.doctor.pk).update(parallel_rooms=2)
        house.doctor.refresh_from_db()


def call(house: House) -> Visit:
    with house.open():
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        return leg.visit


def told(page: Page, name: str, kind: str = "") -> list[dict[str, Any]]:
    heard: list[dict[str, Any]] = page.evaluate("window.heard.told")
    return [one for one in heard if one["name"] == name and (not kind or one["kind"] == kind)]


def test_two_calls_of_one_second_are_played_one_after_the_other_to_the_end(loud: Hall, world: World) -> None:
    house = world.harbor
    house.waiting(3)
    two_rooms(house)
    page, _display = wall(loud, house, languages=["en", "hi"])
    expect(page.locator("[data-sound-word]")).to_contain_text("Sound off")
    first, second = call(house), call(house)
    expect(page.locator("[data-call]")).to_have_count(2)
    expect(page.locator("[data-sound-word]")).to_have_text("Sound on", timeout=8000)
    page.wait_for_function("() => window.clinicflowDisplay.said.length === 2", timeout=100_000)
    nodes = page.evaluate("window.heard.nodes")
    # Two chimes, and for each call twice in two languages: token, four letters and digits, room or "come in", …
    assert len(nodes) > 2 * (1 + 2 * 2 * 5)
    assert all(node["ended"] for node in nodes), "cut short"
    spans = sorted((node["when"], node["when"] + node["length"]) for node in nodes)
    assert all(end <= begin + 0.001 for (_, end), (begin, _) in pairwise(spans)), "two sounds at once"
    ended = told(page, "ended")
    assert all(one["really"] for one in ended)
    order = [(one["kind"], one.get("language", "")) for one in ended]
    whole = [("chime", ""), *[("sentence", "en")] * 2, *[("sentence", "hi")] * 2]
    assert order == whole * 2
    keys = [one["key"] for one in ended]
    assert keys == sorted(keys, key=keys.index) and len(set(keys)) == 2
    shown = page.locator(f'[data-call="{keys[0]}"] .tv-token')
    assert shown.inner_text() == first.token
    assert page.locator(f'[data-call="{keys[-1]}"] .tv-token').inner_text() == second.token


def test_every_clip_can_be_heard_in_every_language(loud: Hall, world: World) -> None:
    page, _display = wall(loud, world.harbor)
    quiet = page.evaluate(
        """async () => {
            const source = document.getElementById("speech");
            const where = await (await fetch(source.dataset.index)).json();
            const context = new OfflineAudioContext(1, 1, 22050);
            const quiet = [];
            for (const { dataset } of source.content.children) {
                const buffer = await context.decodeAudioData(await (await fetch(dataset.src)).arrayBuffer());
                const samples = buffer.getChannelData(0);
                for (const [name, [offset, length]] of Object.entries(where[dataset.lang])) {
                    let peak = 0;
                    const from = Math.floor(offset * buffer.sampleRate);
                    const until = from + length * buffer.sampleRate;
                    for (let at = from; at < until; at++) peak = Math.max(peak, Math.abs(samples[at] || 0));
                    if (peak < 0.3) quiet.push([dataset.lang, name, peak]);
                }
            }
            return quiet;
        }"""
    )
    assert quiet == []


def test_sound_off_is_shown_until_sound_has_really_been_played(hall: Hall, world: World) -> None:
    house = world.harbor
    house.waiting(2)
    page, _display = wall(hall, house, shy=True)
    word = page.locator("[data-sound-word]")
    visit = call(house)
    expect(page.locator("[data-call] .tv-token")).to_have_text(visit.token)
    page.wait_for_timeout(3000)
    expect(word).to_contain_text("Sound off")
    assert page.evaluate("window.clinicflow.sound.heard") is False
    assert told(page, "ended") == []
    page.wait_for_function("() => !window.clinicflowDisplay.told.state.running", timeout=20_000)
    page.mouse.move(400, 400)
    page.locator("[data-sound]").click()
    expect(word).to_have_text("Sound on", timeout=6000)
    assert [one["kind"] for one in told(page, "ended")] == ["trial"]
    page.locator("[data-sound]").click()
    expect(word).to_contain_text("Muted")


def test_in_silent_hours_calls_are_written_and_not_said(loud: Hall, world: World) -> None:
    house = world.harbor
    house.waiting(1)
    now = timezone.localtime(timezone=house.hospital.zone)
    until = (now + timedelta(hours=1)).time().replace(second=0, microsecond=0)
    with house.open():
        since = (now - timedelta(hours=1)).time().replace(second=0, microsecond=0)
        set_policy(house.actor("owner"), mute_from=since, mute_until=until)
    page, _display = wall(loud, house, languages=["en", "es"])
    expect(page.locator("[data-sound-word]")).to_have_text(f"Silent until {until:%H:%M}")
    visit = call(house)
    expect(page.locator("[data-call] .tv-token")).to_have_text(visit.token)
    expect(page.locator("[data-shown] .tv-cap [data-say]")).to_have_count(2)
    page.wait_for_function("() => window.clinicflowDisplay.said.length === 1", timeout=20_000)
    assert page.evaluate("window.heard.nodes") == []
    with house.open():  # the policy is lifted: the screen learns of it at once
        set_policy(house.actor("owner"), mute_from=None, mute_until=None)
    expect(page.locator("[data-sound-word]")).to_contain_text("Sound off")


def test_a_caption_stays_fifteen_seconds_though_the_patient_went_in_at_once(hall: Hall, world: World) -> None:
    house = world.harbor
    house.waiting(1)
    page, _display = wall(hall, house)
    visit = call(house)
    card = page.locator(".tv-call:visible .tv-token")
    expect(card).to_have_text(visit.token)
    began = page.evaluate("performance.now()")
    with house.open():
        calls.start(visit, actor=house.medic)
    expect(page.locator("#now [data-stays]")).to_have_count(1)
    page.wait_for_timeout(11_000)
    expect(card).to_have_text(visit.token)
    expect(page.locator(".tv-quiet")).to_be_visible(timeout=8000)
    assert page.evaluate("performance.now()") - began > 14_500


def test_a_call_taken_back_goes_at_once_and_please_wait_stands_there(loud: Hall, world: World) -> None:
    house = world.harbor
    house.waiting(1)
    page, _display = wall(loud, house)
    with house.open():
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        seq = done().seq
    expect(page.locator("[data-call] .tv-token")).to_have_text(leg.visit.token)
    with house.open():
        assert seq is not None
        undo.undo(seq, actor=house.medic)
    expect(page.locator("#now .tv-back")).to_contain_text(f"{leg.visit.token}, please wait")
    expect(page.locator("#now [data-call]")).to_have_count(0)
    page.wait_for_function("() => window.clinicflowDisplay.said.length === 2", timeout=40_000)
    assert [one["kind"] for one in told(page, "ended")][-2:] == ["chime", "sentence"]


def test_a_recall_is_announced_again(loud: Hall, world: World) -> None:
    house = world.harbor
    house.waiting(1)
    page, _display = wall(loud, house)
    visit = call(house)
    page.wait_for_function("() => window.clinicflowDisplay.said.length === 1", timeout=40_000)
    with house.open():
        calls.recall(visit, actor=house.medic)
    page.wait_for_function("() => window.clinicflowDisplay.said.length === 2", timeout=40_000)
    assert [one["kind"] for one in told(page, "ended")] == ["chime", "sentence", "sentence"] * 2


@pytest.mark.rule("3.42")
def test_many_lines_take_turns_and_stay_large(hall: Hall, world: World) -> None:
    house = world.harbor
    with house.open():
        queues = []
        for number in range(11):
            department = Department.objects.create(name=f"Department {number}", prefix=f"X{'ABCDEFGHJKL'[number]}")
            doctor = Doctor.objects.create(name=f"Dr. Number {number} of Eleven", department=department)
            queues.append(lines.ensure_own_line(doctor, actor=house.actor("owner")))
            house.waiting(4, queues[-1])
    display, token = paired(house)
    with house.open():
        displays.change_display(display, queues=queues, actor=house.desk)
    page = hall.open(f"/d/{token}/", width=1920, height=1080)
    linked(page, "live")
    seen: set[str] = set()
    for _ in range(2):
        rows = page.locator("#lines > article:visible")
        seen |= set(rows.locator("h2").all_inner_texts())
        assert rows.count() <= 6
        sizes = page.evaluate(
            """() => [...document.querySelectorAll("#lines > article:not([data-off]) li")]
                .map((el) => parseFloat(getComputedStyle(el).fontSize) / innerHeight * 100)"""
        )
        assert min(sizes) > 3.4 and max(sizes) > 5, sizes  # vh: read from five metres
        boxes = [row.bounding_box() for row in rows.all()]
        assert all(box and box["y"] + box["height"] <= 1080 for box in boxes)
        page.keyboard.press("ArrowRight")
    assert len(seen) == 11
    expect(page.locator("[data-pages]")).to_have_text(re.compile(r"\d / 2"))


@pytest.mark.rule("3.42")
def test_a_screen_follows_what_the_desk_changes(hall: Hall, world: World) -> None:
    house = world.harbor
    page, display = wall(hall, house, languages=["en"])
    expect(page.locator("#lines > article")).to_have_count(2)
    page.wait_for_timeout(3200)
    with house.open():
        displays.change_display(
            display, name="Stairs", queues=[house.own], languages=["ar", "en"], sound=False, actor=house.desk
        )
    expect(page.locator("html")).to_have_attribute("dir", "rtl", timeout=8000)
    expect(page.locator("#lines > article")).to_have_count(1)
    expect(page.locator(".tv-where")).to_have_text("Stairs")
    assert page.locator("body").get_attribute("data-voice") == "none"


def test_a_television_needs_no_pointer(hall: Hall, world: World) -> None:
    page, _display = wall(hall, world.harbor, shy=True)
    expect(page.locator("body")).to_have_attribute("data-idle", "", timeout=6000)
    assert page.evaluate("getComputedStyle(document.body).cursor") == "none"
    page.mouse.move(300, 300)
    expect(page.locator("body")).not_to_have_attribute("data-idle", "")
    expect(page.locator("[data-full]")).to_be_visible()
    page.keyboard.press("Enter")  # a remote's only key
    expect(page.locator("[data-sound-word]")).to_have_text("Sound on", timeout=6000)
