"""The four decision points, in their order (R4.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from er_flow.esi import fever
from er_flow.esi.age import Age
from er_flow.esi.answers import NEW, UNKNOWN_BASELINE, Answers
from er_flow.esi.vitals import HR, RR, SPO2, TEMP, Vitals, beyond

VERSION = "esi-v5/2"
"""The handbook's edition, and how often we have changed the function since. Kept with each triage."""

CRITICAL_SATURATION = 90
LOW_PRESSURE, HIGH_PRESSURE = 90, 150
FEVER = Decimal("38.0")
PERHAPS_ONE = frozenset({"pressure_low", "saturation_low"})
"""Prompts about what makes level 1 if the nurse sees it so: shock, and laboured breathing."""
SEVERE_PAIN = 7


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the function suggests; it decides nothing."""

    level: int
    """1 to 5."""
    consider: tuple[int, ...] = ()
    """More urgent levels to think about: then the form preselects nothing."""
    path: tuple[str, ...] = ()
    """The decision points that led here, with what was found: ``("A", "airway_support")``."""
    flags: frozenset[str] = frozenset()
    """Vital signs beyond their limits, prompts, and whatever of B was found, also where A already decided."""
    missing: tuple[str, ...] = ()
    """Vital signs without which a level of 3 to 5 cannot be confirmed (R4.13)."""
    version: str = VERSION

    @property
    def urgency(self) -> int:
        """The most urgent level that is suggested or to be considered."""
        return min((self.level, *self.consider))

    @property
    def preselected(self) -> int | None:
        """The level a form may choose beforehand; None where the nurse has to."""
        is_open = self.consider or (self.level > 1 and self.flags & PERHAPS_ONE)
        return None if is_open or (self.missing and self.level >= 3) else self.level

    def may_confirm(self, level: int) -> bool:
        """Whether this level may be set: 1 and 2 always, the others once nothing is missing."""
        return level <= 2 or not self.missing


def suggest(
    answers: Answers, vitals: Vitals, age: Age, baselines: Mapping[str, int | Decimal] | None = None, *,
    infant_level: int = 2,
) -> Suggestion:  # fmt: skip
    """The level for these answers and vital signs. ``baselines`` are the patient's usual values, by vital sign.

    A baseline is shown beside a flag and never removes it; only a saturation below 90 % that is the patient's norm is
    no reason for level 1. Worsening any input never gives a less urgent suggestion. ``infant_level``: see ``fever.of``.
    """
    out = beyond(vitals, age)
    warm = fever.of(vitals.temp, age, answers, infant_level=infant_level)
    first = _a(answers, vitals, baselines or {})
    second = _b(answers, vitals) + (("infant_fever",) if warm.level == 2 else ())
    flags = out | warm.flags | frozenset(second) | _prompts(answers, vitals) | _looks(answers, vitals, age)
    missing = _missing(answers, vitals, age)
    if first:
        return Suggestion(1, (), ("A", *first), flags, missing)
    if second:
        return Suggestion(2, (), ("B", *second), flags, missing)
    level = max(3, 5 - answers.resource_count)
    consider = {*warm.consider, *((2,) if out else ())}
    danger = sorted(out | warm.flags if warm.consider else out)
    path = ("C", f"resources_{min(answers.resource_count, 2)}", *(("D", *danger) if danger else ()))
    return Suggestion(level, tuple(sorted(one for one in consider if one < level)), path, flags, missing)


def _a(answers: Answers, vitals: Vitals, baselines: Mapping[str, int | Decimal]) -> tuple[str, ...]:
    """Whether somebody dies without an immediate life-saving intervention."""
    found = sorted(answers.life_saving) + sorted(answers.immediate)
    if answers.avpu in ("pain", "unresponsive"):
        found.append(f"avpu_{answers.avpu}")
    norm = baselines.get(SPO2)
    low = vitals.spo2 is not None and vitals.spo2 < CRITICAL_SATURATION and (norm is None or vitals.spo2 < norm)
    if low and answers.respiratory_compromise:
        found.append("spo2_critical")
    return tuple(found)


def _b(answers: Answers, vitals: Vitals) -> tuple[str, ...]:
    """Whether this patient should not wait."""
    found = sorted(answers.high_risk)
    if answers.confusion in (NEW, UNKNOWN_BASELINE):
        found.append("confusion")
    if answers.avpu == "voice":
        found.append("avpu_voice")
    if answers.severe_pain_seen:
        found.append("severe_pain")
    if answers.immunosuppressed and (answers.fever_reported or (vitals.temp is not None and vitals.temp > FEVER)):
        found.append("immunosuppressed_fever")
    if (answers.pregnant or answers.postpartum) and _is_off(vitals.sbp):
        found.append("obstetric_pressure")
    if answers.pregnant and answers.symptoms:
        found.append("pregnant_symptom")
    return tuple(found)


def _is_off(sbp: int | None) -> bool:
    return sbp is not None and not LOW_PRESSURE <= sbp <= HIGH_PRESSURE


def _prompts(answers: Answers, vitals: Vitals) -> frozenset[str]:
    """What the nurse should look at, though it decides nothing by itself."""
    told = set()
    if answers.pain is not None and answers.pain >= SEVERE_PAIN and not answers.severe_pain_seen:
        told.add("pain_reported")
    if answers.immunosuppressed and vitals.temp is None and not answers.fever_reported:
        told.add("temperature_wanted")
    if (answers.pregnant or answers.postpartum) and vitals.sbp is None:
        told.add("pressure_wanted")
    return frozenset(told)


def _looks(answers: Answers, vitals: Vitals, age: Age) -> frozenset[str]:
    """Values that are level 1 together with what only the nurse sees: point A names no number of the pressure, and a
    saturation below 90 % counts with laboured breathing alone."""
    told = set()
    is_low = vitals.sbp is not None and vitals.sbp < LOW_PRESSURE
    if age.is_adult and is_low and "profound_hypotension" not in answers.immediate:
        told.add("pressure_low")
    if vitals.spo2 is not None and vitals.spo2 < CRITICAL_SATURATION and not answers.respiratory_compromise:
        told.add("saturation_low")
    return frozenset(told)


def _missing(answers: Answers, vitals: Vitals, age: Age) -> tuple[str, ...]:
    """R4.13: heart and breathing rate, the saturation where breathing may be affected, children's temperature."""
    wanted = [HR, RR]
    if answers.wants_saturation:
        wanted.append(SPO2)
    if not age.is_adult:
        wanted.append(TEMP)
    return tuple(name for name in wanted if not vitals.is_settled(name))
