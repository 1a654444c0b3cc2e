"""The rows of a line, the words above them, and the counts in the top bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q

from clinic.core.sight import within
from clinic.live.regions import Loaded, uuids
from clinic.records.models import shown_name
from clinic.tenants.models import HospitalConfig
from clinic.tenants.people import own_limits
from queues.estimates.shown import Shown
from queues.models import CALLED, IN_PROGRESS, WAITING, Leg, Queue
from queues.regions import facts, words
from queues.regions.rows import LineLabel, ReceptionSub, WaitRow


def load_lines(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``line:<queue>``: three queries, shared with the other regions of a page."""
    ids = uuids(keys)
    lines, legs, waits = facts.lines(ids), facts.legs(ids), facts.waits(facts.lines(ids).values())
    policy = facts.policies()
    return {ids[pk]: _line(pk, legs.get(pk, []), line.department_id, waits[pk], policy) for pk, line in lines.items()}


def _line(pk: UUID, legs: list[Any], department: UUID, waits: Shown, policy: HospitalConfig) -> Loaded:
    waiting = [leg for leg in legs if leg.state == WAITING]
    refs = {ref for leg in waiting for ref in (f"patient:{leg.visit__patient_id}", f"visit:{leg.visit_id}")}
    rows = tuple(_wait_row(leg, waits, policy) for leg in waiting)
    topics, of = frozenset({f"queue:{pk}"}), frozenset({department})
    return Loaded(rows=rows, topics=topics, refs=frozenset(refs), departments=of)


def _wait_row(leg: Any, waits: Shown, policy: HospitalConfig) -> WaitRow:
    why = words.why_here(
        leg.visit__token, leg.visit__klass, leg.visit__class_reason, leg.visit__arrived_at, policy,
        placed=leg.placed, skipped=bool(leg.skips), back=words.is_back(leg.returned_at, leg.called_at),
        since=words.booked(leg.effective_at, leg.visit__arrived_at, leg.visit__carried_from_id), due=leg.due,
    )  # fmt: skip
    name = shown_name(
        leg.visit__patient__given_name, leg.visit__patient__preferred_name, leg.visit__patient__family_name,
        leg.visit__patient__mrn,
    )  # fmt: skip
    early, late = waits.waits.get(leg.pk, (None, None))
    return WaitRow(
        key=str(leg.visit_id), patient_id=str(leg.visit__patient_id), token=leg.visit__token, name=name,
        note=leg.visit__reason or leg.visit__class_reason, klass=leg.visit__klass, why=why,
        waiting_since=leg.visit__arrived_at, skips=leg.skips,
        paused=waits.paused, early=early, late=late, booked_for=leg.visit__appointment__starts_at,
    )  # fmt: skip


# --- the words above -------------------------------------------------------------------------------------------------


def load_labels(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``line-label:<queue>``: one query."""
    ids = uuids(keys)
    return {ids[queue.pk]: _label(queue) for queue in facts.lines(ids).values()}


def _label(queue: Any) -> Loaded:
    pool = queue.sort == Queue.POOL
    label = LineLabel(
        queue.department.name if pool else queue.name, queue.sort, queue.servers if pool else 0, queue.waiting
    )
    topics = frozenset({f"queue:{queue.pk}", f"department:{queue.department_id}", "directory"})
    return Loaded(label, topics=topics, departments=frozenset({queue.department_id}))


# --- the top bar -----------------------------------------------------------------------------------------------------


def load_sub(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``reception-sub:today``: one query, none beside all the lines; one more for each reader limited to departments
    (R1.2).
    """
    return {key: _sub(None) for key in keys if key == "today"} | {
        key: _sub(limits) for key, (base, limits) in own_limits(keys).items() if base == "today"
    }


def _sub(limits: frozenset[UUID] | None) -> Loaded:
    known = facts.everybody() if limits is None else None
    return Loaded(_counted(limits) if known is None else _count(*known), topics=frozenset({"reception"}))


def _count(waiting: list[Any], serving: list[Leg]) -> ReceptionSub:
    called = sum(leg.state == CALLED for leg in serving)
    longest = min((leg.visit__arrived_at for leg in waiting), default=None)
    return ReceptionSub(len(waiting), called, len(serving) - called, longest)


def _counted(limits: frozenset[UUID] | None) -> ReceptionSub:
    counted: dict[str, Any] = within(Leg.objects.open(), limits).aggregate(
        waiting=Count("pk", filter=Q(state=WAITING)),
        called=Count("pk", filter=Q(state=CALLED)),
        in_room=Count("pk", filter=Q(state=IN_PROGRESS)),
        longest=Min("visit__arrived_at", filter=Q(state=WAITING)),
    )
    longest: datetime | None = counted["longest"]
    return ReceptionSub(counted["waiting"], counted["called"], counted["in_room"], longest)
