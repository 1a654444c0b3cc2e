"""The map of beds by section, and who needs one, with the best beds and why (R4.30–R4.33)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from clinic.live import render
from clinic.live.regions import Loaded
from er_flow import best
from er_flow.best import Place, Wish
from er_flow.models.words import (
    AVAILABLE,
    BED_STATES,
    BED_TYPES,
    BLOCKED,
    CLEANING,
    CONTAMINATED,
    NO_PRECAUTIONS,
    OCCUPIED,
    PRECAUTIONS,
    RESERVED,
)
from er_flow.queries import why
from er_flow.regions import facts, words
from er_flow.regions.board import is_boarder, of_wards
from er_flow.regions.facts import Spot, Ward
from er_flow.regions.rows import BedRow, Fit, NeedRow, Section

ICONS = {
    AVAILABLE: "circle-check", RESERVED: "pin", OCCUPIED: "bed", CLEANING: "sparkles",
    CONTAMINATED: "alert-triangle", BLOCKED: "ban",
}  # fmt: skip
STATES = dict(BED_STATES)
NEXT = 6
"""So many patients are offered a bed at once, the most urgent who can be: those whom somebody is about to place.

Each offer depends on all that are more urgent, so a bed taken out of their order moves every offer after it: with
forty free beds that was forty rows of each list, on every screen, for one act. Who comes later is offered one when it
is their turn; until then the row says whether a bed suits, and all that do are told when they are asked for.
"""


def load_beds(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``er-beds:<department>``: each section with its beds."""
    return of_wards(keys, _beds)


def _beds(ward: Ward) -> Loaded:
    people = {row.pk: row for row in ward.visits}
    holders = {row.stay__bed_id: row for row in ward.visits if row.stay__bed_id}
    kept = {bed.pk: people.get(bed.reserved_for_id) for bed in ward.beds if bed.reserved_for_id}
    offered = {bed: people[visit] for bed, visit in offers(ward).items()}
    rows: list[Section | BedRow] = []
    for section in ward.sections:
        here = [bed for bed in ward.beds if bed.section is section]
        free = sum(bed.state == AVAILABLE for bed in here)
        rows.append(Section(f"section:{section.pk}", section.name, free, len(here), section.nurse))
        rows += [_bed(bed, holders.get(bed.pk) or kept.get(bed.pk), offered.get(bed.pk)) for bed in here]
    of = frozenset({ward.department.pk})
    return Loaded(None, tuple(rows), topics=facts.TOPICS, refs=ward.refs, departments=of)


def _bed(bed: Spot, holder: Any, offer: Any) -> BedRow:
    inside = bed.state == OCCUPIED and holder is not None
    precautions = holder.precautions if inside and holder.precautions != NO_PRECAUTIONS else ""
    return BedRow(
        key=str(bed.pk), name=bed.name, state=bed.state, state_text=words.first_up(str(STATES[bed.state])),
        icon=ICONS[bed.state], features=words.features(bed.features), sort="" if bed.sort == "ed" else _sort(bed),
        since=bed.since, visit=str(holder.pk) if holder else "", number=holder.number if holder else 0,
        who=words.name_of(holder) if holder else "", level=(holder.level or 0) if holder else 0,
        reported=(holder.reported_level or 0) if holder and holder.level is None else 0,
        isolation=str(dict(PRECAUTIONS)[precautions]) if precautions else "", note=bed.blocked_reason,
        until=bed.blocked_until, arrived_at=holder.arrived_at if inside else None,
        boards=inside and is_boarder(holder), offer=words.name_of(offer) if offer else "",
        offer_visit=str(offer.pk) if offer else "",
    )  # fmt: skip


def _sort(bed: Spot) -> str:
    return str(dict(BED_TYPES)[bed.sort])


# --- who needs one ---------------------------------------------------------------------------------------------------


def wish(row: Any) -> Wish:
    """What a patient needs of a bed; near is where they lie, else the section they are put down for, if any."""
    near = row.stay__bed__section__position if row.stay__bed_id else row.section__position
    asked = best.needs(row.needs, row.precautions, row.ventilated)
    return Wish(
        row.pk, row.level or row.reported_level, row.arrived_at, asked, near=near, is_child=words.is_child(row)
    )  # fmt: skip


def free(ward: Ward) -> list[Place]:
    return [bed.place for bed in ward.beds if bed.state == AVAILABLE]


def bedless(ward: Ward) -> list[Any]:
    """Who is here without a bed, in the order of R4.4; for some a bed is kept."""
    return [row for row in ward.visits if row.stay__bed_id is None]


def offers(ward: Ward) -> dict[UUID, UUID]:
    """Free bed → who comes next and fits, of those for whom none is kept."""
    return render.once(("er-offers", ward.department.pk), lambda: _offers(ward))


def _offers(ward: Ward) -> dict[UUID, UUID]:
    wishes = [wish(row) for row in bedless(ward) if row.reserved_bed__pk is None]
    return best.offers(free(ward), wishes, [bed.place for bed in ward.beds], NEXT)


def load_needs(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``er-needs:<department>``."""
    return of_wards(keys, _needs)


def _needs(ward: Ward) -> Loaded:
    places, everywhere = free(ward), [bed.place for bed in ward.beds]
    by_id, beds = {place.id: place for place in places}, {visit: bed for bed, visit in offers(ward).items()}
    rows = []
    for row in bedless(ward):
        wanted, bed = wish(row), beds.get(row.pk)
        offer = shown(best.ranked(wanted, [by_id[bed]], everywhere)[0], True) if bed else None
        rows.append(_need(row, offer, bed is not None or any(best.suits(wanted, place) for place in places)))
    of = frozenset({ward.department.pk})
    return Loaded(None, tuple(rows), topics=facts.TOPICS, refs=ward.refs, departments=of)


def _need(row: Any, offer: Fit | None, suits: bool) -> NeedRow:
    return NeedRow(
        key=str(row.pk), number=row.number, name=words.name_of(row), age=words.age_of(row), sex=words.sex_of(row.sex),
        level=row.level or 0, reported=row.reported_level or 0 if row.level is None else 0, complaint=row.complaint,
        marks=words.marks(row), arrived_at=row.arrived_at, kept_bed=row.reserved_bed__name or "",
        kept_id=str(row.reserved_bed__pk or ""), offer=offer, suits=suits,
    )  # fmt: skip


def fits(row: Any, ward: Ward) -> list[Fit]:
    """All beds that suit somebody, with the reasons: the one their row names, then the best first."""
    places = [*free(ward), *(bed.place for bed in ward.beds if bed.pk == row.reserved_bed__pk)]
    ranked, first = best.ranked(wish(row), places, [bed.place for bed in ward.beds]), named(row, ward)
    ranked.sort(key=lambda fit: fit.place.id != first)
    return [shown(fit, fit is ranked[0]) for fit in ranked]


def named(row: Any, ward: Ward) -> UUID | None:
    """The bed that somebody's row names: the one kept for them, or the one they are offered."""
    offered = {visit: bed for bed, visit in offers(ward).items()}
    return row.reserved_bed__pk or offered.get(row.pk)


def shown(fit: best.Fit, is_best: bool) -> Fit:
    """A bed with the reasons in words."""
    return Fit(str(fit.place.id), fit.place.name, fit.place.section_name, words.first_up(why(fit)), is_best)
