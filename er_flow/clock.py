"""What the clock does in the emergency department of the open hospital: tells who has passed a target, and ends blocks.

It looks at rows and the time, so that a tick that was missed, late or doubled does no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.core.errors import DomainError
from clinic.core.nouns import Versioned
from clinic.live.record import done
from clinic.tenants import days
from er_flow import targets
from er_flow.models import Bed, EmergencyVisit
from er_flow.models.words import BLOCKED
from er_flow.operations import beds, delays

log = structlog.get_logger(__name__)


def cross() -> int:
    """Whoever waits unseen and has just passed the target is told of (R4.21). Returns how many.

    One query of those who wait and were not told of; the limits are Python's, in one place for clock, list and board.
    """
    waiting = list(EmergencyVisit.objects.unseen().filter(crossed_at=None).order_by("arrived_at", "id"))
    if not waiting:
        return 0
    policy, now = days.policies(), clock.now()
    late = (
        visit
        for visit in waiting
        if targets.is_delayed(
            visit.level, targets.since(visit.arrived_at, visit.state_since, policy), now, policy
        )
    )  # fmt: skip
    return sum(_one(delays.cross, visit) for visit in late)


def end_blocks() -> int:
    """Beds that were blocked until now are in use again. Returns how many."""
    over = Bed.objects.filter(state=BLOCKED, blocked_until__lte=clock.now(), is_active=True).order_by("id")
    return sum(_one(beds.end_block, bed) for bed in over)


def _one(verb: Callable[..., Any], row: Versioned) -> int:
    """A row that somebody acts on right now leaves the others alone; the next tick looks again."""
    try:
        verb(row, actor=SYSTEM)
    except DomainError as refused:
        log.info("clock.refused", ref=row.ref, code=refused.code)
        return 0
    return bool(done().events)
