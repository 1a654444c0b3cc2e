"""Somebody new to the hospital: registered and taken in, or named, in one act, so that neither stands alone (R4.5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clinic.core.access import Actor
from clinic.directory.models import Department
from clinic.live.record import operation
from clinic.records.operations import register
from er_flow import ages
from er_flow.esi import Age
from er_flow.models import EmergencyVisit
from er_flow.operations import arrivals
from er_flow.operations.arrivals import Arriving


@operation("er.register")
def arrive(
    department: Department, who: Arriving, person: dict[str, Any], *, force_new: str = "", unknown: bool = False,
    reason: str = "", entered_later: bool = False, actor: Actor,
) -> EmergencyVisit:  # fmt: skip
    """Register a patient and take them in. Somebody alike refuses with the candidates unless ``force_new`` says why
    this is another person (R1.7)."""
    patient = register(force_new=force_new, unknown=unknown, actor=actor, **person)
    return arrivals.arrive(
        department, replace(who, patient=patient), reason=reason, entered_later=entered_later, actor=actor
    )


@operation("er.register")
def identify(
    visit: EmergencyVisit, person: dict[str, Any], *, force_new: str = "", unknown: bool = False,
    age: Age | None = None, reason: str = "", actor: Actor,
) -> EmergencyVisit:  # fmt: skip
    """Say who an unknown patient is: somebody who is registered by it."""
    patient = register(force_new=force_new, unknown=unknown, actor=actor, **person)
    arrivals.must_be_born(patient, ages.day_of(visit), "person")
    return arrivals.identify(visit, patient, age=age, reason=reason, actor=actor)
