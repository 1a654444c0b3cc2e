"""How mail, text messages and notices are set up: read from the environment, refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from environs import Env

from clinic.core import sending
from clinic.core.refusal import Refusal

KEY = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
WRONG: list[tuple[Callable[[Env], Any], str, str, str]] = [
    (sending.mail, "EMAIL_URL", "anymail+nobody://?api_key=x", "a service that Anymail knows"),
    (sending.mail, "EMAIL_URL", "anymail+base://?api_key=x", "a service that Anymail knows"),
    (sending.mail, "EMAIL_URL", "anymail+../os://?api_key=x", "a service that Anymail knows"),
    (sending.mail, "EMAIL_URL", "anymail+postmark://?Server-Token=x", "a service that Anymail knows"),
    (sending.mail, "EMAIL_URL", "anymail+postmark://key@host/", "a service that Anymail knows"),
    (sending.sms, "SMS_URL", "webhook+https://someone:token@gateway/x", "whsec_"),
    (sending.sms, "SMS_URL", "webhook+https://whsec_AAAA:token@gateway/x", "24 or more random bytes"),
    (sending.vapid_key, "VAPID_PRIVATE_KEY", "short", "manage.py vapid"),
    (sending.vapid_key, "VAPID_PRIVATE_KEY", "é" * 43, "manage.py vapid"),
    (sending.push_services, "PUSH_SERVICES", "https://fcm.googleapis.com", "host names"),
    (sending.push_services, "PUSH_SERVICES", "*", "host names"),
    (sending.push_services, "PUSH_SERVICES", "localhost", "host names"),
]


def found(monkeypatch: pytest.MonkeyPatch, read: Callable[[Env], Any], name: str, value: str) -> Any:
    monkeypatch.setenv(name, value)
    return read(Env())


@pytest.mark.parametrize(("read", "name", "value", "said"), WRONG)
def test_what_cannot_be_used_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[Env], Any], name: str, value: str, said: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        found(monkeypatch, read, name, value)
    assert name in str(refusal.value)
    assert said in str(refusal.value)
    assert "token@gateway/x" not in str(refusal.value), "no secret is shown"


def test_a_mail_services_settings_are_anymails(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "anymail+unisender-go://?api_key=a%26b&api_url=https://go.example.org/"
    assert found(monkeypatch, sending.mail, "EMAIL_URL", url) == url
    assert sending.mail_server(url) == {
        "EMAIL_BACKEND": "anymail.backends.unisender_go.EmailBackend",
        "ANYMAIL": {
            "REQUESTS_TIMEOUT": 15, "UNISENDER_GO_API_KEY": "a&b", "UNISENDER_GO_API_URL": "https://go.example.org/",
        },
    }  # fmt: skip


def test_an_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "find_spec", lambda name: None)
    for read, name, value, extra in (
        (sending.mail, "EMAIL_URL", "anymail+postmark://?server_token=x", '".[anymail]"'),
        (sending.vapid_key, "VAPID_PRIVATE_KEY", "A" * 43, '".[push]"'),
    ):
        with pytest.raises(Refusal) as refusal:
            found(monkeypatch, read, name, value)
        assert extra in str(refusal.value)


def test_what_is_left_out_is_off_or_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EMAIL_URL", "SMS_URL", "VAPID_PRIVATE_KEY", "PUSH_SERVICES"):
        monkeypatch.delenv(name, raising=False)
    env = Env()
    assert (sending.mail(env), sending.sms(env), sending.vapid_key(env)) == ("", "", "")
    assert "*.push.apple.com" in sending.push_services(env)
    services = found(monkeypatch, sending.push_services, "PUSH_SERVICES", "push.Example.org, *.example.net")
    assert services == ["push.example.org", "*.example.net"]
    signed = f"webhook+https://{KEY}:t@gateway.example.org/send"
    assert found(monkeypatch, sending.sms, "SMS_URL", signed) == signed


def test_the_command_makes_a_key_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    said = StringIO()
    call_command("vapid", stdout=said)
    name, _, key = said.getvalue().splitlines()[0].partition("=")
    assert found(monkeypatch, sending.vapid_key, name, key) == key
