"""On hold and back (R3.13): away with the place kept, or at tests, payment or papers and next on return."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotAllowed, NotFound
from clinic.core.nouns import Versioned
from clinic.live.record import change, operation, record
from queues.models import AWAY, BACK_NEXT, CALLED, HOLDS, IN_PROGRESS, ON_HOLD, WAITING, Leg, Visit
from queues.operations import calls, order, standing

MOST_MINUTES = 240
MOST_PLACES = 50
FROM_THE_PHONE = 3
"""R3.13: so often may a patient ask for a delay in one visit."""
OVER: dict[str, Any] = {"hold_reason": "", "hold_note": "", "held_at": None, "back_at": None}
"""What every move out of a hold puts back, wherever it leads."""
GONE: dict[str, Any] = {"server": None, "lane": None, "room": None}
"""Nobody's any more: the lane is free for the next."""
NEW_CALLS: dict[str, Any] = {"spaced_calls": 0, "spaced_at": None}
"""Whoever answered, and comes later, is missed only after new calls (R3.12)."""


@operation("queues.hold")
def hold(visit: Visit, *, reason: str, minutes: int | None = None, note: str = "", actor: Actor) -> Leg:
    """Set a patient aside: away (until a time if ``minutes``), or at tests, payment, papers, or something else.

    The server's lane is free for the next; call next passes over whoever is on hold. The same hold twice is once.
    """
    _known(reason, minutes)
    leg = calls.leg_of(visit, actor)
    if not actor.can("queues.desk"):
        calls.may_act_for(leg.server or leg.queue.doctor, actor)
    return _hold(leg, reason, minutes, note)


@operation("queues.hold")
def resume(visit: Visit, *, actor: Actor) -> Leg:
    """Bring somebody back into the line, to the kept place, or next if back from tests, payment or papers.

    Next is behind whoever came back so before, and behind waiting urgent patients (docs/decisions/0011).
    """
    leg = calls.alone_with(visit, actor)
    if not actor.can("queues.desk"):
        calls.may_act_for(leg.queue.doctor, actor)
    return _resume(leg)


@operation("queues.hold")
def bring_back(visit: Visit, *, actor: Actor) -> Leg:
    """The clock's part: whoever said until when, and the time has come. Idempotent; an earlier press is in time too."""
    leg = calls.leg_of(visit, actor)
    if leg.state == ON_HOLD and leg.back_at is not None and leg.back_at <= clock.now():
        return _resume(leg)
    return leg


@operation("queues.desk")
def delay(
    visit: Visit, *, reason: str, places: int | None = None, minutes: int | None = None, actor: Actor
) -> tuple[Leg, int]:
    """Somebody waiting goes back by ``places``, or is away for ``minutes`` with the place kept (R3.13).

    Returns the leg and the places it really went back: 0 where nobody stands behind. The arrival stays for statistics.
    """
    if not reason.strip():
        raise NotAllowed("visit.reason_needed", token=visit.token)
    return _delay(visit, places, minutes, reason.strip(), actor, (WAITING, CALLED))


@operation("status.view")
def delay_by_link(visit: Visit, *, places: int | None = None, minutes: int | None = None, actor: Actor) -> Leg:
    """The patient asks for a delay on the phone: at most three times in a visit, and not once called (R3.13)."""
    _own(visit, actor)
    leg, _gone = _delay(visit, places, minutes, "phone", actor, (WAITING,), of_phone=True)
    return leg


@operation("status.view")
def come_back_by_link(visit: Visit, *, actor: Actor) -> Leg:
    """Somebody away is back earlier, and says so on the phone. Who is at tests is brought back by the desk."""
    _own(visit, actor)
    leg = calls.leg_of(visit, actor)
    if leg.state == WAITING:
        return leg
    calls.expect(leg, ON_HOLD)
    if leg.hold_reason != AWAY:
        raise NotAllowed("visit.desk_brings_back", token=leg.visit.token, reason=leg.hold_reason)
    return _resume(leg)


