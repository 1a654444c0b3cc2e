"""The ends of a visit: completed, did not come, left, cancelled (domain/3, R3.12, R3.16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import NotAllowed, NotFound
from clinic.live.record import change, operation, record
from clinic.tenants.days import policies
from queues import appointment_day as on_the_day
from queues.models import (
    CALLED,
    CANCELLED,
    COMPLETED,
    IN_PROGRESS,
    LEFT,
    NO_SHOW,
    ON_HOLD,
    OPEN,
    WAITING,
    Leg,
    Visit,
)  # fmt: skip
from queues.operations import calls, gate
from queues.operations.holds import OVER

OVERLONG = timedelta(minutes=120)
"""R3.18: a longer service is left out of the statistics of durations."""


@operation("queues.call")
def complete(visit: Visit, *, actor: Actor) -> Leg:
    """The patient has been seen. Pressing twice is the same as once (R3.16)."""
    leg = calls.leg_of(visit, actor)
    calls.may_act_for(leg.server, actor)
    if leg.state != COMPLETED:
        _complete(leg)
    return leg


@operation("queues.call")
def complete_and_call(visit: Visit, *, resume: bool = False, actor: Actor) -> tuple[Leg, Leg | None]:
    """Complete, and call the next for the same server in the same act; undone as one (R3.16, R3.19).

    ``resume`` ends a break first, as in ``call_next``.

    Returns the completed leg and the called one (None if nobody waits). Pressed twice, the second press finds the
    visit completed and calls nobody.
    """
    gate.enter()  # before a leg is locked, which whoever re-numbers its line may want
    leg = calls.leg_of(visit, actor)
    calls.may_act_for(leg.server, actor)
    if leg.state == COMPLETED:
        return leg, None
    _complete(leg)
    server = leg.server
    assert server is not None  # leg_called_has_server
    return leg, calls.call_next(server, resume=resume, actor=actor)


@operation("queues.call")
def no_show(visit: Visit, *, actor: Actor) -> Leg:
    """The called patient did not come. Needs the calls of R3.12; somebody never called is never a no-show."""
    leg = calls.leg_of(visit, actor)
    calls.may_act_for(leg.server, actor)
    if leg.state == NO_SHOW:
        return leg
    calls.expect(leg, CALLED)
    policy = policies()
    if not may_be_no_show(leg, policy.min_calls, policy.call_total):
        raise NotAllowed(
            "visit.calls_needed", token=leg.visit.token, calls=leg.spaced_calls, min_calls=policy.min_calls,
            gap=policy.call_gap, total=policy.call_total,
        )  # fmt: skip
    return _end(leg, NO_SHOW, "visit.no_showed")


def may_be_no_show(leg: Leg, min_calls: int, total_seconds: int) -> bool:
    """R3.12: enough calls far enough apart, and enough time since the first."""
    if leg.first_called_at is None or leg.spaced_calls < min_calls:
        return False
    return clock.now() - leg.first_called_at >= timedelta(seconds=total_seconds)


@operation("queues.desk")
def leave(visit: Visit, *, reason: str = "", actor: Actor) -> Leg:
    """The patient left without being seen."""
    leg = calls.leg_of(visit, actor)
    if leg.state == LEFT:
        return leg
    calls.expect(leg, WAITING, ON_HOLD)
    return _end(leg, LEFT, "visit.left", reason=reason)


@operation("status.view")
def leave_by_link(visit: Visit, *, actor: Actor) -> Leg:
    """The patient leaves the line from the phone; only who waits may, and only the link's own visit."""
    if actor.kind != "patient" or actor.id != visit.ref:
        raise NotFound()
    leg = calls.leg_of(visit, actor)
    if leg.state == LEFT:
        return leg
    calls.expect(leg, WAITING, ON_HOLD)
    return _end(leg, LEFT, "visit.left", reason="phone")


@operation("queues.desk")
def cancel(visit: Visit, *, reason: str, actor: Actor) -> Leg:
    """Take a visit back that should not be: a mistake at the desk, a double entry."""
    if not reason.strip():
        raise NotAllowed("visit.reason_needed", token=visit.token)
    leg = calls.leg_of(visit, actor)
    if leg.state == CANCELLED:
        return leg
    calls.expect(leg, *OPEN)
    return end_as_cancelled(leg, reason=reason.strip())


def end_as_cancelled(leg: Leg, *, reason: str, event: str = "visit.cancelled") -> Leg:
    """Shared by cancel and by the undo of an arrival."""
    return _end(leg, CANCELLED, event, reason=reason)


def _complete(leg: Leg) -> None:
    calls.expect(leg, CALLED, IN_PROGRESS)
    more: dict[str, Any] = {"started_at": leg.called_at, "start_derived": True} if leg.started_at is None else {}
    started = leg.started_at or leg.called_at
    if leg.overlong_at is None and started is not None and clock.now() - started >= OVERLONG:
        more["overlong_at"] = clock.now()  # the clock may have stood still meanwhile
    _end(leg, COMPLETED, "visit.completed", **more)


def _end(leg: Leg, state: str, event: str, *, reason: str = "", **fields: Any) -> Leg:
    """The visit ends, and with it the appointment it began with."""
    now = clock.now()
    over = OVER if leg.state == ON_HOLD else {}
    change(leg, state=state, ended_at=now, **over, **fields)
    change(leg.visit, ended_at=now, outcome=state)
    record(event, *calls.subjects_of(leg), *on_the_day.end_with(leg.visit, state), reason=reason)
    return leg
