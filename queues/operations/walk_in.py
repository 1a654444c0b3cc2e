"""Somebody new at the desk: registered and taken in as one act, so that neither stands without the other (R3.23)."""

from __future__ import annotations

from typing import Any

from clinic.core.access import Actor
from clinic.live.record import operation
from clinic.records.operations import register
from queues.models import NORMAL, Queue
from queues.operations.intake import Arrival, arrive


@operation("queues.intake")
def take_in(
    queue: Queue, person: dict[str, Any], *, force_new: str = "", unknown: bool = False, klass: str = NORMAL,
    class_reason: str = "", reason: str = "", actor: Actor,
) -> Arrival:  # fmt: skip
    """Register a patient and put them into a line under a new token.

    Somebody alike refuses with the candidates unless ``force_new`` says why this is another person (R1.7).
    """
    patient = register(force_new=force_new, unknown=unknown, actor=actor, **person)
    return arrive(queue, patient, klass=klass, class_reason=class_reason, reason=reason, actor=actor)
