"""Notices on a phone in a real browser: the button, the worker, and a notice that only this browser could read.

Headless Chromium has no push service, so PushManager is played by the page: its keys are the test's, its service stands
on this computer. All else is real, the worker too, which gets the message the way a push service would bring it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from clinic.inbox import outgoing, vapid
from clinic.inbox.models import PushSubscription
from clinic.live import outbox
from queues.operations import calls, intake, placing
from tests.browser.conftest import Hall
from tests.browser.test_pages import sideways
from tests.inbox.push_service import Browser, Service, running
from tests.queues.bookings import booked
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)
KEY = vapid.make()
PLAYED = """
const told = %s;
const plain = (text) => atob(text.replace(/-/g, "+").replace(/_/g, "/"));
const bytes = (text) => Uint8Array.from(plain(text), (one) => one.charCodeAt(0)).buffer;
const made = () => ({
  endpoint: told.endpoint, options: { applicationServerKey: bytes(localStorage.push) },
  getKey: (name) => bytes(told[name]), unsubscribe: async () => localStorage.removeItem("push"),
});
PushManager.prototype.getSubscription = async () => (localStorage.push ? made() : null);
PushManager.prototype.subscribe = async (options) => {
  if (!options.userVisibleOnly) throw new Error("not allowed");
  localStorage.push = btoa(String.fromCharCode(...options.applicationServerKey));
  return made();
};
"""


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    with running() as made:
        settings.VAPID_PRIVATE_KEY, settings.PUSH_STAND_INS = KEY, [made.url]
        yield made


def phone(hall: Hall, path: str, browser: Browser, **options: Any) -> Page:
    page = hall.open(path, width=390, height=844, permissions=["notifications"], **options)
    page.context.add_init_script(PLAYED % json.dumps(browser.says()))
    page.reload()
    return page


def on(page: Page) -> Any:
    return page.get_by_role("button", name="Send notices to this phone")


def off(page: Page) -> Any:
    return page.get_by_role("button", name="No more notices on this phone")


def work(house: House) -> None:
    with house.open():
        outbox.run(house.hospital.pk)
        outgoing.send_due()


def test_a_phone_says_yes_is_told_and_says_no(hall: Hall, world: World, service: Service) -> None:
    house, browser = world.harbor, Browser(service.url, "/phone")
    visit = house.waiting(1)[0]
    with house.open():
        token = intake.status_link(visit)
    page = phone(hall, f"/s/{token}/", browser)
    on(page).click()
    expect(off(page)).to_be_focused()
    expect(page.locator("[data-push]")).to_contain_text("On. They come when it is nearly your turn")
    page.reload()
    expect(off(page)).to_be_visible()  # known by its digest, without anything kept in the page
    with house.open():
        assert PushSubscription.objects.get().endpoint == browser.endpoint
        calls.call_next(house.doctor, actor=house.medic)
    work(house)
    (handed,) = service.got
    told = browser.reads(handed.body)
    assert told["body"].startswith(f"{visit.token}: it is your turn.")
    assert delivered(page, told) == [("Harbor Clinic", told["body"], f"/s/{token}/")]
    expect(page.locator(".place h1")).to_contain_text("Please come in")
    off(page).click()
    expect(on(page)).to_be_visible()
    with house.open():
        assert PushSubscription.objects.count() == 0
    assert sideways(page)["over"] <= 0


def delivered(page: Page, told: dict[str, Any]) -> list[Any]:
    """What the browser shows when a push service brings this to the worker."""
    tools = page.context.new_cdp_session(page)
    seen: list[Any] = []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda event: seen.extend(event["registrations"]))
    tools.send("ServiceWorker.enable")
    page.wait_for_function(
        "async () => Boolean((await navigator.serviceWorker.getRegistration('/notices/harbor/'))?.active)"
    )
    ours = [one for one in seen if one["scopeURL"].endswith("/notices/harbor/")]
    assert len({one["registrationId"] for one in ours}) == 1
    origin = page.evaluate("location.origin")
    message = {"origin": origin, "registrationId": ours[0]["registrationId"], "data": json.dumps(told)}
    tools.send("ServiceWorker.deliverPushMessage", message)
    shown = """async () => {
      const made = await navigator.serviceWorker.getRegistration("/notices/harbor/");
      const all = await made.getNotifications();
      return all.length ? all.map((one) => [one.title, one.body, one.data.url]) : null;
    }"""
    return [tuple(one) for one in page.wait_for_function(shown).json_value()]


def test_on_the_page_of_a_booking_too(hall: Hall, world: World, service: Service) -> None:
    house = world.harbor
    row = booked(house)
    with house.open():
        token = placing.link_to(row)
    page = phone(hall, f"/b/{token}/", Browser(service.url, "/phone"))
    on(page).click()
    expect(off(page)).to_be_visible()
    with house.open():
        assert PushSubscription.objects.get().about == row.ref


def test_where_it_cannot_be_the_page_says_so_or_nothing(
    hall: Hall, world: World, service: Service, settings: Settings
) -> None:
    house = world.harbor
    with house.open():
        path = f"/s/{intake.status_link(house.waiting(1)[0])}/"
    page = hall.open(path, width=390, height=844)
    page.context.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
    page.reload()
    expect(page.locator("[data-push]")).to_contain_text("This browser lets nobody show notices.")
    expect(on(page)).to_be_hidden()
    page.context.add_init_script("delete window.PushManager")
    page.reload()
    expect(page.locator("[data-push]")).to_be_hidden()
    settings.VAPID_PRIVATE_KEY = ""
    page.reload()
    expect(page.locator("[data-push]")).to_have_count(0)
