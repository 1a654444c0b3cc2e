"""Which starts are free: working time and taken places in five-minute ticks (R2.1, R2.2). Pure, without a database.

A tick is five minutes of real time, counted since 1970 in UTC: so a slot is as long on the days on which the clocks
change as on any other (R2.12).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from clinic.tenants.hours import Spans
from queues.availability.lengths import Length
from queues.models import TICK_MINUTES

SECONDS = TICK_MINUTES * 60
Span = tuple[int, int]
"""From a tick until another, which is not in it."""
Taken = Mapping[int, frozenset[int] | set[int]]
"""Tick → the places that are taken."""


def tick_of(at: datetime) -> int:
    """The tick an instant lies in."""
    return int(at.timestamp()) // SECONDS


def instant(tick: int) -> datetime:
    """When a tick begins, in UTC."""
    return datetime.fromtimestamp(tick * SECONDS, UTC)


def is_even(at: datetime) -> bool:
    """Whether a tick begins at this instant."""
    return not at.microsecond and int(at.timestamp()) % SECONDS == 0


def in_ticks(spans: Spans) -> tuple[Span, ...]:
    """The whole ticks within spans of time."""
    found = ((-(-int(start.timestamp()) // SECONDS), tick_of(end)) for start, end in spans)
    return tuple((first, last) for first, last in found if first < last)


class _Timed:
    """A day of which something of a length takes its part."""

    __slots__ = ()
    length: Length

    @property
    def need(self) -> int:
        """Ticks that must lie in working time."""
        return self.length.minutes // TICK_MINUTES

    @property
    def step(self) -> int:
        """Ticks that are taken: the visit and what comes after it, which may reach over the end of the work."""
        return (self.length.minutes + self.length.buffer) // TICK_MINUTES


@dataclass(frozen=True, slots=True)
class OwnDay(_Timed):
    """A doctor's own line on a day.

    The line has ``total`` places in each tick: as many as the kind of visit with the most at once. A kind of which
    ``capacity`` fit one time takes ``total // capacity`` of them, side by side: so one that is seen alone leaves no
    place beside it, whatever else is done in groups.
    """

    spans: tuple[Span, ...]
    taken: Taken
    length: Length
    total: int
    offered: bool = True

    @property
    def each(self) -> int:
        return max(self.total // self.length.capacity, 1)

    def works(self, start: int) -> bool:
        return self.offered and any(first <= start and start + self.need <= last for first, last in self.spans)

    def blocks(self, start: int) -> list[range]:
        """The places that would be free for a start, the lowest first; working time is not asked."""
        gone = taken_in(self.taken, start, self.step)
        blocks = [range(nth * self.each, (nth + 1) * self.each) for nth in range(self.length.capacity)]
        return [block for block in blocks if gone.isdisjoint(block)]

    def left(self, start: int) -> int:
        return len(self.blocks(start)) if self.works(start) else 0

    def is_alone(self, start: int) -> bool:
        """Whether the doctor works and has nobody at all in this time."""
        return self.works(start) and not taken_in(self.taken, start, self.step)

    def lasting(self, length: Length) -> OwnDay:
        """The same day for something of another length."""
        return replace(self, length=replace(length, capacity=self.length.capacity))


class _Shared(_Timed):
    """The day of a pool: somebody works when one of its doctors does."""

    __slots__ = ()
    doctors: tuple[OwnDay, ...]

    @property
    def spans(self) -> tuple[Span, ...]:
        return joined(span for doctor in self.doctors if doctor.offered for span in doctor.spans)

    def works(self, start: int) -> bool:
        return any(doctor.works(start) for doctor in self.doctors)


@dataclass(frozen=True, slots=True)
class PoolDay(_Shared):
    """A pool on a day: as many places as doctors who work through the time and have nobody of their own in it."""

    doctors: tuple[OwnDay, ...]
    taken: Taken
    length: Length

    def blocks(self, start: int) -> list[range]:
        gone = taken_in(self.taken, start, self.step)
        able = sum(doctor.is_alone(start) for doctor in self.doctors)
        free = (place for place in range(able + len(gone)) if place not in gone)
        return [range(place, place + 1) for place, _nth in zip(free, range(able - len(gone)), strict=False)]

    def left(self, start: int) -> int:
        return len(self.blocks(start))

    def lasting(self, length: Length) -> PoolDay:
        """The same day for something of another length."""
        return replace(self, length=length, doctors=tuple(doctor.lasting(length) for doctor in self.doctors))


@dataclass(frozen=True, slots=True)
class SpreadDay(_Shared):
    """A pool whose bookings go to a doctor at once (policy ``pool_booking``): what is free at any of the doctors."""

    doctors: tuple[OwnDay, ...]
    length: Length
    taken: Taken = field(default_factory=dict)

    def left(self, start: int) -> int:
        return sum(doctor.left(start) for doctor in self.doctors)

    def blocks(self, start: int) -> list[range]:
        """Places of the pool itself: only what was booked there before the bookings went to doctors has one."""
        gone = taken_in(self.taken, start, self.step)
        return [range(place, place + 1) for place in range(len(gone) + 1) if place not in gone]

    def lasting(self, length: Length) -> SpreadDay:
        return replace(self, length=length)


AnyDay = OwnDay | PoolDay | SpreadDay


def taken_in(taken: Taken, start: int, count: int) -> set[int]:
    """The places that are taken anywhere in so many ticks."""
    gone: set[int] = set()
    for tick in range(start, start + count):
        gone |= taken.get(tick, frozenset())
    return gone


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same ticks, in order and without overlaps."""
    whole: list[Span] = []
    for first, last in sorted(spans):
        if whole and first <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], last))
        else:
            whole.append((first, last))
    return tuple(whole)


def starts(day: AnyDay, not_before: int) -> Iterator[tuple[int, int]]:
    """The starts to offer, with how many are left at each.

    One visit after the other from the beginning of each span; where something is taken it goes on right behind it, so
    that no gap is left. A start in between may be booked too, if it is free.
    """
    for first, last in day.spans:
        tick = first
        while tick + day.need <= last:
            left = day.left(tick) if tick >= not_before else 0
            if left:
                yield tick, left
            # What is over keeps the grid of the morning; behind what is taken a new one begins.
            tick += day.step if left or tick < not_before else 1


def nominal(spans: tuple[Span, ...], rank: int, need: int) -> datetime:
    """When the ``rank``-th of a day is likely to be seen: the session's start + (rank - 1) × minutes (R2.6).

    Breaks are passed over. Beyond the end of the work it goes on as if there were none.
    """
    ahead = rank - 1
    for first, last in spans[:-1]:
        fits = (last - first) // need
        if ahead < fits:
            return instant(first + ahead * need)
        ahead -= fits
    return instant(spans[-1][0] + ahead * need)


def fitting(spans: tuple[Span, ...], need: int) -> int:
    """How many can be seen one after the other in the working time of a day."""
    return sum((last - first) // need for first, last in spans)
