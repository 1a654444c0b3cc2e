"""A past that is written down: rows that are made and changed in memory, and saved once, as they are in the end.

The log tells each step as if it had happened one by one, with who did it and when, so what reads the log or applies it
backwards sees no difference. Nothing is checked against the database before ``write_down``: for days that nobody else
was in, and never for what happens now.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

from django.db import models

from clinic.core.access import Actor
from clinic.core.errors import Conflict
from clinic.core.nouns import Versioned
from clinic.core.tenancy import TenantModel
from clinic.live import record as engine

N = TypeVar("N", bound=Versioned)
AT_ONCE = 200


class Sheet:
    """The rows of one operation. Used inside it, and saved before it ends."""

    def __init__(self) -> None:
        self._made: dict[type[Versioned], list[Versioned]] = {}
        self._found: dict[str, tuple[Versioned, int]] = {}

    def add(self, row: N) -> N:
        """A new row, noted as ``add`` does."""
        placed: Any = row
        if isinstance(placed, TenantModel):
            placed.check_hospital()
        self._made.setdefault(type(row), []).append(row)
        columns = [f for f in row._meta.concrete_fields if f.attname not in engine.NOT_NOTED]
        pairs = {f.attname: [None, getattr(row, f.attname)] for f in columns}
        engine.note(row, "insert", pairs, set(row.live_topics()))
        return row

    def change(self, row: Versioned, **fields: Any) -> None:
        """A change of a row of this sheet, or of one that was loaded, noted as ``change`` does."""
        if not row._state.adding and row.ref not in self._found:
            self._found[row.ref] = (row, row.version)
        topics, pairs = set(row.live_topics()), dict[str, list[Any]]()
        for name, value in fields.items():
            column = cast("models.Field[Any, Any]", row._meta.get_field(name))
            before = getattr(row, column.attname)
            setattr(row, name, value)
            after = getattr(row, column.attname)
            if before != after:
                pairs[column.attname] = [before, after]
        if pairs:
            row.version += 1
            engine.note(row, "update", pairs, {*topics, *row.live_topics()})

    def record(self, name: str, *subjects: Versioned, by: Actor, reason: str = "") -> None:
        """What happened, and who did it. Nobody is told, and nothing follows."""
        engine.record(name, *subjects, reason=reason)
        engine.long_ago(by)

    def write_down(self) -> None:
        """Write the rows, those first that others point to."""
        for model, rows in self._made.items():
            model._default_manager.bulk_create(rows, batch_size=AT_ONCE)
        for row, version in self._found.values():
            told = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
            held = type(row)._default_manager.filter(pk=row.pk, version=version)
            if not held.update(**{name: value for name, value in told.items() if name != "hospital_id"}):
                raise Conflict("row.changed", ref=row.ref)
        self._made, self._found = {}, {}
