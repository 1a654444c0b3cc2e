"""A time mark was at another time (R4.2): with it begin or end the care stage and the stay that it marks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotAllowed
from clinic.core.nouns import Versioned
from clinic.live.record import change, operation, record
from clinic.tenants import days
from er_flow import targets
from er_flow.models import BedStay, EmergencyVisit, Stage, Triage
from er_flow.models.words import BEDDED, DISPOSITION, IN_TREATMENT, TRIAGED
from er_flow.operations import stages, stays

EARLIER: dict[str, tuple[str, ...]] = {
    "arrived_at": (),
    "registered_at": ("arrived_at",),
    "triage_started_at": ("arrived_at",),
    "triaged_at": ("arrived_at", "triage_started_at"),
    "bedded_at": ("arrived_at",),
    "seen_at": ("arrived_at", "triage_started_at", "triaged_at"),
    "decided_at": ("arrived_at", "seen_at"),
    "admit_at": ("arrived_at", "seen_at"),
    "departed_at": (
        "arrived_at", "triage_started_at", "triaged_at", "bedded_at", "seen_at", "decided_at", "admit_at",
    ),
}  # fmt: skip
"""Mark → those that are never after it."""
MARKS = tuple(name for name in EARLIER if name != "registered_at")
"""Time marks that may be set to another time; registration is when it was typed."""
BEGINS = {"triaged_at": TRIAGED, "bedded_at": BEDDED, "seen_at": IN_TREATMENT, "decided_at": DISPOSITION}
"""Mark → the care stage that may have begun with it."""
OLDEST = timedelta(days=7)


@operation("er.care")
def set_time(visit: EmergencyVisit, mark: str, at: datetime, *, reason: str, actor: Actor) -> EmergencyVisit:
    """A time mark was at another time: with a reason, never in the future, never out of their order.

    The care stage that began with it begins then, and the one before ends then: no gap, no overlap; a stay in a bed
    likewise. A target that is not passed any more is looked at again (R4.21).
    """
    if mark not in MARKS:
        raise Invalid("er.bad_mark", mark=[mark])
    if not reason.strip():
        raise Invalid("er.why_then", reason=["required"])
    held = stages.locked(visit.pk, actor)
    was = getattr(held, mark)
    if was is None:
        raise NotAllowed("er.not_yet", number=held.number)
    if at == was:
        return held
    _between(held, mark, at)
    touched = [*_move_stage(held, mark, at), *_move_stay(held, mark, at, actor)]
    change(held, **{mark: at}, **_due(held, mark, was, at))
    change(held, **targets_again(held))
    record("er_visit.time_corrected", held, *touched, reason=reason.strip())
    return held


def targets_again(visit: EmergencyVisit) -> dict[str, Any]:
    """What to change of a visit that was said to be delayed and, by what holds now, is not."""
    policy = days.policies()
    began = targets.since(visit.arrived_at, visit.state_since, policy)
    is_late = targets.is_delayed(visit.level, began, clock.now(), policy)
    waits = visit.is_open and visit.seen_at is None
    return {"crossed_at": None} if waits and visit.crossed_at is not None and not is_late else {}


def _due(visit: EmergencyVisit, mark: str, was: datetime, at: datetime) -> dict[str, Any]:
    """The next look at somebody who waits is counted from the triage, until there was another one (R4.22)."""
    if mark != "triaged_at" or visit.reassess_at is None or visit.level is None:
        return {}
    if Triage.objects.filter(visit=visit, error_at=None).exclude(sort=Triage.VITALS).count() > 1:
        return {}
    return {"reassess_at": targets.reassess_at(visit.level, at, days.policies())}


def _out_of_order(mark: str, at: datetime) -> Invalid:
    return Invalid("er.out_of_order", None, **{mark: [at.isoformat()]})


def before(visit: EmergencyVisit, mark: str) -> list[datetime]:
    """The times that this mark is never before."""
    return [value for name in EARLIER[mark] if (value := getattr(visit, name)) is not None]


def _between(visit: EmergencyVisit, mark: str, at: datetime) -> None:
    followers = (name for name, earlier in EARLIER.items() if mark in earlier)
    after = [value for name in followers if (value := getattr(visit, name)) is not None]
    if at > min([clock.now(), *after]) or any(at < earlier for earlier in before(visit, mark)):
        raise _out_of_order(mark, at)
    if mark == "arrived_at" and clock.now() - at > OLDEST and visit.registered_at - at > OLDEST:
        raise _out_of_order(mark, at)


def _move_stage(visit: EmergencyVisit, mark: str, at: datetime) -> list[Versioned]:
    rows = list(Stage.objects.select_for_update(no_key=True).filter(visit=visit).order_by("began_at", "id"))
    if mark == "arrived_at":
        return _shift(visit, None, rows[0], mark, at)
    if mark == "departed_at":
        return _shift(visit, rows[-1], None, mark, at)
    state, was = BEGINS.get(mark), getattr(visit, mark)
    began = [n for n, row in enumerate(rows) if n and row.state == state and row.began_at == was]
    return _shift(visit, rows[began[0] - 1], rows[began[0]], mark, at) if began else []


def _shift(
    visit: EmergencyVisit, before: Stage | None, after: Stage | None, mark: str, at: datetime
) -> list[Versioned]:  # fmt: skip
    """The one ends and the other begins at this moment. Returns what changed."""
    if before is not None and at < before.began_at:
        raise _out_of_order(mark, at)
    if after is not None and after.ended_at is not None and at > after.ended_at:
        raise _out_of_order(mark, at)
    if before is not None:
        change(before, ended_at=at)
    if after is not None:
        change(after, began_at=at)
    if after is None or after.ended_at is None:
        change(visit, state_since=at)
    return [row for row in (before, after) if row is not None]


def _move_stay(visit: EmergencyVisit, mark: str, at: datetime, actor: Actor) -> list[Versioned]:
    rows = list(BedStay.objects.select_for_update(no_key=True).filter(visit=visit).order_by("began_at", "id"))
    if mark == "bedded_at" and rows:
        return _begin(rows[0], at, actor)
    if mark == "arrived_at" and rows and at > rows[0].began_at:
        raise _out_of_order(mark, at)
    if mark == "departed_at" and rows:
        return _end(visit, rows[-1], at)
    return []


def _begin(stay: BedStay, at: datetime, actor: Actor) -> list[Versioned]:
    others = BedStay.objects.filter(bed=stay.bed_id, ended_at__gt=at, began_at__lt=stay.began_at).exclude(pk=stay.pk)
    if (stay.ended_at is not None and at > stay.ended_at) or others.exists():
        raise _out_of_order("bedded_at", at)
    change(stay, began_at=at)
    if stay.ended_at is not None:
        return [stay]
    (bed,) = stays.locked_beds({stay.bed_id}, actor).values()
    change(bed, since=at)
    return [stay, bed]


def _end(visit: EmergencyVisit, stay: BedStay, at: datetime) -> list[Versioned]:
    """The stay that ended with the visit ends with it; one that ended before did so before."""
    if stay.ended_at != visit.departed_at:
        if stay.ended_at is not None and at < stay.ended_at:
            raise _out_of_order("departed_at", at)
        return []
    next_one = BedStay.objects.filter(bed=stay.bed_id, began_at__gte=stay.ended_at, began_at__lt=at)
    if at < stay.began_at or next_one.exclude(pk=stay.pk).exists():
        raise _out_of_order("departed_at", at)
    change(stay, ended_at=at)
    return [stay]
