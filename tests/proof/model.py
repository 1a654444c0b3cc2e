"""A clinic on paper: what domain/3 says of two doctors, their lines and the pool, in plain lists.

It imports nothing of the product.
A line is a list of cards. Where the product has order columns and counters, the paper has a place in a list.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

RANK = {"urgent": 0, "vip": 1, "normal": 3}
SKIP_PLACES, SKIP_MAX = 3, 2
MIN_CALLS, CALL_GAP, CALL_TOTAL, SAME_PRESS, UNDO = 2, 60, 120, 3, 60


class Refused(Exception):
    """The code of the refusal that domain/3 asks for."""


@dataclass
class Card:
    """One visit. ``key`` is where a newcomer stands: class, then time of arrival."""

    name: str
    line: str
    key: tuple[int, float]
    state: str = "waiting"
    server: str | None = None
    skips: int = 0
    first_called: float | None = None
    last_called: float = 0
    counted: int = 0
    counted_at: float | None = None


@dataclass
class Paper:
    """The clinic. ``now`` is in seconds."""

    lines: dict[str, list[str]]
    pools_of: dict[str, list[str]]
    """Doctor → the lines that doctor calls from."""
    now: float = 0
    cards: dict[str, Card] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)

    def copy(self) -> Paper:
        return copy.deepcopy(self)

    def room(self, doctor: str) -> Card | None:
        there = [
            card for card in self.cards.values() if card.server == doctor and card.state in ("called", "in_progress")
        ]
        assert len(there) <= 1
        return there[0] if there else None

    # --- acts: each changes the paper, or raises Refused; True if anything changed -------------------------------

    def arrive(self, name: str, line: str, klass: str) -> bool:
        card = Card(name, line, (RANK[klass], self.now))
        place = sum(self.cards[other].key <= card.key for other in self.lines[line])
        self.lines[line].insert(place, name)
        self.cards[name] = card
        return True

    def call_next(self, doctor: str) -> str | None:
        if doctor in self.paused:
            raise Refused("doctor.paused")
        if self.room(doctor) is not None:
            raise Refused("doctor.busy")
        heads = [self.cards[self.lines[line][0]] for line in self.pools_of[doctor] if self.lines[line]]
        if not heads:
            return None
        best = min(heads, key=lambda card: card.key)
        self._called(best, doctor)
        return best.name

    def call(self, name: str, doctor: str) -> bool:
        card = self.cards[name]
        if card.state == "called" and card.server == doctor:
            return False
        self._expect(card, "waiting")
        if doctor in self.paused:
            raise Refused("doctor.paused")
        if self.room(doctor) is not None:
            raise Refused("doctor.busy")
        self._called(card, doctor)
        return True

    def _called(self, card: Card, doctor: str) -> None:
        self.lines[card.line].remove(card.name)
        card.state, card.server, card.last_called = "called", doctor, self.now
        if card.first_called is None:
            card.first_called = self.now
        self._count(card)

    def _count(self, card: Card) -> None:
        if card.counted_at is None or self.now - card.counted_at >= CALL_GAP:
            card.counted, card.counted_at = card.counted + 1, self.now

    def recall(self, name: str) -> bool:
        card = self.cards[name]
        self._expect(card, "called")
        if self.now - card.last_called < SAME_PRESS:
            return False
        card.last_called = self.now
        self._count(card)
        return True

    def start(self, name: str) -> bool:
        card = self.cards[name]
        if card.state == "in_progress":
            return False
        self._expect(card, "called")
        card.state = "in_progress"
        return True

    def skip(self, name: str) -> bool:
        card = self.cards[name]
        if card.state == "waiting" and card.skips:
            return False
        self._expect(card, "called")
        if card.skips >= SKIP_MAX:
            raise Refused("visit.skip_limit")
        line = self.lines[card.line]
        place = min(SKIP_PLACES, len(line))
        if place:
            card.key = self.cards[line[place - 1]].key
        line.insert(place, name)
        card.state, card.server, card.skips = "waiting", None, card.skips + 1
        return True

    def complete(self, name: str) -> bool:
        return self._end(name, "completed", "called", "in_progress")

    def complete_and_call(self, name: str) -> tuple[bool, str | None]:
        card = self.cards[name]
        if not self.complete(name):
            return False, None
        assert card.server is not None
        return True, self.call_next(card.server)

    def no_show(self, name: str) -> bool:
        card = self.cards[name]
        if card.state == "no_show":
            return False
        self._expect(card, "called")
        assert card.first_called is not None
        if card.counted < MIN_CALLS or self.now - card.first_called < CALL_TOTAL:
            raise Refused("visit.calls_needed")
        return self._end(name, "no_show", "called")

    def leave(self, name: str) -> bool:
        return self._end(name, "left", "waiting")

    def cancel(self, name: str) -> bool:
        return self._end(name, "cancelled", "waiting", "called", "in_progress")

    def _end(self, name: str, state: str, *froms: str) -> bool:
        card = self.cards[name]
        if card.state == state:
            return False
        self._expect(card, *froms)
        if card.state == "waiting":
            self.lines[card.line].remove(name)
        card.state = state
        return True

    @staticmethod
    def _expect(card: Card, *states: str) -> None:
        if card.state not in states:
            raise Refused("visit.wrong_state")
