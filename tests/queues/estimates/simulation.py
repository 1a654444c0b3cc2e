"""A clinic that never was: people come by chance to s servers, and everybody is told a wait by the real model.

``python -m tests.queues.estimates.simulation [--people 4000]`` prints the figures of docs/estimates.md.
"""

from __future__ import annotations

import argparse
import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, log, sqrt
from random import Random

from queues.estimates import model
from queues.estimates.expected import LAST, pace_of, shape_of
from queues.estimates.model import Begun, Person, Server

MEAN = 15.0
"""Minutes a service really takes; the model is told 20 and has to find out."""
CONFIGURED = 20.0
LOAD = 0.92
ROLLING = 10
"""The yardstick: the mean of the last ten waits."""
WARM = 200
"""People before the first that counts: the model has its services, the yardstick its waits, the line its length."""

Draw = Callable[[Random], float]


def exponential(chance: Random) -> float:
    return chance.expovariate(1 / MEAN)


def lognormal(spread: float) -> Draw:
    sigma = sqrt(log(1 + spread * spread))
    return lambda chance: MEAN * exp(chance.gauss(-sigma * sigma / 2, sigma))


@dataclass
class Told:
    """One promise and what came of it, in minutes."""

    p50: float
    p90: float
    rolling: float
    wait: float = 0.0


@dataclass
class Score:
    people: int
    coverage: float
    error: float
    rolling_error: float

    @property
    def better_by(self) -> float:
        return 1 - self.error / self.rolling_error

    def __str__(self) -> str:
        return (
            f"{self.people:6} people  p90 coverage {self.coverage:6.1%}  error {self.error:5.1f} min  "
            f"rolling mean {self.rolling_error:5.1f} min  smaller by {self.better_by:5.1%}"
        )


@dataclass
class Clinic:
    servers: int
    draw: Draw
    chance: Random
    now: float = 0.0
    line: deque[tuple[int, float]] = field(default_factory=deque)
    """Who waits: number and arrival."""
    begun: dict[int, float] = field(default_factory=dict)
    """Server → when the present service began."""
    ends: list[tuple[float, int]] = field(default_factory=list)
    lengths: list[deque[float]] = field(default_factory=list)
    waits: deque[float] = field(default_factory=lambda: deque(maxlen=ROLLING))
    told: dict[int, Told] = field(default_factory=dict)

    def run(self, people: int) -> list[Told]:
        self.lengths = [deque(maxlen=LAST) for _ in range(self.servers)]
        every = MEAN / (LOAD * self.servers)
        for number in range(people + WARM):
            arrival = self.now + self.chance.expovariate(1 / every)
            self._until(arrival)
            if number >= WARM:
                self.told[number] = self._promise(number)
            self.line.append((number, arrival))
            self._call()
        self._until(float("inf"))
        return list(self.told.values())

    def _until(self, moment: float) -> None:
        while self.ends and self.ends[0][0] <= moment:
            self.now, server = heapq.heappop(self.ends)
            self.lengths[server].append(self.now - self.begun.pop(server))
            self._call()
        if moment < float("inf"):
            self.now = moment

    def _call(self) -> None:
        for server in range(self.servers):
            if self.line and server not in self.begun:
                number, arrival = self.line.popleft()
                self.waits.append(self.now - arrival)
                if number in self.told:
                    self.told[number].wait = self.now - arrival
                self.begun[server] = self.now
                heapq.heappush(self.ends, (self.now + self.draw(self.chance), server))

    def _promise(self, number: int) -> Told:
        shape = shape_of(list(self.lengths))
        servers = [
            Server(
                frozenset({"line"}), {None: pace_of(list(self.lengths[n]), CONFIGURED, shape)},
                [Begun(self.now - self.begun[n], None)] if n in self.begun else [], seed=n,
            )
            for n in range(self.servers)
        ]  # fmt: skip
        people = [Person(one, "line", seed=one * 7919) for one, _arrival in self.line]
        people.append(Person(number, "line", seed=number * 7919))
        p50, p90 = model.forecast(["line"], servers, people, shape).waits[number]
        return Told(p50, p90, sum(self.waits) / len(self.waits) if self.waits else 0.0)


def score(told: list[Told]) -> Score:
    count = len(told)
    return Score(
        count,
        sum(one.wait <= one.p90 for one in told) / count,
        sum(abs(one.p50 - one.wait) for one in told) / count,
        sum(abs(one.rolling - one.wait) for one in told) / count,
    )


KINDS: dict[str, Draw] = {
    "exponential": exponential,
    "log-normal 0.5": lognormal(0.5),
    "log-normal 0.8": lognormal(0.8),
}


def simulate(servers: int, draw: Draw, people: int, *, days: int = 4, seed: int = 1) -> Score:
    """Several clinics of their own, so that one long queue does not decide everything."""
    told: list[Told] = []
    for day in range(days):
        told += Clinic(servers, draw, Random(seed * 1000 + day)).run(people // days)
    return score(told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=4000)
    options = parser.parse_args()
    for name, draw in KINDS.items():
        for servers in (1, 2, 3, 5):
            print(f"{name:15} {servers} servers  {simulate(servers, draw, options.people, days=16)}")


if __name__ == "__main__":
    main()
