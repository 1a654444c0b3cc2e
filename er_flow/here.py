"""Where somebody is who is in the emergency department: for look-ups of patients."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from clinic.core import sight
from clinic.records import people
from er_flow.models import EmergencyVisit


def where(patient_ids: list[UUID]) -> Mapping[UUID, people.Here]:
    """Patients in an emergency department → the number of their visit there. No line shows them, so none is named."""
    rows = sight.seen(EmergencyVisit.objects.open().filter(patient__in=patient_ids))
    return {patient: people.Here(f"E-{number}", "") for patient, number in rows.values_list("patient_id", "number")}
