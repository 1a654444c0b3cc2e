"""Addresses are confirmed and passwords reset by links that work once; unknown addresses get the same answer (R1.3)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from clinic.core.errors import Forbidden, NotFound, NotSignedIn
from clinic.live import outbox
from clinic.live.models import Event
from clinic.tenants import auth, links, operations, people, tasks
from clinic.tenants import mail as mails
from clinic.tenants.models import PLATFORM_ID, PublicToken, User
from clinic.tenants.passwords import new_password
from tests.api.client import Api, api
from tests.tenants.test_invitations import LINK, mailed
from tests.tenants.test_sign_in import sign_in, signed_in
from tests.world import PASSWORD, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.3")]
WORD = "a long new password"
NURSE = "nurse@harbor.example"


def asked(email: str = NURSE) -> None:
    with people.platform():
        operations.ask_reset(email, actor=people.visitor(""))


def reset(token: str, word: str = WORD) -> User:
    with people.platform():
        return operations.reset_password(token, password=new_password(word), actor=people.visitor(""))


def link_to(purpose: str, user: User) -> str:
    return links.sent_once(purpose, user.ref) or ""


def words_of(answer: Any) -> str:
    """What a page says: without its marks, which hold its CSRF token and own address, and without the time."""
    return re.sub(r"<[^>]*>|\d\d:\d\d", "", answer.content.decode())


# --- a new password --------------------------------------------------------------------------------------------------


def test_the_whole_way_to_a_new_password(world: World) -> None:
    client = Client(REMOTE_ADDR="198.51.100.10")
    assert "/forgot/" in client.get("/sign-in/").content.decode()
    assert client.post("/forgot/", {"email": " Nurse@HARBOR.example"}).status_code == 200
    where = mailed()
    assert mail.outbox[-1].to == [NURSE]
    page = client.get(where)
    assert page["Referrer-Policy"] == "same-origin"
    assert NURSE in page.content.decode()
    assert client.post(where, {"password": "short"}).status_code == 400
    assert client.post(where, {"password": WORD}).headers["Location"] == "/sign-in/"
    assert sign_in(client, NURSE, WORD).status_code == 302
    assert sign_in(Client(), NURSE, PASSWORD).status_code == 401
    outbox.run(PLATFORM_ID)
    assert "was changed" in mail.outbox[-1].subject


def test_known_and_unknown_addresses_get_the_same_answer_by_the_same_work(world: World) -> None:
    counted, answers = [], []
    asked("owner@hilltop.example")  # the first event of all makes the log's clock
    for n, email in enumerate((NURSE, "nobody@nowhere.example")):
        client = Client(REMOTE_ADDR=f"198.51.100.{20 + n}")
        with CaptureQueriesContext(connection) as queries:
            answer = client.post("/forgot/", {"email": email})
        counted.append([query["sql"].split()[:3] for query in queries.captured_queries])
        answers.append((answer.status_code, words_of(answer)))
    assert answers[0] == answers[1]
    known, unknown = counted
    assert abs(len(known) - len(unknown)) <= 1  # the reference to the person in the log
    assert [words for words in known if words[0] in ("INSERT", "DELETE")][:2] == [
        words for words in unknown if words[0] in ("INSERT", "DELETE")
    ][:2]
    outbox.run(PLATFORM_ID)
    assert {message.to[0] for message in mail.outbox} == {NURSE, "owner@hilltop.example"}


def test_a_reset_signs_out_everywhere(world: World) -> None:
    user, browser = world.harbor.users["nurse"], signed_in(world, "nurse")
    raw = str(auth.tokens_for(user, world.harbor.hospital).access_token)
    assert browser.get("/h/harbor/me/").status_code == 200
    asked()
    reset(link_to(PublicToken.RESET, user))
    assert browser.get("/h/harbor/me/").status_code == 302
    with pytest.raises(NotSignedIn):
        auth.actor_from_token(raw)
    with people.platform():
        told = Event.objects.get(name="user.password_reset")
    assert told.topics == [f"user:{user.pk}"]
    assert "password" not in str(told.changes[user.ref].get("fields", {}).get("password", ""))


def test_a_link_works_once_and_the_next_one_ends_it(world: World) -> None:
    user = world.harbor.users["nurse"]
    asked()
    first = link_to(PublicToken.RESET, user)
    asked()
    second = link_to(PublicToken.RESET, user)
    assert first != second
    with pytest.raises(NotFound):
        reset(first)
    reset(second)
    with pytest.raises(NotFound):
        reset(second, WORD + " again")
    gone = Client().get(f"/reset/{second}/")
    never = Client().get("/reset/xxxx/")
    assert (gone.status_code, words_of(gone)) == (never.status_code, words_of(never))
    assert gone.status_code == 404


def test_after_an_hour_the_link_is_over(world: World) -> None:
    asked()
    token = link_to(PublicToken.RESET, world.harbor.users["nurse"])
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        with pytest.raises(NotFound):
            reset(token)
        assert tasks.forget_old_links() == 1
    assert not PublicToken.objects.filter(purpose=PublicToken.RESET).exists()


def test_a_link_of_one_purpose_is_none_of_another(world: World) -> None:
    user = world.harbor.users["nurse"]
    asked()
    token = link_to(PublicToken.RESET, user)
    with people.platform(), pytest.raises(NotFound):
        operations.confirm_address(token, actor=people.visitor(""))
    assert Client().get(f"/invited/{token}/").status_code == 404
    assert Client().get(f"/s/{token}/").status_code == 404


def test_a_deactivated_person_gets_no_link(world: World) -> None:
    User.objects.filter(email=NURSE).update(is_active=False)
    asked()
    outbox.run(PLATFORM_ID)
    assert mail.outbox == []


def test_asking_is_limited_for_an_address_known_or_not(world: World) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        stranger = Client(REMOTE_ADDR="198.51.100.40")
        for email in ("limit@harbor.example", "owner@hilltop.example"):
            for _n in range(5):
                assert stranger.post("/forgot/", {"email": email}).status_code == 200
            limited = stranger.post("/forgot/", {"email": email.upper()})
            assert limited.status_code == 429
            assert int(limited["Retry-After"]) > 0


def test_a_stranger_uses_up_nobodys_mails(world: World) -> None:
    """Whoever asks for somebody else's link until it is refused has not locked them out, on the page and in the API."""
    with time_machine.travel(timezone.now(), tick=False):
        for n in range(30):  # from many addresses of the net, too
            for _again in range(6):
                Client(REMOTE_ADDR=f"198.51.100.{70 + n}").post("/forgot/", {"email": "owner@harbor.example"})
        mail.outbox.clear()
        owner = Client(REMOTE_ADDR="203.0.113.9")
        assert owner.post("/forgot/", {"email": "owner@harbor.example"}).status_code == 200
        outbox.run(PLATFORM_ID)
        assert {message.to[0] for message in mail.outbox} == {"owner@harbor.example"}
        assert Api().send("POST", "auth/password-reset", {"email": "owner@harbor.example"}).status == 204


