"""Rendered pieces are kept as long as they are shown: what a changed board no longer shows is let go."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

R = TypeVar("R")

GENERATION_SECONDS = 120.0
SHORT = 30.0
"""For what changes with each act and is hardly ever asked for in an older form."""


class Recent(Generic[R]):
    """The answers of a pure function by its arguments, kept while they are asked for, in two generations.

    What was not asked for in the last one or two generations is gone: a cache that only had a limit grew all day with
    rows that nobody would ever see again. Threads need no lock: each step is one of a dictionary's own, and two who
    miss at once make the same answer.
    """

    def __init__(self, make: Callable[..., R], most: int, seconds: float = GENERATION_SECONDS) -> None:
        self._make, self._most, self._seconds = make, most, seconds
        self.cache_clear()

    def cache_clear(self) -> None:
        self._young: dict[Hashable, R] = {}
        self._old: dict[Hashable, R] = {}
        self._until = time.monotonic() + self._seconds
        self.misses = 0

    def __call__(self, *given: Any) -> R:
        found = self._young.get(given)
        if found is not None:
            return found
        known = self._old.get(given)
        if known is None:
            known = self._make(*given)
            self.misses += 1
        self._young[given] = known
        if len(self._young) > self._most or time.monotonic() > self._until:
            self._old, self._young = self._young, {}
            self._until = time.monotonic() + self._seconds
        return known


def recent(most: int, seconds: float = GENERATION_SECONDS) -> Callable[[Callable[..., R]], Recent[R]]:
    """``@recent(20_000)``: the function's answers, at most twice as many; it never answers None."""
    return lambda make: Recent(make, most, seconds)
