"""Who waits for triage, as a page for many of them shows it (R4.44)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinic.live.regions import Loaded
from er_flow.models.words import UNSEEN
from er_flow.quick_form import FINDINGS
from er_flow.regions import facts, words
from er_flow.regions.board import of_wards
from er_flow.regions.facts import Ward
from er_flow.regions.rows import Mark


@dataclass(frozen=True, slots=True)
class QuickRow:
    """A row of ``er-quick``: one who has no level."""

    key: str
    number: int
    name: str
    known: bool
    """False: the name is only the number."""
    age: str
    sex: str
    complaint: str
    marks: tuple[Mark, ...]
    reported: int
    """As it came with the patient; 0: none."""
    arrived_at: datetime
    within: int
    """Minutes until which triage is due."""
    triaging: bool
    """Somebody has begun."""

    @property
    def findings(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """What may be marked, in the reader's language; the same for all."""
        return tuple((str(title), tuple((value, str(text)) for value, text in some)) for title, some in FINDINGS)


def load_quick(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``er-quick:<department>``: everybody untriaged, by arrival."""
    return of_wards(keys, _quick)


def _quick(ward: Ward) -> Loaded:
    rows = quick_rows(ward)
    of = frozenset({ward.department.pk})
    return Loaded(len(rows), rows, topics=facts.TOPICS, refs=ward.refs, departments=of)


def quick_rows(ward: Ward) -> tuple[QuickRow, ...]:
    within = facts.policies().door_to_triage
    return tuple(_row(row, within) for row in ward.visits if row.level is None and row.state in UNSEEN)


def _row(row: Any, within: int) -> QuickRow:
    return QuickRow(
        key=str(row.pk), number=row.number, name=words.name_of(row), known=row.patient_id is not None,
        age=words.age_of(row), sex=words.sex_of(row.sex),
        complaint=row.complaint, marks=words.marks(row), reported=row.reported_level or 0, arrived_at=row.arrived_at,
        within=within, triaging=row.triage_started_at is not None,
    )  # fmt: skip
