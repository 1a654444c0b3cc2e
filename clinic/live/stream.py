"""The JSON stream for integrations, ``/ws/v1/stream``: snapshots, then every event as it happens, and commands.

A client that cannot keep up is told from which seq to resume and is closed (4008): nothing is lost, nothing grows.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from clinic.core import sight
from clinic.core.acts import done
from clinic.core.api_errors import envelope, told
from clinic.core.errors import DomainError, Invalid, NotFound, say
from clinic.core.tenancy import hospital
from clinic.live import registry
from clinic.live.doors import Guest, doors
from clinic.live.follower import Follower
from clinic.live.seats import Ask, Seat
from clinic.live.snapshots import as_json
from clinic.live.sockets import (
    NO_SIGN_IN,
    NOT_UNDERSTOOD,
    SIGNED_OUT,
    TOO_FAST,
    TOO_SLOW,
    Closed,
    Line,
    Message,
    Receive,
    Scope,
    Send,
    cookies_of,
    headers_of,
    is_allowed_origin,
    stamp,
)

SIGN_IN_WITHIN = 10.0
LATE = 30.0
"""Seconds a client may lag behind the log before it is told to come back."""
MOST_JOBS = 20
SCHEMES = {"bearer": "token", "api-key": "api_key"}

say({
    "live.no_command": _("There is no such command."),
    "live.bad_arguments": _("The command does not take these arguments."),
})  # fmt: skip

log = structlog.get_logger(__name__)
Job = Callable[[], Awaitable[None]]


class StreamSocket(Seat):
    """One integration's socket."""

    __slots__ = ("_follower", "_jobs", "_tenant")

    def __init__(self, line: Line, ask: Ask, tenant: str) -> None:
        super().__init__(line, ask, SIGNED_OUT)
        self._jobs: deque[Job] = deque()
        self._tenant = tenant
        self._follower: Follower

    def _let_in(self, guest: Guest) -> None:
        super()._let_in(guest)
        self._follower = Follower(self.hub, guest)
        self.hub.ward(guest.hospital_id).streams.add(self._wake.set)

    def _trim(self, guest: Guest) -> None:
        self.guest, self.marks = guest, guest.marks
        lost = self._follower.trim(guest)
        if lost:
            self._later(partial(self._say, {"error": {"code": "ACCESS_DENIED"}, "topics": lost}))

    def _left(self) -> None:
        ward = self.hub.wards.get(self.hospital_id)
        if ward is not None:
            ward.streams.discard(self._wake.set)

    # -- what the client says --

    def _take(self, message: Message) -> None:
        match message:
            case {"subscribe": list(names), **rest} if rest.keys() <= {"since"} and _is_seq(rest.get("since")):
                self._later(partial(self._subscribe, names, rest.get("since")))
            case {"unsubscribe": list(names), **rest} if not rest:
                self._later(partial(self._unsubscribe, names))
            case {"command": str(name), "id": str() | int() as mark, **rest} if rest.keys() <= {"args"}:
                self._later(partial(self._command, name, mark, rest.get("args", {})))
            case {"auth": str(raw), **rest} if rest.keys() <= {"tenant"}:
                ask = by_header(raw, str(rest.get("tenant", "")) or self._tenant)
                if ask is None:
                    raise Closed(NOT_UNDERSTOOD)
                self._ask = ask
                self.look_again()
            case {"ping": _, **rest} if not rest:
                self.beat()
            case _:
                raise Closed(NOT_UNDERSTOOD)

    def _later(self, job: Job) -> None:
        if len(self._jobs) >= MOST_JOBS:
            raise Closed(TOO_FAST)
        self._jobs.append(job)
        self._wake.set()

    async def _subscribe(self, names: list[object], since: int | None) -> None:
        try:
            shown = await self._follower.subscribe(names, since)
        except DomainError as refusal:
            await self._say(envelope(refusal) | {"topics": [str(name)[:80] for name in names]})
            return
        if shown is not None:
            await self._line.say(shown.text)

    async def _unsubscribe(self, names: list[object]) -> None:
        for name in names:
            self._follower.subs.pop(str(name), None)

    async def _command(self, name: str, mark: str | int, args: Any) -> None:
        guest = await self.hub.look(self._ask)  # as REST does: the news of a revocation may still be on its way
        if guest is None or (guest.hospital_id, guest.actor.id) != (self.hospital_id, self.guest.actor.id):
            raise Closed(SIGNED_OUT)
        answer = await self.hub.look(run_command, guest, name, args)
        await self._say({"ack": mark, **answer} if "error" not in answer else {**answer, "id": mark})

    # -- what it is told --

    async def _work(self) -> None:
        begun = self.hub.loop.time()
        more = True
        while more or self._jobs or self._beats:
            while self._jobs:
                await self._jobs.popleft()()
            if self._beats:
                self._beats = False
                seen = self.hub.ward(self.hospital_id).seen or 0
                await self._say({"beat": 1, "seq": seen, "at": stamp()})
            more = await self._follow(begun)

    async def _follow(self, begun: float) -> bool:
        """Tell the next events; True if there are more already."""
        told = self._follower.at
        messages, more = await self._follower.read()
        for message in messages:
            if self.hub.loop.time() - begun > LATE:
                await self._say({"resume": told})
                raise Closed(TOO_SLOW)
            await self._line.say(message.text)
            told = message.seq or told
        return more

    async def _say(self, message: dict[str, Any]) -> None:
        await self._line.say(as_json(message))


