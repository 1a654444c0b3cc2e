"""The limits of heart rate, breathing rate and saturation for every age (R4.10 D, R4.11, R4.12)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from er_flow.esi import Age, Answers, suggest
from er_flow.esi.vitals import BANDS
from tests.er_flow.esi.patients import CALM, GROWN, TODDLER, born, of_days, told

LIMITS = [  # as the handbook prints them: age, heart rate above, breathing rate above, saturation below
    ("under 1 month", of_days(10), 190, 60, 92),
    ("1 to 12 months", Age.said(5, "months"), 180, 55, 92),
    ("1 to 3 years", Age.said(2, "years"), 140, 40, 92),
    ("3 to 5 years", TODDLER, 120, 35, 92),
    ("5 to 12 years", Age.said(8, "years"), 120, 30, 92),
    ("12 to 18 years", Age.said(15, "years"), 100, 20, 92),
    ("18 years and more", GROWN, 100, 20, 92),
]
VITALS = (("hr", 1), ("rr", 1), ("spo2", -1))
"""Vital sign, and in which direction it gets worse."""
AT = [
    pytest.param(age, name, limit, worse, id=f"{label}, {name}")
    for label, age, *limits in LIMITS
    for (name, worse), limit in zip(VITALS, limits, strict=True)
]


def test_there_are_seven_bands() -> None:
    assert len(BANDS) == len(LIMITS) == 7
    assert {band.spo2 for band in BANDS} == {92}


@pytest.mark.rule("4.10")
@pytest.mark.rule("4.11")
@pytest.mark.parametrize("step", [-1, 0, 1])
@pytest.mark.parametrize("age, name, limit, worse", AT)
def test_only_beyond_its_limit_is_a_vital_sign_flagged(age: Age, name: str, limit: int, worse: int, step: int) -> None:
    measured: dict[str, Any] = {name: limit + step * worse}
    found = told(age=age, **measured)
    assert found.flags == ({name} if step > 0 else set())
    assert found.consider == ((2,) if step > 0 else ())
    assert found.level == 5


EDGES = [  # heart rate of the older band, not beyond the younger one's limit; who is one day younger is not flagged
    (born(2026, 10, 21), born(2026, 10, 20), "hr", 181),
    (born(2025, 11, 21), born(2025, 11, 20), "hr", 141),
    (born(2023, 11, 21), born(2023, 11, 20), "hr", 121),
    (born(2021, 11, 21), born(2021, 11, 20), "rr", 31),
    (born(2014, 11, 21), born(2014, 11, 20), "hr", 101),
]


@pytest.mark.rule("4.11")
@pytest.mark.parametrize("before, after, name, value", EDGES)
def test_the_stricter_limit_holds_from_the_birthday_on(before: Age, after: Age, name: str, value: int) -> None:
    measured: dict[str, Any] = {name: value}
    assert told(age=before, **measured).flags == set()
    assert told(age=after, **measured).flags == {name}


@pytest.mark.rule("4.12")
@pytest.mark.parametrize(
    "age, vitals, flags",
    [
        (GROWN, {"hr": 102}, {"hr"}),
        (GROWN, {"hr": 100}, set()),
        (Age.said(15, "months"), {"hr": 158, "rr": 42}, {"hr", "rr"}),
        (GROWN, {"hr": 135}, {"hr"}),
    ],
    ids=["grown up, 102", "grown up, 100", "15 months, 158 and 42", "grown up, 135"],
)
def test_the_values_of_the_handbook_have_its_flags(age: Age, vitals: dict[str, Any], flags: set[str]) -> None:
    assert told(age=age, **vitals).flags == flags


@pytest.mark.rule("4.12")
def test_nothing_to_do_but_a_fast_heart_is_five_and_two_to_be_considered() -> None:
    found = told(hr=135)
    assert (found.level, found.consider, found.urgency) == (5, (2,), 2)


@pytest.mark.rule("4.10")
@pytest.mark.parametrize("resources, level", [((), 5), (("labs",), 4), (("labs", "iv_fluids"), 3)])
@pytest.mark.parametrize("vitals", [{"hr": 101}, {"rr": 21}, {"spo2": 91}])
def test_a_flag_asks_to_consider_two_at_every_provisional_level(
    resources: tuple[str, ...], level: int, vitals: dict[str, Any]
) -> None:
    found = told(Answers(resources=frozenset(resources)), **vitals)
    assert (found.level, found.consider, found.preselected) == (level, (2,), None)
    assert found.path == ("C", f"resources_{len(resources)}", "D", *vitals)


@pytest.mark.rule("4.10")
def test_a_flag_beside_a_high_risk_changes_no_level() -> None:
    found = told(Answers(high_risk=frozenset({"torsion"})), hr=135)
    assert (found.level, found.consider, found.preselected) == (2, (), 2)
    assert found.flags == {"hr", "torsion"}


@pytest.mark.rule("4.13")
@pytest.mark.parametrize("vitals", [{"hr": 130}, {"rr": 40}, {"spo2": 85}])
@pytest.mark.parametrize("answers", [Answers(), Answers(respiratory_compromise=True)])
def test_what_is_usual_at_home_never_removes_a_flag(answers: Answers, vitals: dict[str, Any]) -> None:
    found = suggest(answers, replace(CALM, **vitals), GROWN, vitals)
    assert found.urgency == 2
    asks = {"saturation_low"} if "spo2" in vitals and not answers.respiratory_compromise else set()
    assert found.flags == set(vitals) | asks
    far = {name: Decimal(value) for name, value in vitals.items()}
    assert suggest(answers, replace(CALM, **vitals), GROWN, far) == found
