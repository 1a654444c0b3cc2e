"""To another line, on to the next, and to another class (R3.4, R3.15)."""

from __future__ import annotations

from typing import Any

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotAllowed
from clinic.live.record import add, change, operation, record
from clinic.tenants import days
from queues.models import (
    CALLED,
    COMPLETED,
    IN_PROGRESS,
    NORMAL,
    ON_HOLD,
    URGENT,
    VIP,
    WAITING,
    Leg,
    Queue,
    Visit,
)  # fmt: skip
from queues.operations import calls, limits, order

NOBODYS: dict[str, Any] = {
    "server": None, "lane": None, "room": None, "hold_reason": "", "hold_note": "", "held_at": None, "back_at": None,
    "returned_at": None, "spaced_calls": 0, "spaced_at": None,
}  # fmt: skip
"""What a leg says of a call or a hold, put back: it waits, and is missed only after new calls (R3.12)."""


@operation("queues.move")
def reassign(visit: Visit, queue: Queue, *, reason: str = "", actor: Actor) -> Leg:
    """Move somebody who waits, is on hold or was called to another line, which may be another department's (R3.15).

    The place follows from the original arrival and the class; the token stays. A closed or full line refuses (R3.20).
    Both lines, the rooms, the displays and the phone learn of it.
    """
    into = _target(queue, actor)
    line = into.queue
    leg = calls.leg_of(visit, actor)
    _may_move(leg, actor)
    if leg.state == WAITING and leg.queue_id == line.pk:
        return leg
    calls.expect(leg, WAITING, ON_HOLD, CALLED)
    _takes_in(line)
    (places,) = order.take(order.place_of(line.pk))
    if leg.queue_id != line.pk:
        limits.admit(into)
    touched = calls.subjects_of(leg, places)
    at = order.order_at(leg.effective_at, leg.visit.klass, into.rules.hospital)
    change(leg, queue=line, state=WAITING, order_at=at, order_no=places.value, placed=False, **NOBODYS)
    record("visit.reassigned", *touched, reason=reason.strip())
    return leg


@operation("queues.move")
def send_on(visit: Visit, queue: Queue, *, note: str = "", actor: Actor) -> Leg:
    """End this part of the visit and open the next in another line, in one act and under the same token (R3.15).

    There the patient stands by the original arrival, however full it is. Returns the new leg; twice is once.
    """
    line = _target(queue, actor).queue
    leg = calls.leg_of(visit, actor)
    _may_move(leg, actor)
    if leg.state == WAITING and leg.queue_id == line.pk and leg.sent_from_id is not None:
        return leg
    calls.expect(leg, CALLED, IN_PROGRESS)
    if leg.queue_id == line.pk:
        raise NotAllowed("visit.same_line", token=leg.visit.token, queue=line.name)
    _takes_in(line)
    now, since = clock.now(), leg.visit.arrived_at
    derived: dict[str, Any] = {"started_at": leg.called_at, "start_derived": True} if leg.started_at is None else {}
    (places,) = order.take(order.place_of(line.pk))
    change(leg, state=COMPLETED, ended_at=now, **derived)
    following = add(Leg(
        visit=leg.visit, queue=line, effective_at=since, order_at=order.order_at(since, leg.visit.klass),
        order_no=places.value, entered_at=now, sent_from=leg,
    ))  # fmt: skip
    record("visit.sent_on", *calls.subjects_of(leg, following, places), reason=note.strip())
    return following


@operation("queues.desk")
def set_class(visit: Visit, klass: str, *, reason: str, actor: Actor) -> Leg:
    """Give somebody who waits or is on hold another class, and with it the place that it gives (R3.4).

    The reason is the visit's, and personal: it is in no event. The same class for the same reason changes nothing.
    """
    if klass not in (URGENT, VIP, NORMAL):
        raise Invalid("visit.bad_class", klass=klass, allowed=[NORMAL, URGENT, VIP])
    if not reason.strip():
        raise NotAllowed("visit.why_class", token=visit.token)
    order.lock(calls.leg_now(visit).queue_id)
    leg = calls.leg_of(visit, actor)
    calls.expect(leg, WAITING, ON_HOLD)
    old = leg.visit.klass
    if not change(leg.visit, klass=klass, class_reason=reason.strip()):
        return leg
    if old == klass:  # only the reason is another: nobody moves
        record("visit.class_changed", leg.visit, leg)
        return leg
    (places,) = order.take(order.place_of(leg.queue_id))
    at = order.order_at(leg.effective_at, klass, days.policies())
    # Who is urgent is not early for an appointment any more (R2.7): nobody due goes before them for that.
    change(leg, order_at=at, order_no=places.value, placed=False, due=leg.due or klass != NORMAL)
    record("visit.class_changed", leg.visit, leg, places)
    return leg


def _target(queue: Queue, actor: Actor) -> limits.Line:
    """The line as it is now, locked against others who re-order it; NotFound outside the actor's departments."""
    order.lock(queue.pk)
    return limits.line_of(queue.pk, actor)


def _may_move(leg: Leg, actor: Actor) -> None:
    """Who is not of the desk moves only the own patients and those of a pool."""
    if not actor.can("queues.desk"):
        calls.may_act_for(leg.server or leg.queue.doctor, actor)


def _takes_in(line: Queue) -> None:
    if not line.is_open:
        raise NotAllowed("queue.closed", queue=line.name)
