"""Somebody new at the desk: registered and taken in as one act, so that neither stands without the other (R3.23)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clinic.core.access import Actor
from clinic.directory.models import VisitType
from clinic.live.record import operation
from clinic.records.models import Patient
from clinic.records.operations import register
from queues.models import NORMAL, Queue
from queues.operations.intake import Arrival, arrive


@operation("queues.intake")
def take_in_all(
    queue: Queue, patients: Sequence[Patient], *, klass: str = NORMAL, class_reason: str = "", reason: str = "",
    type: VisitType | None = None,  # noqa: A002  as the REST body says it
    again_reason: str = "", actor: Actor,
) -> list[Arrival]:  # fmt: skip
    """Take several of a family in at once, each under a token of their own (R1.7): all of them, or nobody."""
    told = {patient.pk: patient for patient in patients}
    words = {"klass": klass, "class_reason": class_reason, "reason": reason, "again_reason": again_reason}
    return [arrive(queue, patient, type=type, actor=actor, **words) for patient in told.values()]


@operation("queues.intake")
def take_in(
    queue: Queue, person: dict[str, Any], *, force_new: str = "", unknown: bool = False, klass: str = NORMAL,
    class_reason: str = "", reason: str = "",
    type: VisitType | None = None,  # noqa: A002  as the REST body says it
    actor: Actor,
) -> Arrival:  # fmt: skip
    """Register a patient and put them into a line under a new token.

    Somebody alike refuses with the candidates unless ``force_new`` says why this is another person (R1.7).
    """
    patient = register(force_new=force_new, unknown=unknown, actor=actor, **person)
    words = {"klass": klass, "class_reason": class_reason, "reason": reason}
    return arrive(queue, patient, type=type, actor=actor, **words)