def _own(visit: Visit, actor: Actor) -> None:
    """A link acts on the visit it names and on no other."""
    if actor.kind != "patient" or actor.id != visit.ref:
        raise NotFound()


def _known(reason: str, minutes: int | None) -> None:
    if reason not in dict(HOLDS):
        raise Invalid("visit.bad_hold", reason=reason, allowed=[key for key, _label in HOLDS])
    if minutes is not None and (reason != AWAY or not 1 <= minutes <= MOST_MINUTES):
        raise Invalid("visit.bad_minutes", most=MOST_MINUTES)


def _hold(leg: Leg, reason: str, minutes: int | None, note: str, *touched: Versioned) -> Leg:
    if leg.state == ON_HOLD and leg.hold_reason == reason:
        return leg
    calls.expect(leg, WAITING, CALLED, IN_PROGRESS)
    now = clock.now()
    subjects = [*calls.subjects_of(leg), *touched]
    # Whoever comes back starts anew: the time at the tests is none of this server's.
    anew = {"started_at": None, "asked_at": None, "answered_at": None, "returned_at": None}
    change(
        leg, state=ON_HOLD, hold_reason=reason, hold_note=note.strip(), held_at=now,
        back_at=now + timedelta(minutes=minutes) if minutes else None, **GONE, **NEW_CALLS, **anew,
    )  # fmt: skip
    record("visit.held", *subjects, reason=reason)
    return leg


def _resume(leg: Leg) -> Leg:
    """The caller holds the line's lock if the leg comes back next; who only keeps a place needs none."""
    if leg.state == WAITING:
        return leg
    calls.expect(leg, ON_HOLD)
    reason = leg.hold_reason
    if reason not in BACK_NEXT:
        change(leg, state=WAITING, **OVER)
        record("visit.resumed", leg.visit, leg, reason=reason)
        return leg
    behind = standing.put_next(leg)
    change(leg, state=WAITING, returned_at=clock.now(), **OVER, **behind.order)
    record("visit.resumed", *standing.touched(leg, behind), reason=reason)
    return leg


def _delay(
    visit: Visit, back: int | None, minutes: int | None, reason: str, actor: Actor, states: tuple[str, ...],
    of_phone: bool = False,
) -> tuple[Leg, int]:  # fmt: skip
    if (back is None) == (minutes is None):
        raise Invalid("visit.bad_delay")
    if back is not None and not 1 <= back <= MOST_PLACES:
        raise Invalid("visit.bad_places", most=MOST_PLACES)
    _known(AWAY, minutes)
    leg = calls.alone_with(visit, actor, renumbers=back is not None)
    if minutes is not None and leg.state == ON_HOLD and leg.hold_reason == AWAY:
        return leg, 0
    calls.expect(leg, *(states if back is None else (WAITING,)))
    if of_phone:
        _may_delay(leg)
    if minutes is not None:
        _count(leg, of_phone)
        return _hold(leg, AWAY, minutes, reason), 0
    assert back is not None
    return leg, _put_back(leg, back, reason, of_phone)


def _may_delay(leg: Leg) -> None:
    if leg.calls:
        raise NotAllowed("visit.called_already", token=leg.visit.token)
    if leg.visit.delays >= FROM_THE_PHONE:
        raise NotAllowed("visit.delay_limit", token=leg.visit.token, most=FROM_THE_PHONE)


def _count(leg: Leg, of_phone: bool) -> None:
    if of_phone:
        change(leg.visit, delays=leg.visit.delays + 1)


def _put_back(leg: Leg, back: int, reason: str, of_phone: bool) -> int:
    ahead, after = standing.around(leg)
    if not after:
        return 0
    behind = order.put_behind(leg, ahead + back)
    _count(leg, of_phone)
    change(leg, returned_at=None, **behind.order)
    record("visit.delayed", *standing.touched(leg, behind), reason=reason)
    return behind.places - ahead
