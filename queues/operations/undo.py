"""Undo (R3.19): the last act, within ``undo_seconds``, if nothing later touched the visit or the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from clinic.core import clock
from clinic.core.access import SYSTEM, Actor
from clinic.core.errors import Conflict, NotAllowed
from clinic.core.nouns import Versioned, split_ref
from clinic.live import undoing
from clinic.live.models import Event
from clinic.live.record import change, drop, operation, record
from clinic.live.undoing import row_of
from clinic.tenants.days import policies
from queues import appointment_day as on_the_day
from queues.models import BOOKED, CALLED_OFF, CANCELLED, WAITING, Appointment, Leg, Visit
from queues.operations import order
from queues.operations.calls import leg_of
from queues.operations.ends import end_as_cancelled

UNDOABLE = frozenset({
    "visit.arrived", "visit.called", "visit.called_out_of_order", "visit.recalled", "visit.started", "visit.skipped",
    "visit.completed", "visit.no_showed", "visit.left", "visit.cancelled", "doctor.status_changed",
    "visit.carried_over", "visit.uncalled", "visit.patient_corrected", "visit.held", "visit.resumed", "visit.delayed",
    "visit.rejoined", "visit.rejoin_declined", "visit.answered_still_there", "visit.reassigned", "visit.sent_on",
    "visit.class_changed", "appointment.checked_in", "appointment.missed", "appointment.cancelled",
    "appointment.accepted", "appointment.rejected", "appointment.rescheduled", "doctor.away_settled",
})  # fmt: skip
BESIDE = frozenset({"appointment.booked", "appointment.requested"})
"""Undone as a part of an act (a walk-in that took a time, another day for an absent doctor's patient), not alone."""
KEPT = frozenset({"counter"})
"""Numbers are never given back: an undone token is not given out again (R3.2)."""
STAYS = frozenset({"patient.registered"})
"""What an undo leaves: somebody who was registered on arrival stays known."""
OF_CLOCK = frozenset({"visit.resumed", "appointment.missed"})
"""What the clock does because it is time."""
HARMLESS = frozenset({"visit.relabelled", "line.estimated", "visit.asked_still_there", "visit.overran", "visit.due"})
"""Events that change nothing of what the visit's acts do."""
TOUCHING = ("visit:", "leg:", "doctor:", "appointment:")


def is_undoable(names: Iterable[str]) -> bool:
    """Whether an operation that wrote these events can be taken back (for a while)."""
    counted = set(names) - STAYS
    return bool(counted - BESIDE) and counted <= UNDOABLE | BESIDE


@operation("queues.undo")
def undo(seq: int, *, actor: Actor) -> list[str]:
    """Take back the whole operation that event ``seq`` belongs to; returns the names of the events undone.

    An undone arrival is a cancelled visit: its token stays used. Refuses when too late, when something touched the
    visit or the server since, or when somebody else acted and the actor is not of the desk.
    """
    events = undoing.act_of(seq, leaving=STAYS)
    _may_undo(events, actor)
    if _close_lines(events):
        _may_undo(events, actor)  # again: whoever had the line until now may have moved them
    subjects: dict[str, Versioned] = {}
    for event in events:
        if event.name == "visit.arrived":
            _take_back_arrival(event, actor)
            continue
        if event.name in UNMADE:
            subjects |= {row.ref: row for row in UNMADE[event.name](event)}
        for ref, told_change in _backwards(event):
            row = subjects.setdefault(ref, row_of(ref))
            undoing.restore(row, told_change)
    undoing.must_be_untouched(events, TOUCHING, HARMLESS)  # again: only now nobody else can
    names = [event.name for event in events]
    on_the_day.keep_places([row for row in subjects.values() if isinstance(row, Appointment)])
    if subjects:
        shown = [ref for event in events for ref in event.subjects if ref.startswith(("doctor:", "visit:"))]
        for ref in shown:  # the room it happened in and the visits learn of it even where no column of theirs changed
            subjects.setdefault(ref, row_of(ref))
        record("visit.undone", *subjects.values(), reason=", ".join(names))
    return names


def _close_lines(events: list[Event]) -> bool:
    """What re-numbered others is taken back as it was done: with the lines closed."""
    legs = {split_ref(ref)[1] for event in events for ref in event.changes if split_ref(ref)[0] == Leg.kind}
    if len(legs) < 2:
        return False
    order.close(*Leg.objects.filter(pk__in=legs).order_by("queue_id").values_list("queue_id", flat=True).distinct())
    return True


def _may_undo(events: list[Event], actor: Actor) -> None:
    undoing.must_see(events, ("visit", "leg", "doctor", "appointment"), actor)
    if not is_undoable(event.name for event in events):
        raise NotAllowed("undo.nothing")
    last = events[0]
    if last.actor["kind"] == SYSTEM.kind and last.name in OF_CLOCK:  # the next tick would do it again
        raise NotAllowed("undo.clock")
    undoing.must_be_theirs(events, actor, unless="queues.call_for_any")
    undoing.must_be_fresh(events, policies().undo_seconds)
    undoing.must_be_untouched(events, TOUCHING, HARMLESS)


def _take_back_arrival(event: Event, actor: Actor) -> None:
    ref = next(ref for ref in event.subjects if ref.startswith("visit:"))
    leg = leg_of(Visit.objects.get(pk=split_ref(ref)[1]), actor)
    if leg.state != WAITING or leg.calls:  # called, or taken back, between the look at the log and the lock
        raise Conflict("undo.touched")
    end_as_cancelled(leg, reason="undo", event="visit.arrival_undone")


def _cancel_expected(event: Event) -> list[Versioned]:
    """The visit that was expected because of a closing is cancelled; its token stays used. Not once they have come."""
    made = next(ref for ref, told in event.changes.items() if told["op"] == "insert" and ref.startswith("visit:"))
    expected = Visit.objects.select_for_update(no_key=True).get(pk=split_ref(made)[1])
    if expected.ended_at is not None or expected.legs.exists():
        raise Conflict("undo.touched")
    change(expected, ended_at=clock.now(), outcome=CANCELLED)
    record("visit.cancelled", expected, reason="undo")
    return []


def _drop_following(event: Event) -> list[Versioned]:
    """The part of a visit that began by sending on goes, so that the one before can be open again."""
    made = next(ref for ref, told in event.changes.items() if told["op"] == "insert" and ref.startswith("leg:"))
    leg = row_of(made)
    drop(leg)
    return [leg]


def _call_off_booked(event: Event) -> list[Versioned]:
    """What was booked in the act is called off again; its number stays used. Not once they have come."""
    found: list[Versioned] = []
    for ref, told in event.changes.items():
        if told["op"] != "insert" or split_ref(ref)[0] != Appointment.kind:
            continue
        row = row_of(ref)
        assert isinstance(row, Appointment)
        if row.state not in BOOKED:
            raise Conflict("undo.touched")
        change(row, state=CALLED_OFF, ended_at=clock.now(), ended_by="desk")
        found.append(row)
    return found


UNMADE: dict[str, Callable[[Event], list[Versioned]]] = {
    "visit.carried_over": _cancel_expected, "visit.sent_on": _drop_following,
    "appointment.booked": _call_off_booked, "appointment.requested": _call_off_booked,
    "appointment.rescheduled": _call_off_booked,
}  # fmt: skip
"""Event → what becomes of the rows it inserted; their other changes are taken back as usual. Returns what has not been
recorded yet."""


def _backwards(event: Event) -> list[tuple[str, undoing.Fields]]:
    """Each changed row's fields with their values before and after, personal ones included."""
    found = []
    for ref, op, fields in undoing.changes_of(event):
        if split_ref(ref)[0] in KEPT:
            continue
        if op == "insert" and event.name in UNMADE:
            continue
        if op != "update":
            raise NotAllowed("undo.nothing")
        found.append((ref, fields))
    return found
