"""What came of the promises (R3.32): when a leg is called its promises are scored, and the scores are told by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from clinic.core import clock, sight
from clinic.core.access import SYSTEM, Actor
from clinic.core.faces import Doc
from clinic.live.record import operation
from clinic.tenants import days
from queues.models import Leg, Promise, Queue

LOOK_BACK = timedelta(hours=36)
"""Promises older than this stay open: whoever was not called by then never was."""
TAKEN_BACK = timedelta(minutes=15)
"""So long after a call an undo may still take it back; then its promises are open again."""


def settle() -> int:
    """Score the promises of whoever was called since, and open again those of a call that was undone; returns how
    many. By the rows, not by events: what a stopped worker missed is found later, and twice is once."""
    now = clock.now()
    fresh = Promise.objects.filter(queue_id__in=Queue.objects.values("pk"), at__gte=now - LOOK_BACK)
    waiting = list(fresh.filter(called_at=None).values_list("pk", "leg_id", "at"))
    scored = list(fresh.filter(called_at__gte=now - TAKEN_BACK).values_list("pk", "leg_id", "called_at"))
    legs = {row[0]: row[1:] for row in _calls({leg for _pk, leg, _at in [*waiting, *scored]})}
    outcome: dict[datetime | None, list[int]] = defaultdict(list)
    for pk, leg, at in waiting:
        called = next((call for call in legs.get(leg, ()) if call is not None and call >= at), None)
        if called is not None:
            outcome[called].append(pk)
    for pk, leg, at in scored:
        if not any(call is not None and call >= at for call in legs.get(leg, ())):
            outcome[None].append(pk)
    if outcome:
        mark(outcome, actor=SYSTEM)
    return sum(map(len, outcome.values()))


def _calls(legs: set[UUID]) -> list[tuple[Any, ...]]:
    return list(Leg.objects.filter(pk__in=legs).values_list("pk", "first_called_at", "called_at"))


@operation("queues.manage")
def mark(outcome: Mapping[datetime | None, Sequence[int]], *, actor: Actor) -> None:
    """Write down when promises were kept: the moment of the call → promises. No event: nobody is shown it live."""
    for called, promises in outcome.items():
        Promise.objects.filter(pk__in=promises).update(called_at=called)


# --- told ------------------------------------------------------------------------------------------------------------


def calibration(day: date) -> list[Doc]:
    """The scores of one service day, by line and model: three queries."""
    here = days.current_hospital()
    lines = sight.seen(Queue.objects.all())
    of_day = Promise.objects.filter(
        queue_id__in=lines.values("pk"), at__gte=days.day_start(here, day), at__lt=days.day_end(here, day)
    )
    groups: dict[tuple[UUID, str], list[Any]] = defaultdict(list)
    for row in of_day.order_by("pk").values_list(
        "queue_id", "model", "at", "p50_at", "p90_at", "rolling_at", "called_at", named=True
    ):
        groups[row.queue_id, row.model].append(row)
    names = dict(Queue.objects.filter(pk__in={queue for queue, _model in groups}).values_list("pk", "name"))
    found = [_score(queue, names[queue], model, day, rows) for (queue, model), rows in groups.items()]
    return sorted(found, key=lambda doc: (doc["name"], doc["queue"], doc["model"]))


def _score(queue: UUID, name: str, model: str, day: date, rows: Sequence[Any]) -> Doc:
    called = [row for row in rows if row.called_at is not None]
    both = [row for row in called if row.rolling_at is not None]
    error, rolling = _mean_error(both, "p50_at"), _mean_error(both, "rolling_at")
    return {
        "queue": str(queue), "name": name, "model": model, "day": day.isoformat(), "promises": len(rows),
        "scored": len(called), "p90_coverage": _part(sum(row.called_at <= row.p90_at for row in called), len(called)),
        "error_minutes": _mean_error(called, "p50_at"), "rolling_error_minutes": rolling,
        "smaller_by": None if error is None or not rolling else round(1 - error / rolling, 3),
    }  # fmt: skip


def _mean_error(rows: Sequence[Any], told: str) -> float | None:
    if not rows:
        return None
    off: list[float] = [abs((getattr(row, told) - row.called_at).total_seconds()) / 60 for row in rows]
    return round(sum(off) / len(off), 1)


def _part(some: int, of: int) -> float | None:
    return round(some / of, 3) if of else None
