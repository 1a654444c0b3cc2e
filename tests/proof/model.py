"""A clinic on paper: what domain/3 says of doctors, their lines and the pool, in plain values.

It imports nothing of the product. A place in a line is a moment and a number, as R3.3 and R3.4 put it: the effective
time less the head start of the class, then the number drawn at the last placement.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Self

MINUTE, DAY = 60_000_000, 86_400_000_000  # in microseconds
STRICT = {"urgent": 30 * DAY, "vip": 20 * DAY, "normal": 0}
AGED = {"urgent": 60 * MINUTE, "vip": 30 * MINUTE, "normal": 0}
ORDERS = {"strict": STRICT, "aged": AGED}
SKIP_PLACES, SKIP_MAX, REJOIN_BEHIND = 3, 2, 2
MIN_CALLS, CALL_GAP, CALL_TOTAL, SAME_PRESS, UNDO = 2, 60, 120, 3, 60
BACK_NEXT = ("tests", "payment", "papers")
BACK_AFTER = ("no_show", "left")
OPEN = ("waiting", "called", "in_progress", "on_hold")


class Refused(Exception):
    """The code of the refusal that domain/3 asks for."""


@dataclass
class Card:
    """One visit in the line it is in now. ``since`` is what its place is reckoned from, in microseconds."""

    name: str
    line: str
    klass: str
    since: int
    at: int
    no: int
    born: int
    """The order in which parts of visits began: the last word among equals."""
    arrived: int = 0
    state: str = "waiting"
    server: str | None = None
    skips: int = 0
    placed: bool = False
    first_called: float | None = None
    last_called: float = 0
    counted: int = 0
    counted_at: float | None = None
    hold: str = ""
    came_back: bool = False
    sent: bool = False
    due: bool = True
    """False: early for an appointment, so called only if nobody due waits."""
    who: str = ""
    """Somebody who was booked; nobody else's for whoever walked in."""

    @property
    def key(self) -> tuple[bool, int, int, int]:
        return (not self.due, self.at, self.no, self.born)


