"""Notices on phones (web push): encrypted for one browser, handed to its push service, and shown by our worker there.

The push service reads nothing and learns which phone is told something and when. A message is sent if one of the
phones took it; what surely reached none of them may go another way.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from contextlib import suppress
from email.utils import parseaddr
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from clinic.inbox import endpoints
from clinic.inbox.channels import NotSent, Outgoing, Way
from clinic.inbox.models import PushSubscription

TIMEOUT = 10.0
TOGETHER = 20.0
"""Seconds one phone may take in all: a service that answers a byte at a time holds nobody up."""
GONE = {404, 410}
AGAIN = {429, 503}
ROOM = 2048
"""Every notice is as long as every other, whatever it says; services take 4096 bytes."""
LONGEST = 400
SIGNED_FOR = 12 * 60 * 60


class Gone(NotSent):
    """The browser took its word back, or is no more."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}", again=False)


def provider() -> Way | None:
    """Who sends notices; None where no key is set up."""
    return send if settings.VAPID_PRIVATE_KEY else None


def send(message: Outgoing) -> str:
    """Hand the notice to each phone; ``message.gone`` are those that are no more afterwards."""
    told = _told(message)
    taken, refused, unknown = 0, list[NotSent](), list[Exception]()
    for phone in message.phones:
        try:
            _hand_over(phone, told, message)
            taken += 1
        except Gone as error:
            message.gone.append(phone)
            refused.append(error)
        except NotSent as error:
            refused.append(error)
        except Exception as error:  # noqa: BLE001 (the others are told all the same)
            unknown.append(error)
    if taken:
        return f"{taken} of {len(message.phones)}"
    if unknown:
        raise unknown[0]
    raise NotSent(str(refused[0]) if refused else "no phone", again=any(error.again for error in refused))


def _told(message: Outgoing) -> bytes:
    """What the worker in the browser is told (static/js/push-worker.js): nothing but this, and the page it opens."""
    told = {
        "title": message.sender[:100], "body": message.say[:LONGEST], "url": urlsplit(message.url).path or "/",
        "tag": message.topic, "lang": message.language, "urgent": message.urgent,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False).encode().ljust(ROOM)


def _hand_over(phone: PushSubscription, told: bytes, message: Outgoing) -> None:
    body = encrypted(told, phone)
    headers = {
        "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream", "TTL": str(message.seconds),
        "Urgency": "high" if message.urgent else "normal", "Topic": message.topic,
        **signature(phone.endpoint),
    }  # fmt: skip
    status = _post(phone.endpoint, body, headers)
    if 200 <= status < 300:
        return
    if status in GONE:
        raise Gone(status)
    if status in AGAIN or 300 <= status < 500:
        raise NotSent(f"HTTP {status}", again=status in AGAIN)
    raise HTTPException(f"HTTP {status}")


def encrypted(told: bytes, phone: PushSubscription) -> bytes:
    """The text as only this browser can read it (RFC 8291)."""
    import http_ece

    key = ec.generate_private_key(ec.SECP256R1())
    body: bytes = http_ece.encrypt(
        told, private_key=key, dh=endpoints.decoded(phone.p256dh), auth_secret=endpoints.decoded(phone.auth),
        version="aes128gcm",
    )  # fmt: skip
    return body


def signature(endpoint: str) -> dict[str, str]:
    """That it is us who sends (RFC 8292), for this push service alone."""
    from py_vapid import Vapid02

    parts = urlsplit(endpoint)
    signer = Vapid02.from_raw(settings.VAPID_PRIVATE_KEY.encode())
    signer.conf["no-strict"] = True  # its rule of what an address looks like is narrower than mail's
    signed: dict[str, str] = signer.sign({
        "aud": f"{parts.scheme}://{parts.netloc}", "exp": int(time.time()) + SIGNED_FOR,
        "sub": f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}",
    })  # fmt: skip
    return signed


def _post(endpoint: str, body: bytes, headers: dict[str, str]) -> int:
    """One request, no redirect followed, no answer read. What fails before it left is surely not sent."""
    parts = urlsplit(endpoint)
    if not endpoints.is_known(endpoint):
        raise NotSent("no push service", again=False)  # the list is another one by now
    connection = _connected(endpoint)
    watch = threading.Timer(TOGETHER, _cut, [connection])
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
        return connection.getresponse().status
    finally:
        watch.cancel()
        connection.close()


def _cut(connection: HTTPConnection) -> None:
    with suppress(OSError, AttributeError):  # it has ended by itself meanwhile
        connection.sock.shutdown(socket.SHUT_RDWR)  # wakes who reads; closing would not


def _connected(endpoint: str) -> HTTPConnection:
    """A connection to the very address that was looked at; a name asked again might lead into our own network."""
    parts = urlsplit(endpoint)
    host, port = parts.hostname or "", parts.port or 443
    try:
        if endpoints.is_stand_in(endpoint):
            near = HTTPConnection(host, port, timeout=TIMEOUT)
            near.connect()
            return near
        found = endpoints.addresses(host, port)
        if not found:
            raise NotSent("not a public address", again=False)
        far = HTTPSConnection(host, port, timeout=TIMEOUT)
        plain = socket.create_connection((found[0], port), TIMEOUT)
        far.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except OSError as error:
        raise NotSent(type(error).__name__, again=True) from error
    return far
