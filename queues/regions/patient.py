"""The lines' part of a patient's page: the visits, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from clinic.core.sight import Departments, within
from clinic.live.regions import Loaded
from clinic.records import people
from queues.models import Leg
from queues.regions.rows import VisitRow

SHOWN = 20


def load_visits(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``patient-visits:<patient>``: two queries; a page shows one patient, so each is asked by itself.

    A reader limited to departments (R1.2) is shown the visits of theirs.
    """
    return people.each_of(keys, _visits)


def _visits(pk: UUID, limits: Departments | None) -> Loaded:
    legs = Leg.objects.filter(visit__patient=pk).select_related("visit", "queue").order_by("-entered_at", "-id")
    newest: dict[UUID, VisitRow] = {}
    topics, refs = {f"patient:{pk}"}, set()
    for leg in within(legs, limits)[:SHOWN]:
        newest.setdefault(leg.visit_id, _row(leg))
        topics.add(f"visit:{leg.visit_id}")  # an undone call touches the leg and not the visit
        refs.add(leg.queue.ref)
    return Loaded(rows=tuple(newest.values()), topics=frozenset(topics), refs=frozenset(refs))


def _row(leg: Leg) -> VisitRow:
    return VisitRow(
        key=str(leg.visit_id), token=leg.visit.token, arrived_at=leg.visit.arrived_at, line=leg.queue.name,
        state=leg.state, state_text=str(leg.get_state_display()), reason=leg.visit.reason,
    )  # fmt: skip