def test_where_the_mails_are_is_told_to_who_runs_the_computer(world: World, settings: Settings) -> None:
    settings.MAIL_TO_FILES, settings.PRODUCTION = True, False
    folder = str(settings.MAIL_FOLDER)
    here, elsewhere = Client(REMOTE_ADDR="127.0.0.1"), Client(REMOTE_ADDR="198.51.100.77")
    assert folder in here.post("/forgot/", {"email": NURSE}).content.decode()
    assert folder not in elsewhere.post("/forgot/", {"email": NURSE}).content.decode()
    User.objects.update(email_confirmed_at=None)
    for role in ("owner", "manager", "nurse", "doctor", "biller"):
        text = signed_in(world, role).get("/h/harbor/me/").content.decode()
        assert (folder in text) is (role in ("owner", "manager")), role


def test_the_api_resets_too(world: World) -> None:
    assert Api().send("POST", "auth/password-reset", {"email": "charge_nurse@hilltop.example"}).status == 204
    assert Api().send("POST", "auth/password-reset", {"email": "nobody@hilltop.example"}).status == 204
    user = world.hilltop.users["charge_nurse"]
    body = {"token": link_to(PublicToken.RESET, user), "password": WORD}
    for weak in ("short", user.email, user.name):  # the page refuses what is like the person, too
        assert Api().send("POST", "auth/password-reset/finish", {**body, "password": weak}).status == 400
    assert Api().send("POST", "auth/password-reset/finish", body).status == 204
    assert Api().send("POST", "auth/password-reset/finish", body).status == 404
    assert Api().send("POST", "auth/login", {"email": user.email, "password": WORD}).status == 200


