"""What each channel says to its provider, and what it makes of the answers: surely not sent, or nobody knows."""

from __future__ import annotations

import base64
import json
import smtplib
from http.client import HTTPException
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.core import mail as django_mail
from pytest_django import Settings

from clinic.inbox.channels import NotSent, Outgoing, mail, sms

OUT = Outgoing(
    id="0198c5f2", to="+33 (0)6.55-12", sender="Harbor\nClinic", reply_to="desk@harbor.example", language="en",
    subject="Harbor Clinic: Your turn", text="Now", short="Harbor Clinic: now", html="<p>Now</p>", stop_url="",
)  # fmt: skip


def out(**more: Any) -> Outgoing:
    return Outgoing(**{name: getattr(OUT, name) for name in Outgoing.__dataclass_fields__} | more)


class Gateway:
    """Stands for the connection, and keeps what was asked."""

    def __init__(self, status: int = 200, answer: bytes = b"{}", fails: str = "") -> None:
        self.status, self.answer, self.fails, self.asked = status, answer, fails, list[Any]()

    def __call__(self, host: str, port: int | None, timeout: float) -> Gateway:
        self.where = (host, port)
        return self

    def connect(self) -> None:
        if self.fails == "connect":
            raise ConnectionRefusedError

    def request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        self.asked.append((method, path, body, headers))
        if self.fails == "answer":
            raise TimeoutError

    def getresponse(self) -> Gateway:
        return self

    def read(self, most: int) -> bytes:
        return self.answer

    def close(self) -> None: ...


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    made = Gateway()
    monkeypatch.setattr(sms, "HTTPSConnection", made)
    monkeypatch.setattr(sms, "HTTPConnection", made)
    return made


def provider(settings: Settings, url: str) -> Any:
    settings.SMS_URL = url
    return sms.provider()


def test_a_gateway_gets_our_json_and_our_id(settings: Settings, gateway: Gateway) -> None:
    gateway.answer = b'{"id": "g-1"}'
    send = provider(settings, "webhook+https://:tok%20en@gateway.example.org:8443/send")
    assert send(out(to="+33 6 55 12")) == "g-1"
    ((method, path, body, headers),) = gateway.asked
    assert (gateway.where, method, path) == (("gateway.example.org", 8443), "POST", "/send")
    assert json.loads(body)["to"] == "+3365512"
    assert (headers["Idempotency-Key"], headers["Authorization"]) == (OUT.id, "Bearer tok en")


def test_twilio_gets_a_form(settings: Settings, gateway: Gateway) -> None:
    gateway.answer = b'{"sid": "SM1"}'
    assert provider(settings, "twilio://AC1:secret@/+15550100")(out(to="0033655123")) == "SM1"
    ((_method, path, body, headers),) = gateway.asked
    assert (gateway.where[0], path) == ("api.twilio.com", "/2010-04-01/Accounts/AC1/Messages.json")
    assert parse_qs(body.decode()) == {"To": ["+33655123"], "From": ["+15550100"], "Body": [OUT.short]}
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"AC1:secret"


@pytest.mark.parametrize(
    ("status", "fails", "again"),
    [(400, "", False), (404, "", False), (302, "", False), (429, "", True), (503, "", True), (200, "connect", True)],
)
def test_what_a_gateway_surely_did_not_send(
    settings: Settings, gateway: Gateway, status: int, fails: str, again: bool
) -> None:
    gateway.status, gateway.fails = status, fails
    with pytest.raises(NotSent) as refused:
        provider(settings, "webhook+http://gateway.example.org/")(out(to="5550100"))
    assert refused.value.again == again


@pytest.mark.parametrize(("status", "fails"), [(500, ""), (502, ""), (200, "answer")])
def test_what_nobody_knows(settings: Settings, gateway: Gateway, status: int, fails: str) -> None:
    gateway.status, gateway.fails = status, fails
    with pytest.raises((HTTPException, OSError)):
        provider(settings, "webhook+http://gateway.example.org/")(out(to="5550100"))


def test_what_is_no_number_is_not_tried(settings: Settings, gateway: Gateway) -> None:
    for phone in ("", "ask at the desk", "+33", "1" * 30):
        with pytest.raises(NotSent) as refused:
            provider(settings, "twilio://AC1:secret@/+15550100")(out(to=phone))
        assert not refused.value.again
    assert gateway.asked == []


# --- mail ------------------------------------------------------------------------------------------------------------


def test_a_mail_has_an_id_that_stays_and_the_hospitals_name(settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Clinicflow <clinic@example.org>"
    assert mail.send(out(to="priya@patients.example")) == f"<{OUT.id}@example.org>"
    (sent,) = django_mail.outbox
    assert sent.from_email == "Harbor Clinic <clinic@example.org>"
    assert sent.reply_to == ["desk@harbor.example"]
    assert sent.extra_headers["Message-ID"] == f"<{OUT.id}@example.org>"


class Server:
    """Stands for Django's connection to a mail server."""

    def __init__(self, at: str, error: Exception) -> None:
        self.at, self.error, self.closed = at, error, 0

    def open(self) -> None:
        if self.at == "open":
            raise self.error

    def send_messages(self, messages: list[Any]) -> None:
        raise self.error

    def close(self) -> None:
        self.closed += 1
        raise smtplib.SMTPServerDisconnected


@pytest.mark.parametrize(
    ("at", "error", "again"),
    [
        ("open", ConnectionRefusedError(), True),
        ("open", smtplib.SMTPAuthenticationError(535, b"no"), True),
        ("send", smtplib.SMTPRecipientsRefused({"x": (550, b"priya@patients.example unknown")}), False),
        ("send", smtplib.SMTPRecipientsRefused({"x": (451, b"later")}), True),
        ("send", smtplib.SMTPDataError(554, b"spam"), False),
        ("send", smtplib.SMTPSenderRefused(452, b"full", "x"), True),
    ],
)
def test_what_a_mail_server_surely_did_not_take(
    monkeypatch: pytest.MonkeyPatch, at: str, error: Exception, again: bool
) -> None:
    monkeypatch.setattr(mail, "get_connection", lambda: Server(at, error))
    with pytest.raises(NotSent) as refused:
        mail.send(out(to="priya@patients.example"))
    assert refused.value.again == again
    assert "patients.example" not in str(refused.value), "the server's words quote the address"


@pytest.mark.parametrize("error", [TimeoutError(), smtplib.SMTPServerDisconnected(), ConnectionResetError()])
def test_a_mail_server_that_went_away_leaves_it_open(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    server = Server("send", error)
    monkeypatch.setattr(mail, "get_connection", lambda: server)
    with pytest.raises(type(error)):
        mail.send(out(to="priya@patients.example"))
    assert server.closed == 1


def test_an_address_that_is_none_is_not_tried() -> None:
    with pytest.raises(NotSent) as refused:
        mail.send(out(to="priya\n@patients.example"))
    assert not refused.value.again
    assert django_mail.outbox == []
