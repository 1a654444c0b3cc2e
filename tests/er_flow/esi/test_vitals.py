"""What is measured, what is not obtainable, and what can hardly be true (R4.13)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from er_flow.esi import Age, Answers, Vitals, suggest
from er_flow.esi.vitals import PLAUSIBLE, POSSIBLE, UNITS, celsius
from tests.er_flow.esi.patients import GROWN, born

pytestmark = pytest.mark.rule("4.13")

CHILD = born(2008, 12, 20)
SHORT = Answers(breathing_affected=True)
MEASURED: dict[str, Any] = {"hr": 80, "rr": 16, "spo2": 98, "temp": Decimal("37.0")}
NEEDED = [
    ("a grown-up", GROWN, Answers(), ("hr", "rr")),
    ("a child", CHILD, Answers(), ("hr", "rr", "temp")),
    ("a grown-up whose breathing may be affected", GROWN, SHORT, ("hr", "rr", "spo2")),
    ("a child whose breathing may be affected", CHILD, SHORT, ("hr", "rr", "spo2", "temp")),
]
EACH = pytest.mark.parametrize("age, answers, needed", [row[1:] for row in NEEDED], ids=[row[0] for row in NEEDED])
MIDDLE = (3, 4, 5)


@EACH
def test_every_vital_sign_that_is_missing_is_named(age: Age, answers: Answers, needed: tuple[str, ...]) -> None:
    found = suggest(answers, Vitals(), age)
    assert found.missing == needed
    assert found.preselected is None


@EACH
def test_one_missing_is_enough_not_to_confirm(age: Age, answers: Answers, needed: tuple[str, ...]) -> None:
    for name in needed:
        found = suggest(answers, Vitals(**{key: MEASURED[key] for key in needed if key != name}), age)
        assert found.missing == (name,)
        assert [found.may_confirm(level) for level in (1, 2, *MIDDLE)] == [True, True, False, False, False]


@EACH
def test_what_is_measured_may_be_confirmed(age: Age, answers: Answers, needed: tuple[str, ...]) -> None:
    found = suggest(answers, Vitals(**{key: MEASURED[key] for key in needed}), age)
    assert found.missing == ()
    assert all(found.may_confirm(level) for level in MIDDLE)
    assert found.preselected == 5


@EACH
def test_what_is_not_obtainable_for_a_reason_may_be_confirmed(
    age: Age, answers: Answers, needed: tuple[str, ...]
) -> None:
    found = suggest(answers, Vitals(unobtainable=dict.fromkeys(needed, "fights the cuff")), age)
    assert found.missing == ()
    assert all(found.may_confirm(level) for level in MIDDLE)


@pytest.mark.parametrize("resources, level", [((), 5), (("labs",), 4), (("labs", "iv_fluids"), 3)])
def test_no_level_from_three_to_five_is_preselected_while_something_is_missing(
    resources: tuple[str, ...], level: int
) -> None:
    answers = Answers(resources=frozenset(resources))
    without, settled = suggest(answers, Vitals(hr=80), GROWN), suggest(answers, Vitals(hr=80, rr=16), GROWN)
    assert (without.level, without.preselected) == (level, None)
    assert (settled.level, settled.preselected) == (level, level)


@pytest.mark.parametrize("reasons", [{"hr": ""}, {"hr": "  "}, {"humour": "unwilling"}])
def test_a_vital_sign_is_not_unobtainable_without_a_reason(reasons: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="why"):
        Vitals(unobtainable=reasons)


def test_at_eighteen_no_temperature_is_asked_for() -> None:
    assert suggest(Answers(), Vitals(), born(2008, 11, 21)).missing == ("hr", "rr", "temp")
    assert suggest(Answers(), Vitals(), born(2008, 11, 20)).missing == ("hr", "rr")


@pytest.mark.parametrize(
    "says_so",
    [
        {"breathing_affected": True},
        {"respiratory_compromise": True},
        {"symptoms": frozenset({"breathlessness"})},
        {"high_risk": frozenset({"stridor_or_drooling"})},
        {"immediate": frozenset({"severe_respiratory_distress"})},
        {"immediate": frozenset({"apnoeic"})},
        {"life_saving": frozenset({"airway_support"})},
        {"life_saving": frozenset({"breathing_support"})},
        {"life_saving": frozenset({"emergent_niv"})},
    ],
)
def test_a_saturation_is_due_wherever_an_answer_says_that_breathing_may_be_affected(says_so: dict[str, Any]) -> None:
    assert suggest(Answers(**says_so), Vitals(), GROWN).missing == ("hr", "rr", "spo2")


@pytest.mark.parametrize(
    "answers, level",
    [(Answers(immediate=frozenset({"seizing"})), 1), (Answers(high_risk=frozenset({"stroke_signs"})), 2)],
)
def test_one_and_two_are_set_without_vital_signs_and_the_vital_signs_stay_due(answers: Answers, level: int) -> None:
    found = suggest(answers, Vitals(), GROWN)
    assert (found.level, found.preselected, found.missing) == (level, level, ("hr", "rr"))
    assert found.may_confirm(level) and not found.may_confirm(3)


# --- what can hardly be true ------------------------------------------------------------------------------------------

STEP = {name: Decimal("0.1") if name == "temp" else Decimal(1) for name in UNITS}
QUERIED = {"hr": (20, 300), "rr": (4, 120), "spo2": (50, 100), "temp": (25, 43), "sbp": (40, 300), "dbp": (20, 200)}
TAKEN = {"hr": (0, 400), "rr": (0, 150), "spo2": (0, 100), "temp": (10, 47), "sbp": (0, 350), "dbp": (0, 300)}


def of(name: str, value: Decimal) -> Vitals:
    measured: dict[str, Any] = {name: value if name == "temp" else int(value)}
    return Vitals(**measured)


def test_every_vital_sign_has_a_unit_and_ranges() -> None:
    assert set(UNITS) == set(PLAUSIBLE) == set(POSSIBLE) == set(QUERIED)
    assert all(UNITS.values())


@pytest.mark.parametrize("name", QUERIED)
def test_an_implausible_value_is_taken_and_queried(name: str) -> None:
    low, high = (Decimal(edge) for edge in QUERIED[name])
    for value in (low, high):
        assert of(name, value).implausible() == {}
    for value in (low - STEP[name], high + STEP[name]):
        if TAKEN[name][0] <= value <= TAKEN[name][1]:
            assert of(name, value).implausible() == {name: (low, high)}
    assert of(name, Decimal(TAKEN[name][0])).implausible().keys() == {name}


@pytest.mark.parametrize("name", TAKEN)
def test_nothing_impossible_is_taken(name: str) -> None:
    low, high = (Decimal(edge) for edge in TAKEN[name])
    for value in (low, high):
        assert of(name, value).measured() == {name: value}
    for value in (low - STEP[name], high + STEP[name]):
        with pytest.raises(ValueError, match=name):
            of(name, value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_no_temperature(value: str) -> None:
    with pytest.raises(ValueError, match="temp"):
        Vitals(temp=Decimal(value))


def test_a_fahrenheit_temperature_is_never_taken_for_celsius() -> None:
    with pytest.raises(ValueError, match="temp"):
        Vitals(temp=Decimal("98.6"))


@pytest.mark.parametrize("sbp, dbp, queried", [(120, 80, False), (81, 80, False), (80, 80, True), (95, 160, True)])
def test_a_systolic_pressure_not_above_the_diastolic_is_queried(sbp: int, dbp: int, queried: bool) -> None:
    asked = Vitals(sbp=sbp, dbp=dbp).implausible()
    assert asked == ({"sbp": (Decimal(dbp + 1), Decimal(300))} if queried else {})


@pytest.mark.parametrize(
    "fahrenheit, expected",
    [("98.6", "37.0"), ("96.8", "36.0"), ("96.7", "35.9"), ("100.4", "38.0"), ("100.5", "38.1"), ("102.2", "39.0")],
)
def test_fahrenheit_becomes_celsius_to_a_tenth(fahrenheit: str, expected: str) -> None:
    assert celsius(Decimal(fahrenheit)) == Decimal(expected)
