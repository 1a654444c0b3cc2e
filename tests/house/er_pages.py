"""Where the pages of the emergency department are reached: see ``tests.house.addresses``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clinic.live.record import done
from er_flow.models import Triage
from er_flow.operations import team, triage
from tests.api.samples import er_made as made
from tests.er_flow.ward import sheet
from tests.world import House

Make = Callable[[House], Any]


def visit(house: House) -> Any:
    return made.arrived(house).pk


def bed(house: House) -> Any:
    return made.bed(house).pk


def department(house: House) -> Any:
    return made.arrived(house).department_id


def assessed(house: House) -> Any:
    """A triage that may be corrected."""
    row = made.arrived(house)
    triage.assess(row, sheet(), 3, actor=house.actor("nurse"))
    return Triage.objects.filter(visit=row).get().pk


def act(house: House) -> int:
    """The seq of an act that may be taken back by whoever did it."""
    row = made.arrived(house)
    team.change_details(row, complaint="Chest pain since noon", actor=house.actor("owner"))
    seq = done().seq
    assert seq is not None
    return seq


ARGUMENTS: dict[str, Make] = {
    "er/visits/": visit, "er/beds/": bed, "er/departments/": department, "er/triages/": assessed, "er/undo/": act,
}  # fmt: skip
