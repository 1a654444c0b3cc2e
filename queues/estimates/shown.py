"""What is shown of waits now: the stored values and nothing else, so that a page and a push cannot differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from queues.models import LineEstimate


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of one line. A line nobody has estimated yet has no waits and is not paused."""

    paused: bool = False
    """A word instead of numbers: nobody calls from this line now (R3.21, R3.31)."""
    joining: tuple[int, int] | None = None
    """Minutes [p50, p90] for whoever joins now; None while paused or not known."""
    waits: dict[UUID, tuple[datetime, datetime]] = field(default_factory=dict)
    """Leg's id → when it will be called: [p50, p90] as instants, rounded to five minutes."""


def of(queue_ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """What is shown of each of these lines; one query, however many."""
    wanted = list(queue_ids)
    stored = LineEstimate.objects.filter(queue_id__in=wanted)
    found = {row.queue_id: _shown(row.paused, row.joining, row.waits) for row in stored}
    return {pk: found.get(pk) or Shown() for pk in wanted}


def given(row: LineEstimate | None) -> Shown:
    """What is shown of a line whose estimate is at hand."""
    return Shown() if row is None else _shown(row.paused, row.joining, row.waits)


def _shown(paused: bool, joining: list[int], waits: dict[str, list[str]]) -> Shown:
    return Shown(
        paused,
        (joining[0], joining[1]) if joining else None,
        {UUID(leg): (datetime.fromisoformat(p50), datetime.fromisoformat(p90)) for leg, (p50, p90) in waits.items()},
    )
