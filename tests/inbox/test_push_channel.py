"""Notices on phones: what leaves reads nobody but the browser, and what each answer of a push service means."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from pytest_django import Settings

from clinic.inbox import endpoints, vapid
from clinic.inbox.channels import NotSent, Outgoing, push
from clinic.inbox.models import PushSubscription
from tests.inbox.push_service import Browser, Service, claims, running

KEY = vapid.make()


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    with running() as made:
        settings.VAPID_PRIVATE_KEY = KEY
        settings.DEFAULT_FROM_EMAIL = "Clinicflow <clinic@example.org>"
        settings.PUSH_STAND_INS = [made.url]
        yield made


def phone(browser: Browser) -> PushSubscription:
    return PushSubscription(purpose="status", about="visit:1", **browser.says())


def out(*browsers: Browser, **more: Any) -> Outgoing:
    given: dict[str, Any] = {
        "id": "0198c5f2", "to": "", "sender": "Harbor Clinic", "reply_to": "", "language": "en", "subject": "Your turn",
        "text": "", "short": "", "html": "", "stop_url": "", "say": "A-012: it is your turn.", "urgent": True,
        "url": "https://clinic.example.org/s/abc/", "seconds": 240, "topic": "t" * 32,
        "phones": tuple(map(phone, browsers)),
    }  # fmt: skip
    return Outgoing(**given | more)


def test_only_the_browser_reads_what_it_is_told(service: Service) -> None:
    browser, other = Browser(service.url, "/one"), Browser(service.url, "/other")
    assert push.send(out(browser)) == "1 of 1"
    (handed,) = service.got
    assert browser.reads(handed.body) == {
        "title": "Harbor Clinic", "body": "A-012: it is your turn.", "url": "/s/abc/", "tag": "t" * 32, "lang": "en",
        "urgent": True,
    }  # fmt: skip
    assert b"A-012" not in handed.body
    with pytest.raises(http_ece.ECEException):
        other.reads(handed.body)
    assert handed.headers["Content-Encoding"] == "aes128gcm"
    assert (handed.headers["TTL"], handed.headers["Urgency"], handed.headers["Topic"]) == ("240", "high", "t" * 32)


def test_every_notice_is_as_long_as_every_other(service: Service) -> None:
    for say in ("No", "A-012: " + "please wait, " * 20):
        push.send(out(Browser(service.url, "/one"), say=say))
    first, second = (len(one.body) for one in service.got)
    assert first == second < 4096


def test_the_push_service_knows_us_by_our_key(service: Service) -> None:
    push.send(out(Browser(service.url, "/one")))
    header = service.got[0].headers["Authorization"]
    said, key = claims(header)
    assert Vapid02.verify(header)
    assert key == vapid.public_of(KEY)
    assert (said["aud"], said["sub"]) == (service.url, "mailto:clinic@example.org")
    assert 0 < said["exp"] - time.time() <= 24 * 60 * 60


@pytest.mark.parametrize(
    ("status", "again"), [(400, False), (403, False), (413, False), (302, False), (429, True), (503, True)]
)
def test_what_a_push_service_surely_did_not_take(service: Service, status: int, again: bool) -> None:
    service.answers["/one"] = status
    with pytest.raises(NotSent) as refused:
        push.send(out(Browser(service.url, "/one")))
    assert refused.value.again == again
    assert service.paths() == ["/one"], "no redirect is followed"


def test_what_nobody_knows(service: Service) -> None:
    service.answers["/one"] = 500
    with pytest.raises(HTTPException):
        push.send(out(Browser(service.url, "/one")))


@pytest.mark.parametrize("status", [404, 410])
def test_a_phone_that_is_gone_is_named(service: Service, status: int) -> None:
    service.answers["/gone"] = status
    gone, there = Browser(service.url, "/gone"), Browser(service.url, "/there")
    message = out(gone, there)
    assert push.send(message) == "1 of 2"
    assert [one.endpoint for one in message.gone] == [gone.endpoint]


def test_one_phone_is_enough_and_none_is_not(service: Service) -> None:
    service.answers["/odd"] = 500
    assert push.send(out(Browser(service.url, "/odd"), Browser(service.url, "/one"))) == "1 of 2"
    with pytest.raises(NotSent) as refused:
        push.send(out())
    assert not refused.value.again


def test_a_service_that_is_away_is_surely_not_told(service: Service, settings: Settings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{free.getsockname()[1]}"
    settings.PUSH_STAND_INS = [away]
    with pytest.raises(NotSent) as refused:
        push.send(out(Browser(away, "/one")))
    assert refused.value.again


def test_a_service_that_answers_a_byte_at_a_time_is_cut_off(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAPID_PRIVATE_KEY = KEY
    monkeypatch.setattr(push, "TOGETHER", 0.3)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            near, _from = listening.accept()
            with near:
                while not ended.wait(0.05):
                    try:
                        near.send(b"H")
                    except OSError:
                        return

        threading.Thread(target=drip, daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings.PUSH_STAND_INS = [url]
        before = time.monotonic()
        with pytest.raises((HTTPException, OSError)):
            push.send(out(Browser(url, "/one")))
        ended.set()
    assert time.monotonic() - before < 5


# --- where nobody is called ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "known"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:def", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/gAAA", True),
        ("https://web.push.apple.com/QGd", True),
        ("https://wns2-par02p.notify.windows.com/w/?token=BQY%2f", True),
        ("https://FCM.googleapis.com:443/x", True),
        ("http://fcm.googleapis.com/x", False),
        ("https://fcm.googleapis.com:8443/x", False),
        ("https://me@fcm.googleapis.com/x", False),
        ("https://fcm.googleapis.com@127.0.0.1/x", False),
        ("https://fcm.googleapis.com.example.org/x", False),
        ("https://evil-push.apple.com.example.org/x", False),
        ("https://push.apple.com/x", False),
        ("https://evilpush.apple.com/x", False),
        ("https://127.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://localhost/x", False),
        ("http://127.0.0.1:9/x", False),
        ("https://fcm.googleapis.com\\@127.0.0.1/x", False),
        ("https://fcm.googleapis.com/a b", False),
        ("https://fcm.googleapis.com/\r\nHost: x", False),
        ("https://fcm.googleapis.com/ü", False),
        ("https://fcm.googleapis.com:port/x", False),
        ("file:///etc/passwd", False),
        ("", False),
        ("https://fcm.googleapis.com/" + "x" * 1000, False),
    ],
)
def test_only_push_services_are_called(endpoint: str, known: bool) -> None:
    assert endpoints.is_known(endpoint) == known


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "none"],
)  # fmt: skip
def test_a_listed_name_that_leads_into_our_own_network_is_not_called(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Whoever answers for the name (a poisoned resolver, a changed record): nothing is connected."""
    settings.VAPID_PRIVATE_KEY = KEY
    answers = [(0, 0, 0, "", ("142.250.1.1", 443)), (0, 0, 0, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: answers)
    monkeypatch.setattr(socket, "create_connection", lambda *args: pytest.fail("connected"))
    with pytest.raises(NotSent) as refused:
        push.send(out(Browser("https://fcm.googleapis.com", "/fcm/send/abc")))
    assert not refused.value.again


def test_the_address_that_was_looked_at_is_the_one_that_is_called(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAPID_PRIVATE_KEY = KEY
    asked: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: [(0, 0, 0, "", ("142.250.1.1", 443))])

    def connect(address: Any, timeout: float) -> Any:
        asked.append((address, timeout))
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NotSent) as refused:
        push.send(out(Browser("https://fcm.googleapis.com", "/fcm/send/abc")))
    assert refused.value.again
    assert asked == [(("142.250.1.1", 443), push.TIMEOUT)]


