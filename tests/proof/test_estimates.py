"""Simulated days and the product's own model of waits: does what it tells come true (R3.32)? Long with PROOF=1.

The long one plays the file whose figures are reported and asks for everything in each cell. The short one plays a few
of its days: enough to see that the error is small, too few to tell 85 % from 95 % in a cell.
"""

from __future__ import annotations

import os

import pytest

from tests.bench import bench_estimates as bench
from tests.bench.bench_estimates import Result, Score

pytestmark = pytest.mark.rule("3.32")
LONG = os.environ.get("PROOF") == "1"


def test_a_few_days_of_the_report_are_told_well() -> None:
    given = bench.read(bench.FILES / "reporting.toml") | {"clinics": 5, "warm_days": 2, "days": 1, "every": 60}
    found = bench.measure(given)
    print(bench.table(found.every))
    assert bench.missed(found.every, enough=1, coverage=(0.5, 1.0), horizons=("1–3", "4–8")) == []
    every = Score()
    for score in found.every.values():
        every.join(score)
    assert every.told > 300
    assert 0.80 <= every.coverage <= 0.98  # ten days: they go well or badly together
    assert every.smaller >= bench.SMALLER


@pytest.mark.slow
@pytest.mark.skipif(not LONG, reason="PROOF=1")
def test_all_days_of_the_report_hold_in_each_cell() -> None:
    found: Result = bench.measure(bench.read(bench.FILES / "reporting.toml"), os.cpu_count() or 1)
    print(bench.table(found.every), bench.table(found.arriving), sep="\n\n")
    assert bench.missed(found.every) == []


def test_the_check_says_what_does_not_hold() -> None:
    good = Score(told=600, kept=540, beside=600, own=60.0, rolling=100.0)
    cells = {("1 doctor", horizon): good for horizon in bench.ASKED}
    assert bench.missed(cells) == []
    few, late, wide = Score(told=499, kept=450, own=6, rolling=10), Score(600, 509, own=6, rolling=10), Score(600, 571)
    assert bench.missed(cells | {("1 doctor", "9+"): few}) == ["1 doctor, 9+ ahead: only 499 estimates"]
    assert bench.missed(cells | {("1 doctor", "9+"): late}) == ["1 doctor, 9+ ahead: p90 coverage 84.8%"]
    assert bench.missed(cells | {("1 doctor", "1–3"): wide}) == [
        "1 doctor, 1–3 ahead: p90 coverage 95.2%", "1 doctor, 1–3 ahead: error only 0.0% smaller",
    ]  # fmt: skip
    del cells["1 doctor", "4–8"]
    assert len(bench.missed(cells)) == 3, "a cell that is not there is no cell that holds"


def test_the_reported_file_is_not_the_one_that_was_tuned_on() -> None:
    tuning, reporting = (bench.read(bench.FILES / f"{name}.toml") for name in ("tuning", "reporting"))
    assert tuning["seed"] != reporting["seed"]
    assert tuning["service"]["types"] != reporting["service"]["types"]
    assert reporting["service"]["spread"] == [0.6, 0.9]
    assert reporting["kinds"] == {"1 doctor": 1, "pool of 3": 3}