@dataclass
class Paper:
    """The clinic. ``now`` is in seconds."""

    names: tuple[str, ...]
    pools_of: dict[str, list[str]]
    """Doctor → the lines that doctor calls from."""
    now: float = 0
    cards: dict[str, Card] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    order: str = "strict"
    drawn: dict[str, int] = field(default_factory=dict)
    """Line → the last number drawn there. Numbers are never given back, not even by an undo."""
    begun: int = 0

    def copy(self) -> Self:
        """Another one that does not change with this; by hand, for it is made at every step."""
        other = copy.copy(self)
        other.cards = {name: copy.copy(card) for name, card in self.cards.items()}
        other.paused, other.drawn = set(self.paused), dict(self.drawn)
        return other

    def room(self, doctor: str) -> Card | None:
        there = [
            card for card in self.cards.values() if card.server == doctor and card.state in ("called", "in_progress")
        ]
        assert len(there) <= 1
        return there[0] if there else None

    def line(self, *names: str) -> list[Card]:
        """Who waits in these lines, in order."""
        waiting = [card for card in self.cards.values() if card.state == "waiting" and card.line in names]
        return sorted(waiting, key=lambda card: card.key)

    def others(self, card: Card) -> list[Card]:
        return [other for other in self.line(card.line) if other is not card]

    def _draw(self, line: str) -> int:
        self.drawn[line] = self.drawn.get(line, 0) + 1
        return self.drawn[line]

    def _begin(self) -> int:
        self.begun += 1
        return self.begun

    def _at(self, since: int, klass: str) -> int:
        return since - ORDERS[self.order][klass]

    # --- acts: each changes the paper, or raises Refused; True if anything changed -------------------------------

    def arrive(self, name: str, line: str, klass: str) -> bool:
        since = int(self.now * 1_000_000)
        no = self._draw(line)
        self.cards[name] = Card(name, line, klass, since, self._at(since, klass), no, self._begin(), arrived=since)
        return True

    def call_next(self, doctor: str) -> str | None:
        self._ready(doctor)
        line = self.line(*self.pools_of[doctor])
        if not line:
            return None
        self._called(line[0], doctor)
        return line[0].name

    def call(self, name: str, doctor: str) -> bool:
        card = self.cards[name]
        if card.state == "called" and card.server == doctor:
            return False
        self._expect(card, "waiting")
        self._ready(doctor)
        self._called(card, doctor)
        return True

    def _ready(self, doctor: str) -> None:
        if doctor in self.paused:
            raise Refused("doctor.paused")
        if self.room(doctor) is not None:
            raise Refused("doctor.busy")

    def _called(self, card: Card, doctor: str) -> None:
        card.state, card.server, card.last_called, card.came_back = "called", doctor, self.now, False
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
        self._put_behind(card, SKIP_PLACES)
        card.state, card.server, card.skips = "waiting", None, card.skips + 1
        return True

    # --- places (R3.4) -------------------------------------------------------------------------------------------

    def _put_behind(self, card: Card, places: int) -> None:
        """The moment of whom it now follows and the next number; those behind of that moment get fresh numbers."""
        line = self.others(card)
        gone = min(places, len(line))
        number = self._draw(card.line)
        if gone:
            follows = line[gone - 1]
            self._make_room(card, follows, number)
            card.due, card.at = follows.due, follows.at
        card.no, card.placed = number, True

    def _make_room(self, card: Card, follows: Card, number: int) -> None:
        tied = [
            other for other in self.cards.values()
            if other.line == card.line and other.state in ("waiting", "on_hold") and other is not card
            and (other.due, other.at) == (follows.due, follows.at) and follows.no < other.no < number
        ]  # fmt: skip
        for other in sorted(tied, key=lambda one: one.key):
            other.no = self._draw(other.line)

    def _put_next(self, card: Card) -> None:
        """Next after whoever is in the room: behind whoever came back so before, and behind waiting urgent ones."""
        number, line = self._draw(card.line), [other for other in self.others(card) if other.due]
        index = max((nth for nth, other in enumerate(line, 1) if self._first(other, card)), default=0)
        before = line[index - 1] if index else None
        at = line[index].at - 1 if index < len(line) else card.at
        if before is not None and at < before.at:
            at = before.at
            self._make_room(card, before, number)
        card.due, card.at, card.no, card.placed = True, at, number, True

    @staticmethod
    def _first(other: Card, card: Card) -> bool:
        urgent = other.klass == "urgent"
        if card.klass == "urgent":
            return urgent and other.came_back
        return other.came_back or (urgent and not other.placed)

    # --- away and back (R3.13, R3.14) ----------------------------------------------------------------------------

    def hold(self, name: str, reason: str) -> bool:
        card = self.cards[name]
        if card.state == "on_hold" and card.hold == reason:
            return False
        self._expect(card, "waiting", "called", "in_progress")
        self._nobodys(card)
        card.state, card.hold = "on_hold", reason
        return True

    def _nobodys(self, card: Card) -> None:
        """Off the server; the calls that could make a no-show count anew."""
        card.server, card.hold, card.came_back, card.counted, card.counted_at = None, "", False, 0, None

    def resume(self, name: str) -> bool:
        card = self.cards[name]
        if card.state == "waiting":
            return False
        self._expect(card, "on_hold")
        if card.hold in BACK_NEXT:
            self._put_next(card)
            card.came_back = True
        card.state, card.hold = "waiting", ""
        return True

    def delay(self, name: str, places: int) -> bool:
        card = self.cards[name]
        self._expect(card, "waiting")
        line = self.others(card)
        ahead = sum(other.key < card.key for other in line)
        if ahead == len(line):
            return False
        self._put_behind(card, ahead + places)
        card.came_back = False
        return True

    def rejoin(self, name: str) -> bool:
        card = self.cards[name]
        if card.state == "waiting":
            return False
        self._expect(card, *BACK_AFTER)
        self._not_here(card.who, card.line)
        self._put_behind(card, REJOIN_BEHIND)
        self._nobodys(card)
        card.state = "waiting"
        return True

    def _not_here(self, who: str, line: str) -> None:
        if any(who and card.who == who and card.line == line and card.state in OPEN for card in self.cards.values()):
            raise Refused("visit.already_in_line")

    # --- other lines, other classes (R3.15, R3.4) ----------------------------------------------------------------

    def reassign(self, name: str, line: str) -> bool:
        card = self.cards[name]
        if card.state == "waiting" and card.line == line:
            return False
        self._expect(card, "waiting", "on_hold", "called")
        self._nobodys(card)
        card.line, card.state, card.placed = line, "waiting", False
        card.at, card.no = self._at(card.since, card.klass), self._draw(line)
        return True

    def send_on(self, name: str, line: str) -> bool:
        card = self.cards[name]
        if card.state == "waiting" and card.line == line and card.sent:
            return False
        self._expect(card, "called", "in_progress")
        if card.line == line:
            raise Refused("visit.same_line")
        no = self._draw(line)
        at = self._at(card.arrived, card.klass)
        self.cards[name] = Card(
            name, line, card.klass, card.arrived, at, no, self._begin(), arrived=card.arrived, sent=True, who=card.who,
        )  # fmt: skip
        return True

    def set_class(self, name: str, klass: str) -> bool:
        card = self.cards[name]
        self._expect(card, "waiting", "on_hold")
        old, card.klass = card.klass, klass
        if old != klass:
            card.at, card.no, card.placed = self._at(card.since, klass), self._draw(card.line), False
            card.due = card.due or klass != "normal"
        return True

    def set_order(self, order: str) -> bool:
        """A change of policy sorts the unplaced anew and keeps the placed at their rank."""
        if order == self.order:
            return False
        self.order = order
        for line in self.names:
            self._resort(line)
        return True

    def _resort(self, line: str) -> None:
        everybody = self.line(line)
        for due in (True, False):
            self._sort(line, [card for card in everybody if card.due is due])
        for card in self.cards.values():
            if card.line == line and card.state in ("called", "in_progress", "on_hold") and not card.placed:
                card.at = self._at(card.since, card.klass)

    def _sort(self, line: str, stood: list[Card]) -> None:
        fresh = {card.name: self._at(card.since, card.klass) for card in stood}
        free = sorted((card for card in stood if not card.placed), key=lambda c: (fresh[c.name], c.no, c.born))
        queue, found, moments = iter(free), list[Card](), list[int]()
        for card in stood:
            who = card if card.placed else next(queue)
            first = fresh[free[0].name] if free else who.at
            moments.append((moments[-1] if moments else first) if who.placed else fresh[who.name])
            found.append(who)
        for who, at in zip(found, moments, strict=True):
            who.at = at
        for _at, group in groupby(found, key=lambda card: card.at):
            tied = list(group)
            if not all((one.no, one.born) < (two.no, two.born) for one, two in pairwise(tied)):
                for who in tied:
                    who.no = self._draw(line)

    # --- ends ----------------------------------------------------------------------------------------------------

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
        return self._end(name, "left", "waiting", "on_hold")

    def cancel(self, name: str) -> bool:
        return self._end(name, "cancelled", *OPEN)

    def _end(self, name: str, state: str, *froms: str) -> bool:
        card = self.cards[name]
        if card.state == state:
            return False
        self._expect(card, *froms)
        card.state, card.hold = state, ""
        return True

    @staticmethod
    def _expect(card: Card, *states: str) -> None:
        if card.state not in states:
            raise Refused("visit.wrong_state")


Act = Callable[[Paper], object]
