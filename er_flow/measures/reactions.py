"""A day that was counted is counted again when one of its visits changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from clinic.core.nouns import split_ref
from clinic.live.models import Event
from clinic.live.registry import on
from er_flow.measures import keep


@on("er_visit.arrived", "er_visit.time_corrected", "er_visit.triage_corrected", "er_visit.undone")
def count_again(event: Event) -> None:
    """Whoever is entered later came on a day that may be kept; so did who came at another time than was said, and
    whose end is taken back. Idempotent."""
    keep.forget(
        [UUID(key) for kind, key in map(split_ref, event.subjects) if kind == "er_visit"], list(_before(event.changes))
    )


def _before(changes: dict[str, Any]) -> list[datetime]:
    """When these visits were said to have begun before."""
    told = [
        change["fields"].get("arrived_at", [None])[0] for ref, change in changes.items() if ref.startswith("er_visit:")
    ]
    return [datetime.fromisoformat(at) for at in told if at]
