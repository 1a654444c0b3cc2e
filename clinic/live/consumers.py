"""The page socket: a page names the regions it shows, and is sent what changes in them.

A reader that takes ``watch`` messages, a pump that sends, and between them one slot per region: a slow screen skips
frames and gets the newest, and holds up nobody.
"""

from __future__ import annotations

from django.conf import settings

from clinic.core import limits
from clinic.live import regions
from clinic.live.doors import Guest, doors
from clinic.live.regions import Name, audience_of, may_watch
from clinic.live.seats import Ask, Seat
from clinic.live.snapshots import as_json
from clinic.live.sockets import (
    NO_SUCH_LINK,
    NOT_UNDERSTOOD,
    SIGNED_OUT,
    TOO_FAST,
    Closed,
    Line,
    Message,
    Receive,
    Scope,
    Send,
    address_of,
    cookies_of,
    is_allowed_origin,
    stamp,
)
from clinic.live.wards import Watch

MOST_REGIONS = 200
A_LINK = (120, 60)
"""Sockets opened with one link in a minute: a page whose line is bad comes back every few seconds."""


class PageSocket(Seat):
    """One open page."""

    __slots__ = ("_due", "_notes", "language", "watches")

    def __init__(self, line: Line, ask: Ask, gone: int) -> None:
        super().__init__(line, ask, gone)
        self.language = ""
        self.watches: dict[str, Watch] = {}
        self._due: dict[Watch, None] = {}
        self._notes: dict[str, str] = {}

    def _left(self) -> None:
        for watch in self.watches.values():
            watch.state.ward.unwatch(watch)

    # -- what the page says --

    def _take(self, message: Message) -> None:
        match message:
            case {"watch": dict(wanted), **rest} if rest.keys() <= {"lang"}:
                self._speak(rest.get("lang"))
                if len(self.watches.keys() | wanted.keys()) > MOST_REGIONS:
                    raise Closed(NOT_UNDERSTOOD)
                for name, shown in wanted.items():
                    self._watch(name, str(shown))
            case {"unwatch": list(names), **rest} if not rest:
                for name in names:
                    self._unwatch(str(name))
            case {"ping": _, **rest} if not rest:
                pass
            case _:
                raise Closed(NOT_UNDERSTOOD)
        self.beat()

    def _speak(self, language: object) -> None:
        if isinstance(language, str) and language in dict(settings.LANGUAGES):
            self.language = language

    def _watch(self, text: str, shown: str) -> None:
        self._unwatch(text)
        name = regions.parse(text)
        if name is None or not self._may(name):
            self._note(text, "access.not_here" if name is None else "access.denied")
            return
        can = audience_of(self.guest.actor, name.kind)
        ward = self.hub.ward(self.hospital_id)
        self.watches[text] = ward.watch(self, name, can, self.guest.language or self.language, shown)

    def _may(self, name: Name) -> bool:
        return may_watch(self.guest.actor, name, self.guest.names)

    def _unwatch(self, text: str) -> None:
        watch = self.watches.pop(text, None)
        if watch is not None:
            self._due.pop(watch, None)
            watch.state.ward.unwatch(watch)

    def _note(self, text: str, code: str) -> None:
        if len(self._notes) >= MOST_REGIONS:
            raise Closed(TOO_FAST)  # asks for more than it reads
        self._notes[text] = as_json({"error": {"code": code}, "region": text[:120]})
        self._wake.set()

    # -- what the hub says --

    def due(self, watch: Watch) -> None:
        self._due[watch] = None
        self._wake.set()

    # -- what it does by itself --

    async def _work(self) -> None:
        while self._notes:
            await self._line.say(self._notes.pop(next(iter(self._notes))))
        while self._due:
            await self._send()
        if self._beats and all(watch.answered for watch in self.watches.values()):
            self._beats = False
            await self._line.say(self._beat_text())

    async def _send(self) -> None:
        """What is due now, in one message: a change shows in several regions at once, and each send costs the same."""
        due, self._due = self._due, {}
        frames = [text for watch in due if (text := watch.take()) is not None]
        for watch in due:
            if watch.state.snapshot is None:
                self._unwatch(str(watch.name))  # it is not there (any more): nothing to wait for
        if frames:
            await self._line.say(frames[0] if len(frames) == 1 else f'{{"frames":[{",".join(frames)}]}}')

    def _beat_text(self) -> str:
        digests = {text: watch.shown for text, watch in self.watches.items()}
        seq = self.hub.ward(self.hospital_id).seen or 0 if self.guest.names is None else 0
        return as_json({"beat": 1, "seq": seq, "at": stamp(), "digests": digests})

    def _trim(self, guest: Guest) -> None:
        """Go on with other rights: what may not be seen any more is taken away, the rest shown as it is for them."""
        self._let_in(guest)
        for text, watch in list(self.watches.items()):
            if not self._may(watch.name):
                self._unwatch(text)
                self._note(text, "access.denied")
            elif audience_of(guest.actor, watch.name.kind) != watch.state.want.can:
                self._watch(text, watch.shown)


# --- the four doors --------------------------------------------------------------------------------------------------


async def staff_page(scope: Scope, receive: Receive, send: Send) -> None:
    """``/ws/h/<slug>/live``: a member's page, by the session's cookie, from one of our own origins."""
    cookies, slug = cookies_of(scope), scope["url_route"]["kwargs"]["slug"]
    line = Line(scope, receive, send)
    await _serve(line, lambda: doors().member(cookies, slug), SIGNED_OUT, missing_origin=False)


async def display_page(scope: Scope, receive: Receive, send: Send) -> None:
    """``/ws/d/<token>/live``: a waiting-room screen."""
    await _public(scope, receive, send, "display")


async def status_page(scope: Scope, receive: Receive, send: Send) -> None:
    """``/ws/s/<token>/live``: one patient's phone."""
    await _public(scope, receive, send, "status")


async def booking_page(scope: Scope, receive: Receive, send: Send) -> None:
    """``/ws/b/<token>/live``: whoever holds a booking's link."""
    await _public(scope, receive, send, "booking")


async def _public(scope: Scope, receive: Receive, send: Send, kind: str) -> None:
    token = scope["url_route"]["kwargs"]["token"]
    line = Line(scope, receive, send)
    await _serve(line, _holder(kind, token, address_of(scope)), NO_SUCH_LINK, missing_origin=True)


def _holder(kind: str, token: str, address: str) -> Ask:
    """Looks the link up: the first time counted, wrong ones by address and right ones by link (R3.41).

    However many right links stand behind one address, none is ever locked out.
    """
    opening = True

    def ask() -> Guest | None:
        nonlocal opening
        guest = doors().public(kind, token)
        if opening:
            opening = False
            if guest is None:
                limits.wrong_link(address)
            else:
                limits.limit("link-socket", token, *A_LINK)
        return guest

    return ask


async def _serve(line: Line, ask: Ask, gone: int, *, missing_origin: bool) -> None:
    try:
        await line.connect()
        if not is_allowed_origin(line.scope, missing=missing_origin):
            await line.refuse()
            return
        await line.accept()
    except Closed:
        return
    await PageSocket(line, ask, gone).run()
