"""The words of triage: questions, vital signs, flags, and how a suggestion came about."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

VITALS = {
    "hr": gettext_lazy("Pulse"), "rr": gettext_lazy("Breaths"), "spo2": gettext_lazy("SpO2"),
    "temp": gettext_lazy("Temperature"), "sbp": gettext_lazy("Systolic pressure"),
    "dbp": gettext_lazy("Diastolic pressure"),
}  # fmt: skip
PRESSURE = gettext_lazy("Blood pressure")

LIFE_SAVING = (
    ("airway_support", gettext_lazy("Airway support")), ("breathing_support", gettext_lazy("Breathing support")),
    ("emergent_niv", gettext_lazy("Emergent CPAP or BiPAP")), ("defibrillation", gettext_lazy("Defibrillation")),
    ("cardioversion", gettext_lazy("Emergent cardioversion")), ("pacing", gettext_lazy("External pacing")),
    ("needle_decompression", gettext_lazy("Needle decompression")),
    ("pericardiocentesis", gettext_lazy("Pericardiocentesis")), ("thoracotomy", gettext_lazy("Open thoracotomy")),
    ("fluid_resuscitation", gettext_lazy("Significant fluid resuscitation")),
    ("blood", gettext_lazy("Blood")), ("haemorrhage_control", gettext_lazy("Control of major bleeding")),
    ("dopamine", gettext_lazy("Dopamine")), ("epinephrine", gettext_lazy("Epinephrine, also IM for anaphylaxis")),
    ("naloxone", gettext_lazy("Naloxone")),
)  # fmt: skip
IMMEDIATE = (
    ("unresponsive", gettext_lazy("Unresponsive, or follows no commands")), ("pulseless", gettext_lazy("Pulseless")),
    ("apnoeic", gettext_lazy("Not breathing")), ("seizing", gettext_lazy("Seizing now")),
    ("flaccid_infant", gettext_lazy("Flaccid infant")),
    ("severe_respiratory_distress", gettext_lazy("Severe respiratory distress")),
    ("profound_hypotension", gettext_lazy("Profound hypotension")),
    ("profound_hypoglycaemia", gettext_lazy("Profound hypoglycaemia")),
)  # fmt: skip
HIGH_RISK = (
    ("suspected_acs", gettext_lazy("Suspected heart attack")), ("stroke_signs", gettext_lazy("Stroke signs")),
    ("stridor_or_drooling", gettext_lazy("Stridor or drooling")),
    ("possible_ectopic", gettext_lazy("Possible ectopic pregnancy")),
    ("heavy_postpartum_bleeding", gettext_lazy("Heavy bleeding after birth")), ("torsion", gettext_lazy("Torsion")),
    ("limb_without_pulse", gettext_lazy("Limb without pulse")), ("button_battery", gettext_lazy("Button battery")),
    ("fall_6m", gettext_lazy("Fall from 6 m or more")), ("ejection", gettext_lazy("Thrown from a vehicle")),
    ("penetrating_trauma", gettext_lazy("Penetrating trauma of head, neck or trunk")),
    ("sexual_assault", gettext_lazy("Sexual assault")), ("suicidal", gettext_lazy("Suicidal")),
    ("homicidal", gettext_lazy("Homicidal")), ("psychotic", gettext_lazy("Psychotic")),
    ("violent", gettext_lazy("Violent")), ("other_high_risk", gettext_lazy("Another high risk (say it in the note)")),
)  # fmt: skip
SYMPTOMS = (
    ("chest_pain", gettext_lazy("Chest pain")), ("breathlessness", gettext_lazy("Breathlessness")),
    ("abdominal_pain", gettext_lazy("Abdominal pain")), ("headache", gettext_lazy("Headache")),
)  # fmt: skip
RESOURCES = (
    ("labs", gettext_lazy("Labs")), ("ecg_or_xray", gettext_lazy("ECG or X-ray")),
    ("ct_mri_us", gettext_lazy("CT, MRI, ultrasound")), ("iv_fluids", gettext_lazy("IV fluids")),
    ("parenteral_drugs", gettext_lazy("IV, IM or nebulised drug")), ("consultation", gettext_lazy("Consultation")),
    ("simple_procedure", gettext_lazy("Simple procedure")),
    ("complex_procedure", gettext_lazy("Complex procedure, counts 2")),
)  # fmt: skip
AVPU = (
    ("alert", gettext_lazy("Alert")), ("voice", gettext_lazy("Voice")), ("pain", gettext_lazy("Pain")),
    ("unresponsive", gettext_lazy("None")),
)  # fmt: skip
CONFUSION = (
    ("none", gettext_lazy("No")), ("new", gettext_lazy("New")),
    ("unknown_baseline", gettext_lazy("Yes, usual state unknown")), ("chronic", gettext_lazy("As usual")),
)  # fmt: skip

FLAGS = {
    "hr": gettext_lazy("pulse beyond the limit"), "rr": gettext_lazy("breathing beyond the limit"),
    "spo2": gettext_lazy("saturation below the limit"), "temp_red": gettext_lazy("above 38.5 °C"),
    "fever": gettext_lazy("fever"), "temp_low": gettext_lazy("below 36.0 °C"),
    "fever_unexplained": gettext_lazy("fever without a source, or immunisation incomplete"),
    "infant_fever": gettext_lazy("fever of a young infant"), "confusion": gettext_lazy("new confusion"),
    "avpu_voice": gettext_lazy("responds to voice only"), "avpu_pain": gettext_lazy("responds to pain only"),
    "avpu_unresponsive": gettext_lazy("does not respond"),
    "severe_pain": gettext_lazy("severe pain or distress that is seen"),
    "immunosuppressed_fever": gettext_lazy("fever with weakened immunity"),
    "obstetric_pressure": gettext_lazy("blood pressure in or after pregnancy"),
    "pregnant_symptom": gettext_lazy("pregnant, with a warning symptom"),
    "pain_reported": gettext_lazy("pain of 7 or more is said, not yet seen"),
    "temperature_wanted": gettext_lazy("take the temperature: weakened immunity"),
    "pressure_wanted": gettext_lazy("take the blood pressure: pregnancy"),
    "pressure_low": gettext_lazy("systolic below 90: level 1 if it is profound hypotension"),
    "saturation_low": gettext_lazy("saturation below 90 %: level 1 if breathing is laboured"),
    "spo2_critical": gettext_lazy("saturation below 90 % with laboured breathing"),
}  # fmt: skip
_WORDS = dict((*LIFE_SAVING, *IMMEDIATE, *HIGH_RISK, *SYMPTOMS, *RESOURCES))


def flag(name: str) -> str:
    """A flag, or anything found on the way, in words."""
    return str(FLAGS.get(name) or _WORDS.get(name) or name.replace("_", " "))


def resources_text(name: str) -> str:
    count = int(name.removeprefix("resources_") or 0)
    if not count:
        return _("no kind of resource")
    return ngettext("%(n)s kind of resource", "%(n)s kinds of resource or more", count) % {"n": count}


def path_text(path: Sequence[str]) -> str:
    """How a suggestion came about, in a sentence."""
    told = []
    for one in path:
        if one in ("A", "B", "C", "D"):
            told.append([one])
        elif told:
            told[-1].append(resources_text(one) if one.startswith("resources_") else flag(one))
    return "; ".join(f"{point[0]}: {', '.join(point[1:])}" for point in told)
