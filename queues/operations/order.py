"""Where a leg stands in its line (R3.3, R3.4): places, counters and the head of the line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from clinic.live.record import add_unless, change
from queues.models import HEAD_START, Counter, Leg


def take(scope: str) -> Counter:
    """The next number of a counter, in ``.value``; its row stays locked until the operation ends.

    Name the returned row among the subjects of the event: numbers are part of the log.
    """
    row: Counter | None = Counter.objects.select_for_update(no_key=True).filter(scope=scope).first()
    if row is None:
        row, created = add_unless(Counter(scope=scope, value=1), scope=scope)
        if created:
            return row
    change(row, value=row.value + 1)
    return row


def place_of(queue_id: UUID) -> str:
    """The scope of a line's place counter: whoever holds it is alone in re-ordering the line."""
    return f"order:{queue_id}"


def order_at(effective_at: datetime, klass: str) -> datetime:
    """R3.4 strict: the effective time less the head start of the class."""
    return effective_at - HEAD_START[klass]


def before(leg: Leg) -> Q:
    """Legs that stand strictly before this one, whichever line they wait in."""
    at = Q(order_at__lt=leg.order_at)
    number = Q(order_at=leg.order_at, order_no__lt=leg.order_no)
    same = Q(order_at=leg.order_at, order_no=leg.order_no, id__lt=leg.pk)
    earlier = Q(due=leg.due) & (at | number | same)
    return earlier if leg.due else (Q(due=True) | earlier)


def claim(queue_ids: Iterable[UUID], limit: Q | None = None) -> Leg | None:
    """Lock the first waiting leg nobody else is taking right now (R3.7); None if all are taken or none waits."""
    lines = Leg.objects.waiting().filter(queue_id__in=list(queue_ids))
    if limit is not None:
        lines = lines.filter(limit)
    found: Leg | None = lines.in_order().select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
    return found


@dataclass(frozen=True, slots=True)
class Behind:
    """A place further back: the order columns, the rows that had to be renumbered, and the counter used."""

    places: int
    order: dict[str, Any]
    renumbered: list[Leg]
    counter: Counter


def put_behind(leg: Leg, places: int) -> Behind:
    """A place ``places`` further back in the leg's own line, or the end if fewer wait (R3.4, R3.11).

    The leg takes ``order_at`` of the leg it now follows and the next ``order_no``; those behind with the same
    ``order_at`` are renumbered. The caller changes the leg with ``order``, together with its state.
    """
    counter = take(place_of(leg.queue_id))
    waiting = Leg.objects.waiting().filter(queue_id=leg.queue_id).exclude(pk=leg.pk)
    line = list(waiting.in_order())
    gone = min(places, len(line))
    due, at, number = leg.due, leg.order_at, counter.value
    renumbered: list[Leg] = []
    if gone:
        due, at = line[gone - 1].due, line[gone - 1].order_at
        tied = [other.pk for other in line[gone:] if (other.due, other.order_at) == (due, at)]
        # Only these are locked: a caller must still be able to claim whoever stands elsewhere in the line.
        for other in waiting.filter(pk__in=tied).in_order().select_for_update(no_key=True, of=("self",)):
            change(counter, value=counter.value + 1)
            change(other, order_no=counter.value)
            renumbered.append(other)
    order = {"due": due, "order_at": at, "order_no": number, "placed": True}
    return Behind(gone, order, renumbered, counter)
