"""Names that documents of the book show."""

from __future__ import annotations

from collections.abc import Sequence

from clinic.core.access import Actor
from clinic.core.nouns import Versioned
from clinic.live.record import operation, record


@operation("queues.manage")
def tell_new_names(rows: Sequence[Versioned], *, actor: Actor) -> None:
    """A name these appointments, series and entries show has changed elsewhere: whoever holds their documents takes
    them anew."""
    if rows:
        record("appointment.relabelled", *rows)
