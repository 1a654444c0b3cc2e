"""Targets that were passed, found by the clock, and why (R4.21)."""

from __future__ import annotations

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Invalid
from clinic.live.record import change, operation, record
from clinic.tenants import days
from er_flow import targets
from er_flow.models import EmergencyVisit
from er_flow.operations import stages, times


@operation("er.view")
def cross(visit: EmergencyVisit, *, actor: Actor) -> bool:
    """The clock found that a visit has passed its target: every board learns of it. Looks again under the lock."""
    held = stages.locked(visit.pk, actor)
    policy, now = days.policies(), clock.now()
    if not held.is_open or held.seen_at is not None or held.crossed_at is not None:
        return False
    if not targets.is_delayed(held.level, targets.since(held.arrived_at, held.state_since, policy), now, policy):
        return False
    change(held, crossed_at=now)
    record("er_visit.delayed", held)
    return True


@operation("er.view")
def look_again(visit: EmergencyVisit, *, actor: Actor) -> bool:
    """The targets have changed: whoever is not delayed by the new ones can pass them yet."""
    held = stages.locked(visit.pk, actor)
    if not change(held, **times.targets_again(held)):
        return False
    record("er_visit.target_moved", held)
    return True


@operation("er.care")
def explain(visit: EmergencyVisit, reason: str, *, actor: Actor) -> EmergencyVisit:
    """Why somebody waits longer than the target."""
    if not reason.strip():
        raise Invalid("er.why", reason=["required"])
    held = stages.locked(visit.pk, actor)
    stages.expect_open(held)
    if change(held, delay_reason=reason.strip()[:200]):
        record("er_visit.delay_explained", held)
    return held
