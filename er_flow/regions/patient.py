"""The emergency department's part of a patient's page: the visits, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clinic.core.sight import Departments, within
from clinic.live.regions import Loaded
from clinic.records import people
from er_flow.models import EmergencyVisit
from er_flow.regions import words

SHOWN = 20


@dataclass(frozen=True, slots=True)
class PastRow:
    """A row of ``patient-er:<patient>``: one visit."""

    key: str
    number: int
    arrived_at: datetime
    departed_at: datetime | None
    """None: still here."""
    level: int
    reported: int
    complaint: str
    department: str
    outcome: str
    """How it ended and what was decided; of somebody still here, how far they are."""


def load_past(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``patient-er:<patient>``: two queries; a reader limited to departments (R1.2) is shown the visits to theirs."""
    return people.each_of(keys, _past)


def _past(pk: UUID, limits: Departments | None) -> Loaded:
    visits = EmergencyVisit.objects.filter(patient=pk).select_related("department").order_by("-arrived_at", "-pk")
    shown = list(within(visits, limits)[:SHOWN])
    topics = {f"patient:{pk}", *(f"er_visit:{visit.pk}" for visit in shown)}
    refs = {visit.department.ref for visit in shown}
    return Loaded(rows=tuple(_row(visit) for visit in shown), topics=frozenset(topics), refs=frozenset(refs))


def _row(visit: EmergencyVisit) -> PastRow:
    outcome = words.state_text(visit)
    if not visit.is_open and visit.disposition_note:
        outcome = f"{outcome}: {visit.disposition_note}"
    return PastRow(
        key=str(visit.pk), number=visit.number, arrived_at=visit.arrived_at, departed_at=visit.departed_at,
        level=visit.level or 0, reported=(visit.reported_level or 0) if visit.level is None else 0,
        complaint=visit.complaint, department=visit.department.name, outcome=outcome,
    )  # fmt: skip
