"""Who stood before people who had come earlier, because of a booked time (R2.7, R3.6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from queues.models import Leg


class _Here(NamedTuple):
    """Somebody's time in a line."""

    queue: UUID
    klass: str
    came: datetime
    counts_from: datetime
    called: datetime | None
    ended: datetime | None

    def waited_at(self, at: datetime) -> bool:
        return all(end is None or end > at for end in (self.called, self.ended))


_FIELDS = ("queue_id", "visit__klass", "entered_at", "effective_at", "first_called_at", "ended_at")


def who_passed(placed: Iterable[tuple[str, datetime]]) -> set[str]:
    """Of these legs, each placed by its time at a moment, those that somebody of their class waited behind who had
    come earlier. Two queries, however many; none if nobody was."""
    moments = dict(placed)
    if not moments:
        return set()
    rows = Leg.objects.filter(pk__in=moments).values_list("pk", *_FIELDS)
    mine = {str(pk): _Here(*told) for pk, *told in rows}
    sooner = {pk: one for pk, one in mine.items() if one.counts_from < one.came}
    lines = _lines(sooner.values())
    return {pk for pk, one in sooner.items() if any(_passes(one, other, moments[pk]) for other in lines[one.queue])}


def _passes(one: _Here, other: _Here, at: datetime) -> bool:
    behind = other.came < one.came and other.counts_from > one.counts_from
    return behind and other.klass == one.klass and other.waited_at(at)


def _lines(placed: Iterable[_Here]) -> dict[UUID, list[_Here]]:
    """Everybody who was in these lines at the time."""
    every = list(placed)
    found: dict[UUID, list[_Here]] = defaultdict(list)
    if every:
        first, last = min(one.counts_from for one in every), max(one.came for one in every)
        there = Q(entered_at__lt=last, effective_at__gt=first, queue__in={one.queue for one in every})
        for told in Leg.objects.filter(there).values_list(*_FIELDS):
            found[told[0]].append(_Here(*told))
    return found
