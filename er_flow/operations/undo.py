"""Undo in the emergency department (R3.19): the last act, for a while, if nothing later touched the visit or the bed.

Who came stays: an arrival has no undo, and numbers are never given back. What a triage asked and measured stays too,
struck through as entered in error (R4.14).
"""

from __future__ import annotations

from collections.abc import Iterable

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import NotAllowed
from clinic.core.nouns import Versioned, split_ref
from clinic.live import undoing
from clinic.live.models import Event
from clinic.live.record import change, drop, operation, record
from clinic.tenants import days
from er_flow.models import Bed, EmergencyVisit, Section, Triage
from er_flow.operations import departments, times

UNDOABLE = frozenset({
    "er_visit.triage_began", "er_visit.triaged", "er_visit.level_raised", "er_visit.reassessed",
    "er_visit.vitals_taken", "er_visit.bedded", "er_visit.transferred_bed", "er_visit.left_bed",
    "er_visit.swapped_beds", "er_visit.seen", "er_visit.disposition_decided", "er_visit.disposition_withdrawn",
    "er_visit.boarded", "er_visit.discharged", "er_visit.admitted", "er_visit.transferred", "er_visit.died",
    "er_visit.left_unseen", "er_visit.left_treatment", "er_visit.left_against_advice", "er_visit.eloped",
    "er_visit.team_changed", "er_visit.changed", "er_visit.time_corrected", "er_visit.identified",
    "er_visit.delay_explained", "er_section.nurse_changed", "bed.reserved", "bed.released", "bed.cleaned",
    "bed.decontaminated", "bed.blocked", "bed.unblocked",
})  # fmt: skip
STAYS = frozenset({"patient.registered"})
"""What an undo leaves: somebody who was registered on arrival stays known."""
HARMLESS = frozenset({"er_visit.delayed", "er_visit.target_moved", "er_floor.relabelled"})
"""Events that change nothing of what the acts do."""
BY_THE_CLOCK = frozenset({"crossed_at"})
"""The column that they change."""
KINDS = (EmergencyVisit.kind, Section.kind, Bed.kind)
"""What an act is about, in the order in which every act locks them."""
TOUCHING = tuple(f"{kind}:" for kind in KINDS)


def is_undoable(names: Iterable[str]) -> bool:
    """Whether an operation that wrote these events can be taken back (for a while)."""
    told = set(names) - STAYS
    return bool(told) and told <= UNDOABLE


@operation("er.undo")
def undo(seq: int, *, actor: Actor) -> list[str]:
    """Take back the whole act that event ``seq`` belongs to; returns the names of the events undone.

    Refuses when too late, when something touched the visit or a bed since, and when somebody else acted and the actor
    is neither of the desk nor in charge.
    """
    events = undoing.act_of(seq, leaving=STAYS)
    undoing.must_see(events, KINDS, actor)
    if not is_undoable(event.name for event in events):
        raise NotAllowed("undo.nothing")
    undoing.must_be_theirs(events, actor, unless="er.undo_any")
    undoing.must_be_fresh(events, days.policies().undo_seconds)
    rows = _held(events)
    undoing.must_be_untouched(events, TOUCHING, HARMLESS)  # now that nobody else can
    for event in events:
        _take_back(event, rows)
    visits = [row for row in rows.values() if isinstance(row, EmergencyVisit)]
    for department in sorted({visit.department_id for visit in visits if visit.is_open}):
        departments.hold(department)  # somebody who comes back is seen there
    for visit in visits:
        change(visit, **times.targets_again(visit))  # the clock may have told of a target that does not hold any more
    names = [event.name for event in events]
    record("er_visit.undone", *rows.values(), reason=", ".join(names))
    return names


def _held(events: list[Event]) -> dict[str, Versioned]:
    """Visits, sections and beds of the act, locked in the order of every act."""
    refs = {ref for event in events for ref in event.subjects if split_ref(ref)[0] in KINDS}
    in_order = sorted(refs, key=lambda ref: (KINDS.index(split_ref(ref)[0]), ref))
    return {ref: undoing.row_of(ref) for ref in in_order}


def _take_back(event: Event, rows: dict[str, Versioned]) -> None:
    """First what the act inserted, and beds that it kept: a patient is in one bed and one care stage at a time, and has
    one bed kept."""
    told = sorted(undoing.changes_of(event), key=_keeps_again)
    for ref, op, _fields in told:
        if op == "insert":
            rows[ref] = undoing.row_of(ref)
            _unmake(rows[ref])
    for ref, op, fields in told:
        if op == "update":
            row = rows[ref] if ref in rows else rows.setdefault(ref, undoing.row_of(ref))
            undoing.restore(row, fields, anyway=BY_THE_CLOCK)


def _keeps_again(told: tuple[str, str, undoing.Fields]) -> bool:
    """Whether the row is a bed that is kept for somebody again once the act is taken back."""
    _ref, _op, fields = told
    return fields.get("reserved_for_id", [None])[0] is not None


def _unmake(row: Versioned) -> None:
    if isinstance(row, Triage):
        change(row, error_at=clock.now(), error_reason="undo")
    else:
        drop(row)
