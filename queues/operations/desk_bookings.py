"""Somebody new who books at the desk or by phone: registered and booked as one act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from clinic.core.access import Actor
from clinic.live.record import operation
from clinic.records.models import Patient
from clinic.records.operations import register
from queues.models import Queue
from queues.operations import appointments
from queues.operations.appointments import Booked

T = TypeVar("T")


@operation("appointments.book")
def book_new(
    queue: Queue, person: dict[str, Any], *, force_new: str = "", actor: Actor, **booking: Any
) -> Booked:  # fmt: skip
    """Register a patient and book them; neither stands without the other.

    Somebody alike refuses with the candidates unless ``force_new`` says why this is another person (R1.7).
    """
    patient = register(force_new=force_new, actor=actor, **person)
    return appointments.book(queue, patient, actor=actor, **booking)


@operation("appointments.book")
def for_new(
    person: dict[str, Any], verb: Callable[[Patient], T], *, force_new: str = "", actor: Actor
) -> T:  # fmt: skip
    """Register a patient and do something else with them in the same act: a series, the waiting list."""
    return verb(register(force_new=force_new, actor=actor, **person))
