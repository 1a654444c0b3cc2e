"""Server-sent events, ``/api/v1/sse/…``: the stream's messages over plain HTTP, with ``id: <seq>``.

``Last-Event-ID`` goes on where the client was. A stream ends when the rights end and when the server stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse

from clinic.core.access import public
from clinic.core.api_errors import envelope
from clinic.core.errors import DomainError, NotFound, NotSignedIn, TooMany
from clinic.core.limits import limit, wrong_link
from clinic.live import hub as hubs
from clinic.live.doors import doors
from clinic.live.feed import Message
from clinic.live.follower import BoardFollower, Follower
from clinic.live.hub import Hub
from clinic.live.seats import Ask
from clinic.live.snapshots import as_json
from clinic.live.sockets import stamp
from clinic.live.stream import by_header

AN_ADDRESS = (600, 60)
"""Streams opened from one address in a minute: a full waiting room stands behind one."""
WHY = "asks itself who follows: a token, a key or the session, and each topic its ability"


class Listener:
    """One open event stream, as hub and ward see it."""

    def __init__(self, hub: Hub, ask: Ask, follower: Follower | BoardFollower) -> None:
        self.hub = hub
        self.hospital_id = follower.guest.hospital_id
        self.marks = follower.guest.marks
        self.follower = follower
        self._ask = ask
        self._wake = asyncio.Event()
        self._beats = self._again = False

    def wake(self) -> None:
        self._wake.set()

    def beat(self) -> None:
        self._beats = True
        self._wake.set()

    def look_again(self) -> None:
        self._again = True
        self._wake.set()

    def stop(self) -> None:
        self._wake.set()

    async def messages(self, first: Message | None) -> AsyncIterator[str]:
        """The stream's text, until rights or server end."""
        self.hub.ward(self.hospital_id).streams.add(self.wake)
        await self.hub.enter(self)
        try:
            if first is not None:
                yield written(first)
            while await self._may_stay():
                messages, more = await self.follower.read()
                for message in messages:
                    yield written(message)
                if self._beats:
                    self._beats = False
                    seq = self.hub.ward(self.hospital_id).seen or 0
                    yield f"event: beat\ndata: {as_json({'seq': seq, 'at': stamp()})}\n\n"
                if not more:
                    await self._wake.wait()
                    self._wake.clear()
        finally:
            self.leave()

    def leave(self) -> None:
        """Give back what was taken; twice is once."""
        self.hub.leave(self)
        ward = self.hub.wards.get(self.hospital_id)
        if ward is not None:
            ward.streams.discard(self.wake)

    async def _may_stay(self) -> bool:
        if self.hub.is_ending:
            return False
        if self._again:
            self._again = False
            guest = await self.hub.look(self._ask)
            if guest is None or guest.hospital_id != self.hospital_id:
                return False
            if guest != self.follower.guest:
                self.follower.trim(guest)
        return self.follower.is_following


class EventStream(StreamingHttpResponse):
    """An answer that tells its listener when it is closed, even between two messages."""

    def __init__(self, listener: Listener, first: Message | None) -> None:
        super().__init__(listener.messages(first), content_type="text/event-stream; charset=utf-8")
        self._listener = listener
        self["Cache-Control"] = "no-store"
        self["X-Accel-Buffering"] = "no"  # a proxy that gathers would hold everything back

    def close(self) -> None:
        super().close()
        self._listener.hub.loop.call_soon_threadsafe(self._listener.leave)  # Django closes in another thread


def written(message: Message) -> str:
    place = "" if message.seq is None else f"id: {message.seq}\n"
    return f"{place}data: {message.text}\n\n"


# --- the doors -------------------------------------------------------------------------------------------------------


@public(WHY)
async def reception(request: HttpRequest, hospital: str) -> HttpResponseBase:
    """``GET sse/reception/{hospital}``"""
    return await _serve(request, ["reception"], hospital)


@public(WHY)
async def doctor(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """``GET sse/doctor/{id}``: the doctor, who is called or in the room, and the own line."""
    return await _serve(request, [f"doctor:{pk}"])


@public(WHY)
async def topics(request: HttpRequest) -> HttpResponseBase:
    """``GET sse?topics=queue:…,me``"""
    return await _serve(request, [name for name in request.GET.get("topics", "").split(",") if name])


@public("the display's token names what it shows")
async def waiting_room(request: HttpRequest, token: str) -> HttpResponseBase:
    """``GET sse/waiting-room/{token}``: what a waiting-room screen shows, by the screen's own link."""
    hub = hubs.current()
    ask = partial(doors().public, "display", token)
    try:
        limit("public", str(request.META.get("REMOTE_ADDR", "")), *AN_ADDRESS)
        guest = await hub.look(ask)
        if guest is None:
            wrong_link(str(request.META.get("REMOTE_ADDR", "")))
            raise NotFound()
    except DomainError as refusal:
        return _refused(refusal)
    answer = EventStream(Listener(hub, ask, BoardFollower(hub, guest, "display")), None)
    answer["Referrer-Policy"] = "no-referrer"
    return answer


async def _serve(request: HttpRequest, names: Sequence[str], hospital: str = "") -> HttpResponseBase:
    hub = hubs.current()
    ask = _who(request, hospital or request.headers.get("X-Tenant-Id", ""))
    try:
        guest = await hub.look(ask) if ask else None
        if ask is None or guest is None:
            raise NotSignedIn("request.not_signed_in")
        if not names:
            raise NotFound("live.no_topic")
        follower = Follower(hub, guest)
        first = await follower.subscribe(names, _since(request))
    except DomainError as refusal:
        return _refused(refusal)
    return EventStream(Listener(hub, ask, follower), first)


def _refused(refusal: DomainError) -> JsonResponse:
    answer = JsonResponse(envelope(refusal), status=refusal.status)
    if isinstance(refusal, TooMany):
        answer["Retry-After"] = str(refusal.details["retry_after"])
    return answer


def _who(request: HttpRequest, tenant: str) -> Ask | None:
    header = request.headers.get("Authorization", "")
    if header:
        return by_header(header, tenant)
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    # Another site can open this with the cookie, but SameSite and CORS keep it from reading a word.
    return partial(doors().member, dict(request.COOKIES), tenant)


def _since(request: HttpRequest) -> int | None:
    text = request.headers.get("Last-Event-ID", "") or request.GET.get("since", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
