"""List scheduling over servers that share lines, in many equally likely futures.

In each of ``SCENARIOS`` futures every service has one of its equally likely lengths, each of them once over all futures
(a Latin hypercube, so the means are exact and the quantiles steady). A lane that becomes free takes the first in order
of all the lines it serves, as ``call_next`` does. p50 and p90 are quantiles of the moments somebody is taken.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Mapping, Sequence
from math import log, sqrt
from typing import Any

from queues.estimates.shape import SCENARIOS, Shape, chosen, middles, paces, shuffled
from queues.estimates.terms import Forecast, Key, Odds, Person, Range, Server

WIDER = 1.2
"""What shapes drawn from few measured services miss of the tails; found by the simulation of docs/estimates.md."""
MISSED_MINUTES = 3.0
"""Somebody called who is not there: two calls, two minutes (R3.12)."""
SILENT = 3.0
"""Minutes without a call, though somebody waits, that are a usual time between two people, beside the measured one."""
SILENCE = 10.0
"""After these the server is probably not there, and comes after so many more on average, or as many as it has been."""

Later = Sequence[tuple[float, int, int]]
"""(from when, rank, line) of who is not there yet, by time."""


class Group:
    """Lines that share servers, with everything drawn: per lane when it is free, per person and server how long."""

    def __init__(
        self, lines: frozenset[Key], servers: Sequence[Server], people: Sequence[Person], shape: Shape, odds: Odds
    ) -> None:
        self.lines, self.servers, self.people = lines, servers, people
        names = {line: n for n, line in enumerate(lines)}
        self.names = names
        self.waiting: list[list[int]] = [[] for _ in names]
        self.later: list[tuple[float, int, int]] = []
        for rank, person in enumerate(people):
            if person.ready > 0:
                self.later.append((person.ready, rank, names[person.line]))
            else:
                self.waiting[names[person.line]].append(rank)
        self.later.sort()
        self.early = frozenset(rank for rank, person in enumerate(people) if person.early and person.ready > 0)
        self.away = frozenset(rank for rank, person in enumerate(people) if not person.is_told)
        self.joins = next((rank for rank, person in enumerate(people) if person.behind), len(people))
        """Whoever joins now stands before this rank."""
        self.comes = {rank: _comes(people[rank]) for _ready, rank, _line in self.later if people[rank].chance < 1}
        self.served = [tuple(names[line] for line in one.lines if line in names) for one in servers]
        self.pace = [_paces(one, people) for one in servers]
        self.minutes = [[one.paces[person.sort].minutes for person in people] for one in servers]
        self.gaps = [[one.paces[person.sort].gap for person in people] for one in servers]
        self._draw(shape, odds)
        self.lanes: list[tuple[int, list[float]]] = []
        for n, one in enumerate(servers):
            self.lanes += [(n, free) for free in self._free_at(one, self.pace[n], shape, n)]
        self.times: list[list[float]] = [[] for _ in people]
        self.ends: list[list[float]] = [[] for _ in names]
        """Line → per future when the first lane that serves it has nobody left: whoever joins now is taken then."""

    def _draw(self, shape: Shape, odds: Odds) -> None:
        """Per person and future: how long, until the next, and what somebody urgent takes who comes meanwhile."""
        usual = sum(one.paces[None].minutes for one in self.servers) / len(self.servers)
        self.between = list(odds.gap.points) if odds.gap else [1.0] * SCENARIOS
        self.urgent = [usual * minutes for minutes in _jumps(odds.urgent, shape)]
        missed, left = round(odds.missed * SCENARIOS), round(odds.left * SCENARIOS)
        self.units, self.spaces, self.extra = [], [], []
        for person in self.people:
            units, spaces = shuffled(shape.points, person.seed), shuffled(self.between, person.seed * 13 + 7)
            extra = shuffled(self.urgent, person.seed * 3 + 2)
            for n, future in enumerate(chosen(missed + left, person.seed * 11 + 5)):
                units[future] = spaces[future] = 0.0
                extra[future] += MISSED_MINUTES if n < missed else 0.0
            self.units.append(units)
            self.spaces.append(spaces)
            self.extra.append(extra)

    def _free_at(self, one: Server, pace: Sequence[float], shape: Shape, number: int) -> list[list[float]]:
        """When each lane of the server becomes free, per future."""
        found = []
        for n, begun in enumerate(one.begun):
            seed, known = one.seed * 31 + n, one.paces[begun.sort]
            rest = shuffled(shape.left_of(begun.elapsed / known.minutes), seed)
            gaps, more = shuffled(self.between, seed * 13 + 7), shuffled(self.urgent, seed * 3 + 2)
            found.append([max(one.away, unit * known.minutes * f + known.gap * gap + jump) + one.late
                          for unit, f, gap, jump in zip(rest, pace, gaps, more, strict=True)])  # fmt: skip
        for n in range(len(found), one.lanes):  # nobody inside: somewhere in the time between two people
            rest = shuffled(_silence(one), one.seed * 31 + n)
            found.append([one.away + one.late + part for part in rest])
        return found

    def end(self, ends: Sequence[float | None]) -> None:
        """A future is played: when the first lane of each line had nobody left."""
        for line, moment in enumerate(ends):
            if moment is not None:
                self.ends[line].append(moment)


def _comes(person: Person) -> list[bool]:
    """In which futures somebody booked comes."""
    return [part <= person.chance for part in shuffled(middles(), person.seed * 5 + 1)]


def _jumps(chance: float, shape: Shape) -> list[float]:
    """What urgent people take who come during one visit, in visits: in most futures nothing."""
    many = min(round(chance * SCENARIOS), SCENARIOS)
    if not many:
        return [0.0] * SCENARIOS
    return [0.0] * (SCENARIOS - many) + [shape.points[int((n + 0.5) / many * SCENARIOS)] for n in range(many)]


def _silence(one: Server) -> list[float]:
    """Until a server calls with whom nobody is: the longer nobody was called, the likelier it is not a usual pause."""
    if one.idle > SILENT + one.paces[None].gap:
        return [-max(SILENCE, one.idle) * log(1 - part) for part in middles()]
    return [part * one.paces[None].gap for part in middles()]


def _paces(one: Server, people: Sequence[Person]) -> list[float]:
    """How wrong the means may be, together: by what each kind of visit adds to the work of the line."""
    total = unsure = 0.0
    counts: dict[Key, int] = {}
    for person in people:
        if person.line in one.lines:
            counts[person.sort] = counts.get(person.sort, 0) + 1
    for sort, count in (counts or {None: 1}).items():
        pace = one.paces[sort]
        total += count * pace.minutes
        unsure += (count * pace.minutes * pace.doubt) ** 2
    return shuffled(paces(sqrt(unsure) / total), one.seed * 7 + 3)


# --- playing ---------------------------------------------------------------------------------------------------------


def tell(group: Group, told: Forecast) -> None:
    """Play all futures of these lines and add what they say."""
    if len(group.lanes) == 1 and len(group.served[0]) == len(group.lines) and not group.later:
        _one_after_the_other(group)
    else:
        for future in range(SCENARIOS):
            _one_future(group, future)
    for rank, person in enumerate(group.people):
        if person.is_told and person.line not in told.paused and group.times[rank]:
            told.waits[person.key] = _range(group.times[rank])
    for line, n in group.names.items():
        if line not in told.paused and group.ends[n]:
            told.joining[line] = _range(group.ends[n])


def _one_after_the_other(group: Group) -> None:
    """One lane and nobody away: all futures at once, which is five times as fast."""
    ((server, free),) = group.lanes
    pace, minutes, gaps = group.pace[server], group.minutes[server], group.gaps[server]
    breaks = group.servers[server].breaks
    free = _rested([-1e9] * len(free), free, breaks)
    for rank in range(len(group.people)):
        if rank == group.joins:
            for ends in group.ends:
                ends += free
        group.times[rank] = before = free
        length, gap = minutes[rank], gaps[rank]
        free = [
            begin + unit * length * factor + gap * space + more
            for begin, unit, factor, space, more in zip(
                free, group.units[rank], pace, group.spaces[rank], group.extra[rank], strict=True
            )
        ]
        free = _rested(before, free, breaks)
    if group.joins == len(group.people):
        for ends in group.ends:
            ends += free


def _rested(before: Sequence[float], free: list[float], breaks: Sequence[tuple[float, float]]) -> list[float]:
    """Whoever has become free after a break should have begun takes it now."""
    for begin, length in breaks:
        if max(free) >= begin > min(before):
            free = [_back(then, begin, length) if then >= begin > first else then
                    for first, then in zip(before, free, strict=True)]  # fmt: skip
    return free


def _back(free: float, begin: float, length: float) -> float:
    """A break that begins late is shorter, and half of it at least."""
    return max(begin + length, free + length / 2)


def _one_future(group: Group, future: int) -> None:
    heap = [(free[future], n, server) for n, (server, free) in enumerate(group.lanes)]
    heapq.heapify(heap)
    heads, waiting = [0] * len(group.waiting), group.waiting
    later = _coming(group, future)
    breaks = _breaks(group)
    ends: list[float | None] = [None] * len(waiting)
    while heap:
        now, lane, server = heap[0]
        if breaks and _takes_break(heap, breaks):
            continue
        if later and later[0][0] <= now:
            waiting, later = _come_back(now, heads, waiting, later)
        served = group.served[server]
        rank, line = _first(served, heads, waiting)
        if (rank < 0 or rank >= group.joins) and not _somebody_away(group, served, later):
            ends = [now if end is None and line_no in served else end for line_no, end in enumerate(ends)]
        if rank >= 0:
            heads[line] += 1
        elif (first := _first_early(group, served, later)) is not None:
            rank, later = first, [one for one in later if one[1] != first]
        if rank >= 0:
            group.times[rank].append(now)
            length = group.minutes[server][rank] * group.pace[server][future] * group.units[rank][future]
            rest = group.gaps[server][rank] * group.spaces[rank][future] + group.extra[rank][future]
            heapq.heapreplace(heap, (now + length + rest, lane, server))
        elif back := [ready for ready, _rank, line in later if line in served]:
            heapq.heapreplace(heap, (back[0], lane, server))
        else:
            heapq.heappop(heap)
    group.end(ends)


def _breaks(group: Group) -> dict[int, list[tuple[float, float]]]:
    """Lane → the breaks that are still to come in this future; lanes without any are not there."""
    told = {n: list(group.servers[server].breaks) for n, (server, _free) in enumerate(group.lanes)}
    return {lane: breaks for lane, breaks in told.items() if breaks}


def _takes_break(heap: list[tuple[float, int, int]], breaks: Mapping[int, list[tuple[float, float]]]) -> bool:
    """The lane that is free next should have begun a break: it is free after it."""
    now, lane, server = heap[0]
    coming = breaks.get(lane)
    if not coming or coming[0][0] > now:
        return False
    begin, length = coming.pop(0)
    heapq.heapreplace(heap, (_back(now, begin, length), lane, server))
    return True


def _coming(group: Group, future: int) -> Later:
    """Who is there later in this future: not everybody who is booked comes."""
    if not group.comes:
        return group.later
    return [one for one in group.later if one[1] not in group.comes or group.comes[one[1]][future]]


def _first(served: Sequence[int], heads: Sequence[int], waiting: Sequence[Sequence[int]]) -> tuple[int, int]:
    """The best head of the lines served, and its line; (-1, -1) if nobody waits there."""
    best, where = -1, -1
    for line in served:
        if heads[line] < len(waiting[line]):
            rank = waiting[line][heads[line]]
            if best < 0 or rank < best:
                best, where = rank, line
    return best, where


def _first_early(group: Group, served: Sequence[int], later: Later) -> int | None:
    """The first in order of those who are here before their time, called where nobody due waits (R2.7)."""
    return min((rank for _ready, rank, line in later if rank in group.early and line in served), default=None)


def _somebody_away(group: Group, served: Sequence[int], later: Later) -> bool:
    """Somebody comes back to a kept place in these lines, before whoever joins now."""
    return any(rank in group.away and line in served for _ready, rank, line in later)


def _come_back(now: float, heads: list[int], waiting: Any, later: Any) -> tuple[list[list[int]], Any]:
    """Whoever is back by now stands at the kept place again; the lists of the other futures stay as they are."""
    fresh = [list(ranks) for ranks in waiting]
    while later and later[0][0] <= now:
        _ready, rank, line = later[0]
        insort(fresh[line], rank, lo=heads[line])
        later = later[1:]
    return fresh, later


def _range(values: Sequence[float]) -> Range:
    rising = sorted(values)
    p50, p90 = _quantile(rising, 0.5), _quantile(rising, 0.9)
    return p50, p50 + WIDER * (p90 - p50)


def _quantile(rising: Sequence[float], part: float) -> float:
    place = part * len(rising) - 0.5
    below = max(0, int(place))
    above = min(below + 1, len(rising) - 1)
    return rising[below] + (place - below) * (rising[above] - rising[below])
