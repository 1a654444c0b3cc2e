"""Temperature of whoever is under 18 (R4.11)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from er_flow.esi.age import Age
from er_flow.esi.answers import Answers

NEWBORN, YOUNG_INFANT = 28, 90
"""Days."""
FEBRILE, RED, HIGH, COLD = Decimal("38.0"), Decimal("38.5"), Decimal("39.0"), Decimal("36.0")


@dataclass(frozen=True, slots=True)
class Fever:
    """What a temperature says: a level it gives, levels to consider, flags."""

    level: int | None = None
    consider: tuple[int, ...] = ()
    flags: frozenset[str] = frozenset()


def of(temp: Decimal | None, age: Age, answers: Answers, *, infant_level: int = 2) -> Fever:
    """What the temperature in °C says at this age.

    ``infant_level`` is the policy for 28 to 89 days: 2 gives the level (the stricter of the handbook's two
    statements), 3 only asks to consider it.
    """
    if age.is_adult or temp is None:
        return Fever()
    flags = set()
    if temp > RED:
        flags.add("temp_red")
    if temp > FEBRILE:
        flags.add("fever")
    if temp < COLD:
        flags.add("temp_low")
    unexplained = temp > FEBRILE and (answers.immunisation_incomplete or answers.no_obvious_source)
    if unexplained:
        flags.add("fever_unexplained")
    if age.days < YOUNG_INFANT:
        return _young(temp, age, frozenset(flags), infant_level)
    extreme = temp > HIGH or temp < COLD
    return Fever(None, (2, 3) if unexplained or extreme else (), frozenset(flags))


def _young(temp: Decimal, age: Age, told: frozenset[str], infant_level: int) -> Fever:
    if temp > FEBRILE:
        given = age.days < NEWBORN or infant_level <= 2
        return Fever(2, (), told) if given else Fever(None, (2,), told)
    return Fever(None, (2,) if temp < COLD else (), told)
