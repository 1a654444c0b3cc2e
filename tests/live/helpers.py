"""What tests of live screens need: a Python twin of live.js, and ``assert_live``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from typing import Any, TypeVar

from clinic.core.access import ABILITIES, SYSTEM, Actor
from clinic.core.tenancy import require_hospital_id
from clinic.live import bell, feed, letters, regions, render
from clinic.live.regions import Name
from clinic.live.render import Want
from clinic.live.snapshots import Snapshot

T = TypeVar("T")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
STAMPS = re.compile(r' data-(digest|seq)="([^"]*)"')


class _Rows(HTMLParser):
    """Finds the outermost elements with ``data-row``, as slices of the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[tuple[str, int, int]] = []
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._text = text
        self._depth = 0
        self._open: tuple[str, int, int] | None = None
        self.feed(text)
        self.close()

    def _here(self) -> int:
        line, column = self.getpos()
        return self._starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        key = dict(attrs).get("data-row")
        if key is not None and self._open is None:
            self._open = (key, self._here(), self._depth)
        if tag not in VOID:
            self._depth += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        return  # <path … />: opens and closes

    def handle_endtag(self, tag: str) -> None:
        self._depth -= 1
        if self._open is not None and self._depth == self._open[2]:
            end = self._text.index(">", self._here()) + 1
            self.found.append((self._open[0], self._open[1], end))
            self._open = None


def split(html: str) -> tuple[str, dict[str, str]]:
    """A region's HTML without its rows (and without digest and seq), and its rows in order."""
    rest, last, rows = "", 0, {}
    for key, start, end in _Rows(html).found:
        assert key not in rows, f"two rows {key}"
        rest += html[last:start]
        rows[key] = html[start:end]
        last = end
    return STAMPS.sub("", rest + html[last:], count=2), rows


class Reducer:
    """A region on a page: applies frames as live.js does, to an ordered list of rows."""

    def __init__(self, html: str) -> None:
        self._whole(html)

    def _whole(self, html: str) -> None:
        stamps = dict(STAMPS.findall(html))
        self.digest, self.seq = stamps.get("digest", ""), int(stamps.get("seq", 0))
        self.rest, self.rows = split(html)

    def apply(self, frame: dict[str, Any]) -> bool:
        """Take a frame; False if it does not fit what is shown, so that the region has to be asked for again."""
        if "html" in frame:
            self._whole(frame["html"])
            return True
        if frame["base"] != self.digest:
            return False
        for key in frame.get("gone", ()):
            del self.rows[key]
        fresh = dict(frame.get("rows", {}))
        for key, how, anchor in frame.get("moves", ()):
            assert how == "after"
            self._move(key, anchor, fresh.pop(key, None))
        for key, html in fresh.items():
            assert key in self.rows, f"a new row {key} has no place"
            self.rows[key] = html
        self.digest, self.seq = frame["digest"], frame["seq"]
        return True

    def _move(self, key: str, anchor: str | None, html: str | None) -> None:
        was = self.rows.pop(key, None)
        row = html if html is not None else was
        assert row is not None, f"a move of a row {key} that is nowhere"
        order = list(self.rows.items())
        place = 0 if anchor is None else [name for name, _ in order].index(anchor) + 1
        order.insert(place, (key, row))
        self.rows = dict(order)

    def shows(self, html: str) -> None:
        """Assert that the page is what a reload gives, row by row."""
        rest, rows = split(html)
        assert list(self.rows) == list(rows), "the rows stand in another order than after a reload"
        for key, row in rows.items():
            assert self.rows[key] == row, f"row {key} differs from a reload"
        assert self.rest == rest, "what stands around the rows differs from a reload"
        assert self.digest == dict(STAMPS.findall(html)).get("digest", "")  # a region that has gone has none


