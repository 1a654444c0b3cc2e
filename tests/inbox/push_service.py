"""A push service on this computer, and a browser with its own keys that can read what the service was handed."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clinic.inbox.endpoints import decoded, written


@dataclass
class Handed:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Service:
    """Answers each path with a status of its own, and keeps what it was handed."""

    url: str = ""
    answers: dict[str, int] = field(default_factory=dict)
    got: list[Handed] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [one.path for one in self.got]


class Browser:
    """What a browser keeps to itself, and the three words of it that a page sends."""

    def __init__(self, service: str, path: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.secret = os.urandom(16)
        self.endpoint = f"{service}{path}"

    @property
    def p256dh(self) -> str:
        return written(self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def says(self) -> dict[str, str]:
        return {"endpoint": self.endpoint, "p256dh": self.p256dh, "auth": written(self.secret)}

    def reads(self, body: bytes) -> dict[str, Any]:
        told = http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        read: dict[str, Any] = json.loads(told)
        return read


@contextmanager
def running() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.got.append(Handed(self.path, dict(self.headers), body))
            status = service.answers.get(self.path, 201)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{service.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


def claims(header: str) -> tuple[dict[str, Any], str]:
    """What a signature says, and the public key it names."""
    given = dict(part.split("=", 1) for part in header.removeprefix("vapid ").split(","))
    return json.loads(decoded(given["t"].split(".")[1])), given["k"]
