"""JSON faces of emergency visits, triages, beds, sections and departments, and the topics they are followed by.

Nothing in a face ticks with the clock: ages are of the arrival, targets are given as moments. A document names others
(patient, nurse, provider, department, section, bed) with their names; ``er_flow.name_reactions`` tells the log when
such a name, or the policy a target comes from, changes: so deltas give what a reload gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from clinic.core.access import Actor
from clinic.core.faces import Doc, by_asked, named, stamp, uuids
from clinic.live import registry
from clinic.records.models import shown_name
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from er_flow import ages, targets
from er_flow.esi import Age
from er_flow.models import Bed, BedStay, EmergencyFloor, EmergencyVisit, Section, Triage
from er_flow.operations import looks

OTHERS = ("patient", "hospital", "department", "section", "nurse", "provider", "reserved_bed")
MARKS = (
    "arrived_at", "registered_at", "triage_started_at", "triaged_at", "bedded_at", "seen_at", "decided_at", "admit_at",
    "departed_at",
)  # fmt: skip
SAID = (
    "sex", "complaint", "complaint_code", "arrival_mode", "notes", "level", "reported_level", "delay_reason",
    "precautions", "ventilated", "disposition_note", "risks_explained", "entered_later",
)  # fmt: skip
_TRIAGE = (
    "id", "version", "visit_id", "sort", "at", "by", "by_name", "answers", "vitals", "baselines", "function",
    "suggested", "consider", "path", "flags", "missing", "level", "override_reason", "notes", "what_changed",
    "what_was_done", "error_at", "error_reason",
)  # fmt: skip
TWO_YEARS = 24
"""Below this many months an age is told in months, and below one month in days."""


# --- visits ----------------------------------------------------------------------------------------------------------


def visits(ids: list[str]) -> dict[str, Doc]:
    """Three queries, however many visits."""
    keys = uuids(ids)
    policies = days.policies()
    beds = _beds_of(keys)
    rows = EmergencyVisit.objects.filter(pk__in=keys).select_related(*OTHERS)
    return by_asked(ids, {row.pk: _visit_doc(row, beds.get(row.pk), policies) for row in rows})


def _beds_of(visits: list[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """Visit → the bed it is in now, with its name."""
    stays = BedStay.objects.filter(visit__in=visits, ended_at=None).values_list("visit_id", "bed_id", "bed__name")
    return {visit: (bed, name) for visit, bed, name in stays}


def label(number: int) -> str:
    """What a visit is called where no name may stand."""
    return f"E-{number}"


def patient_of(visit: EmergencyVisit) -> Doc:
    """Who it is; somebody unknown has no id, and is called by the number in every language alike."""
    who = visit.patient
    if who is None:
        return {"id": None, "name": f"Unknown {visit.number}"}
    name = shown_name(who.given_name, who.preferred_name, who.family_name, who.mrn)
    return {"id": str(who.pk), "name": name}


def _visit_doc(row: EmergencyVisit, bed: tuple[UUID, str] | None, policies: HospitalConfig) -> Doc:
    kept: Bed | None = getattr(row, "reserved_bed", None)
    unseen = row.is_open and row.seen_at is None
    return {
        "id": str(row.pk), "version": row.version, "number": row.number, "label": label(row.number),
        "patient": patient_of(row), "age": age_doc(ages.of(row, row.arrived_at)),
        "department": named(row.department_id, row.department.name), "section": _named(row.section),
        "status": row.state, "status_since": stamp(row.state_since), **{name: getattr(row, name) for name in SAID},
        "delayed": unseen and row.crossed_at is not None, "crossed_at": stamp(row.crossed_at),
        "target": target_doc(row, policies) if unseen else None, "nurse": _named(row.nurse),
        "provider": _named(row.provider), "alerts": list(row.alerts), "waiting_for": list(row.waiting_for),
        "needs": list(row.needs), "bed": named(*bed) if bed else None, "reserved_bed": _named(kept),
        "disposition": row.disposition or None, **{name: stamp(getattr(row, name)) for name in MARKS},
        "reassess_at": stamp(row.reassess_at),
    }  # fmt: skip


def _named(row: Any) -> Doc | None:
    return None if row is None else named(row.pk, row.name)


def age_doc(age: Age) -> Doc:
    """An age in months and days, and as it is written in any language: 12 d, 7 mo, 45 y."""
    if age.months < 1:
        text = f"{age.days} d"
    else:
        text = f"{age.months} mo" if age.months < TWO_YEARS else f"{age.years} y"
    return {"months": age.months, "days": age.days, "text": text}


def target_doc(visit: EmergencyVisit, policies: HospitalConfig) -> Doc:
    """By when somebody whom no provider has seen is to be seen, or untriaged to be triaged."""
    chosen, limit = targets.of(policies), targets.limit(visit.level, policies)
    began = targets.since(visit.arrived_at, visit.state_since, policies)
    return {
        "set": chosen.name, "version": chosen.version, "minutes": int(limit.total_seconds() // 60),
        "since": stamp(began), "due_at": stamp(began + limit),
    }  # fmt: skip


# --- triages ---------------------------------------------------------------------------------------------------------


def triages(ids: list[str]) -> dict[str, Doc]:
    rows = Triage.objects.filter(pk__in=uuids(ids)).values(*_TRIAGE)
    return by_asked(ids, {row["id"]: _triage_doc(row) for row in rows})


def _triage_doc(row: dict[str, Any]) -> Doc:
    who = {"id": row["by"], "name": row["by_name"]}
    told = {name: value for name, value in row.items() if name not in ("visit_id", "sort", "by_name")}
    return told | {
        "id": str(row["id"]), "visit": str(row["visit_id"]), "kind": row["sort"], "at": stamp(row["at"]), "by": who,
        "error_at": stamp(row["error_at"]),
    }  # fmt: skip


# --- places ----------------------------------------------------------------------------------------------------------


def beds(ids: list[str]) -> dict[str, Doc]:
    """Two queries, however many beds."""
    keys = uuids(ids)
    stays = BedStay.objects.filter(bed__in=keys, ended_at=None).values_list("bed_id", "visit_id", "visit__number")
    here = {bed: named(visit, label(number)) for bed, visit, number in stays}
    rows = Bed.objects.filter(pk__in=keys).select_related("section__department", "reserved_for")
    return by_asked(ids, {row.pk: _bed_doc(row, here.get(row.pk)) for row in rows})


def _bed_doc(row: Bed, occupant: Doc | None) -> Doc:
    kept, part = row.reserved_for, row.section
    return {
        "id": str(row.pk), "version": row.version, "name": row.name, "kind": row.sort, "features": list(row.features),
        "section": named(part.pk, part.name), "department": named(part.department_id, part.department.name),
        "status": row.state, "status_since": stamp(row.since), "visit": occupant,
        "reserved_for": named(kept.pk, label(kept.number)) if kept else None, "blocked_reason": row.blocked_reason,
        "blocked_until": stamp(row.blocked_until), "position": row.position, "active": row.is_active,
    }  # fmt: skip


def sections(ids: list[str]) -> dict[str, Doc]:
    rows = Section.objects.filter(pk__in=uuids(ids)).select_related("department", "nurse")
    return by_asked(ids, {row.pk: _section_doc(row) for row in rows})


def _section_doc(row: Section) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "name": row.name, "position": row.position,
        "department": named(row.department_id, row.department.name), "nurse": _named(row.nurse),
        "active": row.is_active,
    }  # fmt: skip


def floors(ids: list[str]) -> dict[str, Doc]:
    rows = EmergencyFloor.objects.filter(pk__in=uuids(ids)).select_related("department")
    return by_asked(ids, {row.pk: floor_doc(row) for row in rows})


def floor_doc(row: EmergencyFloor) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "department": named(row.department_id, row.department.name),
        "surge": row.surge_since is not None, "surge_since": stamp(row.surge_since), "surge_reason": row.surge_reason,
    }  # fmt: skip


# --- what is in a topic now ------------------------------------------------------------------------------------------


def _refs(rows: Any, kind: str) -> list[str]:
    return [f"{kind}:{pk}" for pk in rows.values_list("pk", flat=True)]


def _er(_key: str) -> Iterable[str]:
    """Everybody here in the order of R4.4, every bed and section in use, and the departments' surge flags."""
    return [
        *_refs(EmergencyVisit.objects.open().in_order(), "er_visit"),
        *_refs(Bed.objects.filter(is_active=True).order_by("section__position", "position", "id"), "bed"),
        *_refs(Section.objects.filter(is_active=True).order_by("position", "id"), "er_section"),
        *_refs(EmergencyFloor.objects.order_by("id"), "er_floor"),
    ]


