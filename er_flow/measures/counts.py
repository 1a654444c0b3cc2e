"""What is counted of some visits, and added up: lengths by the minute, so that medians of a year are exact. Pure.

Counts are JSON. A length is kept in half steps: twice its whole minutes, and one more if there are seconds above
them. So many steps are enough to tell whether a target of whole minutes was met, strictly or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from er_flow.measures.facts import Fact

FORM = 1
"""Raised when something else is counted: days that were counted before are counted anew."""
MINUTE = timedelta(minutes=1)

LENGTHS: dict[str, Callable[[Fact], timedelta | None]] = {
    "door_to_triage": lambda one: one.door_to_triage,
    "door_to_provider": lambda one: one.door_to_provider,
    "length_of_stay": lambda one: one.length_of_stay,
    "boarding": lambda one: one.boarding,
    "op18": lambda one: one.op18,
}
ECAT: dict[str, Callable[[Fact], bool]] = {
    "space": lambda one: one.waited_for_space,
    "unevaluated": lambda one: one.left_unevaluated,
    "boarded": lambda one: one.boarded_long,
    "stayed": lambda one: one.stayed_long,
}
ANY = "any"


def steps(length: timedelta) -> int:
    """A length in half steps: ``10 min`` is 20, everything up to ``11 min`` is 21. Below nothing is nothing."""
    minutes, rest = divmod(max(length, timedelta(0)), MINUTE)
    return 2 * minutes + bool(rest)


@dataclass(slots=True)
class Counts:
    """The counts of some visits."""

    visits: int = 0
    states: Counter[str] = field(default_factory=Counter)
    """Ends, and the care stages of whoever is still here."""
    levels: Counter[int] = field(default_factory=Counter)
    """Level → visits; 0: without."""
    lengths: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name in LENGTHS})
    """Name → half steps → visits."""
    by_level: dict[int, Counter[int]] = field(default_factory=lambda: {level: Counter() for level in range(6)})
    """Level → half steps from the door to the provider → visits."""
    ecat: Counter[str] = field(default_factory=Counter)
    """Of whoever has left."""
    decisions: Counter[tuple[int, int]] = field(default_factory=Counter)
    """What was suggested, and what was decided."""
    looks_due: int = 0
    looks_in_time: int = 0

    def add(self, other: Counts) -> None:
        self.visits += other.visits
        for mine, more in zip(self._counters(), other._counters(), strict=True):
            mine.update(more)
        self.looks_due += other.looks_due
        self.looks_in_time += other.looks_in_time

    def _counters(self) -> list[Counter[Any]]:
        return [
            self.states, self.levels, *self.lengths.values(), *self.by_level.values(), self.ecat, self.decisions,
        ]  # fmt: skip


def of(facts: Iterable[Fact], now: datetime) -> Counts:
    """Count these visits, as they are at ``now``."""
    found = Counts()
    for one in facts:
        found.visits += 1
        found.states[one.state] += 1
        found.levels[one.level or 0] += 1
        for name, length in LENGTHS.items():
            if (told := length(one)) is not None:
                found.lengths[name][steps(told)] += 1
        if one.door_to_provider is not None:
            found.by_level[one.level or 0][steps(one.door_to_provider)] += 1
        _ecat(one, found)
        found.decisions.update(one.decisions)
        due, in_time = one.reassessments(now)
        found.looks_due += due
        found.looks_in_time += in_time
    return found


def _ecat(one: Fact, found: Counts) -> None:
    if one.departed is None:
        return
    failed = [name for name, is_so in ECAT.items() if is_so(one)]
    found.ecat.update(failed)
    found.ecat[ANY] += bool(failed)


# --- as JSON ---------------------------------------------------------------------------------------------------------


def doc(counts: Counts) -> dict[str, Any]:
    """The counts to be kept."""
    return {
        "visits": counts.visits, "states": counts.states, "levels": counts.levels, "lengths": counts.lengths,
        "by_level": counts.by_level, "ecat": counts.ecat, "looks": [counts.looks_due, counts.looks_in_time],
        "decisions": [[told, level, n] for (told, level), n in sorted(counts.decisions.items())],
    }  # fmt: skip


def added(docs: Iterable[Mapping[str, Any]]) -> Counts:
    """The counts that were kept, added up: half a million lengths in a tenth of a second, by their texts."""
    found = Counts()
    texts: dict[tuple[str, str], Counter[str]] = {}
    for one in docs:
        found.visits += one["visits"]
        found.states.update(one["states"])
        found.ecat.update(one["ecat"])
        found.looks_due += one["looks"][0]
        found.looks_in_time += one["looks"][1]
        for told, level, n in one["decisions"]:
            found.decisions[told, level] += n
        for group in ("lengths", "by_level"):
            for name, lengths in one[group].items():
                texts.setdefault((group, name), Counter()).update(lengths)
        texts.setdefault(("levels", ""), Counter()).update(one["levels"])
    for (group, name), told in texts.items():
        numbers = {int(text): n for text, n in told.items()}
        if group == "lengths":
            found.lengths[name].update(numbers)
        elif group == "by_level":
            found.by_level[int(name)].update(numbers)
        else:
            found.levels.update(numbers)
    return found
