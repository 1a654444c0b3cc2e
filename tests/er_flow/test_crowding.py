"""NEDOCS by the rule's own examples, at its limits, and where it cannot be computed (R4.40)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from er_flow.crowding import BANDS, Census, nedocs

pytestmark = pytest.mark.rule("4.40")
QUIET = Census(20, 30, 2, 300, 0, 2, 0.5)


@pytest.mark.parametrize(
    ("census", "score", "band"),
    [
        (Census(45, 30, 8, 300, 2, 6, 1.5), 165.54, "severely_overcrowded"),
        (Census(20, 30, 2, 300, 0, 2, 0.5), 45.88, "busy"),
        (Census(90, 40, 20, 400, 5, 20, 4), 200.0, "dangerously_overcrowded"),
        (Census(0, 30, 0, 300, 0, 0, 0), 0.0, "not_busy"),
    ],
)
def test_the_rules_examples(census: Census, score: float, band: str) -> None:
    told = nedocs(census)
    assert told is not None
    assert told.score == pytest.approx(score, abs=0.01)
    assert told.band == band


def test_the_terms_are_what_it_is_made_of() -> None:
    told = nedocs(QUIET)
    assert told is not None
    assert {term.name: round(term.points, 2) for term in told.terms} == {
        "base": -20, "occupancy": 57.2, "admits": 4.0, "ventilated": 0, "longest_admit": 1.86, "door_to_bed": 2.82,
    }  # fmt: skip
    assert sum(term.points for term in told.terms) == pytest.approx(told.score)


def test_more_than_two_ventilated_count_as_two() -> None:
    two, five = nedocs(replace(QUIET, ventilated=2)), nedocs(replace(QUIET, ventilated=5))
    assert two is not None
    assert two == five
    assert two.score - 45.88 == pytest.approx(26.8, abs=0.01)


@pytest.mark.parametrize("beds", [None, 0])
def test_without_the_hospitals_beds_it_is_not_computable_and_never_nothing(beds: int | None) -> None:
    assert nedocs(replace(QUIET, hospital_beds=beds)) is None
    assert nedocs(replace(QUIET, beds=0)) is None


@pytest.mark.parametrize(("most", "band"), BANDS)
def test_each_band_ends_with_its_limit(most: int, band: str) -> None:
    at = nedocs(Census(0, 100, 0, 100, 0, (most + 20) / 0.93, 0))
    assert at is not None
    assert (round(at.score, 6), at.band) == (most, band)
    above = nedocs(Census(0, 100, 0, 100, 0, (most + 20.01) / 0.93, 0))
    assert above is not None
    names = [name for _most, name in BANDS]
    assert above.band == names[min(names.index(band) + 1, len(names) - 1)]
    assert above.score <= 200
