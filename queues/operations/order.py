"""Where a leg stands in its line (R3.3, R3.4): places, counters and the head of the line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q, UUIDField

from clinic.core.prepared import Given, Prepared, Raised
from clinic.directory.models import Doctor
from clinic.live.record import add_unless, advance, change
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues.models import (
    CARRIED_OVER,
    HEAD_START,
    NORMAL,
    ON_HOLD,
    URGENT,
    VIP,
    WAITING,
    Counter,
    Leg,
    LegQuerySet,
    Queue,
    SignOn,
)  # fmt: skip
from queues.operations import gate


def _counters() -> models.QuerySet[Counter]:
    scopes = Q(scope=Given("first", models.CharField())) | Q(scope=Given("second", models.CharField()))
    found: models.QuerySet[Counter] = Counter.objects.select_for_update(no_key=True).filter(scopes).order_by("id")
    return found


_COUNTERS = Raised[Counter]("value", _counters)


def take(first: str, second: str | None = None) -> list[Counter]:
    """The next number of one or two counters, in ``.value``; their rows stay locked until the operation ends.

    Both are raised in one statement and locked in the order of their ids. Name the returned rows among the subjects
    of the event: numbers are part of the log.
    """
    known = {row.scope: row for row in advance(_COUNTERS, first=first, second=second)}
    return [known.get(scope) or _first(scope) for scope in (first, second) if scope is not None]


def _first(scope: str) -> Counter:
    row, created = add_unless(Counter(scope=scope, value=1), scope=scope)
    if not created:
        change(row, value=row.value + 1)
    return row


def place_of(queue_id: UUID) -> str:
    """The scope of a line's place counter: whoever holds it is alone in re-ordering the line."""
    return f"order:{queue_id}"


def lock(*queue_ids: UUID) -> None:
    """Be alone in re-ordering these lines until the operation ends; whoever calls from them is not held up.

    Taken before a leg is: two who re-order one line follow each other and never block in a ring.
    """
    scopes = [place_of(pk) for pk in queue_ids]
    rows = Counter.objects.select_for_update(no_key=True).filter(scope__in=scopes).order_by("id")
    list(rows.values_list("pk", flat=True))


def close(*queue_ids: UUID) -> None:
    """``lock``, and nobody is called meanwhile: for whoever moves others than the own leg.

    The line is read after this: until here calls may have taken people from it.
    """
    lock(*queue_ids)
    gate.close()


def head_starts(policy: HospitalConfig) -> dict[str, timedelta]:
    """How much earlier each class counts as having come (R3.4): by days, or by the minutes of the policy."""
    if policy.order_policy == HospitalConfig.STRICT:
        return HEAD_START
    minutes = {
        URGENT: policy.aged_urgent, VIP: policy.aged_vip, CARRIED_OVER: policy.aged_carried_over, NORMAL: 0
    }  # fmt: skip
    return {klass: timedelta(minutes=count) for klass, count in minutes.items()}


def order_at(effective_at: datetime, klass: str, policy: HospitalConfig | None = None) -> datetime:
    """The effective time less the head start of the class, by the hospital's policy (read if it is not at hand)."""
    return effective_at - head_starts(policy or days.policies())[klass]


def _claimable() -> LegQuerySet:
    """Who waits in the server's own line, in the pools served and in the lines signed on at, in order (R3.7, R3.9).

    The lines are found inside the statement: asking for them first cost a round trip, and joining them made the
    database read everybody's line.
    """
    server = Given("server", UUIDField())
    own = Queue.objects.filter(doctor_id=server)
    pool = Queue.objects.filter(department_id=Given("pool_of", UUIDField()), sort=Queue.POOL)
    further = Queue.objects.filter(department__further__doctor_id=server, sort=Queue.POOL)
    signed_on = Queue.objects.filter(sign_ons__server_id=server, sign_ons__ended_at=None)
    lines = own.values("pk").union(pool.values("pk"), further.values("pk"), signed_on.values("pk"))
    found: LegQuerySet = Leg.objects.waiting().filter(queue_id__in=lines).in_order()
    return found


_FREE = Prepared[Leg](lambda: _claimable().select_for_update(skip_locked=True, no_key=True, of=("self",))[:1])
_HELD = Prepared[Leg](lambda: _claimable().select_for_update(no_key=True, of=("self",))[:1])
_ANYBODY = Prepared[UUID](lambda: _claimable().values_list("pk", flat=True)[:1])


def claim(server: Doctor) -> Leg | None:
    """Lock the best waiting leg for this server that nobody else is taking right now (R3.7); None if nobody waits.

    No parent row is locked. Two callers never get one patient; they may cross by one place, and a rollback gives the
    patient back at the head. Nobody is called while a line is re-numbered.
    """
    where = {"server": server.pk, "pool_of": server.department_id if server.serves_pool else None}
    gate.enter()
    found = _FREE.first(**where)
    if found is None and _ANYBODY.rows(**where):
        # Whoever waits is being taken, or moved, right now: wait for that to end instead of answering "nobody".
        found = _HELD.first(**where)
    return found


def serves(server: Doctor, queue: Queue) -> bool:
    """Whether this server calls from this line now: the own one, a pool served, or one signed on at (R3.9)."""
    if queue.doctor_id == server.pk:
        return True
    if queue.sort == Queue.POOL:
        if server.serves_pool and queue.department_id == server.department_id:
            return True
        if server.further.filter(department_id=queue.department_id).exists():
            return True
    return bool(SignOn.objects.filter(server=server, queue=queue, ended_at=None).exists())


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
    line = list(Leg.objects.waiting().filter(queue_id=leg.queue_id).exclude(pk=leg.pk).in_order())
    gone = min(places, len(line))
    due, at, number = leg.due, leg.order_at, counter.value
    renumbered: list[Leg] = []
    if gone:
        due, at = line[gone - 1].due, line[gone - 1].order_at
        renumbered = renumber(leg, line[gone - 1], counter)
    order = {"due": due, "order_at": at, "order_no": number, "placed": True}
    return Behind(gone, order, renumbered, counter)


def renumber(leg: Leg, follows: Leg, counter: Counter) -> list[Leg]:
    """Make room for ``leg`` behind ``follows``: those behind with the same ``order_at`` get the next numbers.

    Who is on hold keeps the place among them (R3.13). The operation has closed the line (``close``).
    """
    tied = Leg.objects.filter(queue_id=leg.queue_id, state__in=(WAITING, ON_HOLD), due=follows.due)
    tied = tied.filter(order_at=follows.order_at, order_no__gt=follows.order_no, order_no__lt=counter.value)
    renumbered = []
    rows = tied.exclude(pk=leg.pk).in_order().select_related("visit")
    for other in rows.select_for_update(no_key=True, of=("self",)):
        change(counter, value=counter.value + 1)
        change(other, order_no=counter.value)
        renumbered.append(other)
    return renumbered
