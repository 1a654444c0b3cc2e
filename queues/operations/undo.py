"""Undo (R3.19): the last act, within ``undo_seconds``, if nothing later touched the visit or the server."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import ForeignKey

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, Forbidden, NotAllowed, NotFound
from clinic.core.nouns import Versioned, split_ref
from clinic.live import registry
from clinic.live.models import Event, EventDetail, EventRef
from clinic.live.record import change, operation, record
from clinic.tenants.days import policies
from queues.models import WAITING, Visit
from queues.operations.calls import leg_of
from queues.operations.ends import end_as_cancelled

UNDOABLE = frozenset({
    "visit.arrived", "visit.called", "visit.called_out_of_order", "visit.recalled", "visit.started", "visit.skipped",
    "visit.completed", "visit.no_showed", "visit.left", "visit.cancelled", "doctor.status_changed",
})  # fmt: skip
KEPT = frozenset({"counter"})
"""Numbers are never given back: an undone token is not given out again (R3.2)."""
STAYS = frozenset({"patient.registered"})
"""What an undo leaves: somebody who was registered on arrival stays known."""
HARMLESS = frozenset({"visit.relabelled"})
"""Events that change nothing of the visit itself."""
TOUCHING = ("visit:", "leg:", "doctor:")


def is_undoable(names: Iterable[str]) -> bool:
    """Whether an operation that wrote these events can be taken back (for a while)."""
    counted = set(names) - STAYS
    return bool(counted) and counted <= UNDOABLE


@operation("queues.undo")
def undo(seq: int, *, actor: Actor) -> list[str]:
    """Take back the whole operation that event ``seq`` belongs to; returns the names of the events undone.

    An undone arrival is a cancelled visit: its token stays used. Refuses when too late, when something touched the
    visit or the server since, or when somebody else acted and the actor is not of the desk.
    """
    told = Event.objects.filter(seq=seq).first()
    if told is None:
        raise NotFound()
    events = list(Event.objects.filter(op=told.op).exclude(name__in=STAYS).order_by("-seq"))
    _may_undo(events, actor)
    subjects: dict[str, Versioned] = {}
    for event in events:
        if event.name == "visit.arrived":
            _take_back_arrival(event)
            continue
        for ref, told_change in _backwards(event):
            row = subjects.setdefault(ref, _row(ref))
            _restore(row, told_change)
    names = [event.name for event in events]
    if subjects:
        shown = [ref for event in events for ref in event.subjects if ref.startswith(("doctor:", "visit:"))]
        for ref in shown:  # the room it happened in and the visits learn of it even where no column of theirs changed
            subjects.setdefault(ref, _row(ref))
        record("visit.undone", *subjects.values(), reason=", ".join(names))
    return names


def _may_undo(events: list[Event], actor: Actor) -> None:
    if not events or any(event.name not in UNDOABLE for event in events):
        raise NotAllowed("undo.nothing")
    last = events[0]
    if last.actor["id"] != actor.id and not actor.can("queues.call_for_any"):
        raise Forbidden("undo.not_yours")
    seconds = policies().undo_seconds
    if clock.now() - events[-1].at > timedelta(seconds=seconds):
        raise NotAllowed("undo.too_late", seconds=seconds)
    touching = {ref for event in events for ref in event.subjects if ref.startswith(TOUCHING)}
    later = EventRef.objects.filter(ref__in=touching, seq__gt=last.seq).values("seq")
    if Event.objects.filter(seq__in=later).exclude(name__in=HARMLESS).exists():
        raise NotAllowed("undo.touched")


def _take_back_arrival(event: Event) -> None:
    ref = next(ref for ref in event.subjects if ref.startswith("visit:"))
    leg = leg_of(Visit.objects.get(pk=split_ref(ref)[1]))
    if leg.state != WAITING or leg.calls:  # called, or taken back, between the look at the log and the lock
        raise Conflict("undo.touched")
    end_as_cancelled(leg, reason="undo", event="visit.arrival_undone")


def _backwards(event: Event) -> list[tuple[str, dict[str, list[Any]]]]:
    """Each changed row's fields with their values before and after, personal ones included."""
    detail = EventDetail.objects.filter(seq=event.seq).first()
    hidden = detail.values if detail else {}
    found = []
    for ref, told in event.changes.items():
        if split_ref(ref)[0] in KEPT:
            continue
        if told["op"] != "update":
            raise NotAllowed("undo.nothing")
        found.append((ref, {**told["fields"], **hidden.get(ref, {})}))
    return found


def _row(ref: str) -> Versioned:
    kind, key = split_ref(ref)
    row: Versioned = registry.kinds()[kind]._base_manager.select_for_update(no_key=True).get(pk=key)
    return row


def _restore(row: Versioned, told: dict[str, list[Any]]) -> None:
    before: dict[str, Any] = {}
    for name, (old, new) in told.items():
        column = next(f for f in row._meta.concrete_fields if f.attname == name)
        if getattr(row, column.attname) != column.to_python(new):
            raise Conflict("undo.touched")
        value = column.to_python(old)
        if isinstance(column, ForeignKey) and value is not None:
            value = column.related_model._base_manager.get(pk=value)
        before[column.name] = value
    change(row, **before)
