"""Browsers against the real server: uvicorn on a thread of this process, Chromium, and the world of the tests.

A run of its own (``make test-browser``): Playwright keeps an event loop in this thread, so Django has to be told that
queries from here are meant (DJANGO_ALLOW_ASYNC_UNSAFE).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from clinic.live import hub as hubs
from clinic.live import render
from tests import world as worlds
from tests.world import House, World

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
STARTS_WITHIN = 20.0


class Server:
    """The application on a port of its own, in a daemon thread."""

    def __init__(self) -> None:
        config = uvicorn.Config(
            "clinic.asgi:application", host="127.0.0.1", port=0, ws="websockets-sansio", lifespan="off",
            log_config=None, access_log=False, timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="browser-server", daemon=True)

    def _run(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        await self._server.serve()
        running = hubs.running()
        if running is not None:
            await running.stop()  # before the database goes

    def start(self) -> None:
        self._thread.start()
        until = time.monotonic() + STARTS_WITHIN
        while not self._server.started:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.02)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    @property
    def url(self) -> str:
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def server(django_db_setup: None) -> Iterator[Server]:
    running = Server()
    running.start()
    settings.ALLOWED_ORIGINS = [*settings.ALLOWED_ORIGINS, running.url]
    yield running
    running.stop()


@pytest.fixture
def world(transactional_db: None) -> World:
    """Harbor and Hilltop, visible to the server's threads."""
    render.forget()
    return worlds.build()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("Chromium is needed: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield browser
        browser.close()


class Hall:
    """Browsers side by side, each a context of its own."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self.contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    def open(
        self, path: str, *, role: str = "", house: House | None = None, width: int = 1440, height: int = 900,
        theme: str = "", script: bool = True, session: str = "", **options: Any,
    ) -> Page:  # fmt: skip
        """A new browser at this address; with a role signed in at the house, or with a session of its own."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, base_url=self.url, java_script_enabled=script, **options
        )
        self.contexts.append(context)
        cookies = {"look": theme} if theme else {}
        if role:
            assert house is not None
            session = signed_in(house, role)
        if session:
            cookies[settings.SESSION_COOKIE_NAME] = session
        context.add_cookies([{"name": name, "value": value, "url": self.url} for name, value in cookies.items()])
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"{path}: {error}"))
        page.on("console", lambda said: self.faults.append(f"{path}: {said.text}") if _is_fault(said) else None)
        page.goto(path)
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.close()


def _is_fault(said: Any) -> bool:
    """What a browser complains about: scripts, and whatever the content policy refused. A refused act is none."""
    refused = "the server responded with a status of" in said.text or "WebSocket connection" in said.text
    gone = "net::ERR_" in said.text  # a test has cut the line
    return said.type == "error" and not refused and not gone


def signed_in(house: House, role: str) -> str:
    """The session key of a member who has signed in."""
    client = Client()
    client.force_login(house.users[role], backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def hall(server: Server, chromium: Browser, world: World) -> Iterator[Hall]:
    """Browsers for a test. No script may have failed and nothing may have been refused by the content policy."""
    opened = Hall(chromium, server.url)
    yield opened
    opened.close()
    assert opened.faults == []
