"""Sections and beds as the department has them, and the surge flag (R4.30, R4.31, R4.44)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, Invalid, NotAllowed, NotFound
from clinic.directory.models import Department
from clinic.live.record import add, add_unless, change, operation, record
from clinic.tenants.operations.checks import valid
from er_flow.models import Bed, EmergencyFloor, Section
from er_flow.models.words import AIRBORNE, AVAILABLE, BLOCKED, NEGATIVE_PRESSURE, UNCLEAN

SECTION = ("name", "position", "is_active")
BED = ("name", "sort", "features", "position", "section", "is_active")


@operation("er.manage")
def add_section(department: Department, *, actor: Actor, **fields: Any) -> Section:
    """A part of an emergency department."""
    actor.must_see(department.pk)
    if department.sort != Department.EMERGENCY:
        raise NotAllowed("er.not_an_emergency_department", department=department.name)
    row = Section(department=department)
    for name, value in valid(row, fields, allowed=SECTION).items():
        setattr(row, name, value)
    add(row)
    record("er_section.added", row)
    return row


@operation("er.manage")
def change_section(section: Section, *, actor: Actor, **fields: Any) -> Section:
    """Name, place among the others, in use or not. One with beds in use stays in use."""
    _locked_section(section.pk, actor)
    told = valid(section, fields, allowed=SECTION)
    if told.get("is_active") is False and section.beds.filter(is_active=True).exists():
        raise NotAllowed("er_section.has_beds", section=section.name)
    if change(section, **told):
        record("er_section.changed", section)
    return section


@operation("er.manage")
def add_bed(section: Section, *, actor: Actor, **fields: Any) -> Bed:
    """A bed, a chair, a place in the hallway: free from now on."""
    if not _locked_section(section.pk, actor).is_active:
        raise NotFound()
    row = Bed(section=section, since=clock.now())
    for name, value in valid(row, fields, allowed=BED).items():
        setattr(row, name, value)
    add(row)
    record("bed.added", row)
    return row


@operation("er.manage")
def change_bed(bed: Bed, *, actor: Actor, **fields: Any) -> Bed:
    """What a bed is called, where it stands and what it can do. Only an empty one is taken out of use, and one comes
    back into use with its section only."""
    section = _locked_section((fields.get("section") or bed.section).pk, actor)
    held = _held(bed, actor)
    told = valid(held, fields, allowed=BED)
    _stands(held, section, told)
    if told.get("is_active") is False and held.state not in (AVAILABLE, BLOCKED, *UNCLEAN):
        raise NotAllowed("bed.wrong_state", bed=held.name, state=held.state, state_text=held.get_state_display())
    if "features" in told:
        _keeps_pressure(held, told.get("features") or [])
    if change(held, **told):
        record("bed.changed", held)
    return held


def _locked_section(pk: UUID, actor: Actor) -> Section:
    """The section, held, so that it is not taken out of use meanwhile. It is held before its beds."""
    found: Section | None = Section.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    actor.must_see(found.department_id)
    return found


def _stands(bed: Bed, section: Section, told: dict[str, Any]) -> None:
    """Refuse a section of another department or out of use, for a bed that is moved there or is to be used there."""
    if section.department_id != bed.section.department_id:
        raise NotFound()
    if "section" not in told and bed.section_id != section.pk:
        raise Conflict("row.changed", ref=bed.ref)
    if section.is_active:
        return
    if "section" in told and section.pk != bed.section_id:
        raise NotFound()
    if told.get("is_active") and not bed.is_active:
        raise NotAllowed("er_section.not_in_use", section=section.name)


def _held(bed: Bed, actor: Actor) -> Bed:
    """The bed, held; also one that is not in use."""
    found: Bed | None = Bed.objects.select_for_update(no_key=True, of=("self",)).filter(pk=bed.pk).first()
    if found is None:
        raise NotFound()
    actor.must_see(found.section.department_id)
    return found


def _keeps_pressure(bed: Bed, features: list[str]) -> None:
    """Somebody airborne lies in negative pressure until they leave (R4.30)."""
    if NEGATIVE_PRESSURE not in bed.features or NEGATIVE_PRESSURE in features:
        return
    if bed.stays.filter(ended_at=None, precautions=AIRBORNE).exists():
        raise NotAllowed("bed.airborne_inside", bed=bed.name)


@operation("er.surge")
def set_surge(department: Department, on: bool, *, reason: str = "", actor: Actor) -> EmergencyFloor:
    """Say that more come than can be looked after, or that it is over (R4.44): every screen shows it."""
    actor.must_see(department.pk)
    if department.sort != Department.EMERGENCY:
        raise NotAllowed("er.not_an_emergency_department", department=department.name)
    if on and not reason.strip():
        raise Invalid("er.why", reason=["required"])
    known = EmergencyFloor.objects.select_for_update(no_key=True).filter(department=department).first()
    if known is None and not on:
        return EmergencyFloor(department=department)  # never was one: nothing to say
    row = known or add_unless(EmergencyFloor(department=department), department=department)[0]
    if on != (row.surge_since is not None):
        change(row, surge_since=clock.now() if on else None, surge_reason=reason.strip()[:200] if on else "")
        record("er_floor.surge_began" if on else "er_floor.surge_ended", row)
    return row
