"""Commands of the JSON stream: the same bodies, checks and operations as the REST routes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from rest_framework import serializers

from clinic.core.access import Actor
from clinic.core.api_fields import Id, ReasonBody
from clinic.core.api_input import Fields, Strict, body
from clinic.directory import operations as directory
from clinic.directory.models import Doctor, Room, VisitType
from clinic.directory.serializers import DoctorStatusBody
from clinic.live import registry
from clinic.records.models import Patient
from queues import appointment_commands
from queues.api import find
from queues.hold_serializers import DelayBody, HoldBody, RejoinBody, StillThereBody
from queues.move_serializers import PostBody, PostOffBody, PriorityBody, ReassignBody, SendOnBody
from queues.operations import (
    calls,
    close,
    correct,
    ends,
    holds,
    intake,
    moves,
    posts,
    returns,
    still_there,
    undo,
)
from queues.serializers import ArrivalBody, CallBody, CorrectPatientBody, NextBody, UndoBody

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


class HoldArgs(HoldBody, OfVisit):
    """Which visit, why, and for how long."""


class DelayArgs(DelayBody, OfVisit):
    """Which visit, by how much, and why."""


class RejoinArgs(RejoinBody, OfVisit):
    """Which visit."""


class StillThereArgs(StillThereBody, OfVisit):
    """Which visit, and whether it is complete."""


class UndoArgs(UndoBody, OfVisit):
    """Which visit's act."""


class CompleteArgs(NextBody, OfVisit):
    """Which visit; ``resume`` for the call that follows."""


class DoctorStatusArgs(DoctorStatusBody, OfDoctor):
    """Which doctor's status."""


class CorrectArgs(CorrectPatientBody, OfVisit):
    """Which visit, and whose it really is."""


class CloseArgs(OfVisit):
    """Which visit's day ends, and how."""

    choice = serializers.ChoiceField(choices=list(close.CHOICES))


class ReassignArgs(ReassignBody, OfVisit):
    """Which visit, where to, and why."""


class SendOnArgs(SendOnBody, OfVisit):
    """Which visit, where to next, and what for."""


class PriorityArgs(PriorityBody, OfVisit):
    """Which visit, which class, and why."""


class OfQueue(Strict):
    queue = Id()


class SignOnArgs(PostBody, OfQueue):
    """Which line, who, and in which room."""


class SignOffArgs(PostOffBody, OfQueue):
    """Which line, and who."""


Run = Callable[[Fields, Actor], Any]


def _of_visit(verb: Callable[..., Any], *names: str) -> Run:
    def run(given: Fields, actor: Actor) -> Any:
        told = {name: given[name] for name in names if name in given}
        return verb(find.visit(given["visit"]), actor=actor, **told)

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


def _correct(given: Fields, actor: Actor) -> Any:
    visit, patient = find.visit(given["visit"]), find.one(Patient.objects.all(), pk=given["patient"])
    why = {name: given[name] for name in ("reason", "again_reason")}
    return correct.correct_patient(visit, patient, actor=actor, **why)


def _close(given: Fields, actor: Actor) -> Any:
    return close.close(find.visit(given["visit"]), given["choice"], actor=actor)


def _arrive(given: Fields, actor: Actor) -> Any:
    patient = find.one(Patient.objects.all(), pk=given["patient"])
    kind = find.one(VisitType.objects.all(), pk=given["type"]) if given.get("type") else None
    told = {name: given[name] for name in OPTIONS}
    return intake.arrive(find.line(given), patient, type=kind, actor=actor, **told)


def _reassign(given: Fields, actor: Actor) -> Any:
    return moves.reassign(find.visit(given["visit"]), find.line(given), reason=given["reason"], actor=actor)


def _send_on(given: Fields, actor: Actor) -> Any:
    return moves.send_on(find.visit(given["visit"]), find.line(given), note=given["note"], actor=actor)


def _set_class(given: Fields, actor: Actor) -> Any:
    return moves.set_class(find.visit(given["visit"]), given["klass"], reason=given["reason"], actor=actor)


def _sign_on(given: Fields, actor: Actor) -> Any:
    room = find.one(Room.objects.all(), pk=given["room"]) if "room" in given else None
    return posts.sign_on(find.queue(given["queue"]), server=_named(given), room=room, actor=actor)


def _sign_off(given: Fields, actor: Actor) -> Any:
    return posts.sign_off(find.queue(given["queue"]), server=_named(given), actor=actor)


def _named(given: Fields) -> Doctor | None:
    return find.doctor(given["doctor"]) if "doctor" in given else None


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
    "visit.hold": (HoldArgs, _of_visit(holds.hold, "reason", "minutes", "note")),
    "visit.resume": (OfVisit, _of_visit(holds.resume)),
    "visit.delay": (DelayArgs, _of_visit(holds.delay, "places", "minutes", "reason")),
    "visit.rejoin": (RejoinArgs, _of_visit(returns.rejoin, "reason")),
    "visit.decline_rejoin": (OfVisit, _of_visit(returns.decline_rejoin)),
    "visit.still_there": (StillThereArgs, _of_visit(still_there.answer_still_there, "completed")),
    "visit.correct_patient": (CorrectArgs, _correct),
    "visit.close_day": (CloseArgs, _close),
    "visit.arrive_expected": (OfVisit, _of_visit(close.arrive_expected)),
    "visit.reassign": (ReassignArgs, _reassign),
    "visit.send_on": (SendOnArgs, _send_on),
    "visit.set_class": (PriorityArgs, _set_class),
    "visit.complete": (OfVisit, _of_visit(ends.complete)),
    "visit.complete_and_call": (CompleteArgs, _of_visit(ends.complete_and_call, "resume")),
    "visit.no_show": (OfVisit, _of_visit(ends.no_show)),
    "visit.leave": (ReasonArgs, _of_visit(ends.leave, "reason")),
    "visit.cancel": (ReasonArgs, _of_visit(ends.cancel, "reason")),
    "visit.undo": (UndoArgs, _undo),
    "queue.sign_on": (SignOnArgs, _sign_on),
    "queue.sign_off": (SignOffArgs, _sign_off),
    "doctor.set_status": (DoctorStatusArgs, _set_status),
    **appointment_commands.COMMANDS,
}
"""Name → what it takes, and what it does."""


def _checked(kind: type[Strict], run: Run, /, *, actor: Actor, **args: Any) -> Any:
    return run(body(kind, args), actor)


def register() -> None:
    for name, (kind, run) in COMMANDS.items():
        registry.command(name, partial(_checked, kind, run))
