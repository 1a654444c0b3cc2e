"""What the regions of an emergency department have in common, read once for all of them (clinic.live.render.once)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from clinic.directory.models import Department
from clinic.live import render
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from er_flow.models import Bed, BedStay, EmergencyFloor, EmergencyVisit, Section

VISIT = (
    "pk", "number", "patient_id", "department_id", "section_id", "section__name", "section__nurse__name",
    "section__nurse_id", "section__position", "age_months", "age_days", "sex", "complaint", "state", "state_since",
    "level", "reported_level",
    "nurse_id", "nurse__name", "provider_id", "provider__name", "precautions", "ventilated", "alerts", "waiting_for",
    "needs", "disposition", "disposition_note", "arrived_at", "triage_started_at", "seen_at", "admit_at",
    "bedded_at", "reassess_at", "crossed_at", "delay_reason", "entered_later", "patient__given_name",
    "patient__preferred_name", "patient__family_name", "patient__mrn", "patient__birth_date", "reserved_bed__pk",
    "reserved_bed__name",
)  # fmt: skip
"""What a row shows, and nothing else."""


@dataclass(frozen=True)
class Ward:
    """One emergency department, as it is now."""

    department: Department
    visits: list[Any] = field(default_factory=list)
    """In the order of R4.4."""
    stays: dict[UUID, Any] = field(default_factory=dict)
    """Visit → its open stay."""
    beds: list[Bed] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    surge: EmergencyFloor | None = None

    @property
    def refs(self) -> frozenset[str]:
        """Everybody who is shown: a new name reaches every board."""
        told = {self.department.ref}
        for row in self.visits:
            told.add(f"er_visit:{row.pk}")
            pairs = (("patient", row.patient_id), ("doctor", row.nurse_id), ("doctor", row.provider_id))
            told |= {f"{kind}:{key}" for kind, key in pairs if key}
        told |= {f"doctor:{section.nurse_id}" for section in self.sections if section.nurse_id}
        return frozenset(told)


TOPICS = frozenset({"er", "hospital", "directory"})
"""Whatever happens in the emergency department, its policies, and its places."""


def policies() -> HospitalConfig:
    return render.once("policies", days.policies)


def wards() -> dict[UUID, Ward]:
    """The emergency departments of the hospital: five queries, whoever asks."""
    return render.once("er-wards", _read)


def _read() -> dict[UUID, Ward]:
    rows = Department.objects.filter(sort=Department.EMERGENCY, is_active=True).order_by("name", "pk")
    found = {row.pk: Ward(row) for row in rows}
    if not found:
        return {}
    visits: dict[UUID, list[Any]] = defaultdict(list)
    here = EmergencyVisit.objects.open().filter(department_id__in=found)
    for visit in here.in_order().values_list(*VISIT, named=True):
        visits[visit.department_id].append(visit)
    stays: dict[UUID, dict[UUID, Any]] = defaultdict(dict)
    lying = BedStay.objects.filter(ended_at=None, visit__department_id__in=found, visit__departed_at=None)
    columns = ("visit_id", "visit__department_id", "bed_id", "bed__name", "bed__section__position", "began_at")
    for stay in lying.values_list(*columns, named=True):
        stays[stay.visit__department_id][stay.visit_id] = stay
    beds, sections = _places(set(found))
    floors = {floor.department_id: floor for floor in EmergencyFloor.objects.filter(department_id__in=found)}
    return {
        pk: Ward(ward.department, visits[pk], stays[pk], beds[pk], sections[pk], floors.get(pk))
        for pk, ward in found.items()
    }


def _places(departments: set[UUID]) -> tuple[dict[UUID, list[Bed]], dict[UUID, list[Section]]]:
    sections: dict[UUID, list[Section]] = defaultdict(list)
    known: dict[UUID, Section] = {}
    rows = Section.objects.filter(department_id__in=departments, is_active=True).select_related("nurse")
    for section in rows.order_by("position", "name", "pk"):
        sections[section.department_id].append(section)
        known[section.pk] = section
    beds: dict[UUID, list[Bed]] = defaultdict(list)
    for bed in Bed.objects.filter(section_id__in=known, is_active=True).order_by("position", "name", "pk"):
        bed.section = known[bed.section_id]
        beds[bed.section.department_id].append(bed)
    return beds, sections