def assert_live(
    act: Callable[[], T],
    *names: str,
    abilities: Iterable[frozenset[str]] = (ABILITIES, frozenset()),
    languages: Iterable[str] = ("en",),
    changed: bool | None = True,
) -> T:
    """Run ``act`` in the open hospital and hold that live equals reload for these regions (``line:7``, ``line:7#12``).

    Old page + what the hub would push = a fresh render with empty caches, row by row, for every audience and
    language; and something did change, and the bell was rung for it.
    """
    hospital_id = require_hospital_id()
    parsed = [_parsed(name) for name in names]
    wants = {(name, Want(name.kind, name.key, regions.kinds()[name.kind].audience & can)) for can in abilities
             for name in parsed}  # fmt: skip
    spoken = list(languages)
    before = {language: render.render(hospital_id, language, {want for _, want in wants}) for language in spoken}
    pages = {(language, name, want): Reducer(_html(before[language].get(want), name)) for language in spoken
             for name, want in wants}  # fmt: skip
    rung: list[bell.Bell] = []
    start = render.head_of(hospital_id)
    bell.listen(rung.append)
    try:
        result = act()
    finally:
        bell.forget(rung.append)
    news = letters.read(hospital_id, start)
    heard = max((each.seq for each in rung if each.hospital_id == hospital_id), default=start)
    assert heard == news.head, f"the log ends at {news.head}, the last bell said {heard}"
    rings: dict[str, set[Want]] = {language: set() for language in spoken}
    for language, _name, want in pages:
        shown = before[language].get(want)
        if shown is not None and shown.rings(news.topics, news.refs):
            rings[language].add(want)
    newest = {language: render.render(hospital_id, language, rings[language]) for language in spoken}
    frames = [
        _push(name, before[language][want], newest[language].get(want), reducer)
        for (language, name, want), reducer in pages.items()
        if want in rings[language]
    ]
    render.forget()
    fresh = {language: render.render(hospital_id, language, {want for _, want in wants}) for language in spoken}
    for (language, name, want), reducer in pages.items():
        reducer.shows(_html(fresh[language].get(want), name))
    if changed is not None:
        assert any(frames) == changed, "nothing was pushed" if changed else "something was pushed"
    return result


def assert_told(act: Callable[[], T], *topics: str, actor: Actor = SYSTEM, changed: bool = True) -> T:
    """Run ``act`` in the open hospital and hold that the old snapshot of these topics with the deltas of the stream
    is a fresh snapshot; and something did change."""
    hospital_id = require_hospital_id()
    subs = list(feed.subscriptions(topics, actor).values())
    first = feed.snapshot(hospital_id, subs, actor.abilities)
    docs, at, told = dict(first.body["snapshot"]), first.seq or 0, 0
    result = act()
    head = render.head_of(hospital_id)
    while at < head:
        batch = feed.missed(hospital_id, subs, actor.abilities, at)
        assert not batch.resync, "a bulk import: subscribers take a new snapshot"
        told += len(batch.messages)
        at = batch.upto
        for message in batch.messages:
            if message.body["op"] == "delete":
                docs.pop(message.body["ref"], None)
            else:
                docs[message.body["ref"]] = message.body["doc"]
    fresh = feed.snapshot(hospital_id, subs, actor.abilities).body["snapshot"]
    assert docs.keys() == fresh.keys(), "a client of the stream knows others than a reload shows"
    for ref, doc in fresh.items():
        assert docs[ref] == doc, f"{ref} differs from a reload"
    assert (told > 0) == changed, "nothing was told" if changed else "something was told"
    return result


def _parsed(name: str) -> Name:
    found = regions.parse(name)
    assert found is not None, f"no region {name}"
    return found


def _html(snapshot: Snapshot | None, name: Name) -> str:
    if snapshot is None:
        return ""
    return snapshot.row_html(name.row) if name.row else snapshot.html


def _push(name: Name, shown: Snapshot, newest: Snapshot | None, reducer: Reducer) -> bool:
    """What the hub does for one screen whose region the bell rang for; True if it was sent a frame."""
    if newest is None:
        return reducer.apply({"html": ""})
    if name.row:
        if newest.row_digest(name.row) == shown.row_digest(name.row):
            return False
        return reducer.apply(json.loads(newest.row_frame(name.row)))
    if newest.digest == shown.digest:
        return False
    assert reducer.apply(json.loads(newest.frame_from(shown))), "the frame does not fit what was shown"
    return True
