"""What a region looks like at one moment, and the frame that leads from one moment to a later one.

Everything here is a value: a snapshot is shared by all who watch the region, and the frame between two snapshots is
made and written as JSON once, however many screens it goes to.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from django.utils.html import escape

FRAMES_KEPT = 8
"""Frames a snapshot remembers: one per older state somebody still shows (slow screens), and per watched row."""


def digest_of(parts: Iterable[bytes]) -> str:
    """16 hexadecimal digits, equal in every process for equal HTML."""
    total = blake2b(digest_size=8)
    for part in parts:
        total.update(part)
    return total.hexdigest()


def as_json(message: Mapping[str, Any]) -> str:
    """Compact JSON. Half a character (a lone surrogate a client sent, and gets back) goes out escaped."""
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class Piece:
    """One rendered row with the digest of its HTML."""

    html: str
    digest: bytes

    @classmethod
    def of(cls, html: str) -> Piece:
        return cls(html, blake2b(html.encode(), digest_size=8).digest())


@dataclass(frozen=True, slots=True)
class Shell:
    """The region's own element in parts: before its attributes, after them, and for a list region after its rows."""

    parts: tuple[str, ...]
    digest: bytes

    @classmethod
    def of(cls, parts: Sequence[str]) -> Shell:
        whole = blake2b(digest_size=8)
        for part in parts:
            whole.update(part.encode())
            whole.update(b"\0")
        return cls(tuple(parts), whole.digest())


def attributes(name: str, digest: str, seq: int) -> str:
    return f'data-region="{escape(name)}" data-digest="{digest}" data-seq="{seq}"'


@dataclass(slots=True, eq=False)
class Snapshot:
    """One region for one audience: its element, its rows in order, and what it has to listen to."""

    name: str
    seq: int
    """Every event up to this one is in here; later ones may be."""
    shell: Shell
    rows: dict[str, Piece] | None
    topics: frozenset[str] = frozenset()
    refs: frozenset[str] = frozenset()
    digest: str = ""
    frames: dict[tuple[str, str], str] = field(default_factory=dict)
    public: bool = False
    """For the holders of links: they are not told how much has happened in the hospital (R2.13: booking for somebody
    known and somebody unknown differ by an event)."""

    def __post_init__(self) -> None:
        rows = self.rows or {}
        self.digest = digest_of([self.shell.digest, *(row.digest for row in rows.values())])

    def rings(self, topics: frozenset[str], refs: frozenset[str]) -> bool:
        """Whether news about these may change what is shown here."""
        return not (self.topics.isdisjoint(topics) and self.refs.isdisjoint(refs))

    @property
    def told(self) -> int:
        """The seq as it goes out."""
        return 0 if self.public else self.seq

    @property
    def html(self) -> str:
        """The whole region as the page shows it."""
        before, after, *end = self.shell.parts
        inside = "".join(row.html for row in (self.rows or {}).values())
        return before + attributes(self.name, self.digest, self.told) + after + inside + "".join(end)

    def row_digest(self, key: str) -> str:
        """The digest of one row; of nothing at all if the row is not there."""
        row = (self.rows or {}).get(key)
        return digest_of([row.digest] if row else [])

    def row_html(self, key: str) -> str:
        """One row as its own small region: what somebody who watches only this row shows."""
        row = (self.rows or {}).get(key)
        head = attributes(f"{self.name}#{key}", self.row_digest(key), self.told)
        return f"<div {head}>{row.html if row else ''}</div>"

    def whole_frame(self) -> str:
        """The frame for somebody who shows nothing yet, or something we do not know."""
        return self._kept(("", ""), lambda: self._head(self.name, self.digest) | {"html": self.html})

    def row_frame(self, key: str) -> str:
        return self._kept(
            ("#", key),
            lambda: self._head(f"{self.name}#{key}", self.row_digest(key)) | {"html": self.row_html(key)},
        )

    def frame_from(self, shown: Snapshot) -> str:
        """The frame that turns what a screen shows into this; whole if more than rows changed."""
        if self.rows is None or shown.rows is None or shown.shell.digest != self.shell.digest:
            return self.whole_frame()
        return self._kept(("", shown.digest), lambda: self._step(shown.digest, shown.rows or {}, self.rows or {}))

    def _step(self, base: str, old: dict[str, Piece], new: dict[str, Piece]) -> dict[str, Any]:
        frame = self._head(self.name, self.digest) | {"base": base}
        rows = {key: row.html for key, row in new.items() if (was := old.get(key)) is None or was.digest != row.digest}
        moves = moves_between(list(old), list(new))
        gone = [key for key in old if key not in new]
        return frame | {part: value for part, value in (("rows", rows), ("moves", moves), ("gone", gone)) if value}

    def _head(self, name: str, digest: str) -> dict[str, Any]:
        return {"region": name, "digest": digest, "seq": self.told}

    def _kept(self, key: tuple[str, str], make: Any) -> str:
        text = self.frames.get(key)
        if text is None:
            text = as_json(make())
            if len(self.frames) >= FRAMES_KEPT and key[0] != "#":
                self.frames.pop(next(iter(self.frames)))
            self.frames[key] = text
        return text


def moves_between(old: Sequence[str], new: Sequence[str]) -> list[list[str | None]]:
    """The fewest moves that bring the old order (without what is gone, with what is new) into the new one.

    Each is ``[key, "after", anchor]``, anchor None for the first place; done in this order each anchor already stands
    where it belongs. New rows are among them: a row without a place would be nowhere.
    """
    rank = {key: place for place, key in enumerate(old)}
    stay = _longest_rising([rank[key] for key in new if key in rank])
    moves: list[list[str | None]] = []
    before: str | None = None
    for key in new:
        if rank.get(key) not in stay:
            moves.append([key, "after", before])
        before = key
    return moves


def _longest_rising(ranks: list[int]) -> set[int]:
    """The members of a longest increasing subsequence (patience sorting, n log n)."""
    if all(a < b for a, b in pairwise(ranks)):
        return set(ranks)  # by far the most usual: nobody changed places
    tops: list[int] = []
    piles: list[int] = []
    under: dict[int, int | None] = {}
    for rank in ranks:
        place = bisect_left(tops, rank)
        under[rank] = piles[place - 1] if place else None
        if place == len(tops):
            tops.append(rank)
            piles.append(rank)
        else:
            tops[place] = piles[place] = rank
    kept: set[int] = set()
    step: int | None = piles[-1]
    while step is not None:
        kept.add(step)
        step = under[step]
    return kept
