"""Who lies where: one open stay for each bed and each patient, ended by whatever ends the visit (R4.1, R4.32)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from clinic.core.access import Actor
from clinic.core.errors import Conflict, NotAllowed, NotFound
from clinic.core.nouns import Versioned
from clinic.live.record import add, change
from clinic.tenants import days
from er_flow.models import Bed, BedStay, EmergencyVisit
from er_flow.models.words import (
    AIRBORNE,
    AVAILABLE,
    CLEANING,
    CONTAMINATED,
    NEGATIVE_PRESSURE,
    OCCUPIED,
    RESERVED,
)

FREE = (AVAILABLE, RESERVED)


def locked_beds(keys: Iterable[UUID], actor: Actor) -> dict[UUID, Bed]:
    """The beds, held until the operation ends, always in the order of their ids; NotFound if one is not there."""
    wanted = set(keys)
    rows = Bed.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=wanted, is_active=True)
    found = {row.pk: row for row in rows.select_related("section").order_by("id")}
    if len(found) < len(wanted):
        raise NotFound()
    for bed in found.values():
        actor.must_see(bed.section.department_id)
    return found


def stay_of(visit: EmergencyVisit) -> BedStay | None:
    """The open stay of a visit, held."""
    rows = BedStay.objects.select_for_update(no_key=True, of=("self",)).filter(visit=visit, ended_at=None)
    found: BedStay | None = rows.select_related("bed").first()
    return found


def also_kept(visit: EmergencyVisit, *keys: UUID | None) -> set[UUID]:
    """The keys, and the bed that is kept for the visit: all beds of an act are locked at once, in their order.

    While the visit is held nobody else reserves for it, so the kept one can at most be gone.
    """
    kept = Bed.objects.filter(reserved_for=visit).values_list("pk", flat=True)
    return {*kept, *(key for key in keys if key is not None)}


def give_back(visit: EmergencyVisit, beds: Iterable[Bed], at: datetime, *, but: Bed | None = None) -> list[Versioned]:
    """What was reserved for the visit is free again, but the bed it takes. Returns what changed."""
    touched: list[Versioned] = []
    for bed in beds:
        if bed.reserved_for_id == visit.pk and (but is None or bed.pk != but.pk):
            change(bed, state=AVAILABLE, since=at, reserved_for=None)
            touched.append(bed)
    return touched


def free_since(bed: Bed) -> list[datetime]:
    """When somebody last left the bed: nobody else was in it before."""
    ended = BedStay.objects.filter(bed=bed, ended_at__isnull=False).order_by("-ended_at").first()
    return [ended.ended_at] if ended is not None and ended.ended_at is not None else []


def left(visit: EmergencyVisit) -> list[datetime]:
    """When the patient last left a bed."""
    ended = visit.stays.exclude(ended_at=None).order_by("-ended_at").first()
    return [ended.ended_at] if ended is not None and ended.ended_at is not None else []


def must_take(bed: Bed, visit: EmergencyVisit) -> None:
    """Refuse a bed that this patient cannot be put into now, and say who has it."""
    if bed.section.department_id != visit.department_id:
        raise NotFound()
    if bed.state == OCCUPIED:
        raise Conflict("bed.occupied", bed=bed.name, **_who(bed))
    if bed.state == RESERVED and bed.reserved_for_id != visit.pk:
        raise Conflict("bed.reserved", bed=bed.name, visit=str(bed.reserved_for_id))
    if bed.state not in FREE:
        raise NotAllowed("bed.not_free", bed=bed.name, state=bed.state, state_text=bed.get_state_display())
    must_suit(bed, visit)


def must_suit(bed: Bed, visit: EmergencyVisit) -> None:
    """An airborne patient fits only negative pressure (R4.30)."""
    if visit.precautions == AIRBORNE and NEGATIVE_PRESSURE not in bed.features:
        raise NotAllowed("bed.needs_negative_pressure", bed=bed.name)


def _who(bed: Bed) -> dict[str, Any]:
    stay = BedStay.objects.filter(bed=bed, ended_at=None).select_related("visit").first()
    return {"visit": str(stay.visit_id), "number": stay.visit.number} if stay else {"visit": None, "number": None}


def begin(visit: EmergencyVisit, bed: Bed, at: datetime) -> list[Versioned]:
    """Put the patient into the bed, and so into its section. Returns what changed."""
    stay = add(BedStay(bed=bed, visit=visit, precautions=visit.precautions, began_at=at))
    change(bed, state=OCCUPIED, since=at, reserved_for=None)
    change(visit, section=bed.section, bedded_at=visit.bedded_at or at)
    return [stay, bed, visit]


def finish(stay: BedStay, bed: Bed, at: datetime) -> list[Versioned]:
    """The patient leaves the bed, which is to be cleaned, unless the hospital's policy says it is not (R4.30)."""
    change(stay, ended_at=at)
    change(bed, state=after(stay), since=at)
    return [stay, bed]


def after(stay: BedStay) -> str:
    """What a bed is when its patient has left."""
    if stay.precautions == AIRBORNE:
        return CONTAMINATED
    return CLEANING if days.policies().bed_cleaning else AVAILABLE


def end_all(visit: EmergencyVisit, stay: BedStay | None, at: datetime, actor: Actor) -> list[Versioned]:
    """Every end of a visit: its open stay ends, and what was reserved for it is free again (R4.1)."""
    beds = locked_beds(also_kept(visit, stay.bed_id if stay is not None else None), actor)
    touched = finish(stay, beds[stay.bed_id], at) if stay is not None else []
    return touched + give_back(visit, beds.values(), at)
