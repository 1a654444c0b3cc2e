"""Commands of the JSON stream: the same bodies, checks and operations as the REST routes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from clinic.core.access import Actor
from clinic.core.api_fields import Id, ReasonBody
from clinic.core.api_input import Fields, Strict, body
from clinic.directory import operations as directory
from clinic.directory.serializers import DoctorStatusBody
from clinic.live import registry
from clinic.records.models import Patient
from queues.api import find
from queues.operations import calls, ends, intake, undo
from queues.serializers import ArrivalBody, CallBody, NextBody, UndoBody

OPTIONS = ("klass", "class_reason", "reason", "again_reason")


class OfDoctor(Strict):
    doctor = Id()


class OfVisit(Strict):
    visit = Id()


class NextArgs(NextBody, OfDoctor):
    """Who calls."""


class CallArgs(CallBody, OfDoctor):
    """Who calls whom, and why."""


class ReasonArgs(ReasonBody, OfVisit):
    """Which visit, and why."""


class UndoArgs(UndoBody, OfVisit):
    """Which visit's act."""


class CompleteArgs(NextBody, OfVisit):
    """Which visit; ``resume`` for the call that follows."""


class DoctorStatusArgs(DoctorStatusBody, OfDoctor):
    """Which doctor's status."""


Run = Callable[[Fields, Actor], Any]


def _of_visit(verb: Callable[..., Any], *names: str) -> Run:
    def run(given: Fields, actor: Actor) -> Any:
        return verb(find.visit(given["visit"]), actor=actor, **{name: given[name] for name in names})

    return run


def _call_next(given: Fields, actor: Actor) -> Any:
    return calls.call_next(find.doctor(given["doctor"]), resume=given["resume"], actor=actor)


def _call(given: Fields, actor: Actor) -> Any:
    visit, server = find.visit(given["visit"]), find.doctor(given["doctor"])
    return calls.call(visit, server, reason=given["reason"], resume=given["resume"], actor=actor)


def _undo(given: Fields, actor: Actor) -> Any:
    visit = find.visit(given["visit"])
    seq = find.act_of(visit, given["seq"]) if "seq" in given else find.last_act(visit)
    return undo.undo(seq, actor=actor)


def _arrive(given: Fields, actor: Actor) -> Any:
    patient = find.one(Patient.objects.all(), pk=given["patient"])
    return intake.arrive(find.line(given), patient, actor=actor, **{name: given[name] for name in OPTIONS})


def _set_status(given: Fields, actor: Actor) -> Any:
    rest = {name: value for name, value in given.items() if name != "doctor"}
    return directory.set_status(find.doctor(given["doctor"]), actor=actor, **rest)


COMMANDS: dict[str, tuple[type[Strict], Run]] = {
    "visit.arrive": (ArrivalBody, _arrive),
    "visit.call_next": (NextArgs, _call_next),
    "visit.call": (CallArgs, _call),
    "visit.recall": (OfVisit, _of_visit(calls.recall)),
    "visit.start": (OfVisit, _of_visit(calls.start)),
    "visit.skip": (ReasonArgs, _of_visit(calls.skip, "reason")),
    "visit.complete": (OfVisit, _of_visit(ends.complete)),
    "visit.complete_and_call": (CompleteArgs, _of_visit(ends.complete_and_call, "resume")),
    "visit.no_show": (OfVisit, _of_visit(ends.no_show)),
    "visit.leave": (ReasonArgs, _of_visit(ends.leave, "reason")),
    "visit.cancel": (ReasonArgs, _of_visit(ends.cancel, "reason")),
    "visit.undo": (UndoArgs, _undo),
    "doctor.set_status": (DoctorStatusArgs, _set_status),
}
"""Name → what it takes, and what it does."""


def _checked(kind: type[Strict], run: Run, /, *, actor: Actor, **args: Any) -> Any:
    return run(body(kind, args), actor)


def register() -> None:
    for name, (kind, run) in COMMANDS.items():
        registry.command(name, partial(_checked, kind, run))
