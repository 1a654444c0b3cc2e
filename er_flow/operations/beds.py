"""Beds: taken, changed, swapped, kept, cleaned, blocked (R4.30–R4.33)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, Invalid, NotAllowed
from clinic.core.nouns import Versioned
from clinic.live.record import change, operation, record
from er_flow.models import Bed, BedStay, EmergencyVisit
from er_flow.models.words import (
    AIRBORNE,
    ARRIVED,
    AVAILABLE,
    BEDDED,
    BLOCKED,
    CLEANING,
    CONTAMINATED,
    OCCUPIED,
    RESERVED,
    TRIAGED,
    UNCLEAN,
)
from er_flow.operations import stages, stays

WAITING = (ARRIVED, TRIAGED)
NOWHERE = (None, None)


@operation("er.beds")
def assign(
    visit: EmergencyVisit, bed: Bed, *, at: datetime | None = None, reason: str = "", out_of: Bed | None = None,
    actor: Actor,
) -> EmergencyVisit:  # fmt: skip
    """Put a patient into a bed; from another bed it is a transfer, out of one and into the other at one time.

    Whoever waited is ``bedded`` then (R4.1). Pressed twice is once. A bed that is taken is answered with who has it.
    ``out_of``: the bed in which the patient was found; refuses whoever was moved meanwhile.
    """
    held = stages.locked(visit.pk, actor)
    stages.expect_open(held)
    before = stays.stay_of(held)
    if before is not None and before.bed_id == bed.pk:
        return held
    _lies_in(before, out_of)
    left = before.bed_id if before is not None else None
    beds = stays.locked_beds(stays.also_kept(held, bed.pk, left), actor)
    target = beds[bed.pk]
    stays.must_take(target, held)
    when = stages.moment(at, since=_since(held, before, target), reason=reason)
    touched = stays.give_back(held, beds.values(), when, but=target)
    if before is not None:
        touched += stays.finish(before, beds[before.bed_id], when)
    touched += stays.begin(held, target, when)
    if held.state in WAITING:
        touched += stages.enter(held, BEDDED, when)
    record("er_visit.transferred_bed" if before else "er_visit.bedded", *touched, reason=reason.strip())
    return held


def _since(visit: EmergencyVisit, before: BedStay | None, bed: Bed) -> datetime:
    """The patient was in no other bed and in no earlier care stage, and the bed nobody else's."""
    own = before.began_at if before is not None else max([visit.arrived_at, *stays.left(visit)])
    return max([own, *stays.free_since(bed), *([visit.state_since] if visit.state in WAITING else [])])


@operation("er.beds")
def leave_bed(
    visit: EmergencyVisit, *, at: datetime | None = None, reason: str = "", out_of: Bed | None = None, actor: Actor
) -> EmergencyVisit:  # fmt: skip
    """Out of the bed and still here: back to the waiting room, or to a chair while results are waited for.

    Whoever was only ``bedded`` waits again, once triaged: so that nobody without a level waits unseen. ``out_of``: the
    bed in which the patient was found; refuses whoever was moved meanwhile.
    """
    held = stages.locked(visit.pk, actor)
    stages.expect_open(held)
    stay = stays.stay_of(held)
    if stay is None:
        raise NotAllowed("er.no_bed", number=held.number)
    _lies_in(stay, out_of)
    if held.state == BEDDED and held.level is None:
        raise NotAllowed("er.triage_first", number=held.number)
    since = max(held.state_since, stay.began_at) if held.state == BEDDED else stay.began_at
    when = stages.moment(at, since=since, reason=reason)
    touched = stays.finish(stay, stays.locked_beds({stay.bed_id}, actor)[stay.bed_id], when)
    if held.state == BEDDED:
        touched += stages.enter(held, TRIAGED, when)
    record("er_visit.left_bed", held, *touched, reason=reason.strip())
    return held


def _lies_in(stay: BedStay | None, bed: Bed | None) -> None:
    """An act on a bed is about whoever lies in it: between the look and the lock somebody else may have moved them."""
    if bed is not None and (stay is None or stay.bed_id != bed.pk):
        raise Conflict("row.changed", ref=bed.ref)


@operation("er.beds")
def swap(
    one: EmergencyVisit, other: EmergencyVisit, *, reason: str = "", found_in: tuple[Bed | None, Bed | None] = NOWHERE,
    actor: Actor,
) -> list[EmergencyVisit]:  # fmt: skip
    """Two patients change beds in one act, at one time. Nobody is put where somebody airborne was: that bed is
    contaminated, and to be cleaned first. ``found_in``: the beds in which they were found; refuses if either was moved
    meanwhile."""
    if one.pk == other.pk:
        raise Invalid("er.swap_with_oneself", visit=[str(one.pk)])
    held = {pk: stages.locked(pk, actor) for pk in sorted((one.pk, other.pk))}
    here = [held[one.pk], held[other.pk]]
    first, second = (_stay_to_swap(visit) for visit in here)
    _lies_in(first, found_in[0])
    _lies_in(second, found_in[1])
    now, beds = clock.now(), stays.locked_beds({first.bed_id, second.bed_id}, actor)
    for visit, left in ((here[0], second), (here[1], first)):
        stays.must_suit(beds[left.bed_id], visit)
        if left.precautions == AIRBORNE:
            raise NotAllowed("bed.left_contaminated", bed=beds[left.bed_id].name)
    if here[0].department_id != here[1].department_id:
        raise NotAllowed("bed.other_department", bed=beds[second.bed_id].name)
    touched: list[Versioned] = [first, second]
    for stay in (first, second):
        change(stay, ended_at=now)
    touched += stays.begin(here[0], beds[second.bed_id], now) + stays.begin(here[1], beds[first.bed_id], now)
    record("er_visit.swapped_beds", *touched, reason=reason.strip())
    return here


