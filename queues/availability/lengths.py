"""How long a booking is, and how many fit one time (R2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.directory import policies
from clinic.directory.models import DoctorVisitType, VisitType
from clinic.directory.policies import Policies
from queues.models import TICK_MINUTES, Queue


@dataclass(frozen=True, slots=True)
class Length:
    """Minutes of the visit and after it, both in whole five minutes, and how many may have the same time."""

    minutes: int
    buffer: int
    capacity: int


def of(
    queue: Queue, type: VisitType | None, doctor_type: DoctorVisitType | None = None,  # noqa: A002
    rules: Policies | None = None,
) -> Length:  # fmt: skip
    """The first that is said: the doctor's own for the type, the type's, the doctor's, the department's, else the
    hospital's.

    ``doctor_type`` is what the line's doctor does otherwise for this type; ``rules`` are the department's policies,
    where they are at hand.
    """
    held, doctor = rules or policies.of(queue.department), queue.doctor
    minutes = (doctor_type.minutes if doctor_type else None) or (type.minutes if type else None)
    minutes = minutes or (doctor.minutes if doctor else None) or held.default_minutes
    buffer = (type.buffer_minutes if type else 0) or held.buffer_minutes
    capacity = (doctor_type.capacity if doctor_type else None) or (doctor.slot_capacity if doctor else 1)
    return Length(whole(minutes), whole(buffer), capacity)


def whole(minutes: int) -> int:
    """Minutes rounded up to whole steps of five."""
    return -(-minutes // TICK_MINUTES) * TICK_MINUTES
