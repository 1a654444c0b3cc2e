"""Below a line: who is on hold, who wants back in, and whom the line missed today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from clinic.live.regions import Loaded, uuids
from clinic.records.models import shown_name
from queues.models import NO_SHOW, ON_HOLD, WAITING
from queues.regions import facts
from queues.regions.rows import AwayRow
from queues.regions.said import HOLD_WORDS

HOLD, ASKED, MISSED = "hold", "asked", "missed"
GROUPS = (ASKED, HOLD, MISSED)
"""From what waits for the desk to what may be forgotten."""


def load_away(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``line-away:<queue>``: three queries, which ``line`` shares."""
    ids = uuids(keys)
    lines, legs = facts.lines(ids), facts.legs(ids)
    return {ids[pk]: _loaded(pk, legs.get(pk, []), line.department_id) for pk, line in lines.items()}


def _loaded(pk: UUID, legs: list[Any], department: UUID) -> Loaded:
    grouped: dict[str, list[AwayRow]] = {group: [] for group in GROUPS}
    away = [leg for leg in legs if leg.state != WAITING]
    for leg in sorted(away, key=lambda leg: (leg.held_at or leg.ended_at, leg.pk)):
        row = _row(leg)
        grouped[row.group].append(row)
    rows: list[AwayRow] = []
    for group, people in grouped.items():
        if people:
            rows += [AwayRow(group, group, len(people)), *people]
    refs = {ref for leg in away for ref in (f"patient:{leg.visit__patient_id}", f"visit:{leg.visit_id}")}
    topics, of = frozenset({f"queue:{pk}", "hospital"}), frozenset({department})
    return Loaded(rows=tuple(rows), topics=topics, refs=frozenset(refs), departments=of)


def _row(leg: Any) -> AwayRow:
    held = leg.state == ON_HOLD
    asked = not held and leg.visit__rejoin_asked_at is not None
    name = shown_name(
        leg.visit__patient__given_name, leg.visit__patient__preferred_name, leg.visit__patient__family_name,
        leg.visit__patient__mrn,
    )  # fmt: skip
    return AwayRow(
        key=str(leg.visit_id), group=HOLD if held else ASKED if asked else MISSED,
        patient_id=str(leg.visit__patient_id), token=leg.visit__token, name=name, klass=leg.visit__klass,
        text=_text(leg), note=leg.hold_note if held else "",
        since=leg.held_at if held else leg.visit__rejoin_asked_at if asked else leg.ended_at, back_at=leg.back_at,
    )  # fmt: skip


def _text(leg: Any) -> str:
    if leg.state == ON_HOLD:
        return str(HOLD_WORDS[leg.hold_reason])
    return gettext("did not come") if leg.state == NO_SHOW else gettext("left")
