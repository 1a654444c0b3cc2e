"""The hub: one per event loop, made at the first socket. It hears the bell, looks at the clock itself, and has two
threads that render and two that look things up; whoever sits at a screen only ever waits for the own socket.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, ParamSpec, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from django.db import connections

from clinic.core import memory
from clinic.live import bell, doors, ears
from clinic.live.wards import Member, Ward

P = ParamSpec("P")
T = TypeVar("T")

BEAT = 15
"""Seconds between heartbeats of a socket."""
RECHECK = 30
"""Seconds after which every socket's rights are looked up again."""
GIVE_BACK = 60
"""Seconds after which what was freed goes back to the system."""
RENDER_THREADS = 2
LOOK_THREADS = 2

log = structlog.get_logger(__name__)


def _with_own_connection(run: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run in a worker thread: no transaction, no broken connection and no pooled one is left behind."""
    try:
        return run(*args, **kwargs)
    finally:
        for connection in connections.all(initialized_only=True):
            if connection.vendor != "sqlite" or connection.errors_occurred:
                connection.close_if_unusable_or_obsolete()  # a file costs 0.5 ms to open and is nobody else's: kept


class _Crew(ThreadPoolExecutor):
    """Threads with database connections of their own, which end with them."""

    def __init__(self, size: int, name: str) -> None:
        super().__init__(size, name)
        self.size = size

    def close(self) -> None:
        """Close each thread's connections in that thread, then end."""
        meet = threading.Barrier(self.size)

        def leave() -> None:
            try:
                meet.wait(2)  # so that no thread takes two of these
            finally:
                connections.close_all()

        for _ in range(self.size):
            self.submit(leave)
        self.shutdown(wait=True)


class Hub:
    """All that one event loop shows."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.wards: dict[UUID, Ward] = {}
        self.marked: dict[str, set[Member]] = {}
        self.busy = asyncio.Event()
        self.is_ending = False
        """The server stops: event streams end, or it would wait for them for ever."""
        self._rooms: list[set[Member]] = [set() for _ in range(BEAT)]
        self._next_room = 0
        self._drawers = _Crew(RENDER_THREADS, "live-draw")
        self._lookers = _Crew(LOOK_THREADS, "live-look")
        self._tasks = [
            self.loop.create_task(work) for work in (self._tick(), ears.look(self), ears.listen_to_redis(self))
        ]
        bell.listen(self._on_bell)

    # -- the bell --

    def _on_bell(self, rung: bell.Bell) -> None:
        """In the thread that committed."""
        self.loop.call_soon_threadsafe(self.heard, rung.hospital_id, rung.seq)

    def heard(self, hospital_id: UUID, seq: int) -> None:
        ward = self.wards.get(hospital_id)
        if ward is not None:
            ward.heard(seq)

    def look_everywhere(self) -> None:
        """After a time in which bells may have been lost."""
        for ward in self.wards.values():
            ward.ring()

    # -- who is there --

    def ward(self, hospital_id: UUID) -> Ward:
        ward = self.wards.get(hospital_id)
        if ward is None:
            ward = self.wards[hospital_id] = Ward(self, hospital_id)
            self.busy.set()
            ward.ring()  # begin to read before anything is shown: what happens from here on is not missed
        return ward

    async def enter(self, member: Member) -> None:
        """A socket has come in."""
        platform = await self.look(doors.doors().platform_id)
        for hospital_id in {member.hospital_id, platform or member.hospital_id}:
            self.ward(hospital_id).members.add(member)
        for mark in member.marks:
            self.marked.setdefault(mark, set()).add(member)
        self._rooms[self._next_room].add(member)
        self._next_room = (self._next_room + 1) % BEAT

    def leave(self, member: Member) -> None:
        for ward in self.wards.values():
            ward.members.discard(member)
        for mark in member.marks:
            sockets = self.marked.get(mark, set())
            sockets.discard(member)
            if not sockets:
                self.marked.pop(mark, None)
        for room in self._rooms:
            room.discard(member)

    def members_of(self, marks: Iterable[str]) -> list[Member]:
        return [member for mark in marks for member in self.marked.get(mark, ())]

    # -- threads --

    async def draw(self, run: Callable[..., T], *args: Any) -> T:
        return await self.loop.run_in_executor(self._drawers, _with_own_connection, run, *args)

    async def look(self, run: Callable[..., T], *args: Any) -> T:
        """For what is not a render: rights, the log for streams, commands."""
        return await self.loop.run_in_executor(self._lookers, _with_own_connection, run, *args)

    # -- time --

    async def _tick(self) -> None:
        """Each second the sockets of one room beat, so that 500 of them never do at once."""
        second = 0
        while True:
            await asyncio.sleep(1)
            second += 1
            try:
                self._beat(self._rooms[second % BEAT], recheck=second // BEAT % (RECHECK // BEAT) == 0)
                self._tidy()
                if second % GIVE_BACK == 0:
                    self._lookers.submit(memory.give_back)
            except Exception:  # without beats every page would think its socket dead
                log.exception("hub.tick_failed")

    def _beat(self, room: set[Member], *, recheck: bool) -> None:
        for member in list(room):
            member.beat()
            if recheck:
                member.look_again()

    def _tidy(self) -> None:
        now = self.loop.time()
        for hospital_id, ward in list(self.wards.items()):
            ward.tidy(now)
            if ward.is_empty:
                del self.wards[hospital_id]
        if not self.wards:
            self.busy.clear()

    # -- the end --

    def end_all(self) -> None:
        """The server stops: show everybody out, who will come back. Safe in a signal handler and from any thread."""
        self.loop.call_soon_threadsafe(self._end_all)

    def _end_all(self) -> None:
        self.is_ending = True
        for member in [member for room in self._rooms for member in room]:
            member.stop()

    async def stop(self) -> None:
        """Stop looking and listening and close the threads' connections: before a test's database goes, for example."""
        bell.forget(self._on_bell)
        self._end_all()
        left = {*self._tasks, *(ward.task for ward in self.wards.values() if ward.task is not None)}
        while left:
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=0.5)  # again: Redis' client may swallow it while it connects
        _hubs.pop(self.loop, None)
        await asyncio.to_thread(self._drawers.close)
        await asyncio.to_thread(self._lookers.close)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current() -> Hub:
    """The running loop's hub."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = Hub()
        _end_on_signal(hub)
    return hub


def running() -> Hub | None:
    """The running loop's hub if there is one."""
    return _hubs.get(asyncio.get_running_loop())


def _end_on_signal(hub: Hub) -> None:
    """Hear of the server's end before the server waits for its connections: no ASGI message comes in time for that."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)
        if not callable(before):  # default or ignored: nobody stops in an orderly way, so nobody waits either
            continue

        def handle(
            received: int, frame: FrameType | None, before: Callable[[int, FrameType | None], Any] = before
        ) -> None:
            hub.end_all()
            before(received, frame)

        signal.signal(number, handle)
