"""The board of an emergency department, the same without names, its figures, and the surge flag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from clinic.live.regions import Loaded, uuids
from clinic.tenants.models import HospitalConfig
from er_flow import targets
from er_flow.models.words import AVAILABLE, BLOCKED, UNCLEAN
from er_flow.regions import facts, words
from er_flow.regions.crowded import crowded
from er_flow.regions.facts import Ward
from er_flow.regions.rows import BoardRow, Count, Heading, Strip, Surge, WallRow

LEVELS = (0, 1, 2, 3, 4, 5)


def of_wards(keys: Sequence[str], load: Callable[[Ward], Loaded]) -> dict[str, Loaded]:
    """What ``load`` makes of each department that is asked for."""
    ids, wards = uuids(keys), facts.wards()
    return {ids[pk]: load(wards[pk]) for pk in ids if pk in wards}


def _loaded(ward: Ward, context: Any = None, rows: Sequence[Any] | None = None) -> Loaded:
    of = frozenset({ward.department.pk})
    return Loaded(context, rows, topics=facts.TOPICS, refs=ward.refs, departments=of)


# --- the board -------------------------------------------------------------------------------------------------------


def load_board(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``er-board:<department>``: to triage on top, then by level, then by arrival (R4.4)."""
    return of_wards(keys, lambda ward: _loaded(ward, rows=_board(ward)))


def _board(ward: Ward) -> tuple[Heading | BoardRow, ...]:
    policy, counts = facts.policies(), Counter(row.level or 0 for row in ward.visits)
    told: list[Heading | BoardRow] = []
    group = None
    for row in ward.visits:
        level = row.level or 0
        if level != group:
            told.append(Heading(f"group:{level}", str(level), counts[level], _minutes(row.level, policy)))
            group = level
        told.append(_row(row, policy))
    return tuple(told)


def board_rows(ward: Ward) -> list[BoardRow]:
    """The patients without the headings: what is printed."""
    return [row for row in _board(ward) if isinstance(row, BoardRow)]


def _minutes(level: int | None, policy: HospitalConfig) -> int:
    return int(targets.limit(level, policy).total_seconds() // 60)


def is_delayed(row: Any) -> bool:
    """Past the target, and no provider has been (R4.21)."""
    return row.crossed_at is not None and row.seen_at is None


def _began(row: Any, policy: HospitalConfig) -> datetime:
    return targets.since(row.arrived_at, row.state_since, policy)


def _seen_after(row: Any) -> int | None:
    return None if row.seen_at is None else int((row.seen_at - row.arrived_at) / timedelta(minutes=1))


def _row(row: Any, policy: HospitalConfig) -> BoardRow:
    nurse_id = row.nurse_id or row.section__nurse_id
    return BoardRow(
        key=str(row.pk), number=row.number, patient_id=str(row.patient_id or ""), name=words.name_of(row),
        age=words.age_of(row), sex=words.sex_of(row.sex), group=str(row.level or 0), level=row.level or 0,
        reported=row.reported_level or 0 if row.level is None else 0, complaint=row.complaint, marks=words.marks(row),
        state=row.state, state_text=words.state_text(row), step=words.STEPS[row.state],
        bed=row.stay__bed__name or "", kept_bed=row.reserved_bed__name or "",
        provider=row.provider__name or "", nurse=row.nurse__name or row.section__nurse__name or "",
        team=" ".join(str(pk) for pk in (row.provider_id, nurse_id) if pk), began=_began(row, policy),
        target=_minutes(row.level, policy), seen_after=_seen_after(row), is_delayed=is_delayed(row),
        delay_reason=row.delay_reason if row.seen_at is None else "", reassess_at=row.reassess_at,
        arrived_at=row.arrived_at, boards_since=row.admit_at if is_boarder(row) else None, waits=words.waits(row),
        triaging=row.triage_started_at is not None and row.level is None, later=row.entered_later,
        act=words.next_act(row, row.stay__bed_id is not None),
    )  # fmt: skip


def is_boarder(row: Any) -> bool:
    """Admission is decided, and the patient is still here."""
    return row.admit_at is not None


# --- the board without names -------------------------------------------------------------------------------------


def load_wall(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``er-wall:<department>``: numbers, levels, places and times, for a screen that many can see."""
    return of_wards(keys, lambda ward: _loaded(ward, ward.department.name, _wall(ward)))


def _wall(ward: Ward) -> tuple[WallRow, ...]:
    policy = facts.policies()
    return tuple(
        WallRow(
            key=str(row.pk), number=row.number, level=row.level or 0,
            reported=row.reported_level or 0 if row.level is None else 0,
            bed=row.stay__bed__name or "", state_text=words.state_text(row),
            step=words.STEPS[row.state], began=_began(row, policy), target=_minutes(row.level, policy),
            seen_after=_seen_after(row), is_delayed=is_delayed(row), arrived_at=row.arrived_at,
            waits=words.waits(row), marks=words.marks(row),
        )
        for row in ward.visits
    )  # fmt: skip


# --- the figures -----------------------------------------------------------------------------------------------------


def load_strips(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``er-strip:<department>``."""
    return of_wards(keys, lambda ward: _loaded(ward, _strip(ward)))


def _strip(ward: Ward) -> Strip:
    policy = facts.policies()
    unseen = [row for row in ward.visits if row.seen_at is None]
    longest = min(unseen, key=lambda row: (row.arrived_at, row.number), default=None)
    boarders = [row for row in ward.visits if is_boarder(row)]
    score = crowded(ward, policy)
    counts = Counter(row.level or 0 for row in ward.visits)
    return Strip(
        here=len(ward.visits), waiting=len(unseen), delayed=sum(is_delayed(row) for row in ward.visits),
        longest_since=longest.arrived_at if longest else None, longest_who=words.name_of(longest) if longest else "",
        boarders=len(boarders), boards_since=min((row.admit_at for row in boarders), default=None),
        free=sum(bed.state == AVAILABLE for bed in ward.beds), cleaning=sum(bed.state in UNCLEAN for bed in ward.beds),
        beds=sum(bed.state != BLOCKED for bed in ward.beds), nedocs=score.points, band=score.band, tone=score.tone,
        terms=score.terms, trend=score.trend, mix=tuple(Count(level, counts[level]) for level in (1, 2, 3, 4, 5, 0)),
        targets=targets_text(policy),
    )  # fmt: skip


def targets_text(policy: HospitalConfig) -> str:
    """Whose times hold, as the board says it (R4.20)."""
    return _("%(source)s, version %(version)s") % {
        "source": policy.get_er_targets_display(), "version": targets.of(policy).version,
    }  # fmt: skip


# --- surge -----------------------------------------------------------------------------------------------------------


def load_surges(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``er-surge:<department>``: that more come than can be looked after, and why (R4.44)."""
    return of_wards(keys, lambda ward: _loaded(ward, _surge(ward)))


def load_wall_surges(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``er-wall-surge:<department>``: that there is one. Why was typed freely, which is not for everybody's eyes."""
    return of_wards(keys, lambda ward: _loaded(ward, replace(_surge(ward), reason="")))


def _surge(ward: Ward) -> Surge:
    floor = ward.surge
    if floor is None or floor.surge_since is None:
        return Surge(str(ward.department.pk), None, "")
    return Surge(str(ward.department.pk), floor.surge_since, floor.surge_reason)
