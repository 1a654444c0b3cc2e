"""The measures as they are told: medians and 90th percentiles with n and the method, shares of how many (R4.41). Pure.

A percentile is the nearest rank: the smallest length that so many percent of the visits did not exceed (PostgreSQL's
``percentile_disc``), in whole minutes. There is no mean of anything, and ESI levels are counted, never averaged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Any

from clinic.core.faces import Doc
from clinic.tenants.models import HospitalConfig
from er_flow import targets
from er_flow.measures import counts
from er_flow.measures.counts import ECAT, LENGTHS, Counts
from er_flow.models.words import LWBS, OPEN

LEVELS = (1, 2, 3, 4, 5)
METHOD = "nearest rank, whole minutes; visits by their arrival; entered in error left out"
SAYS = {
    "door_to_triage": "arrival to the end of triage; everybody who was triaged",
    "door_to_provider": "arrival to provider contact; everybody who was seen",
    "length_of_stay": "arrival to departure; everybody who has left",
    "boarding": "decision to admit to departure; everybody who was to be admitted or observed and has left",
    "op18": "OP-18, as last specified: arrival to departure of the discharged",
    "op22": "OP-22, as last specified: left before being seen, of all who came",
    "ecat": "ECAT (CMS1244): more than 60 min to a treatment space (first bed or provider contact), left unevaluated, "
    "boarded more than 240 min, or stayed more than 480 min; of all who have left",
    "target_met": "seen within the target of the level, level 1 within its grace; of those who were seen",
    "concordance": "what a nurse decided against what was suggested; each time a level was decided",
    "reassessments": "looked at again in time, of those due before a provider came or the patient left",
}
"""What each figure is of."""


def report(found: Counts, policies: HospitalConfig) -> Doc:
    """All measures of these counts."""
    return {
        "method": METHOD, "visits": found.visits,
        "still_here": sum(found.states[state] for state in OPEN),
        "ends": {state: n for state, n in sorted(found.states.items()) if state not in OPEN},
        **{name: {**length(found.lengths[name]), "of": SAYS[name]} for name in LENGTHS},
        "door_to_provider_by_level": {str(level): length(found.by_level[level]) for level in LEVELS},
        "boarders": _boarders(found, policies), "op22": {**share(found.states[LWBS], found.visits), "of": SAYS["op22"]},
        "ecat": _ecat(found), "target_met": _targets(found, policies),
        "levels": {str(level): share(found.levels[level], found.visits) for level in (*LEVELS, 0)},
        "concordance": _concordance(found),
        "reassessments": {**share(found.looks_in_time, found.looks_due), "of": SAYS["reassessments"]},
    }  # fmt: skip


def length(lengths: Mapping[int, int]) -> Doc:
    """Half steps → visits, as median and 90th percentile in whole minutes; None where there is nobody."""
    return {"n": sum(lengths.values()), "median": rank(lengths, 50), "p90": rank(lengths, 90)}


def rank(lengths: Mapping[int, int], percent: int) -> int | None:
    """The nearest-rank percentile in whole minutes."""
    left = ceil(sum(lengths.values()) * percent / 100)
    for step in sorted(lengths):
        left -= lengths[step]
        if lengths[step] and left <= 0:
            return step // 2
    return None


def share(some: int, of: int) -> Doc:
    """How many of how many; no share of nobody."""
    return {"count": some, "n": of, "share": round(some / of, 4) if of else None}


def within(lengths: Mapping[int, int], limit: timedelta) -> int:
    """How many are not longer than this."""
    most = counts.steps(limit)
    return sum(n for step, n in lengths.items() if step <= most)


def _boarders(found: Counts, policies: HospitalConfig) -> Doc:
    lengths, after = found.lengths["boarding"], timedelta(minutes=policies.boarder_after)
    some = sum(n for step, n in lengths.items() if step >= counts.steps(after))
    return {**share(some, sum(lengths.values())), "after_minutes": policies.boarder_after}


def _ecat(found: Counts) -> Doc:
    gone = found.visits - sum(found.states[state] for state in OPEN)
    parts = {name: share(found.ecat[name], gone) for name in ECAT}
    return {**share(found.ecat[counts.ANY], gone), "parts": parts, "of": SAYS["ecat"]}


def _targets(found: Counts, policies: HospitalConfig) -> Doc:
    chosen = targets.of(policies)
    told: dict[str, Any] = {}
    for level in LEVELS:
        lengths, limit = found.by_level[level], targets.limit(level, policies)
        met = share(within(lengths, limit), sum(lengths.values()))
        told[str(level)] = {**met, "minutes": int(limit.total_seconds() // 60), "should": chosen.met_by[level] / 100}
    return {"set": chosen.name, "version": chosen.version, "of": SAYS["target_met"], "levels": told}


def _concordance(found: Counts) -> Doc:
    n = found.decisions.total()
    matrix = [[found.decisions[told, level] for level in LEVELS] for told in LEVELS]
    return {
        "agreed": share(_where(found.decisions, 0), n), "more_urgent": share(_where(found.decisions, -1), n),
        "less_urgent": share(_where(found.decisions, 1), n), "matrix": matrix, "of": SAYS["concordance"],
    }  # fmt: skip


def _where(decisions: Counter[tuple[int, int]], sign: int) -> int:
    """Decided as suggested (0), more urgent (-1) or less (1)."""
    return sum(n for (told, level), n in decisions.items() if (level > told) - (level < told) == sign)
