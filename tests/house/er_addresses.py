"""Where the entrances of the emergency department are reached: see ``tests.house.addresses``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.api.samples import er_made as made
from tests.world import House

WHY = {"reason": "as was said"}
Make = Callable[[House], Any]


def visit(house: House) -> Any:
    return made.arrived(house).pk


def bed(house: House) -> Any:
    return made.bed(house).pk


def section(house: House) -> Any:
    return made.section(house).pk


def _now(house: House) -> dict[str, Any]:
    return {"mark": "arrived_at", "at": (timezone.now() - timedelta(minutes=5)).isoformat(), **WHY}


ARGUMENTS: dict[str, Make] = {
    "api/v1/er/patients/": visit,
    "api/v1/er/beds/": bed,
    "api/v1/er/sections/": section,
}
_OF_PATIENT: dict[str, Make] = {
    "POST identify": lambda house: {"patient": str(house.patient().pk)},
    "POST triage": lambda house: {**made.CALM_BODY, "level": 4},
    "POST vitals": lambda house: {"vitals": {"hr": 92}},
    "POST correct-triage": lambda house: {**made.CALM_BODY, "level": 4, **WHY},
    "POST disposition": lambda house: {"disposition": "admit"},
    "POST withdraw": lambda house: WHY,
    "POST explain": lambda house: WHY,
    "POST swap": lambda house: {"visit": str(visit(house))},
    "PATCH status": lambda house: {"status": "in_treatment"},
    "PATCH time": _now,
    "PATCH bed": lambda house: {"bed": str(bed(house))},
}
_OF_BED: dict[str, Make] = {
    "POST reserve": lambda house: {"visit": str(visit(house))},
    "POST block": lambda house: WHY,
    "POST transfer": lambda house: {"to": str(bed(house))},
    "POST swap": lambda house: {"bed": str(bed(house))},
    "PATCH status": lambda house: {"status": "available"},
}


def _written(of: str, bodies: dict[str, Make]) -> dict[str, Make]:
    parts = {word: word.partition(" ") for word in bodies}
    return {f"{parts[word][0]} api/v1/er/{of}/<uuid:pk>/{parts[word][2]}": make for word, make in bodies.items()}


BODIES: dict[str, Make] = {
    **_written("patients", _OF_PATIENT),
    **_written("beds", _OF_BED),
    "POST api/v1/er/sections/<uuid:pk>/nurse": lambda house: {"nurse": None},
}
