"""What the triage nurse is asked: the words of the four decision points A to D (R4.10)."""

from __future__ import annotations

from dataclasses import dataclass, field

LIFE_SAVING = frozenset({
    "airway_support", "breathing_support", "emergent_niv", "defibrillation", "cardioversion", "pacing",
    "needle_decompression", "pericardiocentesis", "thoracotomy", "fluid_resuscitation", "blood", "haemorrhage_control",
    "dopamine", "epinephrine", "naloxone",
})  # fmt: skip
"""Interventions that are needed now and make level 1. Diagnostics and monitoring are not among them."""

IMMEDIATE = frozenset({
    "unresponsive", "pulseless", "apnoeic", "seizing", "flaccid_infant", "severe_respiratory_distress",
    "profound_hypotension", "profound_hypoglycaemia",
})  # fmt: skip
"""Conditions that make level 1 whatever is done about them. ``unresponsive``: also acutely non-verbal and not
following commands."""

HIGH_RISK = frozenset({
    "suicidal", "homicidal", "psychotic", "violent", "heavy_postpartum_bleeding", "stroke_signs", "suspected_acs",
    "possible_ectopic", "torsion", "stridor_or_drooling", "button_battery", "fall_6m", "ejection",
    "penetrating_trauma", "limb_without_pulse", "sexual_assault", "other_high_risk",
})  # fmt: skip
"""Situations that make level 2. ``other_high_risk``: the nurse's judgement, in words of its own."""

SYMPTOMS = frozenset({"chest_pain", "breathlessness", "abdominal_pain", "headache"})
"""Complaints that make a pregnant patient level 2."""

BREATHING = frozenset({
    "airway_support", "breathing_support", "emergent_niv", "apnoeic", "severe_respiratory_distress",
    "stridor_or_drooling", "breathlessness",
})  # fmt: skip
"""Of all words, those that say that breathing may be affected."""

RESOURCES = frozenset({
    "labs", "ecg_or_xray", "ct_mri_us", "iv_fluids", "parenteral_drugs", "consultation", "simple_procedure",
    "complex_procedure",
})  # fmt: skip
"""Kinds of resource that count; a complex procedure counts twice. Drugs: intravenous, intramuscular, nebulised."""

NOT_RESOURCES = frozenset({
    "exam", "point_of_care_test", "saline_lock", "oral_drugs", "tetanus", "prescription", "simple_wound_care",
    "splint",
})  # fmt: skip
"""What is often taken for a resource and is none; a form may ask, and it counts nothing."""

AVPU = ("alert", "voice", "pain", "unresponsive")
NO_CONFUSION, NEW, UNKNOWN_BASELINE, CHRONIC = "none", "new", "unknown_baseline", "chronic"
CONFUSIONS = (NO_CONFUSION, CHRONIC, UNKNOWN_BASELINE, NEW)
"""From none to new confusion, lethargy or disorientation; with an unknown baseline it counts as new."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the nurse answered; whatever was not asked is not so. Raises ValueError for a word nobody knows."""

    life_saving: frozenset[str] = frozenset()
    immediate: frozenset[str] = frozenset()
    avpu: str = "alert"
    respiratory_compromise: bool = False
    """Breathing is laboured or failing: with a saturation below 90 % that is not the patient's norm, level 1."""
    breathing_affected: bool = False
    """Breathing may be affected though no other answer says so."""
    high_risk: frozenset[str] = frozenset()
    confusion: str = NO_CONFUSION
    severe_pain_seen: bool = False
    """Severe pain or distress that the nurse observes; a number the patient says never decides."""
    pain: int | None = None
    """0 to 10, as the patient says."""
    symptoms: frozenset[str] = frozenset()
    pregnant: bool = False
    postpartum: bool = False
    immunosuppressed: bool = False
    """Transplant or chemotherapy."""
    fever_reported: bool = False
    immunisation_incomplete: bool = False
    no_obvious_source: bool = False
    resources: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        known = (
            (self.life_saving, LIFE_SAVING), (self.immediate, IMMEDIATE), (self.high_risk, HIGH_RISK),
            (self.symptoms, SYMPTOMS), (self.resources, RESOURCES | NOT_RESOURCES),
        )  # fmt: skip
        for given, words in known:
            if given - words:
                raise ValueError(f"unknown: {sorted(given - words)}")
        if self.avpu not in AVPU or self.confusion not in CONFUSIONS:
            raise ValueError(f"unknown: {self.avpu}, {self.confusion}")
        if self.pain is not None and not 0 <= self.pain <= 10:
            raise ValueError(f"pain {self.pain}")

    @property
    def wants_saturation(self) -> bool:
        """Whether breathing may be affected, so that a saturation is due (R4.13)."""
        words = self.life_saving | self.immediate | self.high_risk | self.symptoms
        return self.breathing_affected or self.respiratory_compromise or bool(words & BREATHING)

    @property
    def resource_count(self) -> int:
        """Kinds of resource, not how many of each."""
        counted = self.resources & RESOURCES
        return len(counted) + ("complex_procedure" in counted)