def _stay_to_swap(visit: EmergencyVisit) -> BedStay:
    stages.expect_open(visit)
    stay = stays.stay_of(visit)
    if stay is None:
        raise NotAllowed("er.no_bed", number=visit.number)
    return stay


@operation("er.beds")
def reserve(bed: Bed, visit: EmergencyVisit, *, actor: Actor) -> Bed:
    """Keep a free bed for a patient; a bed that was kept for them before is free again."""
    held = stages.locked(visit.pk, actor)
    stages.expect_open(held)
    beds = stays.locked_beds(stays.also_kept(held, bed.pk), actor)
    target = beds[bed.pk]
    if target.reserved_for_id == held.pk:
        return target
    stays.must_take(target, held)
    now = clock.now()
    touched = stays.give_back(held, beds.values(), now)  # first: only one bed is kept for a patient
    change(target, state=RESERVED, since=now, reserved_for=held)
    record("bed.reserved", target, held, *touched)
    return target


@operation("er.beds")
def release(bed: Bed, *, kept_for: UUID | None = None, actor: Actor) -> Bed:
    """A bed that was kept for somebody is free again. ``kept_for``: the visit it was seen to be kept for; refuses what
    is kept for another one meanwhile."""
    (target,) = stays.locked_beds({bed.pk}, actor).values()
    if target.state == AVAILABLE:
        return target
    visit = target.reserved_for
    if visit is None:
        raise _wrong(target)
    if kept_for is not None and visit.pk != kept_for:
        raise Conflict("bed.reserved", bed=target.name, visit=str(visit.pk))
    change(target, state=AVAILABLE, since=clock.now(), reserved_for=None)
    record("bed.released", target, visit)
    return target


@operation("er.beds")
def clean(bed: Bed, *, actor: Actor) -> Bed:
    """The bed is clean and free; a contaminated one is cleaned in two steps."""
    (target,) = stays.locked_beds({bed.pk}, actor).values()
    if target.state == AVAILABLE:
        return target
    if target.state not in UNCLEAN:
        raise _wrong(target)
    change(target, state=CLEANING if target.state == CONTAMINATED else AVAILABLE, since=clock.now())
    record("bed.decontaminated" if target.state == CLEANING else "bed.cleaned", target)
    return target


@operation("er.block_beds")
def block(bed: Bed, *, reason: str, until: datetime | None = None, actor: Actor) -> Bed:
    """Nobody is put into this bed, until somebody or the clock ends it. Only an empty bed is blocked; an unclean one
    is unclean still when that ends."""
    if not reason.strip():
        raise Invalid("bed.why_blocked", reason=["required"])
    if until is not None and until <= clock.now():
        raise Invalid("bed.blocked_until_past", until=["past"])
    (target,) = stays.locked_beds({bed.pk}, actor).values()
    if target.state in (OCCUPIED, RESERVED):
        raise _wrong(target)
    first = target.state != BLOCKED
    fields = {"since": clock.now(), "unclean": target.state if target.state in UNCLEAN else ""} if first else {}
    if change(target, state=BLOCKED, blocked_reason=reason.strip()[:200], blocked_until=until, **fields):
        record("bed.blocked", target)
    return target


@operation("er.block_beds")
def unblock(bed: Bed, *, actor: Actor) -> Bed:
    """The bed is in use again: free, or to be cleaned if it was when it was blocked."""
    (target,) = stays.locked_beds({bed.pk}, actor).values()
    if target.state == BLOCKED:
        _unblock(target)
    elif target.state in (OCCUPIED, RESERVED):
        raise _wrong(target)
    return target


@operation("er.block_beds")
def end_block(bed: Bed, *, actor: Actor) -> Bed:
    """The clock found that a bed was blocked until now. Looks again under the lock."""
    (target,) = stays.locked_beds({bed.pk}, actor).values()
    if target.state == BLOCKED and target.blocked_until is not None and target.blocked_until <= clock.now():
        _unblock(target)
    return target


def _unblock(bed: Bed) -> None:
    state = bed.unclean or AVAILABLE
    change(bed, state=state, since=clock.now(), blocked_reason="", blocked_until=None, unclean="")
    record("bed.unblocked", bed)


def _wrong(bed: Bed) -> Conflict:
    return Conflict("bed.wrong_state", bed=bed.name, state=bed.state, state_text=bed.get_state_display())
