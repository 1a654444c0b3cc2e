"""Named, versioned sets of targets, and who is delayed by them (R4.20–R4.22). Pure.

ESI itself sets no times. ``ats``: Australasian Triage Scale, maximum waiting times and performance thresholds (ACEM);
``ctas``: Canadian Triage and Acuity Scale, times to physician, and the reassessment times this table takes from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from clinic.tenants.models import HospitalConfig

ATS, CTAS, OWN = "ats", "ctas", "own"
UNTRIAGED = 0
"""The level of somebody without one."""


@dataclass(frozen=True, slots=True)
class TargetSet:
    """Minutes to a provider for each level, and the share (percent) that should be met."""

    name: str
    version: str
    minutes: dict[int, int]
    met_by: dict[int, int]


SETS = {
    ATS: TargetSet(
        ATS, "ats-2013", {1: 0, 2: 10, 3: 30, 4: 60, 5: 120}, {1: 100, 2: 80, 3: 75, 4: 70, 5: 70}
    ),
    CTAS: TargetSet(
        CTAS, "ctas-2008", {1: 0, 2: 15, 3: 30, 4: 60, 5: 120}, {1: 98, 2: 95, 3: 90, 4: 85, 5: 80}
    ),
}  # fmt: skip
REASSESS = {2: 15, 3: 30, 4: 60, 5: 120}
"""Minutes between looks at somebody who waits (CTAS); level 1 is looked after continuously."""


def of(policies: HospitalConfig) -> TargetSet:
    """The set this hospital chose; its own one is the version of its policies."""
    if policies.er_targets == OWN:
        minutes = {level: int(value) for level, value in enumerate(policies.er_own_targets, 1)}
        return TargetSet(OWN, f"own-{policies.version}", minutes, SETS[ATS].met_by)
    return SETS[policies.er_targets]


def limit(level: int | None, policies: HospitalConfig) -> timedelta:
    """How long somebody of this level may wait for a provider; untriaged, for triage. Level 1 has its grace."""
    if level is None:
        return timedelta(minutes=policies.door_to_triage)
    if level == 1:
        return max(timedelta(minutes=policies.level1_grace), timedelta(minutes=of(policies).minutes[1]))
    return timedelta(minutes=of(policies).minutes[level])


def since(arrived_at: datetime, state_since: datetime, policies: HospitalConfig) -> datetime:
    """From when on the wait counts: the arrival, or the present care stage, as the hospital chose (R4.21)."""
    return state_since if policies.er_clock == HospitalConfig.IN_STATUS else arrived_at


def is_delayed(level: int | None, began: datetime, now: datetime, policies: HospitalConfig) -> bool:
    """Strictly longer than the target; asked only of somebody who is here and whom no provider has seen."""
    return now - began > limit(level, policies)


def reassess_at(level: int, at: datetime, policies: HospitalConfig) -> datetime | None:
    """When somebody of this level is to be looked at again; None for level 1, which is never left alone."""
    minutes = REASSESS.get(level)
    return at + timedelta(minutes=minutes) if minutes is not None else None
