"""Who is inside a department: asked before it is closed or becomes one of another kind.

Upper rooms know whom they would lose sight of; they register a count in ``ready()``.
"""

from __future__ import annotations

from collections.abc import Callable

from clinic.directory.models import Department

Count = Callable[[Department], int]

_counts: list[Count] = []


def counts(fn: Count) -> None:
    """Register who counts people that are in a department now."""
    if fn not in _counts:
        _counts.append(fn)


def count(department: Department) -> int:
    """How many people are inside, by everybody who knows of some."""
    return sum(ask(department) for ask in _counts)
