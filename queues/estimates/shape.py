"""How service times are spread around their mean: a table of equally likely lengths, and what is left of a begun one.

Pure: no Django, no clock, no chance that a test could not repeat. Lengths are in units of their mean.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import exp, log, sqrt
from operator import itemgetter
from random import Random
from statistics import NormalDist
from typing import Any

SCENARIOS = 96
"""Equally likely futures that are played through. The 10th part of them lies beyond p90."""
USUAL_SPREAD = 0.6
"""Coefficient of variation of consultations until enough of them were measured."""
KNOWN_FROM = 40
"""So many measured lengths are a shape of their own; with fewer it is a log-normal one of their spread."""
CUT = 0.1
"""R3.30: the outer 10 % are cut, half of them at each end."""
_LIKE_BEFORE = 6
"""The usual spread counts as much as so many measured lengths."""
_TAIL = 0.9
"""From this part of the lengths on, what is left of a long one is not read from the few that were longer."""
_HARDLY = 1e-9
_NORMAL = NormalDist()


def middles(count: int = SCENARIOS) -> list[float]:
    """The middles of ``count`` equal parts of (0, 1)."""
    return [(n + 0.5) / count for n in range(count)]


@dataclass(frozen=True)
class Shape:
    """``points``: SCENARIOS equally likely lengths, rising, with mean 1; ``spread``: their coefficient of variation."""

    points: tuple[float, ...]

    @cached_property
    def spread(self) -> float:
        return sqrt(sum((point - 1) ** 2 for point in self.points) / len(self.points))

    def kept_by_cut(self, samples: int) -> float:
        """What the cut of R3.30 leaves of the mean: long lengths are further out than short ones, so it takes some.

        The mean of the cut sample divided by this is an unbiased mean.
        """
        part = cut_at_each_end(samples) / samples
        gone = round(part * len(self.points))
        left = self.points[gone : len(self.points) - gone]
        return sum(left) / len(left)

    def left_of(self, elapsed: float) -> list[float]:
        """SCENARIOS equally likely rests of a length that has lasted ``elapsed`` already, rising."""
        if elapsed <= 0:
            return list(self.points)
        if elapsed >= self.points[int(_TAIL * len(self.points))]:
            return self._tail(elapsed)
        longer = self.points[bisect_left(self.points, elapsed) :]
        return [longer[int(part * len(longer))] - elapsed for part in middles(len(self.points))]

    def _tail(self, elapsed: float) -> list[float]:
        """What is left of a long one, as of log-normal lengths of this spread: the longer it lasts, the longer yet."""
        sigma = sqrt(log(1 + self.spread**2)) or 0.05
        beyond = log(elapsed) / sigma + sigma / 2
        longer = _NORMAL.cdf(-beyond)
        if longer < _HARDLY:
            mean = elapsed * sigma / beyond
            return [-mean * log(1 - part) for part in middles(len(self.points))]
        return [
            exp(sigma * -_NORMAL.inv_cdf(longer * (1 - part)) - sigma * sigma / 2) - elapsed
            for part in middles(len(self.points))
        ]


def lognormal(spread: float) -> Shape:
    sigma = sqrt(log(1 + spread * spread))
    return _of_mean_one([exp(sigma * _NORMAL.inv_cdf(part)) for part in middles()])


def measured(lengths: Sequence[float], usual: float = USUAL_SPREAD) -> Shape:
    """The shape of measured lengths, each in units of what was expected of it; of few with this spread usually."""
    if not lengths:
        return lognormal(usual)
    mean = sum(lengths) / len(lengths)
    if len(lengths) < KNOWN_FROM:
        own = sum((length / mean - 1) ** 2 for length in lengths)
        return lognormal(sqrt((own + _LIKE_BEFORE * usual**2) / (len(lengths) + _LIKE_BEFORE)))
    rising, last = sorted(lengths), len(lengths) - 1
    found = []
    for part in middles():
        place = part * last
        below = int(place)
        above = min(below + 1, last)
        found.append(rising[below] + (place - below) * (rising[above] - rising[below]))
    return _of_mean_one(found)


def cut_at_each_end(samples: int) -> int:
    """How many of the shortest, and of the longest, the cut of R3.30 takes: one of each from eleven samples on."""
    return round(samples * CUT / 2)


def paces(doubt: float) -> list[float]:
    """Equally likely factors around 1: how wrong a mean of few samples may be, by its relative standard error."""
    sigma = sqrt(log(1 + doubt * doubt))
    return [exp(sigma * _NORMAL.inv_cdf(part) - sigma * sigma / 2) for part in middles()]


def _of_mean_one(rising: Sequence[float]) -> Shape:
    mean = sum(rising) / len(rising)
    return Shape(tuple(value / mean for value in rising))


_ORDERS = 509


@cache
def _orders() -> list[list[int]]:
    chance = Random(3_30)  # noqa: S311 (no secret: the same futures in every process)
    found = []
    for _ in range(_ORDERS):
        order = list(range(SCENARIOS))
        chance.shuffle(order)
        found.append(order)
    return found


@cache
def _pickers() -> list[itemgetter[Any]]:
    return [itemgetter(*order) for order in _orders()]


@cache
def _places() -> list[list[int]]:
    """The orders the other way round: where each value goes."""
    return [sorted(range(SCENARIOS), key=order.__getitem__) for order in _orders()]


def shuffled(values: Sequence[float], key: int) -> list[float]:
    """The values in an order that is always the same for a key, and for two keys mostly independent."""
    return list(_pickers()[key % _ORDERS](values))


def chosen(many: int, key: int) -> list[int]:
    """So many of the futures, which are the same for a key: the places of the last values of ``shuffled``."""
    return _places()[key % _ORDERS][SCENARIOS - many :] if many else []
