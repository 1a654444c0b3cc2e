"""The map of beds by section, and who needs one, with the best beds and why (R4.30–R4.33)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from clinic.live.regions import Loaded
from er_flow import best
from er_flow.best import Place, Wish
from er_flow.models import Bed
from er_flow.models.words import (
    AVAILABLE,
    BED_TYPES,
    BLOCKED,
    CLEANING,
    CONTAMINATED,
    NO_PRECAUTIONS,
    OCCUPIED,
    PRECAUTIONS,
    RESERVED,
)
from er_flow.queries import place_of, why
from er_flow.regions import facts, words
from er_flow.regions.board import is_boarder, of_wards
from er_flow.regions.facts import Ward
from er_flow.regions.rows import BedRow, Fit, NeedRow, Section

ICONS = {
    AVAILABLE: "circle-check", RESERVED: "pin", OCCUPIED: "bed", CLEANING: "sparkles",
    CONTAMINATED: "alert-triangle", BLOCKED: "ban",
}  # fmt: skip
SHOWN_FITS = 3


def load_beds(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``er-beds:<department>``: each section with its beds."""
    return of_wards(keys, _beds)


def _beds(ward: Ward) -> Loaded:
    lying = {stay.bed_id: visit for visit, stay in ward.stays.items()}
    people = {row.pk: row for row in ward.visits}
    offered = offers(ward)
    rows: list[Section | BedRow] = []
    for section in ward.sections:
        here = [bed for bed in ward.beds if bed.section_id == section.pk]
        free = sum(bed.state == AVAILABLE for bed in here)
        nurse = section.nurse.name if section.nurse else ""
        rows.append(Section(f"section:{section.pk}", section.name, free, len(here), nurse))
        for bed in here:
            holder = people.get(lying.get(bed.pk) or bed.reserved_for_id or UUID(int=0))
            rows.append(_bed(bed, holder, people.get(offered.get(bed.pk, UUID(int=0)))))
    of = frozenset({ward.department.pk})
    return Loaded(None, tuple(rows), topics=facts.TOPICS, refs=ward.refs, departments=of)


def _bed(bed: Bed, holder: Any, offer: Any) -> BedRow:
    inside = bed.state == OCCUPIED and holder is not None
    precautions = holder.precautions if inside and holder.precautions != NO_PRECAUTIONS else ""
    return BedRow(
        key=str(bed.pk), name=bed.name, state=bed.state, state_text=words.first_up(str(bed.get_state_display())),
        icon=ICONS[bed.state], features=words.features(bed.features), sort="" if bed.sort == "ed" else _sort(bed),
        since=bed.since, visit=str(holder.pk) if holder else "", number=holder.number if holder else 0,
        who=words.name_of(holder) if holder else "", level=(holder.level or 0) if holder else 0,
        reported=(holder.reported_level or 0) if holder and holder.level is None else 0,
        isolation=str(dict(PRECAUTIONS)[precautions]) if precautions else "", note=bed.blocked_reason,
        until=bed.blocked_until, arrived_at=holder.arrived_at if inside else None,
        boards=inside and is_boarder(holder), offer=words.name_of(offer) if offer else "",
        offer_visit=str(offer.pk) if offer else "",
    )  # fmt: skip


def _sort(bed: Bed) -> str:
    return str(dict(BED_TYPES)[bed.sort])


# --- who needs one ---------------------------------------------------------------------------------------------------


def wish(row: Any, ward: Ward) -> Wish:
    stay = ward.stays.get(row.pk)
    near = stay.bed__section__position if stay else (row.section__position or 0)
    asked = best.needs(row.needs, row.precautions, row.ventilated)
    return Wish(row.pk, row.level or row.reported_level, row.arrived_at, asked, near=near)


def free(ward: Ward) -> list[Place]:
    return [place_of(bed) for bed in ward.beds if bed.state == AVAILABLE]


def bedless(ward: Ward) -> list[Any]:
    """Who is here without a bed, and has none kept, in the order of R4.4."""
    return [row for row in ward.visits if row.pk not in ward.stays]


def offers(ward: Ward) -> dict[UUID, UUID]:
    """Free bed → the most urgent who fits."""
    wishes = [wish(row, ward) for row in bedless(ward) if row.reserved_bed__pk is None]
    return best.offers(free(ward), wishes, [place_of(bed) for bed in ward.beds])


def load_needs(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``er-needs:<department>``."""
    return of_wards(keys, _needs)


def _needs(ward: Ward) -> Loaded:
    places, everywhere = free(ward), [place_of(bed) for bed in ward.beds]
    offered = {visit: bed for bed, visit in offers(ward).items()}
    rows = tuple(_need(row, ward, places, everywhere, offered.get(row.pk)) for row in bedless(ward))
    of = frozenset({ward.department.pk})
    return Loaded(None, rows, topics=facts.TOPICS, refs=ward.refs, departments=of)


def _need(row: Any, ward: Ward, places: list[Place], everywhere: list[Place], offered: UUID | None) -> NeedRow:
    fits = best.ranked(wish(row, ward), places, everywhere)
    first = [fit for fit in fits if fit.place.id == offered] + [fit for fit in fits if fit.place.id != offered]
    return NeedRow(
        key=str(row.pk), number=row.number, name=words.name_of(row), age=words.age_of(row), sex=words.sex_of(row.sex),
        level=row.level or 0, reported=row.reported_level or 0 if row.level is None else 0, complaint=row.complaint,
        marks=words.marks(row), arrived_at=row.arrived_at, kept_bed=row.reserved_bed__name or "",
        kept_id=str(row.reserved_bed__pk or ""),
        fits=tuple(shown(fit, fit.place.id == offered) for fit in first[:SHOWN_FITS]),
        fit_ids=" ".join(str(fit.place.id) for fit in fits),
    )  # fmt: skip


def shown(fit: best.Fit, is_best: bool) -> Fit:
    """A bed with the reasons in words."""
    return Fit(str(fit.place.id), fit.place.name, fit.place.section_name, words.first_up(why(fit)), is_best)
