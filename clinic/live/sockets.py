"""What page sockets and streams have in common: the handshake, the limits on what comes in, and one way out.

Plain ASGI applications: they run under uvicorn and daphne, and a socket costs two tasks and no channel.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any

import structlog
from django.conf import settings

from clinic.live.snapshots import as_json

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

NOT_UNDERSTOOD, SIGNED_OUT, FORBIDDEN, NO_SUCH_LINK, NO_SIGN_IN, TOO_BIG, TOO_FAST, TOO_SLOW = (
    4400, 4401, 4403, 4404, 4408, 4413, 4429, 4008,
)  # fmt: skip
FAULT, SERVER_STOPS = 1011, 1012
MESSAGE_BYTES = 16 * 1024
MESSAGES_A_SECOND = 10
STUCK = 30.0
"""Seconds a client may leave its line full before it is cut."""

AT_THE_END = 1.0
"""Seconds to bring the reason out before the line is cut."""

SENTENCES = {
    NOT_UNDERSTOOD: "not understood",
    SIGNED_OUT: "signed out",
    FORBIDDEN: "not allowed",
    NO_SUCH_LINK: "no such link",
    NO_SIGN_IN: "no sign-in came",
    TOO_BIG: "message over 16 KB",
    TOO_FAST: "more than 10 messages a second",
    TOO_SLOW: "too slow",
    FAULT: "something went wrong here",
    SERVER_STOPS: "the server stops",
}

log = structlog.get_logger(__name__)


class Closed(Exception):
    """The line has ended, or is to be ended with this code."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(code)
        self.code = code


def headers_of(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}


def cookies_of(scope: Scope) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(headers_of(scope).get("cookie", "")).items()}
    except CookieError:
        return {}


def address_of(scope: Scope) -> str:
    """Where the caller is, as the server has it (behind a proxy: what the proxy is trusted to say)."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def is_allowed_origin(scope: Scope, *, missing: bool) -> bool:
    """Whether the page that opened this stands at one of our own addresses, scheme and port included.

    ``missing``: what counts for a client that names none (it is no browser).
    """
    origin = headers_of(scope).get("origin")
    return missing if origin is None else origin.lower() in {allowed.lower() for allowed in settings.ALLOWED_ORIGINS}


def stamp() -> str:
    """The server's clock, as pages set theirs by it: RFC 3339 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Line:
    """One socket's line: reads messages within limits, writes with the server's back-pressure, closes once."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self._came: deque[float] = deque(maxlen=MESSAGES_A_SECOND)
        self.is_open = False
        self.writing_since = 0.0
        """When the write that is under way began, 0 if none is: a timer for each write would cost more than it."""

    async def connect(self) -> None:
        if (await self._receive())["type"] != "websocket.connect":
            raise Closed

    async def accept(self, subprotocol: str | None = None) -> None:
        await self._write({"type": "websocket.accept", "subprotocol": subprotocol})
        self.is_open = True

    async def refuse(self) -> None:
        """Answer the handshake with 403."""
        await self._write({"type": "websocket.close", "code": FORBIDDEN})

    async def next(self) -> Message:
        """The next message; raises Closed when the other side has gone, or with the code it has earned."""
        received = await self._receive()
        if received["type"] != "websocket.receive":
            self.is_open = False
            raise Closed
        text = received.get("text")
        now = asyncio.get_running_loop().time()
        if len(self._came) == MESSAGES_A_SECOND and now - self._came[0] < 1:
            raise Closed(TOO_FAST)
        self._came.append(now)
        if len(text or received.get("bytes") or "") > MESSAGE_BYTES or len((text or "").encode()) > MESSAGE_BYTES:
            raise Closed(TOO_BIG)
        try:
            message = json.loads(text or "")
        except (ValueError, RecursionError):
            raise Closed(NOT_UNDERSTOOD) from None
        if not isinstance(message, dict):
            raise Closed(NOT_UNDERSTOOD)
        return message

    async def say(self, text: str) -> None:
        """Send a text; waits while the line is full (``is_stuck``), and raises Closed if nobody is there any more."""
        self.writing_since = asyncio.get_running_loop().time()
        await self._write({"type": "websocket.send", "text": text})
        self.writing_since = 0.0

    def is_stuck(self) -> bool:
        """Whether the client has left its line full for too long."""
        return 0 < self.writing_since < asyncio.get_running_loop().time() - STUCK

    async def close(self, code: int) -> None:
        """Say why, then close; a line that has ended already is left alone."""
        if not self.is_open:
            return
        self.is_open = False
        error = {"code": f"live.{code}", "message": SENTENCES.get(code, "")}
        try:
            async with asyncio.timeout(AT_THE_END):
                await self._write({"type": "websocket.send", "text": as_json({"error": error})})
                await self._write({"type": "websocket.close", "code": code})
        except (Closed, TimeoutError):
            pass

    async def _write(self, message: Message) -> None:
        try:
            await self._send(message)
        except (OSError, RuntimeError) as error:  # the servers' ways to say that nobody is there any more
            self.is_open = False
            raise Closed from error
