"""Worse is never less urgent, and nothing valid is too much for the function (R4.12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from er_flow.esi import VERSION, Age, Answers, Vitals, suggest
from er_flow.esi.answers import (
    AVPU,
    CONFUSIONS,
    HIGH_RISK,
    IMMEDIATE,
    LIFE_SAVING,
    NOT_RESOURCES,
    RESOURCES,
    SYMPTOMS,
)
from er_flow.esi.vitals import BANDS, POSSIBLE
from tests.er_flow.esi.patients import of_days

pytestmark = pytest.mark.rule("4.12")

WORDS = {
    "life_saving": LIFE_SAVING, "immediate": IMMEDIATE, "high_risk": HIGH_RISK, "symptoms": SYMPTOMS,
    "resources": RESOURCES,
}  # fmt: skip
TRUTHS = (
    "respiratory_compromise", "breathing_affected", "severe_pain_seen", "pregnant", "postpartum", "immunosuppressed",
    "fever_reported", "immunisation_incomplete", "no_obvious_source",
)  # fmt: skip
LADDERS: dict[str, tuple[Any, ...]] = {"avpu": AVPU, "confusion": CONFUSIONS, "pain": (None, *range(11))}
UP, DOWN, AWAY = 1, -1, 0
SIGNS = {"hr": UP, "rr": UP, "spo2": DOWN, "temp": AWAY, "sbp": AWAY}
NORMAL = {"temp": 370, "sbp": 120}
EDGES = {
    "hr": sorted({one.hr + step for one in BANDS for step in (0, 1)}),
    "rr": sorted({one.rr + step for one in BANDS for step in (0, 1)}),
    "spo2": [85, 87, 88, 89, 90, 91, 92, 98],
    "temp": [340, 358, 359, 360, 370, 380, 381, 385, 386, 390, 391, 400, 415],
    "sbp": [89, 90, 120, 150, 151],
}
"""Values at which something changes; temperatures in tenths of a degree."""


def rarely(what: st.SearchStrategy[Any], otherwise: Any) -> st.SearchStrategy[Any]:
    """Most patients have little: else everybody would be level 1."""
    return st.integers(0, 9).flatmap(lambda n: what if n == 9 else st.just(otherwise))


def value_of(name: str, low: int, high: int) -> st.SearchStrategy[Any]:
    near = [edge for edge in EDGES[name] if low <= edge <= high]
    anything = st.integers(low, high)
    numbers = st.one_of(st.sampled_from(near), anything) if near else anything
    return numbers.map(lambda n: Decimal(n) / 10) if name == "temp" else numbers


def range_of(name: str) -> tuple[int, int]:
    low, high = (int(edge) for edge in POSSIBLE[name])
    return (low * 10, high * 10) if name == "temp" else (low, high)


answers_of = st.builds(
    Answers,
    life_saving=rarely(st.frozensets(st.sampled_from(sorted(LIFE_SAVING)), max_size=2), frozenset()),
    immediate=rarely(st.frozensets(st.sampled_from(sorted(IMMEDIATE)), max_size=2), frozenset()),
    high_risk=rarely(st.frozensets(st.sampled_from(sorted(HIGH_RISK)), max_size=2), frozenset()),
    symptoms=rarely(st.frozensets(st.sampled_from(sorted(SYMPTOMS)), max_size=2), frozenset()),
    resources=st.frozensets(st.sampled_from(sorted(RESOURCES | NOT_RESOURCES)), max_size=3),
    avpu=rarely(st.sampled_from(AVPU), "alert"),
    confusion=rarely(st.sampled_from(CONFUSIONS), "none"),
    pain=st.none() | st.integers(0, 10),
    **{name: rarely(st.just(True), False) for name in TRUTHS},
)
vitals_of = st.builds(
    Vitals,
    **{name: st.none() | value_of(name, *range_of(name)) for name in SIGNS},
    dbp=st.none() | st.integers(0, 300),
    unobtainable=st.dictionaries(st.sampled_from(sorted(POSSIBLE)), st.just("refused"), max_size=2),
)
ages_of = st.one_of(
    st.sampled_from([0, 27, 28, 89, 90]).map(of_days),
    st.sampled_from([one.months for one in BANDS]).map(lambda months: Age.said(months // 12 or 1, "years")),
    st.integers(0, 6_600).map(of_days),
    st.integers(6_600, 36_000).map(of_days),
)
baselines_of = st.dictionaries(st.sampled_from(["hr", "rr", "spo2"]), st.integers(80, 100), max_size=2)


# --- one thing gets worse ---------------------------------------------------------------------------------------------


def worse_answers(answers: Answers) -> Iterator[tuple[str, Answers]]:
    """Every word more, every truth, every step up."""
    changes: list[dict[str, Any]] = [{field: True} for field in TRUTHS]
    changes += [{field: getattr(answers, field) | {word}} for field, words in WORDS.items() for word in sorted(words)]
    for field, steps in LADDERS.items():
        changes += [{field: worse} for worse in steps[steps.index(getattr(answers, field)) + 1 :]]
    for change in changes:
        yield str(change), replace(answers, **change)


def worse_vitals(vitals: Vitals) -> Iterator[tuple[str, Vitals]]:
    """Every edge further in the bad direction, and the end; where nothing was measured, anything that is."""
    for name, direction in SIGNS.items():
        low, high = range_of(name)
        value = getattr(vitals, name)
        if value is not None:
            now = int(value * 10) if name == "temp" else value
            rises = direction == UP or (direction == AWAY and now >= NORMAL[name])
            low, high = (now, high) if rises else (low, now)
        for number in {low, high, *EDGES[name]}:
            if low <= number <= high:
                change: dict[str, Any] = {name: Decimal(number) / 10 if name == "temp" else number}
                yield str(change), replace(vitals, **change)


@given(answers_of, vitals_of, ages_of, baselines_of, st.sampled_from([2, 3]))
@settings(max_examples=300, deadline=None)
def test_worsening_one_thing_never_gives_a_less_urgent_suggestion(
    answers: Answers, vitals: Vitals, age: Age, baselines: dict[str, int], policy: int
) -> None:
    before = suggest(answers, vitals, age, baselines, infant_level=policy)
    event(f"level {before.level}")
    worse = [(what, each, vitals) for what, each in worse_answers(answers)]
    worse += [(what, answers, each) for what, each in worse_vitals(vitals)]
    for what, said, measured in worse:
        after = suggest(said, measured, age, baselines, infant_level=policy)
        assert after.level <= before.level, what
        assert after.urgency <= before.urgency, what


@pytest.mark.rule("4.10")
@pytest.mark.rule("4.13")
@given(answers_of, vitals_of, ages_of, baselines_of, st.sampled_from([2, 3]))
@settings(max_examples=400, deadline=None)
def test_every_patient_gets_a_suggestion_that_holds_together(
    answers: Answers, vitals: Vitals, age: Age, baselines: dict[str, int], policy: int
) -> None:
    found = suggest(answers, vitals, age, baselines, infant_level=policy)
    assert found.version == VERSION
    assert 1 <= found.level <= 5
    assert found.path[0] == {1: "A", 2: "B"}.get(found.level, "C")
    assert list(found.consider) == sorted({one for one in found.consider if 2 <= one < found.level})
    assert found.level > 2 or not found.consider
    assert found.preselected in ((None,) if found.consider else (None, found.level))
    assert found.may_confirm(1) and found.may_confirm(2)
    assert found.may_confirm(5) == (not found.missing)
    assert {"hr", "rr"} & set(found.missing) <= {name for name in ("hr", "rr") if getattr(vitals, name) is None}
    assert found == suggest(answers, vitals, age, baselines, infant_level=policy)


@given(answers_of, vitals_of, ages_of, baselines_of)
@settings(max_examples=200, deadline=None)
def test_what_is_usual_at_home_changes_no_flag_and_the_stricter_policy_is_never_less_urgent(
    answers: Answers, vitals: Vitals, age: Age, baselines: dict[str, int]
) -> None:
    found, unknown = suggest(answers, vitals, age, baselines), suggest(answers, vitals, age)
    assert found.flags == unknown.flags
    assert found.missing == unknown.missing
    assert found.urgency <= 2 or found.urgency == unknown.urgency
    assert found.urgency <= suggest(answers, vitals, age, baselines, infant_level=3).urgency
