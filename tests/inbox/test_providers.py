"""The extras against servers of their own on this computer: Twilio, a signed gateway, and mail services by Anymail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from anymail.exceptions import AnymailAPIError
from django.core import mail as django_mail
from pytest_django import Settings

from clinic.core import sending
from clinic.inbox.channels import NotSent, mail, sms
from tests.inbox.test_channels import OUT, out

POSTMARK = "anymail+postmark://?server_token=tok-1"
KEY = base64.b64encode(bytes(range(24))).decode()


INACTIVE = (
    "You tried to send to a recipient that has been marked as inactive. Found inactive addresses: "
    "priya@patients.example. Inactive recipients are ones that have generated a hard bounce."
)


@dataclass
class Stub:
    """A provider's server: what it answers, and what it was asked."""

    port: int = 0
    status: int = 200
    answer: bytes = b"{}"
    silent: bool = False
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def stub() -> Iterator[Stub]:
    made, ended = Stub(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if made.silent:
                ended.wait(5)
                return
            self.send_response(made.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(made.answer)))
            self.end_headers()
            self.wfile.write(made.answer)

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield made
    ended.set()
    server.shutdown()
    server.server_close()


# --- text messages ---------------------------------------------------------------------------------------------------


@pytest.fixture
def twilio(stub: Stub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Twilio's door, which is always https at its own name, moved to the stub."""
    settings.SMS_URL = "twilio://AC1:secret@/+15550100"
    plain = HTTPConnection
    monkeypatch.setattr(
        sms, "HTTPSConnection", lambda host, port, timeout: plain("127.0.0.1", stub.port, timeout=timeout)
    )
    return sms.provider()


def test_twilio_takes_a_text(stub: Stub, twilio: Any) -> None:
    stub.status, stub.answer = 201, b'{"sid": "SM1", "status": "queued"}'
    assert twilio(out(to="+33 6 55 12 34")) == "SM1"
    ((path, headers, body),) = stub.asked
    assert path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == b"AC1:secret"
    assert parse_qs(body.decode()) == {
        "To": ["+33655 1234".replace(" ", "")],
        "From": ["+15550100"],
        "Body": [OUT.short],
    }


@pytest.mark.parametrize(
    ("status", "code", "again"),
    [
        (400, 21211, False), (400, 21610, False), (401, 20003, False), (404, 20404, False),
        (429, 20429, True), (503, 20503, True),
    ],
)  # fmt: skip
def test_what_twilio_surely_did_not_send(stub: Stub, twilio: Any, status: int, code: int, again: bool) -> None:
    """A wrong number, one that said stop, a wrong token; and too much at once, or out of order."""
    stub.status = status
    stub.answer = json.dumps({"code": code, "message": "The number +33655 1234 said …", "status": status}).encode()
    with pytest.raises(NotSent) as refused:
        twilio(out(to="+33 6 55 12 34"))
    assert (refused.value.again, str(refused.value)) == (again, f"HTTP {status}")


@pytest.mark.parametrize("status", [500, 502, 504])
def test_what_nobody_knows_of_twilio(stub: Stub, twilio: Any, status: int) -> None:
    stub.status = status
    with pytest.raises(HTTPException):
        twilio(out(to="+33 6 55 12 34"))


def test_a_provider_that_never_answers_leaves_it_open(stub: Stub, twilio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.silent = True
    monkeypatch.setattr(sms, "TIMEOUT", 0.1)
    with pytest.raises(TimeoutError):
        twilio(out(to="+33 6 55 12 34"))
    assert len(stub.asked) == 1


def test_a_gateway_can_tell_that_it_is_us(stub: Stub, settings: Settings) -> None:
    settings.SMS_URL = f"webhook+http://whsec_{KEY}:token@127.0.0.1:{stub.port}/send"
    send = sms.provider()
    assert send is not None
    send(out(to="+33 6 55 12 34"))
    ((_path, headers, body),) = stub.asked
    signed = f"{OUT.id}.{headers['webhook-timestamp']}.".encode() + body
    right = base64.b64encode(hmac.new(base64.b64decode(KEY), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{right}"
    assert headers["webhook-id"] == headers["idempotency-key"] == OUT.id
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert headers["authorization"] == "Bearer token"


def test_without_a_key_nothing_is_signed(stub: Stub, settings: Settings) -> None:
    settings.SMS_URL = f"webhook+http://127.0.0.1:{stub.port}/send"
    send = sms.provider()
    assert send is not None
    send(out(to="+33 6 55 12 34"))
    assert "webhook-signature" not in stub.asked[0][1]


# --- mail by a service -----------------------------------------------------------------------------------------------


def by(settings: Settings, url: str, **more: Any) -> None:
    for name, value in sending.mail_server(url).items():
        setattr(settings, name, value)
    settings.ANYMAIL = {**settings.ANYMAIL, **more}


def test_anymail_brings_the_mail_and_tells_its_id(settings: Settings) -> None:
    by(settings, "anymail+test://")
    django_mail.outbox = []
    name = mail.send(out(to="priya@patients.example", stop_url="https://clinic.example.org/m/x/"))
    (sent,) = django_mail.outbox
    assert name == str(sent.anymail_status.message_id)
    assert sent.anymail_test_params["to"][0].addr_spec == "priya@patients.example"
    assert sent.anymail_test_params["extra_headers"]["List-Unsubscribe"] == "<https://clinic.example.org/m/x/>"


def test_a_service_is_asked_with_its_settings(stub: Stub, settings: Settings) -> None:
    by(settings, POSTMARK, POSTMARK_API_URL=f"{stub.url}/")
    stub.answer = json.dumps(
        {"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1", "To": "priya@patients.example"}
    ).encode()
    assert mail.send(out(to="priya@patients.example")) == "pm-1"
    ((path, headers, body),) = stub.asked
    assert (path, headers["x-postmark-server-token"]) == ("/email", "tok-1")
    assert json.loads(body)["To"] == "priya@patients.example"


@pytest.mark.parametrize(
    ("status", "answer", "again"),
    [
        (401, {"ErrorCode": 10, "Message": "bad token"}, False),
        (422, {"ErrorCode": 406, "Message": INACTIVE}, False),
        (422, {"ErrorCode": 300, "Message": "Illegal email address 'priya@patients.example'"}, False),
        (302, {}, False), (429, {}, True), (503, {}, True),
    ],
)  # fmt: skip
def test_what_a_service_surely_did_not_send(
    stub: Stub, settings: Settings, status: int, answer: dict[str, Any], again: bool
) -> None:
    by(settings, POSTMARK, POSTMARK_API_URL=f"{stub.url}/")
    stub.status, stub.answer = status, json.dumps(answer).encode()
    with pytest.raises(NotSent) as refused:
        mail.send(out(to="priya@patients.example"))
    assert refused.value.again == again
    assert "patients.example" not in str(refused.value), "the service's words quote the address"


@pytest.mark.parametrize(("status", "answer"), [(500, b"{}"), (502, b"<html>"), (200, b"<html>")])
def test_what_nobody_knows_of_a_service(stub: Stub, settings: Settings, status: int, answer: bytes) -> None:
    by(settings, POSTMARK, POSTMARK_API_URL=f"{stub.url}/")
    stub.status, stub.answer = status, answer
    with pytest.raises(AnymailAPIError):
        mail.send(out(to="priya@patients.example"))


def test_a_service_that_does_not_answer_may_have_it_and_one_that_is_away_has_not(
    stub: Stub, settings: Settings
) -> None:
    by(settings, POSTMARK, POSTMARK_API_URL=f"{stub.url}/", REQUESTS_TIMEOUT=0.1)
    stub.silent = True
    with pytest.raises(AnymailAPIError):
        mail.send(out(to="priya@patients.example"))
    by(settings, POSTMARK, POSTMARK_API_URL="http://127.0.0.1:9/")
    with pytest.raises(NotSent) as refused:
        mail.send(out(to="priya@patients.example"))
    assert refused.value.again
