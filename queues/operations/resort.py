"""A changed policy of order sorts the lines anew (R3.4): the unplaced by the policy, the placed at their rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any
from uuid import UUID

from clinic.core import clock
from clinic.core.access import SYSTEM, Actor
from clinic.core.nouns import Versioned
from clinic.live.models import Event, EventRef
from clinic.live.record import change, operation, record
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues.models import OPEN, WAITING, Counter, Leg
from queues.operations import order

POLICIES = frozenset({"order_policy", "aged_urgent", "aged_vip", "aged_carried_over"})
"""A change of one of these moves people who wait."""
LATECOMERS = timedelta(minutes=10)
"""No act takes so long: whoever read the policy before it changed has been put into the line by then."""
LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Stands:
    """Where somebody stands: what the order is made of, and whether a hand or a rule put them there."""

    key: UUID
    order_at: datetime
    order_no: int
    placed: bool


@operation("queues.manage")
def resort(*, actor: Actor) -> int:
    """Sort everybody who is here by the policy that holds now; returns how many legs changed. Twice is once.

    Whoever was put at a place keeps the rank; one event, and every line of the hospital learns of it.
    """
    policy = days.policies()
    lines = list(Leg.objects.open().order_by("queue_id").values_list("queue_id", flat=True).distinct())
    order.close(*lines)
    touched: list[Versioned] = []
    for line in lines:
        touched += _sort(line, policy)
    legs = [row for row in touched if isinstance(row, Leg)]
    if touched:
        record("queue.resorted", *touched, *(leg.visit for leg in legs), reason=policy.order_policy)
    return len(legs)


def catch_up() -> int:
    """Sort once more, for some minutes after a change: an arrival under way meanwhile was placed by the old policy.

    It read the policy before the change and was committed after the sorting, which could not see it. Asking for the
    policy again under a lock would cost every arrival of every day a question; this costs the clock one. Returns how
    many legs changed.
    """
    refs = EventRef.objects.filter(ref=days.policies().ref).order_by("-seq").values_list("seq", flat=True)
    lately = Event.objects.filter(seq__in=list(refs[:LOOKED_AT]), at__gte=clock.now() - LATECOMERS)
    changes = [told["fields"] for event in lately for told in event.changes.values()]
    return resort(actor=SYSTEM) if any(POLICIES & set(fields) for fields in changes) else 0


def _sort(line: UUID, policy: HospitalConfig) -> list[Versioned]:
    here = Leg.objects.filter(queue_id=line, state__in=OPEN).select_related("visit")
    legs = {leg.pk: leg for leg in here.order_by("id").select_for_update(no_key=True, of=("self",))}
    moved: dict[UUID, dict[str, Any]] = {}
    for due in (True, False):
        waiting = [leg for leg in legs.values() if leg.state == WAITING and leg.due == due]
        stood = [Stands(leg.pk, leg.order_at, leg.order_no, leg.placed) for leg in sorted(waiting, key=Leg.place)]
        by_policy = {leg.pk: _own_place(leg, policy) for leg in waiting}
        for stands in sequence(stood, by_policy):
            moved[stands.key] = {"order_at": stands.order_at, "order_no": stands.order_no}
    for leg in legs.values():  # on hold or with a server: where they would stand if they waited
        if leg.pk not in moved and not leg.placed:
            moved[leg.pk] = {"order_at": _own_place(leg, policy)}
    return _written(line, legs, moved)


def _own_place(leg: Leg, policy: HospitalConfig) -> datetime:
    return order.order_at(leg.effective_at, leg.visit.klass, policy)


def sequence(stood: Sequence[Stands], by_policy: dict[UUID, datetime]) -> list[Stands]:
    """The line anew: the unplaced in the order of ``by_policy`` and their numbers, the placed at their index.

    A placed one takes ``order_at`` of the one it now follows. Where people of the same ``order_at`` would not stand in
    the order of their numbers, their numbers are negative: to be replaced, the smallest first, by fresh ones.
    """
    free = [stands for stands in stood if not stands.placed]
    free.sort(key=lambda stands: (by_policy[stands.key], stands.order_no, str(stands.key)))
    queue, found = iter(free), list[Stands]()
    for stands in stood:
        who = stands if stands.placed else next(queue)
        found.append(Stands(who.key, _at(who, found, free, by_policy), who.order_no, who.placed))
    return _numbered(found)


def _at(who: Stands, before: Sequence[Stands], free: Sequence[Stands], by_policy: dict[UUID, datetime]) -> datetime:
    if not who.placed:
        return by_policy[who.key]
    if before:
        return before[-1].order_at
    # First, and nobody to follow: with the first of the unplaced, or where it stood if there is none.
    return by_policy[free[0].key] if free else who.order_at


def _numbered(line: Sequence[Stands]) -> list[Stands]:
    """Nobody's ``order_at`` is before that of whom they follow, so people of one moment stand together."""
    found: list[Stands] = []
    for _moment, group in groupby(line, key=lambda stands: stands.order_at):
        tied = list(group)
        rising = all((a.order_no, str(a.key)) < (b.order_no, str(b.key)) for a, b in pairwise(tied))
        for stands in tied:
            number = stands.order_no if rising else len(found) - len(line)
            found.append(Stands(stands.key, stands.order_at, number, stands.placed))
    return found


def _written(line: UUID, legs: dict[UUID, Leg], moved: dict[UUID, dict[str, Any]]) -> list[Versioned]:
    touched: list[Versioned] = []
    counter: Counter | None = None
    for key, fields in sorted(moved.items(), key=lambda pair: pair[1].get("order_no", 0)):
        if fields.get("order_no", 0) < 0:
            if counter is None:
                (counter,) = order.take(order.place_of(line))
                touched.append(counter)
            else:
                change(counter, value=counter.value + 1)
            fields["order_no"] = counter.value
        if change(legs[key], **fields):
            touched.append(legs[key])
    return touched
