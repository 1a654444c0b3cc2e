"""Who is in the emergency department, and where: for look-ups of patients, and before a department is closed."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Q

from clinic.core import sight
from clinic.directory.models import Department
from clinic.records import people
from er_flow.models import EmergencyVisit


def where(patient_ids: list[UUID]) -> Mapping[UUID, people.Here]:
    """Patients in an emergency department → their number there, and the visit, which a board shows."""
    rows = sight.seen(EmergencyVisit.objects.open().filter(patient__in=patient_ids))
    told = rows.values_list("patient_id", "number", "pk")
    return {patient: people.Here(f"E-{number}", str(pk), "er") for patient, number, pk in told}


def inside(department: Department) -> int:
    """How many are in an emergency department. What has become another kind shows nobody: it may always turn back."""
    if department.sort != Department.EMERGENCY:
        return 0
    found: int = EmergencyVisit.objects.open().filter(department=department).count()
    return found


def in_use(department: str) -> Q:
    """Whose department, by this path, is an emergency department and open."""
    return Q(**{f"{department}__sort": Department.EMERGENCY, f"{department}__is_active": True})
