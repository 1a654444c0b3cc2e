"""How old somebody is: by date of birth on every kind of birthday, and as it is said (R4.11)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from er_flow.esi.age import MOST, Age, Unit
from er_flow.esi.vitals import BANDS, band
from tests.er_flow.esi.patients import born

pytestmark = pytest.mark.rule("4.11")

BIRTHDAYS = [  # born on the first date, that many months are complete on the second and not on the day before
    ("2026-10-20", "2026-11-20", 1),
    ("2025-11-20", "2026-11-20", 12),
    ("2023-11-20", "2026-11-20", 36),
    ("2021-11-20", "2026-11-20", 60),
    ("2014-11-20", "2026-11-20", 144),
    ("2008-11-20", "2026-11-20", 216),
    ("2008-02-29", "2026-03-01", 216),  # eighteen in a year without the 29th
    ("2024-02-29", "2025-03-01", 12),
    ("2020-02-29", "2023-03-01", 36),
    ("2012-02-29", "2024-02-29", 144),  # twelve in a year that has it
    ("2024-01-29", "2024-02-29", 1),
    ("2026-01-29", "2026-03-01", 1),
    ("2026-01-31", "2026-03-01", 1),
    ("2024-01-31", "2024-03-01", 1),
    ("2026-03-31", "2026-05-01", 1),
    ("2026-04-30", "2026-05-30", 1),
    ("2025-12-31", "2026-01-31", 1),
    ("2025-12-31", "2026-12-31", 12),
    ("2025-02-28", "2026-02-28", 12),
    ("2023-02-28", "2024-02-28", 12),
]


@pytest.mark.parametrize("birth, birthday, months", BIRTHDAYS)
def test_a_month_is_complete_on_the_birthday_and_not_on_the_day_before(birth: str, birthday: str, months: int) -> None:
    first, on = date.fromisoformat(birth), date.fromisoformat(birthday)
    assert Age.born(first, on - timedelta(1)).months == months - 1
    assert Age.born(first, on).months == months


@pytest.mark.parametrize("birth, birthday, months", [row for row in BIRTHDAYS if row[2] in (1, 12, 36, 60, 144, 216)])
def test_a_band_begins_on_the_birthday(birth: str, birthday: str, months: int) -> None:
    first, on = date.fromisoformat(birth), date.fromisoformat(birthday)
    starts = [one.months for one in BANDS]
    assert band(Age.born(first, on)).months == months
    assert band(Age.born(first, on - timedelta(1))).months == starts[starts.index(months) - 1]


@pytest.mark.parametrize(
    "amount, unit, months",
    [
        (0, "days", 0), (27, "days", 0), (30, "days", 0), (31, "days", 1), (4, "weeks", 0), (5, "weeks", 1),
        (0, "months", 0), (1, "months", 1), (11, "months", 1), (12, "months", 12), (1, "years", 12), (35, "months", 12),
        (2, "years", 12), (36, "months", 36), (3, "years", 36), (59, "months", 36), (4, "years", 36),
        (60, "months", 60), (5, "years", 60), (11, "years", 60), (12, "years", 144), (17, "years", 144),
        (18, "years", 216), (130, "years", 216),
    ],
)  # fmt: skip
def test_an_age_that_is_said_is_taken_as_just_reached(amount: int, unit: Unit, months: int) -> None:
    assert band(Age.said(amount, unit)).months == months


@pytest.mark.parametrize(
    "amount, unit, days", [(3, "weeks", 21), (4, "weeks", 28), (12, "weeks", 84), (13, "weeks", 91), (28, "days", 28)]
)
def test_weeks_and_days_are_counted_as_they_are_said(amount: int, unit: Unit, days: int) -> None:
    assert Age.said(amount, unit).days == days


def test_one_month_is_no_newborn_and_three_months_are_no_young_infant() -> None:
    assert Age.said(1, "months").days >= 28
    assert Age.said(2, "months").days < 90
    assert Age.said(3, "months").days >= 90


def test_eighteen_is_grown_up_and_the_day_before_is_not() -> None:
    assert [Age.said(years, "years").is_adult for years in (17, 18)] == [False, True]
    assert [born(2008, 11, day).is_adult for day in (21, 20)] == [False, True]
    assert [born(2008, 11, day).years for day in (21, 20)] == [17, 18]


@pytest.mark.parametrize("unit", MOST)
def test_a_unit_says_no_more_than_it_can(unit: Unit) -> None:
    Age.said(MOST[unit], unit)
    for amount in (MOST[unit] + 1, -1):
        with pytest.raises(ValueError, match=str(amount)):
            Age.said(amount, unit)


def test_no_years_are_no_age_for_the_first_year_has_limits_by_the_month() -> None:
    with pytest.raises(ValueError, match="0 years"):
        Age.said(0, "years")


def test_nobody_is_born_tomorrow() -> None:
    assert Age.born(date(2026, 11, 20), date(2026, 11, 20)) == Age(0, 0)
    with pytest.raises(ValueError, match="future"):
        Age.born(date(2026, 11, 21), date(2026, 11, 20))


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(0, 8000))
@settings(max_examples=200, deadline=None)
def test_nobody_gets_younger_by_a_day(birth: date, days: int) -> None:
    today = Age.born(birth, birth + timedelta(days))
    tomorrow = Age.born(birth, birth + timedelta(days + 1))
    assert today.days == days
    assert 0 <= tomorrow.months - today.months <= 1
    assert abs(today.months - days / 30.436875) < 1.2
