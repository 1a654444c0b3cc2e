"""Sockets for tests: a page that behaves as live.js does, and acts that happen in another thread."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, TypeVar

from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import connections
from django.test import Client

from clinic.live.routing import websocket_urlpatterns
from tests.live.helpers import Reducer
from tests.world import House

T = TypeVar("T")
ORIGIN = b"http://testserver"
application = URLRouter(websocket_urlpatterns)  # type: ignore[arg-type]


async def elsewhere(run: Callable[[], T]) -> T:
    """Run in another thread, as a request does, with a connection that is closed after it."""

    def work() -> T:
        try:
            return run()
        finally:
            connections.close_all()

    return await asyncio.to_thread(work)


def sign_in(house: House, role: str) -> bytes:
    """The cookie header of a member who has signed in."""
    client = Client()
    client.force_login(house.users[role], backend="django.contrib.auth.backends.ModelBackend")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}".encode()


class Page:
    """One open page."""

    def __init__(self, path: str, cookie: bytes = b"", origin: bytes | None = ORIGIN, **headers: str) -> None:
        given = [(b"cookie", cookie)] if cookie else []
        given += [(b"origin", origin)] if origin is not None else []
        given += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self.line = WebsocketCommunicator(application, path, headers=given)
        self.regions: dict[str, Reducer] = {}
        self.errors: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []

    async def open(self) -> bool:
        connected, _ = await self.line.connect(timeout=5)
        return connected

    async def send(self, message: Any) -> None:
        await self.line.send_to(text_data=message if isinstance(message, str) else json.dumps(message))

    async def watch(self, *names: str, **digests: str) -> dict[str, Any]:
        """Watch, and read until the beat that says that all has come."""
        shown = {name: self.regions[name].digest if name in self.regions else "" for name in names}
        await self.send({"watch": shown | digests, "lang": "en"})
        return await self.until_beat()

    async def until_beat(self) -> dict[str, Any]:
        while True:
            message = await self.next()
            if "beat" in message:
                return message

    async def next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.line.receive_from(timeout=5))
        for frame in message.get("frames", [message]):
            self._apply(frame)
        return message

    def _apply(self, frame: dict[str, Any]) -> None:
        if "error" in frame:
            self.errors.append(frame)
        elif "region" in frame:
            self.frames.append(frame)
            region = self.regions.get(frame["region"])
            if frame.get("html") == "":
                self.regions.pop(frame["region"], None)
            elif region is None:
                self.regions[frame["region"]] = Reducer(frame["html"])
            else:
                assert region.apply(frame), "a frame that does not fit"

    async def closed(self) -> int:
        """Read to the end; the closing code."""
        while True:
            received = await self.line.receive_output(timeout=8)
            if received["type"] == "websocket.close":
                return int(received["code"])
            self.errors.append(json.loads(received["text"]))

    async def leave(self) -> None:
        await self.line.disconnect()
