"""What follows a name, a birth date or a policy that documents of the emergency department show (er_flow/faces.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.db.models import Q

from clinic.core.access import SYSTEM
from clinic.core.nouns import Versioned, split_ref
from clinic.live.models import Event
from clinic.live.registry import on
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from er_flow.models import Bed, EmergencyFloor, EmergencyVisit, Section
from er_flow.operations import names

NAMES = {
    "patient": {"given_name", "preferred_name", "family_name", "birth_date"},
    "department": {"name"},
    "doctor": {"name"},
    "er_section": {"name"},
    "bed": {"name"},
    "hospital": {"time_zone"},
}
"""The fields of others that stand in a document here, or that one is computed from."""
TARGETS = {"er_targets", "er_own_targets", "er_clock", "door_to_triage", "level1_grace"}
"""The policies that a visit's target is computed from."""

Shows = Callable[[str], Iterable[Versioned]]


def _visits(*columns: str) -> Shows:
    """Those who are here and show it."""

    def rows(key: str) -> Iterable[Versioned]:
        where = Q()
        for column in columns:
            where |= Q(**{column: key})
        found: Iterable[Versioned] = EmergencyVisit.objects.open().filter(where).order_by("id").distinct()
        return found

    return rows


SHOWN_BY: dict[str, tuple[Shows, ...]] = {
    "patient": (_visits("patient_id"),),
    "department": (
        _visits("department_id"),
        lambda key: Bed.objects.filter(section__department_id=key).order_by("id"),
        lambda key: Section.objects.filter(department_id=key).order_by("id"),
        lambda key: EmergencyFloor.objects.filter(department_id=key).order_by("id"),
    ),
    "doctor": (
        _visits("nurse_id", "provider_id"),
        lambda key: Section.objects.filter(nurse_id=key).order_by("id"),
    ),
    "er_section": (_visits("section_id"), lambda key: Bed.objects.filter(section_id=key).order_by("id")),
    "bed": (
        lambda key: EmergencyVisit.objects.open().filter(stays__bed_id=key, stays__ended_at=None).order_by("id"),
        _visits("reserved_bed__id"),
    ),
    "hospital": (lambda _key: EmergencyVisit.objects.open().order_by("id"),),
}  # fmt: skip


@on(
    "patient.corrected", "patient.merged", "patient.unmerged", "department.changed", "doctor.changed",
    "er_section.changed", "bed.changed", "hospital.changed",
)  # fmt: skip
def follow_names(event: Event) -> None:
    """Whatever shows a changed name says so, or subscribers would keep the old one. Idempotent."""
    names.tell_new_names(list(dict.fromkeys(_showing(event))), actor=SYSTEM)


def _showing(event: Event) -> Iterator[Versioned]:
    for ref, told in event.changes.items():
        kind, key = split_ref(ref)
        changed = {*told["fields"], *told.get("personal", ())}
        if changed & NAMES.get(kind, set()):
            for shows in SHOWN_BY[kind]:
                yield from shows(key)


@on("hospital.policies_changed")
def follow_targets(event: Event) -> None:
    """Who waits has another target: by a policy of the targets, or, where they are the hospital's own, by any policy,
    whose version they carry. Idempotent."""
    changed = {name for told in event.changes.values() for name in told["fields"]}
    if changed & TARGETS or days.policies().er_targets == HospitalConfig.OWN:
        names.tell_new_names(list(EmergencyVisit.objects.unseen().order_by("id")), actor=SYSTEM)