def _visit(key: str) -> Iterable[str]:
    of = Triage.objects.filter(visit__in=uuids([key])).order_by("at", "id")
    return [f"er_visit:{key}", *_refs(of, "triage")]


def _visit_opened(key: str, actor: Actor) -> None:
    """Whoever follows a visit is shown it (R6.10)."""
    for visit in EmergencyVisit.objects.filter(pk__in=uuids([key])).select_related("patient"):
        looks.note_access(visit, page="stream", actor=actor)


def _bed(key: str) -> Iterable[str]:
    return [f"bed:{key}"]


def _in_department(key: str) -> Iterable[str]:
    here = {"department_id__in": uuids([key])}
    return [
        *_refs(EmergencyVisit.objects.open().filter(**here).in_order(), "er_visit"),
        *_refs(Section.objects.filter(is_active=True, **here).order_by("position", "id"), "er_section"),
        *_refs(EmergencyFloor.objects.filter(**here), "er_floor"),
    ]


def _of_patient(key: str) -> Iterable[str]:
    return _refs(EmergencyVisit.objects.open().filter(patient_id__in=uuids([key])), "er_visit")


def _also(kind: str, more: registry.Snapshot) -> None:
    """In a topic of a lower room there is this, too."""
    known = registry.topics()[kind]
    registry.topic(kind, known.ability, lambda key: [*known.refs(key), *more(key)], known.opened, known.hears)


def register() -> None:
    registry.face("er_visit", "er.view", visits)
    registry.face("triage", "er.triage", triages)
    registry.face("bed", "er.view", beds)
    registry.face("er_section", "er.view", sections)
    registry.face("er_floor", "er.view", floors)
    registry.topic("er", "er.view", _er)
    registry.topic("er_visit", "er.view", _visit, _visit_opened)
    registry.topic("bed", "er.view", _bed)
    _also("department", _in_department)
    _also("patient", _of_patient)
