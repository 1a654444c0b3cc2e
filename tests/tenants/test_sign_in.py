"""Signing in, registering, joining and choosing, as a browser meets them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from clinic.live.models import Event
from clinic.tenants import auth, operations, people
from clinic.tenants.models import JoinCode, Membership, User
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db
WORD = "a long new password"
AT_SIGN_IN = "2026-11-20T08:00:00Z"


def sign_in(client: Client, email: str = "nurse@harbor.example", word: str = PASSWORD, **more: Any) -> Any:
    return client.post("/sign-in/", {"email": email, "password": word}, **more)


def signed_in(world: World, role: str = "nurse") -> Client:
    client = Client()
    assert sign_in(client, world.harbor.users[role].email).status_code == 302
    return client


def test_signing_in_leads_to_the_first_screen(world: World, client: Client) -> None:
    assert client.get("/").headers["Location"] == "/sign-in/"
    assert sign_in(client, " Receptionist@HARBOR.example ").headers["Location"] == "/"
    assert client.get("/").headers["Location"] == "/h/harbor/"
    assert client.get("/h/harbor/").headers["Location"] == "/h/harbor/reception/"
    with people.platform():
        assert Event.objects.get().name == "user.signed_in"
    assert client.get("/sign-in/").headers["Location"] == "/"


def test_a_doctor_begins_at_the_own_screen(world: World) -> None:
    assert signed_in(world, "doctor").get("/h/harbor/").headers["Location"] == "/h/harbor/doctor/"


def test_the_session_key_is_new_after_signing_in(world: World, client: Client) -> None:
    session = client.session
    session["planted"] = 1
    session.save()
    before = session.session_key
    sign_in(client)
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()
    assert UserSession.objects.get().session_key == client.session.session_key


def test_unknown_wrong_and_inactive_are_one_answer_with_one_hash_each(world: World, client: Client) -> None:
    User.objects.filter(email="biller@harbor.example").update(is_active=False)
    pages, hashes = [], []
    for email, word in (
        ("nobody@harbor.example", PASSWORD), ("nurse@harbor.example", "wrong"), ("biller@harbor.example", PASSWORD),
    ):  # fmt: skip
        with patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode) as encode:
            answer = sign_in(client, email, word)
        assert answer.status_code == 401
        pages.append(answer.context["form"].non_field_errors())
        hashes.append(encode.call_count)
    assert pages[0] == pages[1] == pages[2]
    assert hashes[0] == hashes[1] == hashes[2] == 1


def test_a_user_is_locked_at_an_address_and_nobody_else_there(world: World, client: Client) -> None:
    here, elsewhere = {"REMOTE_ADDR": "203.0.113.7"}, {"REMOTE_ADDR": "198.51.100.4"}
    answers = [sign_in(client, word="wrong", **here).status_code for _ in range(8)]
    assert answers == [401] * 7 + [429]
    locked = sign_in(client, **here)  # the right password, too late
    assert locked.status_code == 429
    assert sign_in(Client(), "doctor@harbor.example", **here).status_code == 302
    assert sign_in(Client(), **elsewhere).status_code == 302


def test_an_unknown_address_is_locked_like_a_known_one(world: World, client: Client) -> None:
    answers = [sign_in(client, "nobody@harbor.example", "wrong").status_code for _ in range(9)]
    assert answers == [401] * 7 + [429] * 2


def test_the_lock_ends_with_its_quarter_of_an_hour(world: World, client: Client) -> None:
    with time_machine.travel(AT_SIGN_IN, tick=False) as clock:
        for _ in range(9):
            sign_in(client, word="wrong")
        clock.shift(timedelta(minutes=14))
        assert sign_in(client).status_code == 429
        clock.shift(timedelta(minutes=2))
        assert sign_in(client).status_code == 302


def test_guessing_one_user_from_everywhere_is_refused_too(world: World, client: Client) -> None:
    AccessAttempt.objects.create(
        username="nurse@harbor.example", ip_address="192.0.2.1", user_agent="", attempt_time=timezone.now(),
        failures_since_start=auth.FAILURES_PER_USER,
    )  # fmt: skip
    assert sign_in(client, REMOTE_ADDR="192.0.2.2").status_code == 429
    assert sign_in(client, "doctor@harbor.example", REMOTE_ADDR="192.0.2.2").status_code == 302


def test_wrong_passwords_are_not_kept(world: World, client: Client) -> None:
    sign_in(client, word="my other password")
    assert "my other password" not in str(AccessAttempt.objects.values().get())


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:evil"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(world: World, client: Client, wanted: str) -> None:
    answer = client.post("/sign-in/", {"email": "nurse@harbor.example", "password": PASSWORD, "next": wanted})
    assert answer.headers["Location"] == "/"


def test_one_comes_back_to_the_page_one_wanted(world: World, client: Client) -> None:
    where = client.get("/h/harbor/me/?tab=1").headers["Location"]
    assert where == "/sign-in/?next=%2Fh%2Fharbor%2Fme%2F%3Ftab%3D1"
    answer = client.post(where, {"email": "nurse@harbor.example", "password": PASSWORD, "next": "/h/harbor/me/?tab=1"})
    assert answer.headers["Location"] == "/h/harbor/me/?tab=1"


@pytest.mark.parametrize("email", ["", "no address", "a\0b@example.org", "x" * 300 + "@example.org"])
def test_what_is_no_address_is_refused_politely(world: World, client: Client, email: str) -> None:
    assert sign_in(client, email).status_code in (200, 400, 401)


def test_signing_out_ends_this_browser_only(world: World) -> None:
    one, other = signed_in(world), signed_in(world)
    assert one.get("/sign-out/").status_code == 405
    assert one.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert one.get("/h/harbor/me/").headers["Location"].startswith("/sign-in/")
    assert other.get("/h/harbor/me/").status_code == 200
    assert UserSession.objects.count() == 1


def test_registering_signs_the_owner_in(world: World, client: Client) -> None:
    form = {
        "hospital": "Baobab Clinic", "name": "Nia", "email": "nia@example.org", "password": WORD,
        "time_zone": "Africa/Lagos", "language": "en", "currency": "NGN",
    }  # fmt: skip
    assert client.get("/register/").status_code == 200
    assert client.post("/register/", form | {"password": "short"}).status_code == 400
    taken = client.post("/register/", form | {"email": "owner@harbor.example"})
    assert taken.status_code == 400
    assert client.post("/register/", form).headers["Location"] == "/h/baobab-clinic/home/"
    assert client.get("/h/baobab-clinic/me/").status_code == 200
    second = client.post("/register/", form | {"hospital": "Second"})  # signed in: the account stays the same
    assert second.headers["Location"] == "/h/second/home/"
    assert User.objects.filter(email="nia@example.org").count() == 1
    assert client.get("/").headers["Location"] == "/choose/"
    page = client.get("/choose/").text
    assert "Baobab Clinic" in page
    assert "Harbor" not in page


def code_of(world: World) -> JoinCode:
    with world.harbor.open():
        return operations.create_join_code("receptionist", actor=world.harbor.actor("manager"))


def test_joining_with_a_new_account(world: World, client: Client) -> None:
    code = code_of(world).code
    assert code in client.get(f"/join/?code={code}").text
    form = {"code": code, "name": "Ana", "email": "ana@example.org", "password": WORD}
    assert client.post("/join/", form | {"code": "AAA-AAA-AAA"}).status_code == 400
    assert client.post("/join/", form).headers["Location"] == "/h/harbor/"
    assert client.get("/h/harbor/reception/").status_code == 200
    assert Client().post("/join/", form | {"email": "b@example.org"}).status_code == 400


def test_joining_when_signed_in(world: World) -> None:
    client = Client()
    sign_in(client, "nurse@hilltop.example")
    assert client.get("/h/harbor/").status_code == 404
    assert client.post("/join/", {"code": code_of(world).code}).headers["Location"] == "/h/harbor/"
    assert client.get("/h/harbor/").headers["Location"] == "/h/harbor/reception/"


def test_guessing_codes_is_limited(world: World) -> None:
    client = Client()
    sign_in(client, "nurse@hilltop.example")
    for _ in range(60):
        assert client.post("/join/", {"code": "AAA-AAA-AAA"}).status_code == 400
    limited = client.post("/join/", {"code": code_of(world).code})
    assert limited.status_code == 429
    assert int(limited["Retry-After"]) > 0
    assert not Membership.objects.filter(user__email="nurse@hilltop.example", hospital=world.harbor.hospital).exists()


def test_the_chooser_is_for_whoever_is_signed_in(world: World) -> None:
    assert Client().get("/choose/").headers["Location"].startswith("/sign-in/")
    client = signed_in(world, "owner")
    assert client.get("/admin/").headers["Location"] == "/choose/?to=admin"
    assert client.get("/choose/?to=admin").headers["Location"] == "/h/harbor/admin/"
    nurse = signed_in(world, "nurse").get("/choose/?to=admin")
    assert "harbor" not in nurse.text


def test_the_language_is_kept_in_a_cookie(world: World, client: Client) -> None:
    client.post("/language/", {"language": "es", "next": "/sign-in/"})
    assert client.cookies["language"].value == "es"
    answer = client.post("/language/", {"language": "es", "next": "https://evil.example/"})
    assert "evil" not in answer.headers["Location"]


def test_the_own_language_follows_at_sign_in(world: World, client: Client) -> None:
    User.objects.filter(email="nurse@harbor.example").update(language="ar")
    sign_in(client)
    assert client.cookies["language"].value == "ar"
