"""Whose departments a door shows (R1.2): opened by the doors beside the hospital, asked by their finders and lists.

A member limited to departments finds nothing of the others: their rows are not there (404), in lists they are left
out. Rooms say in ``ready()`` how their rows belong to a department; rows of other models belong to the whole hospital.
Operations never ask this: they ask their ``actor`` (``must_see``), and what they compute with is never cut short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from clinic.core.access import Actor

Departments = frozenset[UUID]
M = TypeVar("M", bound=Model)

_asker: ContextVar[Departments | None] = ContextVar("sight", default=None)
_names: Callable[[], dict[UUID, str]] | None = None
_belongs: dict[type[Model], Callable[[Departments], Q]] = {}
_columns: dict[type[Model], str] = {}


@contextmanager
def of(actor: Actor) -> Iterator[None]:
    """Show what this actor may see. Like ``hospital()`` it never encloses a ``yield`` of a stream."""
    token = _asker.set(actor.departments)
    try:
        yield
    finally:
        _asker.reset(token)


def names() -> dict[UUID, str]:
    """The open hospital's departments, by name: for whoever limits somebody to some of them."""
    return _names() if _names is not None else {}


def named_by(ask: Callable[[], dict[UUID, str]]) -> None:
    """Register who knows them."""
    global _names
    _names = ask


def departments() -> Departments | None:
    """The departments the asker is limited to; None means all."""
    return _asker.get()


def belongs(model: type[Model], where: str | Callable[[Departments], Q]) -> None:
    """Say how the rows of a model belong to departments: the column with the department's id, or a condition."""
    if isinstance(where, str) and where != "pk":
        _columns[model] = where.partition("__")[0].removesuffix("_id")
    _belongs[model] = where if callable(where) else lambda limits: Q(**{f"{where}__in": limits})


def is_placed(model: type[Model]) -> bool:
    """Whether rows of this model belong to departments."""
    return model in _belongs


def placed_by(model: type[Model]) -> str | None:
    """The field whose change can bring a row of this model to another department; None where it is no single one."""
    return _columns.get(model)


def within(rows: QuerySet[M], limits: Departments | None) -> QuerySet[M]:
    """Those of the rows that somebody limited to these departments may see."""
    where = _belongs.get(rows.model)
    return rows if limits is None or where is None else rows.filter(where(limits))


def seen(rows: Any) -> Any:
    """Those of the rows that the asker of the open door may see."""
    return within(rows, departments())