def test_a_service_that_is_no_longer_on_the_list_is_not_called(settings: Settings) -> None:
    settings.VAPID_PRIVATE_KEY = KEY
    settings.PUSH_SERVICES = ["push.example.org"]
    with pytest.raises(NotSent) as refused:
        push.send(out(Browser("https://fcm.googleapis.com", "/fcm/send/abc")))
    assert not refused.value.again


# --- keys ------------------------------------------------------------------------------------------------------------


def test_the_public_half_belongs_to_the_private_one() -> None:
    key = vapid.make()
    assert len(endpoints.decoded(key)) == 32
    point = endpoints.decoded(vapid.public_of(key))
    assert len(point) == 65
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def test_what_is_no_browsers_key_is_seen() -> None:
    good = Browser("https://fcm.googleapis.com", "/x").says()
    assert endpoints.are_keys(good["p256dh"], good["auth"])
    off_the_curve = endpoints.written(b"\x04" + b"\x01" * 64)
    for p256dh, auth in (
        (off_the_curve, good["auth"]), ("", good["auth"]), (good["p256dh"], ""), (good["p256dh"], "AAAA"),
        (good["p256dh"] + "AA", good["auth"]), ("ü", good["auth"]), (good["auth"], good["auth"]),
    ):  # fmt: skip
        assert not endpoints.are_keys(p256dh, auth)
