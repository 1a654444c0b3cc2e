"""What one process shows of one hospital: the regions that are watched, and how a bell becomes frames.

A ward lives on the event loop; only what is in ``letters.py`` runs in a thread. Its flushes follow one another, so an
older state can never overtake a newer one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import structlog

from clinic.live.letters import Key, News, flush
from clinic.live.regions import Name
from clinic.live.render import Want, kinds
from clinic.live.snapshots import Snapshot, as_json

if TYPE_CHECKING:
    from clinic.live.hub import Hub

GATHER = 0.05
"""Seconds: the first bell after quiet renders at once, those within this time after it together."""
KEPT = 60.0
"""Seconds a region's state is kept after its last watcher."""
AGAIN_AFTER_FAULT = 1.0

log = structlog.get_logger(__name__)


class Screen(Protocol):
    """Something that shows regions."""

    def due(self, watch: Watch) -> None:
        """There is something new for this watch; called on the loop, returns at once."""


class Member(Protocol):
    """A socket, as ward and hub see it: it has a heartbeat, and rights that may end."""

    hospital_id: UUID
    marks: frozenset[str]

    def beat(self) -> None: ...

    def look_again(self) -> None:
        """Check now whether whoever sits there may still see this."""

    def stop(self) -> None:
        """The server stops."""


@dataclass(slots=True, eq=False)
class Watch:
    """One region on one screen. It remembers what the screen shows, so the frame it is sent is always the right one:
    a slow screen skips what lies between and gets the step from what it has to the newest."""

    screen: Screen
    name: Name
    state: State
    shown: str
    """The digest the screen says it shows."""
    have: Snapshot | None = None
    """What it was sent, or found to show already."""
    answered: bool = False

    def take(self) -> str | None:
        """The frame this screen needs now, None if it shows the newest already."""
        newest, had = self.state.snapshot, self.have
        self.answered = True
        if newest is None:
            self.have = None
            return self._gone() if had is not None or self.shown else self._not_here()
        self.have = newest
        row = self.name.row
        if row:
            self.shown, before = newest.row_digest(row), self.shown
            return newest.row_frame(row) if before != self.shown else None
        before, self.shown = self.shown, newest.digest
        if before == newest.digest:
            return None
        return newest.whole_frame() if had is None else newest.frame_from(had)

    @property
    def is_behind(self) -> bool:
        newest = self.state.snapshot
        if newest is None or not self.answered:
            return True
        return self.shown != (newest.row_digest(self.name.row) if self.name.row else newest.digest)

    def _gone(self) -> str:
        self.shown = ""
        seq = 0 if kinds()[self.name.kind].public else self.state.ward.seen or 0
        return as_json({"region": str(self.name), "digest": "", "seq": seq, "html": ""})

    def _not_here(self) -> str:
        return as_json({"error": {"code": "access.not_here"}, "region": str(self.name)})


@dataclass(slots=True, eq=False)
class State:
    """One region for one audience in one language, and who watches it."""

    ward: Ward
    language: str
    want: Want
    snapshot: Snapshot | None = None
    stale: bool = True
    watchers: set[Watch] = field(default_factory=set)
    idle_since: float = 0.0

    def publish(self, snapshot: Snapshot | None) -> None:
        self.snapshot, self.stale = snapshot, False
        for watch in self.watchers:
            if watch.is_behind:
                watch.screen.due(watch)


@dataclass(slots=True, eq=False)
class Ward:
    """One hospital on this process's screens."""

    hub: Hub
    hospital_id: UUID
    seen: int | None = None
    states: dict[Key, State] = field(default_factory=dict)
    members: set[Member] = field(default_factory=set)
    streams: set[Callable[[], None]] = field(default_factory=set)
    """Called when the log has grown: streams read it themselves."""
    rung: bool = False
    latest: int = 0
    """The highest seq a bell has named."""
    unread: bool = True
    """A bell was heard and the log is not read up to it."""
    begun: float = -GATHER
    task: asyncio.Task[None] | None = None

    # -- watching --

    def watch(self, screen: Screen, name: Name, can: frozenset[str], language: str, shown: str) -> Watch:
        want = Want(name.kind, name.key, can)
        state = self.states.get((language, want))
        if state is None:
            state = self.states[(language, want)] = State(self, language, want)
        watch = Watch(screen, name, state, shown)
        state.watchers.add(watch)
        if state.stale or self.unread:
            state.stale = True  # something has happened and is not read yet: show what comes out of it at once
            self.ring()
        else:
            screen.due(watch)
        return watch

    def unwatch(self, watch: Watch) -> None:
        watch.state.watchers.discard(watch)
        if not watch.state.watchers:
            watch.state.idle_since = self.hub.loop.time()

    def tidy(self, now: float) -> None:
        """Drop the states nobody has watched for a minute."""
        for key, state in list(self.states.items()):
            if not state.watchers and now - state.idle_since > KEPT:
                del self.states[key]

    @property
    def is_empty(self) -> bool:
        return not (self.states or self.members or self.streams)

    # -- the bell --

    def heard(self, seq: int) -> None:
        """A bell, or a look at the clock: true or false, doubled or late, it only makes the ward read the log."""
        if self.seen is None or seq > self.seen:
            self.latest = max(self.latest, seq)
            self.unread = True
            self.ring()

    def ring(self) -> None:
        self.rung = True
        if self.task is None:
            self.task = self.hub.loop.create_task(self._run())

    async def _run(self) -> None:
        try:
            while self.rung:
                await asyncio.sleep(max(0.0, self.begun + GATHER - self.hub.loop.time()))
                self.rung = False
                self.begun = self.hub.loop.time()
                try:
                    await self._flush()
                except Exception:  # a database that is away for a moment must not end the screens
                    log.exception("ward.flush_failed", hospital=str(self.hospital_id))
                    self._later()
        finally:
            self.task = None

    async def _flush(self) -> None:
        first, asked = self.seen is None, self.latest
        shown = {key: None if state.stale else state.snapshot for key, state in self.states.items() if state.watchers}
        flushed = await self.hub.draw(flush, self.hospital_id, self.seen, shown)
        news = flushed.news
        self.unread = self.latest > asked
        moved = first or news.head != self.seen
        self.seen = news.head
        for key, state in self.states.items():
            if key in flushed.drawn:
                state.publish(flushed.drawn[key])
            elif key in flushed.failed or (moved and key not in shown):
                state.stale = True  # nobody watched it: whoever comes next asks for it
        if moved:
            self._tell(news, everybody=first or news.too_many)
        if flushed.failed:
            self._later()

    def _later(self) -> None:
        self.hub.loop.call_later(AGAIN_AFTER_FAULT, self.ring)

    def _tell(self, news: News, *, everybody: bool) -> None:
        for wake in list(self.streams):
            wake()
        for member in self.hub.members_of(news.marks):
            member.look_again()
        if everybody:  # what happened to their rights before this ward began to read is not known
            for member in list(self.members):
                member.look_again()
