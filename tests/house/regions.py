"""The regions and topics a hospital has now, by name: what a change may have to reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from clinic.directory.models import Department, Doctor
from clinic.live import regions
from clinic.records.models import Patient
from queues.models import Display, Queue, Visit

Keys = Callable[[], Iterable[Any]]


def _keys(model: Any) -> Keys:
    return lambda: model.objects.values_list("pk", flat=True)


def _places() -> Iterable[str]:
    rows = Visit.objects.values_list("department_id", "pk")
    return [*{str(department) for department, _visit in rows}, *(f"{department}#{visit}" for department, visit in rows)]


KEYS: dict[str, Keys] = {
    "line": _keys(Queue),
    "queue-head": _keys(Queue),
    "line-label": _keys(Queue),
    "reception-sub": lambda: ["today"],
    "doctor-bar": _keys(Doctor),
    "doctor-room": _keys(Doctor),
    "doctor-next": _keys(Doctor),
    "patient-visits": _keys(Patient),
    "display-now": _keys(Display),
    "display-lines": _keys(Display),
    "status": _places,
}


TOPICS: dict[str, Keys] = {
    "hospital": lambda: [""],
    "members": lambda: [""],
    "me": lambda: [""],
    "directory": lambda: [""],
    "reception": lambda: [""],
    "displays": lambda: [""],
    "queue": _keys(Queue),
    "department": _keys(Department),
    "doctor": _keys(Doctor),
    "visit": _keys(Visit),
    "patient": _keys(Patient),
}
"""Topics of the JSON stream, and the keys there are."""


def all_topics() -> list[str]:
    return [f"{kind}:{key}" if key else kind for kind, keys in TOPICS.items() for key in keys()]


def ours() -> set[str]:
    """The kinds of the product, without those that tests register."""
    return {kind for kind, region in regions.kinds().items() if not region.load.__module__.startswith("tests.")}


def all_names() -> list[str]:
    """Every region of the open hospital: those of what it has now."""
    assert Department.objects.exists()
    return [f"{kind}:{key}" for kind in sorted(ours()) for key in KEYS[kind]()]
