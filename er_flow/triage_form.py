"""The triage form: questions A to D and vital signs, as answers and values of the pure function (R4.10–R4.13)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as now_gettext
from django.utils.translation import gettext_lazy as _

from er_flow.esi import Answers, Vitals
from er_flow.esi.vitals import POSSIBLE, UNITS, celsius
from er_flow.forms import many_field, moment_field, radio_field
from er_flow.models import Triage
from er_flow.operations.triage import Sheet
from er_flow.regions import triage_words as words
from queues.forms import CONTROL, Plain, words_field

SIGNS = ("hr", "rr", "spo2", "temp", "sbp", "dbp")
DUE = ("hr", "rr", "spo2", "temp")
"""Those that may have to be measured; why one cannot be is asked for each."""
CELSIUS, FAHRENHEIT = "c", "f"
FLAGS = (
    "respiratory_compromise", "breathing_affected", "severe_pain_seen", "pregnant", "postpartum", "immunosuppressed",
    "fever_reported", "immunisation_incomplete", "no_obvious_source",
)  # fmt: skip
SETS = ("life_saving", "immediate", "high_risk", "symptoms", "resources")
LEVELS = [(str(level), str(level)) for level in range(1, 6)]


def flag_field(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


def number_field(label: Any, name: str, **more: Any) -> forms.IntegerField:
    low, high = POSSIBLE[name]
    return forms.IntegerField(
        label=label, required=False, min_value=int(low), max_value=int(high),
        widget=forms.TextInput(CONTROL | {"inputmode": "numeric", "maxlength": "4"}), **more,
    )  # fmt: skip


class TriageForm(Plain):
    """One assessment. Nothing is assumed: whatever is not marked is not so."""

    life_saving = many_field(_("Needs now"), words.LIFE_SAVING)
    immediate = many_field(_("Is now"), words.IMMEDIATE)
    respiratory_compromise = flag_field(_("Breathing is laboured or failing"))
    avpu = radio_field(_("Responds to"), words.AVPU, initial="alert", required=False)

    high_risk = many_field(_("High risk"), words.HIGH_RISK)
    confusion = radio_field(
        _("New confusion, lethargy, disorientation"), words.CONFUSION, initial="none", required=False
    )
    severe_pain_seen = flag_field(_("Severe pain or distress that you see"))
    pain = forms.IntegerField(
        label=_("Pain"), required=False, min_value=0, max_value=10,
        widget=forms.TextInput(CONTROL | {"inputmode": "numeric", "maxlength": "2"}),
    )  # fmt: skip
    symptoms = many_field(_("Has"), words.SYMPTOMS)
    pregnant = flag_field(_("Pregnant"))
    postpartum = flag_field(_("Gave birth in the last six weeks"))
    immunosuppressed = flag_field(_("Transplant or chemotherapy"))
    fever_reported = flag_field(_("Fever is reported"))
    breathing_affected = flag_field(_("Breathing may be affected"))
    immunisation_incomplete = flag_field(_("Immunisation incomplete"))
    no_obvious_source = flag_field(_("Fever without an obvious source"))

    resources = many_field(_("Kinds of resource you expect"), words.RESOURCES)

    hr = number_field(_("Pulse"), "hr")
    rr = number_field(_("Breaths"), "rr")
    spo2 = number_field(_("SpO2"), "spo2")
    temp = forms.DecimalField(
        label=_("Temperature"), required=False, max_digits=5, decimal_places=2,
        widget=forms.TextInput(CONTROL | {"inputmode": "decimal", "maxlength": "6"}),
    )  # fmt: skip
    temp_unit = radio_field(_("Unit"), [(CELSIUS, "°C"), (FAHRENHEIT, "°F")], initial=CELSIUS, required=False)
    sbp = number_field(_("Systolic pressure"), "sbp")
    dbp = number_field(_("Diastolic pressure"), "dbp")
    spo2_usual = number_field(_("Usual SpO2, at home"), "spo2")
    no_hr = words_field(_("Pulse not obtainable, because"), 80)
    no_rr = words_field(_("Breaths not obtainable, because"), 80)
    no_spo2 = words_field(_("SpO2 not obtainable, because"), 80)
    no_temp = words_field(_("Temperature not obtainable, because"), 80)
    confirmed = forms.MultipleChoiceField(
        choices=[(name, name) for name in SIGNS], required=False, widget=forms.CheckboxSelectMultiple
    )
    notes = forms.CharField(
        label=_("Note"), max_length=4000, required=False, widget=forms.Textarea(CONTROL | {"rows": 3})
    )  # fmt: skip

    level = forms.ChoiceField(choices=[("", ""), *LEVELS], required=False, widget=forms.RadioSelect)
    by_hand = forms.CharField(required=False, widget=forms.HiddenInput)
    was = forms.CharField(required=False, widget=forms.HiddenInput)
    override_reason = words_field(_("Why another level"), 200)
    what_changed = words_field(_("What changed"), 200)
    what_was_done = words_field(_("What was done"), 200)
    error_reason = words_field(_("What was wrong"), 200)
    at = moment_field(_("Triage ended at, if not now"))
    reason = words_field(_("Why another time"), 200)

    def clean_temp(self) -> Decimal | None:
        """In degrees Celsius, whatever was typed in."""
        typed: Decimal | None = self.cleaned_data["temp"]
        if typed is None:
            return None
        if not typed.is_finite():
            raise forms.ValidationError(_("A temperature like 37.2."))
        told = celsius(typed) if self.data.get("temp_unit") == FAHRENHEIT else typed
        low, high = POSSIBLE["temp"]
        if not low <= told <= high:
            if told == typed and low <= celsius(typed) <= high:
                raise forms.ValidationError(_("Hardly in °C: choose °F if it was measured so."))
            raise forms.ValidationError(_("Between %(low)s and %(high)s °C.") % {"low": low, "high": high})
        return told

    # --- what it says ------------------------------------------------------------------------------------------------

    @property
    def sheet(self) -> Sheet:
        """The assessment; of a form with mistakes, what is right of it."""
        return Sheet(
            self.answers, self.vitals, self.baselines, frozenset(self._told("confirmed", [])),
            str(self._told("notes", "")),
        )  # fmt: skip

    def _told(self, name: str, otherwise: Any) -> Any:
        return getattr(self, "cleaned_data", {}).get(name) or otherwise

    @property
    def answers(self) -> Answers:
        told: dict[str, Any] = {name: frozenset(self._told(name, ())) for name in SETS}
        told |= {name: bool(self._told(name, False)) for name in FLAGS}
        told["pain"] = getattr(self, "cleaned_data", {}).get("pain")
        return Answers(avpu=self._told("avpu", "alert"), confusion=self._told("confusion", "none"), **told)

    @property
    def vitals(self) -> Vitals:
        given = getattr(self, "cleaned_data", {})
        values = {name: given.get(name) for name in SIGNS}
        why = {name: text for name in DUE if values[name] is None and (text := given.get(f"no_{name}", "").strip())}
        return Vitals(**values, unobtainable=why)

    @property
    def baselines(self) -> dict[str, int | Decimal]:
        usual = getattr(self, "cleaned_data", {}).get("spo2_usual")
        return {"spo2": usual} if usual is not None else {}

    @property
    def chosen(self) -> int | None:
        """The level that is chosen."""
        level = self._told("level", "")
        return int(level) if level else None

    def odd(self) -> dict[str, str]:
        """Values to be looked at again, each as typed with its usual range; those confirmed too."""
        told = {}
        for name, (low, high) in self.vitals.implausible().items():
            value = f"{getattr(self.vitals, name)} {UNITS[name]}"
            about = {"sign": words.VITALS[name], "value": value, "low": low, "high": high}
            told[name] = now_gettext("%(sign)s %(value)s: usual is %(low)s to %(high)s. Is it really so?") % about
        return told

    def wrong(self) -> dict[str, str]:
        """Vital signs that are no value of their sign: said while they are typed, or they would be missing silently."""
        names = [name for name in (*SIGNS, "pain", "spo2_usual") if name in self.errors]
        return {name: f"{self.fields[name].label}: {self.errors[name][0]}" for name in names}


def typed_of(kept: Triage) -> dict[str, Any]:
    """The form's initial values for an assessment that is kept: for a correction."""
    measured = {name: kept.vitals.get(name) for name in SIGNS}
    why = {f"no_{name}": text for name, text in (kept.vitals.get("unobtainable") or {}).items()}
    return {**kept.answers, **measured, **why, "spo2_usual": kept.baselines.get("spo2"), "notes": kept.notes}


LASTING = ("resources", "pregnant", "postpartum", "immunosuppressed", "immunisation_incomplete")
"""What is as it was when somebody is looked at again; how they are now is asked and measured anew."""


def lasting_of(last: Triage | None) -> dict[str, Any]:
    """The initial values of a reassessment."""
    if last is None:
        return {}
    told = {name: last.answers[name] for name in LASTING if name in last.answers}
    return told | ({"spo2_usual": last.baselines["spo2"]} if "spo2" in last.baselines else {})
