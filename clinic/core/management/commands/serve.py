"""``manage.py serve``: the whole product from one command.

Two processes: this one answers pages, API and sockets; its child (core/child.py) does the tasks. ``--web-only`` is the
same server for production, where the worker and beat are their own processes and migrations are run before.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.urls import get_resolver

from clinic.core import environment, running, statics
from clinic.core.child import Child

GRACE = 3  # seconds that open answers have at the end; an event stream would otherwise never let the server end


class Command(BaseCommand):
    help = "Prepare the database, then serve pages, API and sockets, with the worker as a child process."
    requires_system_checks: list[str] = []  # migrate makes them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="fill an empty database with a demo hospital")
        parser.add_argument("--web-only", action="store_true", help="no migration, no worker: one of many processes")

    def handle(self, *args: Any, **options: Any) -> None:
        self.interrupted = False
        signal.signal(signal.SIGINT, self._interrupt)
        try:
            self._serve(**options)
        except KeyboardInterrupt:
            self.stdout.write("")  # Ctrl-C while starting: nothing is half done that the next start does not do again

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        # Remembered as well as raised: what is raised inside an import or a finalizer may be swallowed there.
        self.interrupted = True
        raise KeyboardInterrupt

    def _serve(self, *, demo: bool, web_only: bool, **_: Any) -> None:
        # HOST and PORT come from the environment alone: the origins that may open sockets hang on them.
        entrance = _entrance(settings.ENVIRONMENT.host, settings.ENVIRONMENT.port)
        if web_only:
            self._answer(entrance)
            return
        with contextlib.ExitStack() as leaving:
            leaving.callback(os.close, self._claim())
            self._prepare(demo)
            child = Child(environment.BASE_DIR)
            leaving.callback(child.stop)
            child.start()
            self._answer(entrance)

    def _claim(self) -> int:
        try:
            return running.claim(Path(settings.DATA_DIR))
        except running.AlreadyRunning as wrong:
            raise CommandError(f"{wrong} Give this one its own DATA_DIR, or stop the other.") from None

    def _prepare(self, demo: bool) -> None:
        for folder in ("queue", "control"):
            (settings.BROKER_FOLDER / folder).mkdir(parents=True, exist_ok=True)
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except DatabaseError as wrong:
            raise CommandError(f"The database cannot be used: {str(wrong).strip().splitlines()[0]}") from None
        if not settings.DEBUG:
            statics.collect_if_changed()
        if demo and "demo" in get_commands():
            call_command("demo", "--if-empty")

    def _answer(self, entrance: socket.socket) -> None:
        import uvicorn

        _ = get_resolver().url_patterns  # what cannot be imported ends the start, instead of every request
        config = uvicorn.Config(
            "clinic.asgi:application",
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,  # frames are small, a compressor per socket is not
            timeout_graceful_shutdown=GRACE,
        )
        server = uvicorn.Server(config)
        _stop_on_signals(server)
        if self.interrupted:
            raise KeyboardInterrupt
        self.stdout.write(f"Clinicflow is at {settings.PUBLIC_URL}  (Ctrl-C ends it)")
        self.stdout.flush()
        server.run(sockets=[entrance])


def _stop_on_signals(server: Any) -> None:
    """Signals end the server in order; a second one ends it at once.

    uvicorn's own handling raises the signal again after its shutdown, so nothing behind it would run. The handlers are
    set before the loop starts because the hub puts its own in front of them (live/hub.py).
    """

    def stop(number: int, frame: FrameType | None) -> None:
        server.force_exit = server.should_exit
        server.should_exit = True

    server.capture_signals = contextlib.nullcontext
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _entrance(host: str, port: int) -> socket.socket:
    """The listening address, taken before anything else, so that a used port is told at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    entrance = socket.socket(family, socket.SOCK_STREAM)
    entrance.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        entrance.bind((host, port))
    except OSError as wrong:
        entrance.close()
        raise CommandError(f"{host}:{port} cannot be listened on ({wrong.strerror}); choose another PORT.") from None
    return entrance
