"""Doctors who left with people waiting (policy on_leave: ask): a list at the desk, with two buttons each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from clinic.live import render
from clinic.live.regions import Loaded
from clinic.tenants.people import own_limits
from queues.models import Queue
from queues.operations import leaves
from queues.regions import facts


@dataclass(frozen=True, slots=True)
class LeftRow:
    """One line whose doctor left."""

    key: str
    """The line's id: stands in the acts' addresses."""
    doctor: str
    department: str
    waiting: int


@dataclass(frozen=True, slots=True)
class LeftShell:
    """The context of ``left-lines``: how many lines wait for a word."""

    count: int


def load_left(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``left-lines:today``: one query, none beside all the lines; one more for each reader limited to departments
    (R1.2).
    """
    queues = _left_among(facts.lines().values()) if render.was_read("lines") else leaves.left()
    found = {"today": _loaded(queues, None)} if "today" in keys else {}
    for key, (base, limits) in own_limits(keys).items():
        if base == "today":
            found[key] = _loaded(queues, limits)
    return found


def _left_among(lines: Iterable[Any]) -> list[Any]:
    return sorted((line for line in lines if line.left_at is not None), key=lambda line: line.left_at)


def _loaded(queues: Sequence[Queue], limits: frozenset[UUID] | None) -> Loaded:
    shown = [queue for queue in queues if limits is None or queue.department_id in limits]
    refs = frozenset(f"doctor:{queue.doctor_id}" for queue in shown)
    return Loaded(LeftShell(len(shown)), tuple(map(_row, shown)), frozenset({"reception"}), refs)


def _row(queue: Queue) -> LeftRow:
    return LeftRow(
        key=str(queue.pk), doctor=queue.name, department=queue.department.name, waiting=getattr(queue, "waiting", 0)
    )
