"""Sessions end: by idleness, by age, by a new password, everywhere at once; and what counts as an act (R1.5)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from clinic.live import outbox
from clinic.live.doors import doors
from clinic.tenants import operations, people
from clinic.tenants.models import PLATFORM_ID, HospitalConfig, Membership
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db
FRAGMENT: dict[str, Any] = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://testserver/h/harbor/reception/"}
ME = "/h/harbor/me/"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-11-20T08:00:00Z", tick=False) as traveller:
        yield traveller


def signed_in(world: World, role: str = "receptionist") -> Client:
    client = Client()
    answer = client.post("/sign-in/", {"email": world.harbor.users[role].email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def cookies(client: Client) -> dict[str, str]:
    return {name: morsel.value for name, morsel in client.cookies.items()}


def test_idleness_ends_a_session_at_the_policys_limit(world: World, clock: Any) -> None:
    client = signed_in(world)
    assert client.get(ME).status_code == 200
    clock.shift(timedelta(minutes=14, seconds=59))
    assert client.get(ME).status_code == 200  # this is an act: the timer begins again
    clock.shift(timedelta(minutes=14, seconds=59))
    assert client.get(ME).status_code == 200
    clock.shift(timedelta(minutes=15))
    ended = client.get(ME)
    assert (ended.status_code, ended.headers["Location"]) == (302, "/sign-in/?next=%2Fh%2Fharbor%2Fme%2F")
    assert "nobody did anything" in client.get("/sign-in/").text
    clock.shift(timedelta(seconds=1))
    assert client.get(ME).status_code == 302
    assert not Session.objects.filter(session_key=client.cookies["session"].value).exists()


def test_the_policy_is_read_not_a_constant(world: World, clock: Any) -> None:
    house = world.harbor
    with house.open():
        operations.change_policies(HospitalConfig.objects.get(), idle_minutes=60, actor=house.actor("owner"))
    client = signed_in(world)
    client.get(ME)
    clock.shift(timedelta(minutes=59))
    assert client.get("/choose/").status_code == 200  # outside: the limit of the hospital entered last
    assert client.get(ME).status_code == 200
    with house.open():
        operations.change_policies(HospitalConfig.objects.get(), idle_minutes=5, actor=house.actor("owner"))
    clock.shift(timedelta(minutes=5))
    assert client.get(ME).status_code == 302


@pytest.mark.rule("1.5")
def test_twelve_hours_are_the_end_whatever_one_does(world: World, clock: Any) -> None:
    client = signed_in(world)
    answers = []
    for _ in range(73):
        clock.shift(timedelta(minutes=10))
        answers.append(client.get(ME).status_code)
    assert answers == [200] * 71 + [302] * 2


def test_refreshes_polling_and_sockets_are_no_acts(world: World, clock: Any) -> None:
    client = signed_in(world)
    client.get(ME)
    for _ in range(60):
        clock.shift(timedelta(seconds=15))
        refreshed = client.get("/h/harbor/live/regions", **FRAGMENT)
        guest = doors().member(cookies(client), "harbor")
        assert (refreshed.status_code == 200) == (guest is not None)
    assert refreshed.status_code == 401
    assert client.get(ME).status_code == 302


def test_an_ended_session_gives_a_fragment_a_redirect_header_and_no_page(world: World, clock: Any) -> None:
    client = signed_in(world)
    clock.shift(timedelta(minutes=16))
    answer = client.get(ME, **FRAGMENT)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["HX-Redirect"] == "/sign-in/?next=%2Fh%2Fharbor%2Freception%2F"
    nobody = Client().post("/h/harbor/visits/", **FRAGMENT)
    assert (nobody.status_code, nobody.content) == (401, b"")
    assert nobody.headers["HX-Redirect"].startswith("/sign-in/")
    scripted = Client().get(ME, HTTP_SEC_FETCH_DEST="empty")
    assert (scripted.status_code, scripted.content) == (401, b"")


def test_every_page_of_a_hospital_is_kept_nowhere(world: World) -> None:
    client = signed_in(world, "owner")
    for path in (ME, "/h/harbor/", "/h/harbor/reception/", "/h/harbor/admin/", "/h/harbor/live/regions", "/choose/"):
        answer = client.get(path)
        assert "no-store" in answer.headers["Cache-Control"], path
        assert "HX-Request" in answer.headers["Vary"], path
    assert client.get("/s/unknown/").headers["Referrer-Policy"] == "no-referrer"
    assert client.get("/d/unknown/").headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.rule("1.5")
def test_signing_out_everywhere_ends_the_other_browsers_at_once(world: World) -> None:
    one, other = signed_in(world), signed_in(world)
    assert doors().member(cookies(other), "harbor") is not None
    assert one.post("/h/harbor/me/sign-out-everywhere/").headers["Location"] == "/sign-in/"
    assert other.get(ME).status_code == 302
    assert doors().member(cookies(other), "harbor") is None
    outbox.run(PLATFORM_ID)
    assert Session.objects.count() == 0
    assert signed_in(world).get(ME).status_code == 200


@pytest.mark.rule("1.5")
def test_revoking_closes_pages_at_once_and_the_session_by_reaction(world: World) -> None:
    house, client = world.harbor, signed_in(world)
    with house.open():
        operations.revoke_member(house.memberships["receptionist"], actor=house.actor("owner"))
    assert client.get(ME).status_code == 404
    assert doors().member(cookies(client), "harbor") is None
    assert client.get("/choose/").status_code == 200
    outbox.run(house.hospital.pk)
    outbox.run(PLATFORM_ID)
    assert client.get("/choose/").status_code == 302
    assert Session.objects.count() == 0


@pytest.mark.rule("1.5")
def test_a_changed_role_holds_from_the_next_click(world: World) -> None:
    house, client = world.harbor, signed_in(world)
    assert client.get("/h/harbor/reception/").status_code == 200
    Membership.objects.filter(pk=house.memberships["receptionist"].pk).update(roles=["biller"])
    assert client.get("/h/harbor/reception/").status_code == 403


def test_a_new_password_ends_the_others_and_keeps_this_one(world: World) -> None:
    one, other = signed_in(world), signed_in(world)
    form = {"current": PASSWORD, "password": "quite another one"}
    assert one.post("/h/harbor/me/password/", form | {"current": "wrong"}).status_code == 400
    assert one.post("/h/harbor/me/password/", form | {"password": "short"}).status_code == 400
    assert one.post("/h/harbor/me/password/", form).status_code == 302
    assert one.get(ME).status_code == 200
    assert other.get(ME).status_code == 302
    assert Client().post("/sign-in/", {"email": "receptionist@harbor.example", "password": PASSWORD}).status_code == 401


def test_ending_one_session_of_ones_own_and_of_nobody_else(world: World) -> None:
    one, other, stranger = signed_in(world), signed_in(world), signed_in(world, "nurse")
    rows = {row.session_key: row.pk for row in one.get(ME).context["sessions"]}
    assert set(rows) == {one.session.session_key, other.session.session_key}
    pk = rows[other.session.session_key]
    assert stranger.post(f"/h/harbor/me/sessions/{pk}/end/").status_code == 404
    answer = one.post(f"/h/harbor/me/sessions/{pk}/end/", HTTP_HX_REQUEST="true")
    assert answer.status_code == 204
    assert json.loads(answer.headers["HX-Trigger"])["toast"]["text"]
    assert other.get(ME).status_code == 302
    assert stranger.get(ME).status_code == 200


def test_the_profile_is_saved_and_spoken(world: World) -> None:
    client = signed_in(world)
    assert client.post("/h/harbor/me/profile/", {"name": "", "language": "es"}).status_code == 400
    assert client.post("/h/harbor/me/profile/", {"name": "Rosa", "language": "es"}).status_code == 302
    assert client.cookies["language"].value == "es"
    user = world.harbor.users["receptionist"]
    user.refresh_from_db()
    assert (user.name, user.language) == ("Rosa", "es")


def test_a_session_that_nobody_began_here_is_over(world: World) -> None:
    client = signed_in(world)
    session = client.session
    del session["started_at"]
    session.save()
    assert client.get(ME).status_code == 302


@pytest.mark.rule("1.4")
def test_a_suspended_hospital_shows_its_pages_to_owners_only(world: World) -> None:
    house, desk, owner = world.harbor, signed_in(world), signed_in(world, "owner")
    with house.open():
        operations.suspend_hospital(house.hospital, actor=house.actor("owner"))
    assert desk.get(ME).status_code == 404
    assert doors().member(cookies(desk), "harbor") is None
    assert owner.get(ME).status_code == 200
    assert people.memberships_of(house.users["receptionist"]) == []


def test_another_hospital_and_none_are_the_same_answer(world: World, clock: Any) -> None:
    client = signed_in(world)
    slugs = ("hilltop", "nowhere", "platform")
    pages = [client.get(f"/h/{slug}/reception/") for slug in slugs]
    assert [page.status_code for page in pages] == [404] * 3
    # They differ by the CSRF token and by the address that was typed (where the language form goes back to).
    shown = [page.text.replace(f"/h/{slug}/reception/", "") for slug, page in zip(slugs, pages, strict=True)]
    assert len({re.sub("[A-Za-z0-9]{64}", "", text) for text in shown}) == 1
    assert {page.headers["Cache-Control"] for page in pages} == {"no-store"}
    assert client.get("/h/harbor").headers["Location"] == "/h/harbor/"
    assert client.get("/h/harbor/me").headers["Location"] == ME
