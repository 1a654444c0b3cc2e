"""When those who wait will be called. Pure: no Django, no clock.

The method is in docs/estimates.md; what goes in and out in ``terms.py``, the playing of futures in ``futures.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from queues.estimates.futures import Group, tell
from queues.estimates.shape import Shape
from queues.estimates.terms import NO_ODDS, Begun, Forecast, Key, Odds, Pace, Person, Server

__all__ = ["NAME", "Begun", "Forecast", "Odds", "Pace", "Person", "Server", "forecast"]

NAME = "schedule-3"
"""Stands in every promise; another model gets another name."""


def forecast(
    lines: Iterable[Key], servers: Sequence[Server], people: Sequence[Person], shape: Shape, odds: Odds = NO_ODDS
) -> Forecast:  # fmt: skip
    """What to expect of each of these lines. ``people`` in order; ``servers`` those on duty or on a known break."""
    told = Forecast()
    every = list(lines)
    for line in every:
        told.servers[line] = sum(one.lanes for one in servers if line in one.lines and not one.away)
        if not told.servers[line]:
            told.paused.add(line)
    for group in _groups(every, servers):
        inside = [person for person in people if person.line in group]
        here = [one for one in servers if one.lines & group]
        if here:
            tell(Group(group, here, inside, shape, odds), told)
    return told


def _groups(lines: Sequence[Key], servers: Sequence[Server]) -> list[frozenset[Key]]:
    """Lines that share a server, directly or by others: what happens in one group changes nothing in another."""
    groups = [{line} for line in lines]
    for one in servers:
        touched = [group for group in groups if not group.isdisjoint(one.lines)]
        if len(touched) > 1:
            groups = [group for group in groups if group not in touched]
            groups.append(set().union(*touched))
    return [frozenset(group) for group in groups]
