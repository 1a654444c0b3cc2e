"""What is behind mailed links, in a browser: their forms work under their referrer policy, with script and without."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clinic.tenants import links, operations, people
from clinic.tenants.models import Hospital, Membership, PublicToken, User
from queues.operations.intake import status_link
from tests.browser.conftest import Hall
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)
WORD = "a long new password"
SHOTS = os.environ.get("SHOTS", "")
"""A folder for pictures of these pages."""
LOOKS = (("light", 1440), ("light", 390), ("dark", 1440), ("dark", 390))


def invited(house: House, email: str = "noor@new.example") -> str:
    with house.open():
        row = operations.invite(email, roles=["nurse"], actor=house.actor("owner"))
    return f"/invited/{links.sent_once(PublicToken.INVITE, row.ref)}/"


def reset(user: User) -> str:
    with people.platform():
        operations.ask_reset(user.email, actor=people.visitor(""))
    return f"/reset/{links.sent_once(PublicToken.RESET, user.ref)}/"


def has_no_overflow(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("script", [True, False])
def test_an_invitation_is_accepted(world: World, hall: Hall, script: bool) -> None:
    page = hall.open(invited(world.harbor), script=script)
    expect(page.get_by_role("heading", name="Join Harbor Clinic")).to_be_visible()
    page.get_by_label("Your name").fill("Noor Haddad")
    page.get_by_label("Password").fill(WORD)
    page.get_by_role("button", name="Join").click()
    page.wait_for_url("**/h/harbor/**")
    assert Membership.objects.get(user__email="noor@new.example").roles == ["nurse"]


def test_somebody_with_an_account_signs_in_and_accepts(world: World, hall: Hall) -> None:
    page = hall.open(invited(world.harbor, "nurse@hilltop.example"))
    page.get_by_role("link", name="Sign in to accept").click()
    page.get_by_label("Work e-mail").fill("nurse@hilltop.example")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/invited/**")
    page.get_by_role("button", name="Join").click()
    page.wait_for_url("**/h/harbor/**")


@pytest.mark.parametrize("script", [True, False])
def test_a_new_password_is_set_and_works(world: World, hall: Hall, script: bool) -> None:
    page = hall.open(reset(world.harbor.users["nurse"]), script=script)
    page.get_by_label("New password").fill(WORD)
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url("**/sign-in/")
    expect(page.get_by_role("status").first).to_contain_text("Your password is changed")
    page.get_by_label("Work e-mail").fill("nurse@harbor.example")
    page.get_by_label("Password").fill(WORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/h/harbor/**")


def test_an_address_is_confirmed(world: World, hall: Hall) -> None:
    user = world.harbor.users["nurse"]
    with people.platform():
        operations.ask_confirmation(user, actor=people.person(user))
    page = hall.open(f"/confirm/{links.sent_once(PublicToken.CONFIRM, user.ref)}/")
    page.get_by_role("button", name="Yes, confirm it").click()
    page.wait_for_url("**/sign-in/")
    user.refresh_from_db()
    assert user.email_confirmed_at is not None


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_no_page_of_the_door_is_wider_than_its_window(world: World, hall: Hall, theme: str, width: int) -> None:
    house = world.harbor
    Hospital.objects.filter(pk=house.hospital.pk).update(phone="+33 1 23 45 67 89")
    over = house.waiting(1)[0]
    pages = {
        "sign-in": "/sign-in/", "register": "/register/", "join": "/join/", "forgot": "/forgot/",
        "reset": reset(house.users["nurse"]), "over": "/reset/never-was/", "invited": invited(house),
        "known": invited(house, "nurse@hilltop.example"),
    }  # fmt: skip
    page = hall.open("/sign-in/", width=width, theme=theme)
    for name, path in pages.items():
        page.goto(path)
        _look(page, f"{name}.{theme}.{width}")
    page.goto("/forgot/")
    page.get_by_label("Work e-mail").fill("somebody@nowhere.example")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    _look(page, f"sent.{theme}.{width}")
    me = hall.open("/h/harbor/me/", role="nurse", house=house, width=width, theme=theme)
    _look(me, f"me.{theme}.{width}")
    office = hall.open("/h/harbor/admin/tenants/invitation/", role="owner", house=house, width=width)
    _look(office, f"admin.{theme}.{width}", wide=True)
    with house.open():
        operations.suspend_hospital(house.hospital, actor=house.actor("owner"))
    page.goto(f"/s/{status_link(over)}/")
    expect(page.get_by_role("heading", name="Harbor Clinic is closed for now")).to_be_visible()
    _look(page, f"closed.{theme}.{width}")


def _look(page: Page, name: str, *, wide: bool = False) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)
    assert wide or has_no_overflow(page), name
