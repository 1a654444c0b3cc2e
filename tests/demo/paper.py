"""A clinic on paper for the demo's model: lists instead of operations, strict and simple."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from clinic.demo import parts
from clinic.demo.parts import CALLED, GONE, HELD, IN_ROOM, WAITING, Answer, Clinic, Intent, Line, Person, Server

START = datetime(2026, 11, 16, 7, 30, tzinfo=UTC)  # a Monday


def clinic(doctors: int = 3) -> Clinic:
    """One department with its pool, so many doctors, a laboratory and a cashier with a clerk each."""
    lines = [Line("pool", "A"), Line("lab", parts_counter(), purpose="laboratory"),
             Line("desk", parts_counter(), purpose="cashier")]  # fmt: skip
    servers = [Server("clerk lab", frozenset({"lab"})), Server("clerk desk", frozenset({"desk"}))]
    for n in range(doctors):
        lines.append(Line(f"own {n}", "A", owner=f"doctor {n}"))
        servers.append(Server(f"doctor {n}", frozenset({f"own {n}", "pool"})))
    return Clinic(lines, servers)


def parts_counter() -> str:
    from clinic.demo.day import COUNTER

    return COUNTER


class Paper:
    """Who is where. Refuses what a house would, and keeps every intent."""

    def __init__(self, clinic: Clinic) -> None:
        self.servers = {server.key: server.lines for server in clinic.servers}
        self.lines: dict[str, list[str]] = {line.key: [] for line in clinic.lines}
        self.state: dict[str, str] = {}
        self.line_of: dict[str, str] = {}
        self.at: dict[str, str] = {}
        self.calls: dict[str, int] = {}
        self.told: list[Intent] = []
        self.down = False

    def do(self, intent: Intent) -> Answer:
        if self.down:
            return Answer(False)
        self.told.append(intent)
        return getattr(self, intent.verb)(intent)

    def _person(self, key: str, at: float) -> Person:
        return Person(key, key, self.line_of[key], since=at)

    def arrive(self, intent: Intent) -> Answer:
        key = f"p{len(self.state)}"
        self.state[key], self.line_of[key] = WAITING, intent.where
        self.lines[intent.where].append(key)
        return Answer(True, self._person(key, intent.at))

    def book(self, intent: Intent) -> Answer:
        return Answer(True)

    def answer(self, intent: Intent) -> Answer:
        return Answer(True)

    def check_in(self, intent: Intent) -> Answer:
        key = intent.who
        self.state[key], self.line_of[key] = WAITING, "pool"
        self.lines["pool"].append(key)
        return Answer(True, self._person(key, intent.at))

    def call(self, intent: Intent) -> Answer:
        assert intent.who not in self.at.values(), f"{intent.who} calls with somebody in the room"
        heads = [self.lines[line][0] for line in sorted(self.servers[intent.who]) if self.lines[line]]
        if not heads:
            return Answer(False)
        key = min(heads, key=lambda one: int(one[1:]))
        self.lines[self.line_of[key]].remove(key)
        self.state[key], self.at[key], self.calls[key] = CALLED, intent.who, 1
        return Answer(True, self._person(key, intent.at))

    def _from(self, key: str, *states: str) -> bool:
        return self.state[key] in states

    def start(self, intent: Intent) -> Answer:
        assert self._from(intent.who, CALLED)
        self.state[intent.who] = IN_ROOM
        return Answer(True)

    def absent(self, intent: Intent) -> Answer:
        assert self._from(intent.who, CALLED)
        self.calls[intent.who] += 1
        if self.calls[intent.who] < 4:
            return Answer(True, state=CALLED)
        self._out(intent.who, GONE)
        return Answer(True, state=GONE)

    def _out(self, key: str, state: str) -> str:
        self.state[key] = state
        return self.at.pop(key, "")

    def skip(self, intent: Intent) -> Answer:
        assert self._from(intent.who, CALLED)
        self._out(intent.who, WAITING)
        self.lines[self.line_of[intent.who]].append(intent.who)
        return Answer(True)

    def complete(self, intent: Intent) -> Answer:
        assert self._from(intent.who, IN_ROOM)
        self._out(intent.who, "done")
        return Answer(True)

    def complete_and_call(self, intent: Intent) -> Answer:
        assert self._from(intent.who, IN_ROOM)
        server = self._out(intent.who, "done")
        return replace(self.call(Intent(intent.at, parts.CALL, server)), done=True)

    def leave(self, intent: Intent) -> Answer:
        assert self._from(intent.who, WAITING)
        self.lines[self.line_of[intent.who]].remove(intent.who)
        self.state[intent.who] = GONE
        return Answer(True)

    def hold(self, intent: Intent) -> Answer:
        assert self._from(intent.who, IN_ROOM)
        self._out(intent.who, HELD)
        return Answer(True)

    def back(self, intent: Intent) -> Answer:
        assert self._from(intent.who, HELD)
        self.state[intent.who] = WAITING
        self.lines[self.line_of[intent.who]].insert(0, intent.who)
        return Answer(True)

    def delay(self, intent: Intent) -> Answer:
        assert self._from(intent.who, WAITING)
        if intent.minutes:
            self.lines[self.line_of[intent.who]].remove(intent.who)
            self.state[intent.who] = HELD
        return Answer(True)

    def rejoin(self, intent: Intent) -> Answer:
        assert self._from(intent.who, GONE)
        self.state[intent.who] = WAITING
        self.lines[self.line_of[intent.who]].append(intent.who)
        return Answer(True)

    def send_on(self, intent: Intent) -> Answer:
        assert self._from(intent.who, IN_ROOM)
        self._out(intent.who, WAITING)
        self.line_of[intent.who] = intent.where
        self.lines[intent.where].append(intent.who)
        return Answer(True, self._person(intent.who, intent.at))

    def _yes(self, intent: Intent) -> Answer:
        return Answer(True)

    take_break = be_back = be_late = go_home = come_in = fall_ill = _yes
