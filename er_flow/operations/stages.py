"""A visit's way through its care stages: locked, checked, closed and opened without a gap (R4.1, R4.2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotAllowed, NotFound
from clinic.core.nouns import Versioned
from clinic.live.record import add, change
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from er_flow.models import EmergencyVisit, Stage
from er_flow.models.words import MOVES, OPEN, UNSEEN


def locked(pk: UUID, actor: Actor) -> EmergencyVisit:
    """The visit, held until the operation ends; NotFound for what belongs to another department (R1.2)."""
    found: EmergencyVisit | None = EmergencyVisit.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    actor.must_see(found.department_id)
    return found


def expect(visit: EmergencyVisit, *states: str) -> None:
    """Refuse an act that this state does not allow: 409 ``er.wrong_state``."""
    if visit.state not in states:
        raise wrong(visit)


def expect_open(visit: EmergencyVisit) -> None:
    """Refuse what is done to somebody who is here, once they have gone."""
    expect(visit, *OPEN)


def wrong(visit: EmergencyVisit) -> NotAllowed:
    return NotAllowed("er.wrong_state", number=visit.number, state=visit.state, state_text=visit.get_state_display())


def expect_move(visit: EmergencyVisit, to: str) -> None:
    """Only the moves that are listed."""
    if to not in MOVES[visit.state]:
        raise wrong(visit)


def moment(at: datetime | None, *, since: datetime, reason: str) -> datetime:
    """When something happened: now, or an earlier time that is said with a reason and lies not before ``since``.

    Times are typed to the minute: the minute in which the last thing happened is not before it.
    """
    now = clock.now()
    if at is None:
        return now
    if at > now:
        raise Invalid("er.in_the_future", at=["future"])
    if at < since < at + timedelta(minutes=1):
        at = since
    if at < since:
        raise Invalid("er.before_the_last", at=[since.isoformat()])
    if not reason.strip():
        raise Invalid("er.why_then", reason=["required"])
    return at


def open_stage(visit: EmergencyVisit) -> Stage:
    found: Stage = Stage.objects.select_for_update(no_key=True).get(visit=visit, ended_at=None)
    return found


def enter(visit: EmergencyVisit, state: str, at: datetime, **fields: Any) -> list[Versioned]:
    """Close the stage the visit is in and open the next, both at one moment; an end opens none.

    Returns what changed, to be named in the event.
    """
    before = open_stage(visit)
    change(before, ended_at=at)
    touched: list[Versioned] = [visit, before]
    if state in OPEN:
        touched.append(add(Stage(visit=visit, state=state, began_at=at)))
    if state in UNSEEN and visit.crossed_at is not None and days.policies().er_clock == HospitalConfig.IN_STATUS:
        fields.setdefault("crossed_at", None)  # the wait begins anew, and so does its target
    change(visit, state=state, state_since=at, **fields)
    return touched