# --- the own address -------------------------------------------------------------------------------------------------


def is_confirmed(user: User) -> bool:
    return User.objects.get(pk=user.pk).email_confirmed_at is not None


def newcomer() -> User:
    with people.platform():
        row = operations.register(
            email="mara@new.example", name="Mara", password=new_password(WORD), hospital="New Clinic",
            actor=people.visitor("Mara"),
        )  # fmt: skip
    return row.user


def test_a_new_address_is_confirmed_by_the_button_behind_the_link(world: World) -> None:
    user = newcomer()
    where = mailed()
    assert mail.outbox[-1].to == [user.email]
    client = Client()
    assert client.get(where).status_code == 200
    assert not is_confirmed(user)  # a program that looks through mails opens links
    assert client.post(where).status_code == 302
    assert is_confirmed(user)
    assert client.post(where).status_code == 404
    with people.platform():
        assert Event.objects.filter(name="user.address_confirmed").count() == 1


def test_the_link_is_over_after_three_days_and_can_be_had_again(world: World) -> None:
    user = newcomer()
    old = link_to(PublicToken.CONFIRM, user)
    with time_machine.travel(timezone.now() + timedelta(days=3, seconds=1)):
        with people.platform(), pytest.raises(NotFound):
            operations.confirm_address(old, actor=people.visitor(""))
        with people.platform():
            operations.ask_confirmation(user, actor=people.person(user))
        outbox.run(PLATFORM_ID)
        found = LINK.search(str(mail.outbox[-1].body))
        assert found
        assert Client().post(found[1]).status_code == 302


def test_the_own_page_says_that_an_address_is_not_confirmed(world: World) -> None:
    client = signed_in(world, "biller")
    page = client.get("/h/harbor/me/").content.decode()
    assert "Confirm that" in page
    assert client.post("/h/harbor/me/confirm/").status_code == 303
    outbox.run(PLATFORM_ID)
    assert mail.outbox[-1].to == ["biller@harbor.example"]
    User.objects.filter(email="biller@harbor.example").update(email_confirmed_at=timezone.now())
    page = client.get("/h/harbor/me/").content.decode()
    assert "Confirm that" not in page
    assert "confirmed" in page
    assert "Harbor Clinic" in page


def test_nobody_asks_for_somebody_else(world: World) -> None:
    other = world.harbor.users["nurse"]
    with people.platform(), pytest.raises(Forbidden, match=r"user\.not_you"):
        operations.ask_confirmation(other, actor=people.person(world.harbor.users["biller"]))


def test_no_mail_tells_an_unconfirmed_address_of_patients(world: World) -> None:
    user, here = world.harbor.users["nurse"], world.harbor.hospital
    told = {"url": "", "name": "", "minutes": 1}
    assert mails.send_about_patients("reset", user, hospital=here, **told) is False
    assert mail.outbox == []
    user.email_confirmed_at = timezone.now()
    assert mails.send_about_patients("reset", user, hospital=here, **told) is True
    assert len(mail.outbox) == 1


def test_the_api_says_and_confirms(world: World) -> None:
    user = newcomer()
    signed = Api().send("POST", "auth/login", {"email": user.email, "password": WORD}).json
    assert signed["me"]["email_confirmed"] is False
    assert Api().send("POST", "auth/confirm", {"token": link_to(PublicToken.CONFIRM, user)}).status == 204
    assert Api(f"Bearer {signed['access']}").get("auth/me").json["email_confirmed"] is True
    assert api(world.harbor, "nurse").get("auth/me").json["email_confirmed"] is False


# --- mails without a server ------------------------------------------------------------------------------------------


def test_without_a_server_mails_are_files_and_the_page_says_where(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = settings.MAIL_FOLDER = str(tmp_path / "mail")
    page = Client(REMOTE_ADDR="127.0.0.1").post("/forgot/", {"email": "manager@harbor.example"}).content.decode()
    assert str(tmp_path / "mail") in page
    outbox.run(PLATFORM_ID)
    (written,) = (tmp_path / "mail").iterdir()
    assert LINK.search(written.read_text())
    settings.PRODUCTION = True
    again = Client(REMOTE_ADDR="127.0.0.1").post("/forgot/", {"email": "manager@harbor.example"}).content.decode()
    assert str(tmp_path / "mail") not in again
