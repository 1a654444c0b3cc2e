"""``GET public/feed?city=``: doctors who are new in a city, live to whoever looks there; server-sent ``doctor:new``.

A listing belongs to no hospital's log, so what is new is read from the projection itself: one look a second per event
loop while anybody listens, however many do, and in whichever process the doctor was listed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import public
from clinic.core.api_errors import envelope
from clinic.core.errors import DomainError, Invalid, TooMany, say
from clinic.core.faces import stamp
from clinic.core.http import address
from clinic.core.limits import limit
from clinic.directory import find
from clinic.directory.api.public import WHY, found_doc
from clinic.directory.listing import folded
from clinic.directory.models import Listing
from clinic.live import hub as hubs
from clinic.live.hub import BEAT, Hub
from clinic.live.snapshots import as_json

EVERY = 1.0
"""Seconds between two looks."""
LATE = timedelta(seconds=60)
"""How long after its stamp a row may still be committed: each look goes back that far, and tells nobody twice."""
BACK = timedelta(days=1)
"""How far back somebody who was away is told; beyond that a search tells more."""
MOST = 50
"""Doctors told at once, and messages that wait for a slow reader, who then comes again with ``Last-Event-ID``."""
LISTENERS = 5000
"""Streams of one process."""
AN_ADDRESS = (600, 60)

log = structlog.get_logger(__name__)
say({"feed.which_city": _("Say which city, with city=."), "feed.full": _("Too many listen at the moment.")})


def fresh(since: datetime, city: str = "") -> list[find.Found]:
    """Who has been listed after an instant, the first first."""
    rows: QuerySet[Listing] = find.listed().filter(listed_at__gt=since)
    if city:
        rows = rows.filter(city__iexact=city)
    return [find.Found(row, None) for row in rows.order_by("listed_at", "doctor_id")[:MOST]]


def written(found: find.Found) -> str:
    """One message; its id is where a client goes on."""
    return f"id: {stamp(found.listing.listed_at)}\nevent: doctor:new\ndata: {as_json(found_doc(found))}\n\n"


class Listener:
    """Somebody who looks for doctors in one city."""

    def __init__(self, feed: Feed, city: str, since: datetime | None) -> None:
        self._feed, self.city, self._since = feed, city, since
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue(MOST + 1)

    def tell(self, found: find.Found) -> None:
        if folded(found.listing.city) != folded(self.city):
            return
        try:
            self._waiting.put_nowait(written(found))
        except asyncio.QueueFull:
            self.stop()

    def stop(self) -> None:
        while self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def messages(self) -> AsyncIterator[str]:
        """The stream's text, until the server stops or the reader is too slow."""
        try:
            await self._feed.enter(self)
            yield ": looking\n\n"
            if self._since is not None:
                for found in await self._feed.hub.look(fresh, self._since, self.city):
                    yield written(found)
            while not self._feed.hub.is_ending:
                try:
                    text = await asyncio.wait_for(self._waiting.get(), BEAT)
                except TimeoutError:
                    text = f"event: beat\ndata: {as_json({'at': stamp(clock.now())})}\n\n"
                if text is None:
                    return
                yield text
        finally:
            self.leave()

    def leave(self) -> None:
        """Twice is once."""
        self._feed.listeners.discard(self)

    def leave_soon(self) -> None:
        """From another thread."""
        self._feed.hub.loop.call_soon_threadsafe(self.leave)


class Feed:
    """All who listen in one event loop."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.listeners: set[Listener] = set()
        self._known: dict[UUID, datetime] = {}
        self._task: asyncio.Task[None] | None = None

    async def enter(self, listener: Listener) -> None:
        """From here on nothing is missed: what is known now was listed before."""
        self.listeners.add(listener)
        if self._task is None or self._task.done():
            self._known = {}
            await self._look(tell=False)
            if self._task is None or self._task.done():  # somebody else may have begun while we looked
                self._task = self.hub.loop.create_task(self._follow())

    async def _follow(self) -> None:
        while self.listeners and not self.hub.is_ending:
            await asyncio.sleep(EVERY)
            try:
                await self._look(tell=True)
            except Exception as error:  # noqa: BLE001 (whatever ails the database: look again when it may be back)
                log.warning("feed.look_failed", error=type(error).__name__)
        for listener in list(self.listeners):
            listener.stop()

    async def _look(self, *, tell: bool) -> None:
        since = clock.now() - LATE
        found = await self.hub.look(fresh, max([since, *self._gone_by(since)]))
        self._known = {key: at for key, at in self._known.items() if at > since}
        for each in found:
            at = each.listing.listed_at
            if at is None or self._known.get(each.listing.pk) == at:
                continue
            self._known[each.listing.pk] = at
            if tell:
                for listener in list(self.listeners):
                    listener.tell(each)

    def _gone_by(self, since: datetime) -> list[datetime]:
        """Where to begin when more were listed at once than one look reads: after those that are all known."""
        known = sorted(at for at in self._known.values() if at > since)
        return known[-1:] if len(known) >= MOST else []


_feeds: WeakKeyDictionary[Hub, Feed] = WeakKeyDictionary()


def current() -> Feed:
    """The running loop's feed."""
    hub = hubs.current()
    feed = _feeds.get(hub)
    if feed is None:
        feed = _feeds[hub] = Feed(hub)
    return feed


class CityStream(StreamingHttpResponse):
    """An answer that tells its listener when it is closed, even between two messages."""

    def __init__(self, listener: Listener) -> None:
        super().__init__(listener.messages(), content_type="text/event-stream; charset=utf-8")
        self._listener = listener
        self["Cache-Control"] = "no-store"
        self["X-Accel-Buffering"] = "no"  # a proxy that gathers would hold everything back

    def close(self) -> None:
        super().close()
        self._listener.leave_soon()  # Django closes in another thread


@public(WHY)
async def feed(request: HttpRequest) -> HttpResponseBase:
    """``GET public/feed?city=&since=``: ``Last-Event-ID`` goes on where the client was."""
    try:
        limit("feed", address(request), *AN_ADDRESS)
        city = " ".join(request.GET.get("city", "").split())
        if not city or len(city) > 80:
            raise Invalid("feed.which_city", city=[str(_("Say which city, with city=."))])
        found = current()
        if len(found.listeners) >= LISTENERS:
            raise TooMany("feed.full", retry_after=60)
    except DomainError as refusal:
        answer = JsonResponse(envelope(refusal), status=refusal.status)
        if isinstance(refusal, TooMany):
            answer["Retry-After"] = str(refusal.details["retry_after"])
        return answer
    return CityStream(Listener(found, city, _since(request)))


def _since(request: HttpRequest) -> datetime | None:
    text = request.headers.get("Last-Event-ID", "") or request.GET.get("since", "")
    try:
        at = parse_datetime(text.replace(" ", "+"))  # a plus in an address arrives as a space
    except ValueError:
        return None
    if at is None or at.tzinfo is None or not 2000 <= at.year <= 2099:
        return None
    return max(at.astimezone(UTC), clock.now() - BACK)
