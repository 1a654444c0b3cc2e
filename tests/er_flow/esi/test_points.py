"""The decision points A, B and C: what makes a level, and what never does (R4.10)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from er_flow.esi import VERSION, Answers, Vitals, suggest
from er_flow.esi.answers import HIGH_RISK, IMMEDIATE, LIFE_SAVING, NOT_RESOURCES, RESOURCES
from tests.er_flow.esi.patients import CALM, GROWN, TODDLER, told

pytestmark = pytest.mark.rule("4.10")

LIFE = [
    "airway_support", "breathing_support", "emergent_niv", "defibrillation", "cardioversion", "pacing",
    "needle_decompression", "pericardiocentesis", "thoracotomy", "fluid_resuscitation", "blood",
    "haemorrhage_control", "dopamine", "epinephrine", "naloxone",
]  # fmt: skip
NOW = [
    "unresponsive", "pulseless", "apnoeic", "seizing", "flaccid_infant", "severe_respiratory_distress",
    "profound_hypotension", "profound_hypoglycaemia",
]  # fmt: skip
RISKS = [
    "suicidal", "homicidal", "psychotic", "violent", "heavy_postpartum_bleeding", "stroke_signs", "suspected_acs",
    "possible_ectopic", "torsion", "stridor_or_drooling", "button_battery", "fall_6m", "ejection",
    "penetrating_trauma", "limb_without_pulse", "sexual_assault", "other_high_risk",
]  # fmt: skip


def only(field: str, *words: str) -> Answers:
    told: dict[str, Any] = {field: frozenset(words)}
    return Answers(**told)


# --- A ---------------------------------------------------------------------------------------------------------------


def test_the_words_are_those_of_the_rule() -> None:
    assert set(LIFE) == LIFE_SAVING
    assert set(NOW) == IMMEDIATE
    assert set(RISKS) == HIGH_RISK
    assert not RESOURCES & NOT_RESOURCES


@pytest.mark.parametrize("field, word", [("life_saving", w) for w in LIFE] + [("immediate", w) for w in NOW])
def test_each_intervention_and_each_condition_of_a_makes_level_one(field: str, word: str) -> None:
    found = suggest(only(field, word), Vitals(), GROWN)
    assert (found.level, found.consider, found.path, found.preselected) == (1, (), ("A", word), 1)
    assert found.may_confirm(1)


def test_diagnostics_and_monitoring_are_no_intervention() -> None:
    everything = suggest(Answers(resources=RESOURCES | NOT_RESOURCES), CALM, GROWN)
    assert (everything.level, everything.consider) == (3, ())
    for word in sorted(RESOURCES | NOT_RESOURCES):
        for field in ("life_saving", "immediate", "high_risk"):
            with pytest.raises(ValueError, match=word):
                only(field, word)


@pytest.mark.parametrize("avpu, level", [("alert", 5), ("voice", 2), ("pain", 1), ("unresponsive", 1)])
def test_who_answers_to_pain_only_or_not_at_all_is_one_and_who_answers_to_a_voice_two(avpu: str, level: int) -> None:
    found = told(Answers(avpu=avpu))
    assert found.level == level
    if level < 5:
        assert found.path == ("A" if level == 1 else "B", f"avpu_{avpu}")


@pytest.mark.parametrize(
    "spo2, usual, compromise, level, consider",
    [
        (89, None, True, 1, ()),
        (90, None, True, 5, (2,)),
        (89, None, False, 5, (2,)),
        (89, 95, True, 1, ()),
        (88, 88, True, 5, (2,)),  # the patient's norm
        (87, 88, True, 1, ()),  # below the norm
        (89, 88, True, 5, (2,)),
        (70, 88, False, 5, (2,)),
    ],
)
def test_a_saturation_below_ninety_is_one_with_compromise_and_unless_it_is_the_norm(
    spo2: int, usual: int | None, compromise: bool, level: int, consider: tuple[int, ...]
) -> None:
    usually = {} if usual is None else {"spo2": usual}
    answers = Answers(respiratory_compromise=compromise)
    found = suggest(answers, replace(CALM, spo2=spo2), GROWN, usually)
    assert (found.level, found.consider) == (level, consider)
    assert "spo2" in found.flags


# --- B ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", RISKS)
def test_each_high_risk_situation_is_two_and_returned_as_a_flag(word: str) -> None:
    found = suggest(only("high_risk", word), Vitals(), GROWN)
    assert (found.level, found.consider, found.path) == (2, (), ("B", word))
    assert found.flags == {word}
    assert found.may_confirm(2)


@pytest.mark.parametrize("confusion, level", [("none", 5), ("chronic", 5), ("unknown_baseline", 2), ("new", 2)])
def test_confusion_counts_as_new_unless_it_is_known_to_be_old(confusion: str, level: int) -> None:
    found = told(Answers(confusion=confusion))
    assert found.level == level
    assert found.flags == ({"confusion"} if level == 2 else set())


@pytest.mark.parametrize("pain", [None, 0, 1, 6, 7, 9, 10])
def test_a_number_that_is_said_never_decides(pain: int | None) -> None:
    said, seen = told(Answers(pain=pain)), told(Answers(pain=pain, severe_pain_seen=True))
    assert (said.level, said.consider) == (5, ())
    assert said.flags == ({"pain_reported"} if pain is not None and pain >= 7 else set())
    assert (seen.level, seen.path) == (2, ("B", "severe_pain"))


@pytest.mark.parametrize("state, level", [({}, 5), ({"pregnant": True}, 2), ({"postpartum": True}, 2)])
@pytest.mark.parametrize("sbp, is_off", [(89, True), (90, False), (150, False), (151, True)])
def test_a_pressure_that_is_off_is_two_in_and_after_pregnancy(
    state: dict[str, Any], level: int, sbp: int, is_off: bool
) -> None:
    assert told(Answers(**state), sbp=sbp).level == (level if is_off else 5)


@pytest.mark.rule("4.10")
@pytest.mark.parametrize("sbp, is_asked", [(60, True), (89, True), (90, False), (None, False)])
def test_a_low_pressure_asks_for_shock_and_nothing_is_chosen_beforehand(sbp: int | None, is_asked: bool) -> None:
    found, seen = told(Answers(), sbp=sbp), told(only("immediate", "profound_hypotension"), sbp=sbp)
    assert found.flags == ({"pressure_low"} if is_asked else set())
    assert (found.level, found.preselected) == (5, None if is_asked else 5)
    assert (seen.level, seen.preselected) == (1, 1)
    assert not seen.flags


@pytest.mark.rule("4.10")
@pytest.mark.parametrize("spo2, is_asked", [(85, True), (89, True), (90, False), (91, False)])
def test_a_critical_saturation_asks_for_the_breathing(spo2: int, is_asked: bool) -> None:
    found = told(Answers(), spo2=spo2)
    assert found.flags == {"spo2"} | ({"saturation_low"} if is_asked else set())
    assert (found.level, found.consider, found.preselected) == (5, (2,), None)
    laboured = told(Answers(respiratory_compromise=True), spo2=spo2)
    assert laboured.level == (1 if is_asked else 5)
    assert laboured.flags == {"spo2"}


@pytest.mark.parametrize("answers", [Answers(pregnant=True), Answers(postpartum=True)])
def test_a_pressure_is_asked_for_in_and_after_pregnancy(answers: Answers) -> None:
    assert told(answers, sbp=None).flags == {"pressure_wanted"}
    assert told(answers).flags == set()


@pytest.mark.parametrize("symptom", ["chest_pain", "breathlessness", "abdominal_pain", "headache"])
def test_each_of_four_complaints_is_two_in_pregnancy(symptom: str) -> None:
    symptoms = frozenset({symptom})
    found = told(Answers(pregnant=True, symptoms=symptoms))
    assert found.level == 2
    assert found.flags == {"pregnant_symptom"}
    assert told(Answers(symptoms=symptoms)).level == 5


@pytest.mark.parametrize(
    "temp, reported, level",
    [("37.9", False, 5), ("38.0", False, 5), ("38.1", False, 2), ("37.0", True, 2), (None, True, 2), (None, False, 5)],
)
def test_a_fever_is_two_after_a_transplant_or_chemotherapy(temp: str | None, reported: bool, level: int) -> None:
    found = told(Answers(immunosuppressed=True, fever_reported=reported), temp=temp)
    assert found.level == level
    assert ("temperature_wanted" in found.flags) == (temp is None and not reported)
    assert told(Answers(fever_reported=reported), temp=temp).level == 5


def test_a_child_after_a_transplant_with_fever_is_two_and_not_only_to_be_considered() -> None:
    assert told(Answers(immunosuppressed=True), TODDLER, temp="38.1").level == 2


def test_what_b_finds_is_flagged_where_a_decides() -> None:
    found = told(Answers(life_saving=frozenset({"naloxone"}), high_risk=frozenset({"suicidal"})))
    assert (found.level, found.path) == (1, ("A", "naloxone"))
    assert found.flags == {"suicidal"}


def test_several_findings_are_all_told() -> None:
    answers = Answers(life_saving=frozenset({"pacing", "blood"}), immediate=frozenset({"pulseless"}), avpu="pain")
    assert told(answers).path == ("A", "blood", "pacing", "pulseless", "avpu_pain")


# --- C ---------------------------------------------------------------------------------------------------------------

SIMPLE = sorted(RESOURCES - {"complex_procedure"})


@pytest.mark.parametrize("word", SIMPLE)
def test_one_kind_of_resource_is_four(word: str) -> None:
    assert told(only("resources", word)).level == 4


@pytest.mark.parametrize(
    "resources, level, point",
    [
        ((), 5, "resources_0"),
        (("labs", "ecg_or_xray"), 3, "resources_2"),
        (("labs", "ecg_or_xray", "consultation"), 3, "resources_2"),
        (("simple_procedure",), 4, "resources_1"),
        (("complex_procedure",), 3, "resources_2"),
        (SIMPLE, 3, "resources_2"),
    ],
)
def test_kinds_of_resource_are_counted_and_a_complex_procedure_twice(
    resources: list[str], level: int, point: str
) -> None:
    found = told(only("resources", *resources))
    assert (found.level, found.consider, found.path, found.preselected) == (level, (), ("C", point), level)


@pytest.mark.parametrize("word", sorted(NOT_RESOURCES))
def test_what_is_no_resource_counts_nothing(word: str) -> None:
    assert told(only("resources", word)).level == 5
    assert told(only("resources", word, "labs")).level == 4


def test_everything_that_is_no_resource_together_counts_nothing() -> None:
    assert told(only("resources", *NOT_RESOURCES)).level == 5


# --- what is not taken, and what is kept ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"life_saving": frozenset({"ct"})}, {"immediate": frozenset({"ill"})}, {"high_risk": frozenset({"labs"})},
        {"symptoms": frozenset({"itch"})}, {"resources": frozenset({"blood"})}, {"avpu": "drunk"},
        {"confusion": "a bit"}, {"pain": 11}, {"pain": -1},
    ],
)  # fmt: skip
def test_a_word_that_nobody_knows_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Answers(**wrong)


@pytest.mark.rule("4.14")
@pytest.mark.parametrize(
    "answers", [Answers(), only("immediate", "pulseless"), only("high_risk", "torsion"), only("resources", "labs")]
)
def test_a_suggestion_says_which_version_made_it_and_is_the_same_again(answers: Answers) -> None:
    vitals = replace(CALM, temp=Decimal("38.6"))
    found = suggest(answers, vitals, TODDLER)
    assert found.version == VERSION == "esi-v5/2"
    assert found == suggest(answers, vitals, TODDLER)
