"""Where somebody is who is in the emergency department: for look-ups of patients."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from clinic.core import sight
from clinic.records import people
from er_flow.models import EmergencyVisit


def where(patient_ids: list[UUID]) -> Mapping[UUID, people.Here]:
    """Patients in an emergency department → their number there, and the visit, which a board shows."""
    rows = sight.seen(EmergencyVisit.objects.open().filter(patient__in=patient_ids))
    told = rows.values_list("patient_id", "number", "pk")
    return {patient: people.Here(f"E-{number}", str(pk), "er") for patient, number, pk in told}
