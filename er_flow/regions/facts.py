"""What the regions of an emergency department have in common, read once for all of them (clinic.live.render.once)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import FilteredRelation, Q, QuerySet

from clinic.core.prepared import Prepared
from clinic.directory.models import Department
from clinic.live import render
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from er_flow.best import Place
from er_flow.here import in_use
from er_flow.models import EmergencyFloor, EmergencyVisit, Section

VISIT = (
    "pk", "number", "patient_id", "department_id", "section_id", "section__name", "section__nurse__name",
    "section__nurse_id", "section__position", "age_months", "age_days", "sex", "complaint", "state", "state_since",
    "level", "reported_level",
    "nurse_id", "nurse__name", "provider_id", "provider__name", "precautions", "ventilated", "alerts", "waiting_for",
    "needs", "disposition", "disposition_note", "arrived_at", "triage_started_at", "seen_at", "admit_at",
    "bedded_at", "reassess_at", "crossed_at", "delay_reason", "entered_later", "patient__given_name",
    "patient__preferred_name", "patient__family_name", "patient__mrn", "patient__birth_date", "reserved_bed__pk",
    "reserved_bed__name", "stay__bed_id", "stay__bed__name", "stay__bed__section__position",
)  # fmt: skip
"""What a row shows, and nothing else. ``stay`` is the open one: all of it None for somebody without a bed."""


class Part(NamedTuple):
    """A section in use."""

    pk: UUID
    department_id: UUID
    name: str
    position: int
    nurse_id: UUID | None
    nurse: str


class Spot(NamedTuple):
    """A bed in use."""

    pk: UUID
    name: str
    sort: str
    features: list[str]
    state: str
    since: datetime
    reserved_for_id: UUID | None
    blocked_reason: str
    blocked_until: datetime | None
    position: int
    section: Part

    @property
    def place(self) -> Place:
        """As the choice of the best bed sees it."""
        return Place(
            self.pk, self.name, self.sort, frozenset(self.features), self.section.pk, self.section.name,
            self.section.position, self.position,
        )  # fmt: skip


PART = ("pk", "department_id", "name", "position", "nurse_id", "nurse__name")
SPOT = (
    "pk", "name", "sort", "features", "state", "since", "reserved_for_id", "blocked_reason", "blocked_until",
    "position",
)  # fmt: skip


@dataclass(frozen=True)
class Ward:
    """One emergency department, as it is now."""

    department: Department
    surge: EmergencyFloor | None = None
    visits: list[Any] = field(default_factory=list)
    """In the order of R4.4; each with its open stay."""
    sections: list[Part] = field(default_factory=list)
    beds: list[Spot] = field(default_factory=list)

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
    """The emergency departments of the hospital: three queries, whoever asks."""
    return render.once("er-wards", _read)


def _departments() -> QuerySet[Any, Any]:
    rows = Department.objects.filter(sort=Department.EMERGENCY, is_active=True)
    found: QuerySet[Any, Any] = rows.select_related("er_floor").order_by("name", "pk")
    return found


def _visits() -> QuerySet[Any, Any]:
    """Who is here, with the open stay: the database holds that there is one at most (R4.32)."""
    rows = EmergencyVisit.objects.open().filter(in_use("department")).in_order()
    lying = FilteredRelation("stays", condition=Q(stays__ended_at=None))
    found: QuerySet[Any, Any] = rows.annotate(stay=lying).values_list(*VISIT, named=True)
    return found


def _places() -> QuerySet[Any, Any]:
    """Each section as often as it has beds, and once if it has none."""
    rows = Section.objects.filter(in_use("department"), is_active=True)
    rows = rows.annotate(bed=FilteredRelation("beds", condition=Q(beds__is_active=True)))
    order = ("position", "name", "pk", "bed__position", "bed__name", "bed__pk")
    found: QuerySet[Any, Any] = rows.order_by(*order).values_list(*PART, *(f"bed__{name}" for name in SPOT))
    return found


# Every flush of a board asks these: written once, they cost what the database needs and no more.
_DEPARTMENTS = Prepared[Department](_departments)
_VISITS, _PLACES = Prepared[Any](_visits, plan=False), Prepared[Any](_places, plan=False)


def _read() -> dict[UUID, Ward]:
    found = {row.pk: Ward(row, getattr(row, "er_floor", None)) for row in _DEPARTMENTS.rows()}
    if not found:
        return {}
    for visit in _VISITS.rows():
        if (ward := found.get(visit.department_id)) is not None:
            ward.visits.append(visit)
    _put_places(found, _PLACES.rows())
    return found


def _put_places(wards: dict[UUID, Ward], rows: Iterable[tuple[Any, ...]]) -> None:
    """A department that came into use between two of the queries is shown by the next flush: its event rings."""
    last: Part | None = None
    for row in rows:
        ward = wards.get(row[1])
        if ward is None:
            continue
        if last is None or last.pk != row[0]:
            last = Part._make((*row[: len(PART) - 1], row[len(PART) - 1] or ""))
            ward.sections.append(last)
        if row[len(PART)] is not None:
            ward.beds.append(Spot._make((*row[len(PART) :], last)))
