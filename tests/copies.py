"""Rows that nearly every test begins with: made by the product once in a process, then written again under new ids.

Made anew each time they cost more than what most tests do with them.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model

from clinic.core import clock
from clinic.core.nouns import new_id

T = TypeVar("T")


class Copies(Generic[T]):
    """``make`` writes rows and answers with what holds them, and with all of them in the order of writing."""

    def __init__(self, make: Callable[[], tuple[T, list[Model]]]) -> None:
        self._make = make
        self._mould: tuple[bytes, int] | None = None

    def fresh(self) -> T:
        """The rows once more, in the database and in memory: of this moment, and nobody's of an earlier test."""
        if self._mould is None:
            made, rows = self._make()
            self._mould = _mould(made, rows)
            return made
        text, count = self._mould
        made, rows = _Casting(io.BytesIO(text), [new_id() for _ in range(count)], clock.now()).load()
        _write(rows)
        copy: T = made
        return copy


class _Taking(pickle.Pickler):
    """Leaves a gap where a row's id or a moment stands."""

    def __init__(self, file: io.BytesIO, ids: dict[UUID, int]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._ids = ids

    def persistent_id(self, value: Any) -> int | str | None:
        if isinstance(value, UUID):
            return self._ids.get(value)
        return "now" if isinstance(value, datetime) else None


class _Casting(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, ids: list[UUID], now: datetime) -> None:
        super().__init__(file)
        self._ids, self._now = ids, now

    def persistent_load(self, gap: int | str) -> UUID | datetime:
        return self._now if isinstance(gap, str) else self._ids[gap]


def _mould(made: object, rows: list[Model]) -> tuple[bytes, int]:
    """The ids are numbered in their own order, which is the rows' order in time."""
    ids = {pk: number for number, pk in enumerate(sorted(row.pk for row in rows))}
    assert all(isinstance(pk, UUID) for pk in ids) and len(ids) == len(rows)
    file = io.BytesIO()
    _Taking(file, ids).dump((made, rows))
    return file.getvalue(), len(ids)


def _write(rows: list[Model]) -> None:
    with connection.cursor() as cursor:
        for model, same in groupby(rows, key=lambda row: row._meta.model):
            fields = model._meta.concrete_fields
            names = ", ".join(f'"{field.column}"' for field in fields)
            values = [
                [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in same
            ]
            marks = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(values))
            cursor.execute(
                f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES {marks}',
                [each for row in values for each in row],
            )
