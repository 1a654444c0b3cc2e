"""The policies of a department: its own where it has any, else the hospital's (R1.9 *)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clinic.directory.models import Department, DepartmentConfig, Doctor
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig

OWN = (
    "token_reset", "default_minutes", "buffer_minutes", "queue_soft_limit", "queue_hard_limit", "booking_mode",
    "arrival_window", "late_grace", "appointment_lead", "no_show_after",
)  # fmt: skip
"""What a department may do otherwise than its hospital."""


@dataclass(frozen=True, slots=True)
class Policies:
    """What holds in one department; the hospital's other policies are in ``hospital``."""

    hospital: HospitalConfig
    token_reset: str
    default_minutes: int
    buffer_minutes: int
    queue_soft_limit: int | None
    queue_hard_limit: int | None
    booking_mode: str
    arrival_window: int
    late_grace: int
    appointment_lead: int
    no_show_after: int


def of(department: Department, hospital: HospitalConfig | None = None) -> Policies:
    """The policies of a department: one query unless its ``config`` was selected with it, one more without
    ``hospital``."""
    return given(getattr(department, "config", None), hospital or days.policies())


def given(own: DepartmentConfig | None, hospital: HospitalConfig) -> Policies:
    """The policies of a department whose own are at hand."""
    values: dict[str, Any] = {}
    for name in OWN:
        mine = getattr(own, name) if own is not None else None
        values[name] = getattr(hospital, name) if mine is None else mine
    return Policies(hospital, **values)


def expected_minutes(whom: Doctor | Department, policies: Policies | None = None) -> int:
    """How long a visit takes until it is measured: the doctor's own minutes, the department's, the hospital's.

    ``policies`` are those of the department, where they are at hand.
    """
    if isinstance(whom, Doctor):
        return whom.minutes or (policies or of(whom.department)).default_minutes
    return (policies or of(whom)).default_minutes


def between_minutes(whom: Doctor | Department, policies: Policies | None = None) -> int:
    """How long it takes from one visit to the next: the department's buffer, the hospital's."""
    return (policies or of(whom.department if isinstance(whom, Doctor) else whom)).buffer_minutes
