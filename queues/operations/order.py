"""Where a leg stands in its line (R3.3, R3.4): places, counters and the head of the line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q, Subquery, UUIDField

from clinic.core.prepared import Given, Prepared
from clinic.directory.models import Doctor
from clinic.live.record import add_unless, change
from queues.models import HEAD_START, Counter, Leg, LegQuerySet, Queue


def _counters() -> models.QuerySet[Counter]:
    scopes = Q(scope=Given("first", models.CharField())) | Q(scope=Given("second", models.CharField()))
    found: models.QuerySet[Counter] = Counter.objects.select_for_update(no_key=True).filter(scopes).order_by("id")
    return found


_COUNTERS = Prepared[Counter](_counters)


def take(first: str, second: str | None = None) -> list[Counter]:
    """The next number of one or two counters, in ``.value``; their rows stay locked until the operation ends.

    Both are locked in one statement, in the order of their ids. Name the returned rows among the subjects of the
    event: numbers are part of the log.
    """
    known = {row.scope: row for row in _COUNTERS.rows(first=first, second=second)}
    return [_next(scope, known.get(scope)) for scope in (first, second) if scope is not None]


def _next(scope: str, row: Counter | None) -> Counter:
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


def _claimable() -> LegQuerySet:
    """Who waits in the server's own line and in the pool served, in order.

    The two lines are found inside the statement: asking for them first cost a round trip, and joining them made the
    database read everybody's line.
    """
    own = Queue.objects.filter(doctor_id=Given("server", UUIDField())).values("pk")
    pool = Queue.objects.filter(department_id=Given("pool_of", UUIDField()), sort=Queue.POOL).values("pk")
    found: LegQuerySet = Leg.objects.waiting().filter(Q(queue_id=Subquery(own)) | Q(queue_id=Subquery(pool))).in_order()
    return found


_FREE = Prepared[Leg](lambda: _claimable().select_for_update(skip_locked=True, no_key=True, of=("self",))[:1])
_HELD = Prepared[Leg](lambda: _claimable().select_for_update(no_key=True, of=("self",))[:1])
_ANYBODY = Prepared[UUID](lambda: _claimable().values_list("pk", flat=True)[:1])


def claim(server: Doctor) -> Leg | None:
    """Lock the best waiting leg for this server that nobody else is taking right now (R3.7); None if nobody waits.

    No parent row is locked. Two callers never get one patient; they may cross by one place, and a rollback gives the
    patient back at the head.
    """
    where = {"server": server.pk, "pool_of": server.department_id if server.serves_pool else None}
    found = _FREE.first(**where)
    if found is None and _ANYBODY.rows(**where):
        # Whoever waits is being taken, or moved, right now: wait for that to end instead of answering "nobody".
        found = _HELD.first(**where)
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
    (counter,) = take(place_of(leg.queue_id))
    waiting = Leg.objects.waiting().filter(queue_id=leg.queue_id).exclude(pk=leg.pk)
    line = list(waiting.in_order())
    gone = min(places, len(line))
    due, at, number = leg.due, leg.order_at, counter.value
    renumbered: list[Leg] = []
    if gone:
        due, at = line[gone - 1].due, line[gone - 1].order_at
        tied = [other.pk for other in line[gone:] if (other.due, other.order_at) == (due, at)]
        # Only these are locked: a caller must still be able to claim whoever stands elsewhere in the line.
        behind = waiting.filter(pk__in=tied).in_order().select_related("visit")
        for other in behind.select_for_update(no_key=True, of=("self",)):
            change(counter, value=counter.value + 1)
            change(other, order_no=counter.value)
            renumbered.append(other)
    order = {"due": due, "order_at": at, "order_no": number, "placed": True}
    return Behind(gone, order, renumbered, counter)
