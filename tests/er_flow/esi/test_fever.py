"""Temperature of the young, at every limit and every age (R4.11)."""

from __future__ import annotations

from datetime import date

import pytest

from er_flow.esi import Age, Answers
from tests.er_flow.esi.patients import TODDLER, born, of_days, told

pytestmark = pytest.mark.rule("4.11")

TEMPS = ("35.9", "36.0", "37.9", "38.0", "38.1", "38.5", "38.6", "39.0", "39.1")
NEWBORN, OLDER = "?2 . . . 2 2 2 2 2", "?23 . . . . . . . ?23"
TABLE = [  # a number is a level, "?" what is to be considered, "." neither
    ("0 days", of_days(0), NEWBORN),
    ("27 days", of_days(27), NEWBORN),
    ("28 days", of_days(28), NEWBORN),
    ("89 days", of_days(89), NEWBORN),
    ("90 days", of_days(90), OLDER),
    ("3 years", TODDLER, OLDER),
    ("17 years 11 months", born(2008, 12, 20), OLDER),
    ("18 years", born(2008, 11, 20), ". . . . . . . . ."),
]
AS_POLICY = [  # the same where the hospital only considers 2 for the second and third month
    ("27 days", of_days(27), NEWBORN),
    ("28 days", of_days(28), "?2 . . . ?2 ?2 ?2 ?2 ?2"),
    ("89 days", of_days(89), "?2 . . . ?2 ?2 ?2 ?2 ?2"),
    ("90 days", of_days(90), OLDER),
]
MEANS: dict[str, tuple[int, tuple[int, ...]]] = {".": (5, ()), "2": (2, ()), "?2": (5, (2,)), "?23": (5, (2, 3))}


def cells(table: list[tuple[str, Age, str]]) -> list[object]:
    return [
        pytest.param(age, temp, *MEANS[cell], id=f"{label}, {temp}")
        for label, age, row in table
        for temp, cell in zip(TEMPS, row.split(), strict=True)
    ]


@pytest.mark.parametrize("age, temp, level, consider", cells(TABLE))
def test_a_temperature_says_this_at_this_age(age: Age, temp: str, level: int, consider: tuple[int, ...]) -> None:
    found = told(age=age, temp=temp)
    assert (found.level, found.consider) == (level, consider)
    if level == 2:
        assert found.path == ("B", "infant_fever")


@pytest.mark.parametrize("age, temp, level, consider", cells(AS_POLICY))
def test_the_other_statement_of_the_handbook_only_considers_two(
    age: Age, temp: str, level: int, consider: tuple[int, ...]
) -> None:
    found = told(age=age, infant_level=3, temp=temp)
    assert (found.level, found.consider) == (level, consider)


@pytest.mark.parametrize("temp", ["10.0", "30.0", "34.5", "40.0", "42.9", "47.0"])
def test_far_beyond_a_limit_is_as_urgent_as_just_beyond_it(temp: str) -> None:
    for _label, age, row in TABLE:
        just = row.split()[-1 if temp > "37" else 0]
        found = told(age=age, temp=temp)
        assert (found.level, found.consider) == MEANS[just]


FLAGS = ("temp_low", "", "", "", "fever", "fever", "fever temp_red", "fever temp_red", "fever temp_red")


@pytest.mark.parametrize("age", [of_days(90), TODDLER, born(2008, 12, 20)], ids=["90 days", "3 years", "17 years"])
@pytest.mark.parametrize("temp, flags", list(zip(TEMPS, FLAGS, strict=True)))
def test_a_child_s_temperature_is_flagged(age: Age, temp: str, flags: str) -> None:
    assert told(age=age, temp=temp).flags == set(flags.split())


@pytest.mark.parametrize("days", [0, 27, 28, 89])
def test_an_infant_s_low_temperature_is_flagged_and_so_is_its_fever(days: int) -> None:
    assert told(age=of_days(days), temp="35.9").flags == {"temp_low"}
    assert told(age=of_days(days), temp="36.0").flags == set()
    assert told(age=of_days(days), temp="38.1").flags == {"fever", "infant_fever"}


@pytest.mark.parametrize("temp", ["34.0", "35.9", "38.1", "41.0"])
def test_a_grown_up_has_no_flag_for_a_temperature(temp: str) -> None:
    found = told(Answers(no_obvious_source=True, immunisation_incomplete=True), temp=temp)
    assert (found.level, found.consider) == (5, ())
    assert found.flags == set()


@pytest.mark.parametrize("answers", [Answers(immunisation_incomplete=True), Answers(no_obvious_source=True)])
@pytest.mark.parametrize("age", [of_days(90), TODDLER, born(2008, 12, 20)], ids=["90 days", "3 years", "17 years"])
def test_a_febrile_child_without_protection_or_source_may_be_two_or_three(age: Age, answers: Answers) -> None:
    assert told(answers, age, temp="38.0").consider == ()
    found = told(answers, age, temp="38.1")
    assert (found.level, found.consider) == (5, (2, 3))
    assert found.flags == {"fever", "fever_unexplained"}
    assert found.path == ("C", "resources_0", "D", "fever", "fever_unexplained")


def test_an_unexplained_fever_is_told_of_an_infant_too() -> None:
    answers = Answers(no_obvious_source=True)
    assert "fever_unexplained" in told(answers, of_days(40), temp="38.1").flags
    asked = told(answers, of_days(40), infant_level=3, temp="38.1")
    assert (asked.consider, "fever_unexplained" in asked.flags) == ((2,), True)


@pytest.mark.parametrize(
    "resources, level, consider", [((), 5, (2, 3)), (("labs",), 4, (2, 3)), (("labs", "iv_fluids"), 3, (2,))]
)
def test_only_more_urgent_levels_are_to_be_considered(
    resources: tuple[str, ...], level: int, consider: tuple[int, ...]
) -> None:
    found = told(Answers(resources=frozenset(resources)), TODDLER, temp="39.1")
    assert (found.level, found.consider, found.preselected) == (level, consider, None)


def test_of_three_months_and_ninety_days_the_days_decide() -> None:
    three_months = Age.born(date(2026, 2, 1), date(2026, 5, 1))
    ninety_days = Age.born(date(2026, 7, 1), date(2026, 9, 29))
    assert (three_months, ninety_days) == (Age(months=3, days=89), Age(months=2, days=90))
    assert [told(age=age, temp="38.1").level for age in (three_months, ninety_days)] == [2, 5]


@pytest.mark.parametrize("amount, level", [(1, 2), (2, 2), (3, 5)])
def test_months_that_are_said_have_the_rule_of_their_age(amount: int, level: int) -> None:
    assert told(age=Age.said(amount, "months"), temp="38.1").level == level
