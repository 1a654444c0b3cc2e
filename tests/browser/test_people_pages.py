"""The door, the page about oneself and the admin in a browser: they work under their content policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from clinic.tenants.models import JoinCode, Membership
from tests.browser.conftest import Hall
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db(transaction=True)


def test_signing_in_and_out_by_hand(world: World, hall: Hall) -> None:
    page = hall.open("/h/harbor/me/")
    page.get_by_label("Work e-mail").fill("nurse@harbor.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/h/harbor/me/")
    expect(page.get_by_role("heading", name="Me", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out everywhere").click()
    page.wait_for_url("**/sign-in/")
    assert hall.faults == []


def test_the_admin_works_under_its_policy(world: World, hall: Hall) -> None:
    page = hall.open("/h/harbor/admin/", role="owner", house=world.harbor)
    page.goto("/h/harbor/admin/tenants/joincode/add/")
    page.get_by_label("Role").select_option("nurse")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/joincode/")
    expect(page.get_by_text(JoinCode.objects.get().code).first).to_be_visible()
    nurse = world.harbor.memberships["nurse"]
    page.goto(f"/h/harbor/admin/tenants/membership/{nurse.pk}/change/")
    page.get_by_label("Biller").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/membership/")
    assert Membership.objects.get(pk=nurse.pk).roles == ["biller", "nurse"]
    page.goto(f"/h/harbor/admin/tenants/membership/{nurse.pk}/history/")
    for path in ("directory/doctor/add/", "live/event/", "tenants/apikey/add/", "tenants/hospitalconfig/"):
        page.goto(f"/h/harbor/admin/{path}")
        expect(page.get_by_role("main").or_(page.locator("#main")).first).to_be_visible()
    assert hall.faults == []
