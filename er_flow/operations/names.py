"""Names that documents of the emergency department show, changed elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from clinic.core.access import Actor
from clinic.core.nouns import Versioned
from clinic.live.record import operation, record


@operation("er.manage")
def tell_new_names(rows: Sequence[Versioned], *, actor: Actor) -> None:
    """What these visits, beds, sections or departments show has changed elsewhere: whoever holds their documents takes
    them anew."""
    if rows:
        record("er_floor.relabelled", *rows)
