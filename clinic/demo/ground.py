"""What the processes of the model share: its clock, its people and its port."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

import simpy

from clinic.demo.day import Day, Fate
from clinic.demo.parts import WAITING, Answer, Bounds, Clinic, Intent, Person, Port, Server

Steps = Any  # what a SimPy process is: a generator of events

AGAIN = 30.0
"""Seconds until somebody who was refused tries again."""


class Ground:
    """The clinic, and what somebody in it does through the port."""

    def __init__(
        self, day: Day, clinic: Clinic, port: Port, *, begin: float, local: Callable[[float], datetime], dice: Random,
        bounds: Callable[[datetime], Bounds] | None = None,
    ) -> None:  # fmt: skip
        self.day, self.port, self.local, self.dice = day, port, local, dice
        self.env = simpy.Environment(initial_time=begin)
        self.lines = {line.key: line for line in clinic.lines}
        self.servers = {server.key: server for server in clinic.servers}
        self.people = {one.key: one for one in clinic.people}
        self.coming, self.requests = clinic.coming, clinic.requests
        self._bounds = bounds
        self.refused = 0
        self.last_arrival = float("inf")
        """From then on nobody comes any more."""

    @property
    def now(self) -> float:
        return float(self.env.now)

    @property
    def waiting(self) -> int:
        return sum(one.state == WAITING for one in self.people.values())

    @property
    def bounds(self) -> Bounds:
        return self._bounds(self.local(self.now)) if self._bounds else Bounds()

    def _do(self, verb: str, who: str = "", where: str = "", minutes: float = 0, why: str = "") -> Answer:
        answer = self.port.do(Intent(self.now, verb, who, where, minutes, why))
        self.refused += not answer.done
        return answer

    def _fate(self, one: Person) -> Fate:
        return self.day.fate(one.name, self.lines[one.line].department, one.wants)

    def _left(self, since: float, long: float) -> Any:
        return self.env.timeout(max(0.0, since + long - self.now))

    def _may_go(self) -> bool:
        """Whether somebody may go out of the lines: the live demo's waiting room never empties."""
        return self.waiting > self.bounds.fewest

    def _wake(self, line: str) -> None:
        for server in self.servers.values():
            if line in server.lines:
                self._rouse(server)

    @staticmethod
    def _rouse(server: Server) -> None:
        if server.wake is not None and not server.wake.triggered:
            server.wake.succeed()
