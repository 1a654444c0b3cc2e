"""Still there? (R3.18): somebody in the room for very long was probably forgotten, and the server is asked once."""

from __future__ import annotations

from datetime import datetime, timedelta

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import NotAllowed
from clinic.directory import policies
from clinic.live.record import change, operation, record
from queues.estimates import inputs
from queues.estimates.expected import pace_of, shape_of
from queues.models import IN_PROGRESS, Leg, Visit
from queues.operations import calls, ends

TIMES = 3
"""R3.18: asked after so many times the expected service."""


def expected_minutes(leg: Leg) -> float:
    """How long a service of this leg is expected to take, in minutes: as the estimates expect it (R3.30)."""
    server, kind = leg.server, leg.visit.type
    if server is None:
        return policies.expected_minutes(leg.queue.department)
    configured = float(kind.minutes if kind else policies.expected_minutes(server))
    samples = inputs.lengths_of(server.pk, kind.pk if kind else None, clock.now())
    return pace_of(samples, configured, shape_of([samples])).minutes


@operation("queues.call")
def look_in(visit: Visit, *, actor: Actor) -> Leg:
    """The clock's part: asks the server once, and at 120 minutes tells the desk and leaves the leg out of statistics.

    Idempotent; changes nothing of whoever is not in the room any more.
    """
    leg = calls.leg_of(visit, actor)
    now = clock.now()
    if _may_ask(leg, now):
        change(leg, asked_at=now)
        record("visit.asked_still_there", *calls.subjects_of(leg))
    if _is_overlong(leg, now):
        change(leg, overlong_at=now)
        record("visit.overran", *calls.subjects_of(leg))
    return leg


def is_due(leg: Leg) -> bool:
    """Whether the clock has something to say of this leg now."""
    now = clock.now()
    return _may_ask(leg, now) or _is_overlong(leg, now)


def _may_ask(leg: Leg, now: datetime) -> bool:
    if leg.state != IN_PROGRESS or leg.started_at is None or leg.asked_at is not None:
        return False
    return now - leg.started_at > timedelta(minutes=TIMES * expected_minutes(leg))


def _is_overlong(leg: Leg, now: datetime) -> bool:
    if leg.state != IN_PROGRESS or leg.started_at is None or leg.overlong_at is not None:
        return False
    return now - leg.started_at >= ends.OVERLONG


@operation("queues.call")
def answer_still_there(visit: Visit, *, completed: bool = False, actor: Actor) -> Leg:
    """The server says that the patient is still there, and is not asked again; or that the visit is complete."""
    if completed:
        return ends.complete(visit, actor=actor)
    leg = calls.leg_of(visit, actor)
    calls.may_act_for(leg.server, actor)
    calls.expect(leg, IN_PROGRESS)
    if leg.answered_at is not None:
        return leg
    if leg.asked_at is None:
        raise NotAllowed("visit.not_asked", token=leg.visit.token)
    change(leg, answered_at=clock.now())
    record("visit.answered_still_there", *calls.subjects_of(leg))
    return leg
