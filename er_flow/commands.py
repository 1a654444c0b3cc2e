"""Commands of the JSON stream: the same bodies, checks and operations as the REST routes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from clinic.core.access import Actor
from clinic.core.api_fields import Id
from clinic.core.api_input import Fields, Strict, body
from clinic.live import registry
from er_flow.api import acts, find
from er_flow.bed_serializers import (
    BedStatusBody,
    BlockBody,
    ForWhomBody,
    ReleaseBody,
    SurgeBody,
    SwapBedsBody,
    TransferBody,
)
from er_flow.triage_serializers import CorrectTriageBody, ManyTriagesBody, MeasureBody, ReassessBody, TriageBody
from er_flow.visit_fields import When
from er_flow.visit_serializers import (
    DetailsBody,
    DispositionBody,
    ErBedBody,
    ErRegisterBody,
    ErStatusBody,
    ErUndoBody,
    IdentifyBody,
    ManyBody,
    SwapVisitBody,
    TeamBody,
    TimeBody,
    WhyBody,
)

Run = Callable[[Fields, Actor], Any]


class OfOne(Strict):
    """Which visit or bed, as the address of its REST route names it."""

    id = Id()


def _with(kind: type[Strict]) -> type[Strict]:
    """A body with the id beside it."""
    return OfOne if kind is Strict else type(f"{kind.__name__}OfOne", (kind, OfOne), {})


def _of_visit(act: acts.Act, kind: type[Strict] = Strict) -> tuple[type[Strict], Run]:
    def run(given: Fields, actor: Actor) -> Any:
        return act(find.visit(given["id"]), _rest(given), actor)

    return _with(kind), run


def _of_bed(act: acts.OfBed, kind: type[Strict] = Strict) -> tuple[type[Strict], Run]:
    def run(given: Fields, actor: Actor) -> Any:
        return act(find.bed(given["id"]), _rest(given), actor)

    return _with(kind), run


def _rest(given: Fields) -> Fields:
    return {name: value for name, value in given.items() if name != "id"}


COMMANDS: dict[str, tuple[type[Strict], Run]] = {
    "er_visit.arrive": (ErRegisterBody, acts.arrive),
    "er_visit.arrive_all": (ManyBody, acts.arrive_all),
    "er_visit.identify": _of_visit(acts.identify, IdentifyBody),
    "er_visit.change": _of_visit(acts.details, DetailsBody),
    "er_visit.start_triage": _of_visit(acts.start_triage, When),
    "er_visit.triage": _of_visit(acts.assess, TriageBody),
    "er_visit.triage_all": (ManyTriagesBody, acts.assess_all),
    "er_visit.reassess": _of_visit(acts.reassess, ReassessBody),
    "er_visit.vitals": _of_visit(acts.measure, MeasureBody),
    "er_visit.correct_triage": _of_visit(acts.correct, CorrectTriageBody),
    "er_visit.set_status": _of_visit(acts.set_status, ErStatusBody),
    "er_visit.disposition": _of_visit(acts.decide, DispositionBody),
    "er_visit.withdraw": _of_visit(acts.withdraw, WhyBody),
    "er_visit.set_team": _of_visit(acts.set_team, TeamBody),
    "er_visit.explain": _of_visit(acts.explain, WhyBody),
    "er_visit.set_time": _of_visit(acts.set_time, TimeBody),
    "er_visit.undo": _of_visit(acts.take_back, ErUndoBody),
    "er_visit.assign_bed": _of_visit(acts.set_bed, ErBedBody),
    "er_visit.swap": _of_visit(acts.swap, SwapVisitBody),
    "bed.free": _of_bed(acts.free),
    "bed.clean": _of_bed(acts.clean),
    "bed.set_status": _of_bed(acts.set_bed_status, BedStatusBody),
    "bed.reserve": _of_bed(acts.reserve, ForWhomBody),
    "bed.release": _of_bed(acts.release, ReleaseBody),
    "bed.block": _of_bed(acts.block, BlockBody),
    "bed.unblock": _of_bed(acts.unblock),
    "bed.transfer": _of_bed(acts.transfer, TransferBody),
    "bed.swap": _of_bed(acts.swap_beds, SwapBedsBody),
    "er.set_surge": (SurgeBody, acts.set_surge),
    "patient:update_status": _of_visit(acts.set_status, ErStatusBody),
}
"""Name → what it takes, and what it does. The last one is what an earlier client calls."""


def _checked(kind: type[Strict], run: Run, /, *, actor: Actor, **args: Any) -> Any:
    return run(body(kind, args), actor)


def register() -> None:
    for name, (kind, run) in COMMANDS.items():
        registry.command(name, partial(_checked, kind, run))