def _is_seq(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53)


def run_command(guest: Guest, name: str, args: object) -> dict[str, Any]:
    """One operation, as its REST twin would answer: ``{"seq"}`` or ``{"error"}``."""
    before = done()
    try:
        with hospital(guest.hospital_id), sight.of(guest.actor):
            run = registry.commands().get(name)
            if run is None:
                raise NotFound("live.no_command", command=name[:80])
            if not isinstance(args, dict) or "actor" in args or not _takes(run, args):
                raise Invalid("live.bad_arguments", command=name)
            run(actor=guest.actor, **args)
    except Exception as error:  # as REST answers it: a refusal with its code, a fault without a word of it
        refusal, status, _headers = told(error)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.exception("stream.command_failed", command=name[:80], hospital=str(guest.hospital_id))
        return envelope(refusal)
    after = done()
    return {"seq": after.seq if after is not before else None}


def _takes(run: Callable[..., Any], args: dict[str, Any]) -> bool:
    try:
        inspect.signature(run).bind(actor=None, **args)
    except TypeError:
        return False
    return True


# --- the door --------------------------------------------------------------------------------------------------------


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """``/ws/v1/stream`` and ``/ws/tenant/<id>``. Tokens come in a header, a subprotocol or the first message."""
    line = Line(scope, receive, send)
    tenant = str(scope["url_route"]["kwargs"].get("tenant") or headers_of(scope).get("x-tenant-id", ""))
    try:
        await line.connect()
        offered = scope.get("subprotocols") or []
        ask = by_header(headers_of(scope).get("authorization", ""), tenant) or by_subprotocol(offered, tenant)
        if ask is None and settings.SESSION_COOKIE_NAME in cookies_of(scope):
            if not is_allowed_origin(scope, missing=False):
                await line.refuse()
                return
            ask = partial(doors().member, cookies_of(scope), tenant)
        await line.accept(offered[0] if offered and offered[0].lower() in SCHEMES else None)
        if ask is None:
            ask = await _first_message(line, tenant)
    except Closed as end:
        if end.code is not None:
            await line.close(end.code)
        return
    await StreamSocket(line, ask, tenant).run()


async def _first_message(line: Line, tenant: str) -> Ask:
    try:
        async with asyncio.timeout(SIGN_IN_WITHIN):
            message = await line.next()
    except TimeoutError:
        raise Closed(NO_SIGN_IN) from None
    raw, named = message.get("auth"), message.get("tenant", "")
    ask = (
        by_header(raw, str(named) or tenant) if isinstance(raw, str) and message.keys() <= {"auth", "tenant"} else None
    )
    if ask is None:
        raise Closed(SIGNED_OUT)
    return ask


def by_header(header: str, tenant: str) -> Ask | None:
    """``Bearer <token>`` or ``Api-Key <key>``."""
    scheme, _, raw = header.partition(" ")
    return _ask_of(scheme, raw.strip(), tenant)


def by_subprotocol(offered: list[str], tenant: str) -> Ask | None:
    """``Sec-WebSocket-Protocol: bearer, <token>``: the only header a browser lets a page set."""
    return _ask_of(offered[0], offered[1], tenant) if len(offered) == 2 else None


def _ask_of(scheme: str, raw: str, tenant: str) -> Ask | None:
    which = SCHEMES.get(scheme.lower())
    if which is None or not raw:
        return None
    ask: Ask = partial(getattr(doors(), which), raw, tenant)
    return ask
