"""Places in a line that no class gives: next for whoever comes back, and what stands around somebody (R3.4, R3.13)."""

from __future__ import annotations

from datetime import timedelta

from clinic.core.nouns import Versioned
from queues.models import URGENT, Leg
from queues.operations import order
from queues.operations.order import Behind

A_HAIR = timedelta(microseconds=1)


def around(leg: Leg) -> tuple[int, int]:
    """How many wait before a waiting leg in its line, and how many behind."""
    line = _others(leg)
    ahead = sum(other.place() < leg.place() for other in line)
    return ahead, len(line) - ahead


def put_next(leg: Leg) -> Behind:
    """The place next after whoever is in the room, for somebody who comes back (docs/decisions/0011).

    Behind those who came back so before, and behind waiting urgent patients. The leg stands a hair before whom it
    precedes: nobody else moves, and an urgent patient who comes later still goes first.
    """
    (counter,) = order.take(order.place_of(leg.queue_id))
    number, renumbered = counter.value, list[Leg]()
    line = [other for other in _others(leg) if other.due]
    index = max((nth for nth, other in enumerate(line, 1) if _goes_before(other, leg)), default=0)
    before, after = line[index - 1] if index else None, line[index] if index < len(line) else None
    at = after.order_at - A_HAIR if after else leg.order_at
    if before is not None and at < before.order_at:
        at = before.order_at
        renumbered = order.renumber(leg, before, counter)
    return Behind(0, {"due": True, "order_at": at, "order_no": number, "placed": True}, renumbered, counter)


def _goes_before(other: Leg, leg: Leg) -> bool:
    """Whether somebody waiting goes before a patient who comes back.

    An urgent patient who was put back, by a skip or on request, has given the first place away.
    """
    came_back = other.returned_at is not None and (other.called_at is None or other.called_at < other.returned_at)
    is_urgent = other.visit.klass == URGENT
    if leg.visit.klass == URGENT:
        return is_urgent and came_back
    return came_back or (is_urgent and not other.placed)


def touched(leg: Leg, behind: Behind) -> list[Versioned]:
    """Subjects of an act that gave the leg this place: the documents of renumbered visits show their order too."""
    shown = [other.visit for other in behind.renumbered]
    return [leg.visit, leg, behind.counter, *behind.renumbered, *shown]


def _others(leg: Leg) -> list[Leg]:
    waiting = Leg.objects.waiting().filter(queue_id=leg.queue_id).exclude(pk=leg.pk)
    return list(waiting.in_order().select_related("visit"))
