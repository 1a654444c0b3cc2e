"""Whoever sits at a live socket: let in once, looked up again for as long as it is open, trimmed or shown out.

A reader takes messages, a pump does what is due and is the only one that writes; the hub only wakes it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import structlog

from clinic.core.errors import TooMany
from clinic.live import hub as hubs
from clinic.live.doors import Guest
from clinic.live.sockets import FAULT, SERVER_STOPS, TOO_FAST, TOO_SLOW, Closed, Line, Message

Ask = Callable[[], Guest | None]
"""Looks up who sits there: at the start, and again for as long as the socket is open."""

log = structlog.get_logger(__name__)


class Seat(ABC):
    """One open socket whose guest is known by ``ask``; ``gone`` is the code that says they may not stay."""

    __slots__ = (
        "_again", "_ask", "_beats", "_check_task", "_ended", "_gone", "_line", "_main", "_wake", "guest", "hospital_id",
        "hub", "marks",
    )  # fmt: skip

    def __init__(self, line: Line, ask: Ask, gone: int) -> None:
        self._line = line
        self._ask = ask
        self._gone = gone
        self._main: asyncio.Task[Any] | None = asyncio.current_task()
        self._ended: int | None = None
        self._wake = asyncio.Event()
        self._beats = False
        self._again = False
        self._check_task: asyncio.Task[None] | None = None
        self.hub = hubs.current()

    async def run(self) -> None:
        """From the accepted handshake to the end."""
        try:
            guest = await self.hub.look(self._ask)
        except TooMany:
            await self._line.close(TOO_FAST)
            return
        if guest is None:
            await self._line.close(self._gone)
            return
        self._let_in(guest)
        await self.hub.enter(self)
        pump = asyncio.create_task(self._pump())
        code: int | None = None
        try:
            while True:
                self._take(await self._line.next())
        except Closed as end:
            code = end.code
        except asyncio.CancelledError:
            if self._ended is None or self._main is None:
                raise
            self._main.uncancel()  # it was us, to get away from waiting for a message
            code = self._ended
        finally:
            pump.cancel()
            if self._check_task is not None:
                self._check_task.cancel()
            self.hub.leave(self)
            self._left()
        if code is not None:
            await self._line.close(code)

    def _let_in(self, guest: Guest) -> None:
        self.guest = guest
        self.hospital_id = guest.hospital_id
        self.marks = guest.marks

    def _end(self, code: int) -> None:
        """Show out, from whatever task."""
        if self._ended is None and self._main is not None:
            self._ended = code
            self._main.cancel()

    # -- what the sockets differ in --

    @abstractmethod
    def _take(self, message: Message) -> None:
        """A message has come; raises Closed with the code it has earned."""

    @abstractmethod
    async def _work(self) -> None:
        """Write what is due; called after each waking."""

    @abstractmethod
    def _trim(self, guest: Guest) -> None:
        """Go on with other rights."""

    @abstractmethod
    def _left(self) -> None:
        """The socket has ended: give back what was taken."""

    # -- what the hub says --

    def beat(self) -> None:
        if self._line.is_stuck():
            self._end(TOO_SLOW)
        self._beats = True
        self._wake.set()

    def look_again(self) -> None:
        self._again = True
        if self._check_task is None or self._check_task.done():
            self._check_task = asyncio.create_task(self._check())

    def stop(self) -> None:
        self._end(SERVER_STOPS)

    async def _check(self) -> None:
        while self._again:
            self._again = False
            try:
                guest = await self.hub.look(self._ask)
            except Exception:  # a database that is away for a moment signs nobody out; asked again in 30 s
                log.exception("socket.check_failed", hospital=str(self.hospital_id))
                return
            if guest is None or (guest.hospital_id, guest.actor.id) != (self.hospital_id, self.guest.actor.id):
                self._end(self._gone)
                return
            if guest != self.guest:
                self._trim(guest)

    async def _pump(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._work()
        except Closed as end:
            self._end(end.code or TOO_SLOW)
        except Exception:
            log.exception("socket.failed", hospital=str(self.hospital_id))
            self._end(FAULT)
