"""What the pages of the emergency department take in: shapes only, the operations decide."""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.sight import seen
from clinic.directory.models import Department, Doctor
from clinic.records import people, search
from clinic.records.models import Patient
from er_flow.esi import Age
from er_flow.models import EmergencyVisit, Section
from er_flow.models.words import (
    ALERTS,
    AMA,
    ARRIVALS,
    DISPOSITIONS,
    EXPIRED,
    FEATURES,
    NO_PRECAUTIONS,
    PRECAUTIONS,
    STATES,
    WAITS,
    WALK_IN,
)
from er_flow.operations.arrivals import Arriving
from er_flow.regions.words import first_up
from queues.forms import CONTROL, Plain, words_field

SELECT = {"class": "form-select"}
UNITS = (("years", _("years")), ("months", _("months")), ("weeks", _("weeks")), ("days", _("days")))
MOMENT = CONTROL | {"type": "datetime-local"}


def choice_field(label: Any, choices: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=forms.Select(SELECT), **more)


def radio_field(label: Any, choices: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, **more)


def many_field(label: Any, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
    )  # fmt: skip


def moment_field(label: Any, **more: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label, widget=forms.DateTimeInput(MOMENT, format="%Y-%m-%dT%H:%M"), required=more.pop("required", False),
        **more,
    )  # fmt: skip


class Earlier(Plain):
    """An act that happened at another time than now, with the reason (R4.2)."""

    folds_time = True
    """Most acts happen now: the time lies folded below what is asked."""
    at = moment_field(_("At, if not now"))
    reason = words_field(_("Why another time"), 200)

    @property
    def when(self) -> dict[str, Any]:
        """What the operation is told."""
        return {"at": self.cleaned_data["at"], "reason": self.cleaned_data["reason"]}


class Remembering(Plain):
    """A form about a row that others change, too: it remembers what it showed, and says only what was changed in it."""

    shown = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, initial: dict[str, Any]) -> None:
        marks = " ".join(f"{name}={_mark(value)}" for name, value in initial.items())
        super().__init__(data, initial=initial | {"shown": marks})

    @property
    def changed(self) -> dict[str, Any]:
        """The fields that are not as they were shown; all of them where nothing is remembered."""
        had = dict(pair.split("=", 1) for pair in self.cleaned_data["shown"].split() if "=" in pair)
        told = {name: value for name, value in self.cleaned_data.items() if name != "shown"}
        return {name: value for name, value in told.items() if had.get(name) != _mark(value)}


def _mark(value: Any) -> str:
    """Equal for what a form takes for equal: a row and its id, lines as a browser ends them, words in any order."""
    if isinstance(value, list):
        text = " ".join(sorted(value))
    elif isinstance(value, str):
        text = value.replace("\r\n", "\n").strip()
    else:
        text = str(getattr(value, "pk", value) or "")
    return blake2b(text.encode(), digest_size=8).hexdigest()


# --- coming in -------------------------------------------------------------------------------------------------------


class ArrivalForm(Plain):
    """Three fields: who (or unknown), how old, what for (R4.5)."""

    department = forms.UUIDField(widget=forms.HiddenInput)
    q = words_field(_("Patient: phone, name or MRN. Empty: unknown"), 80)
    patient = forms.UUIDField(required=False, widget=forms.HiddenInput)
    age = forms.IntegerField(
        label=_("Age"), required=False, min_value=0, max_value=130,
        widget=forms.NumberInput(CONTROL | {"inputmode": "numeric"}),
    )  # fmt: skip
    age_unit = choice_field(_("Unit"), UNITS, initial="years", required=False)
    complaint = words_field(_("Comes for"), 200, required=True)
    sex = radio_field(_("Sex"), Patient.SEXES, initial="unknown", required=False)
    arrival_mode = radio_field(_("Came by"), ARRIVALS, initial=WALK_IN, required=False)
    precautions = radio_field(_("Precautions"), PRECAUTIONS, initial=NO_PRECAUTIONS, required=False)
    reported_level = choice_field(
        _("Level as reported"), [("", "—"), *((str(n), str(n)) for n in range(1, 6))], required=False
    )
    notes = words_field(_("Note"), 400)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    """The words that known people were already shown for."""
    later = forms.BooleanField(required=False, widget=forms.HiddenInput)
    arrived_at = moment_field(_("Arrived at, if earlier"))
    reason = words_field(_("Why another time"), 200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.matches: list[dict[str, str]] = []

    def clean_department(self) -> Department:
        rows = seen(Department.objects.filter(sort=Department.EMERGENCY))
        found: Department | None = rows.filter(pk=self.cleaned_data["department"]).first()
        if found is None:
            raise forms.ValidationError(_("Choose a department."))
        return found

    def clean_patient(self) -> Patient | None:
        wanted = self.cleaned_data["patient"]
        found: Patient | None = Patient.objects.filter(pk=wanted).first() if wanted else None
        if wanted and found is None:
            raise forms.ValidationError(_("Choose the patient again."))
        return found

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        given["told_age"] = self._age(given)
        known: Patient | None = given.get("patient")
        if not self.errors and given["told_age"] is None and (known is None or known.birth_date is None):
            self.add_error("age", _("Give an age, if only a guess."))
        return given

    def _age(self, given: dict[str, Any]) -> Age | None:
        if given.get("age") is None:
            return None
        try:
            return Age.said(given["age"], given.get("age_unit") or "years")
        except ValueError:
            self.add_error("age", _("An age like “40 years” or “3 weeks”."))
            return None

    @property
    def is_later(self) -> bool:
        """Whether it is entered from paper; what came with the form says it as a word."""
        return str(self["later"].value() or "") not in ("", "False")

    @property
    def who(self) -> Arriving:
        given = self.cleaned_data
        return Arriving(
            complaint=given["complaint"], patient=given["patient"], age=given["told_age"],
            sex=given["sex"] or "unknown", arrival_mode=given["arrival_mode"] or WALK_IN,
            precautions=given["precautions"] or NO_PRECAUTIONS, notes=given["notes"],
            reported_level=int(given["reported_level"]) if given["reported_level"] else None,
            arrived_at=given["arrived_at"],
        )  # fmt: skip

    @property
    def person(self) -> dict[str, Any]:
        """A new patient, by the name typed; the birth year as the age says it."""
        words = self.cleaned_data["q"].split()
        given, family = (" ".join(words[:-1]), words[-1]) if len(words) > 1 else ("", words[0])
        told: dict[str, Any] = {"given_name": given, "family_name": family}
        if self.cleaned_data["sex"]:
            told["sex"] = self.cleaned_data["sex"]
        age: Age | None = self.cleaned_data["told_age"]
        if age is not None:
            told |= {"birth_year": timezone.localdate().year - age.years, "birth_estimated": True}
        return told

    @property
    def looked(self) -> bool:
        """Whether the desk was shown the known people for this name, and chose none of them."""
        return bool(self.cleaned_data["q"]) and self.cleaned_data["seen"] == self.cleaned_data["q"]

    def must_choose(self) -> None:
        """Known people for what was typed are shown once, before somebody new is registered."""
        given = self.cleaned_data
        if not given["q"] or given["patient"] is not None or self.looked:
            return
        self.matches = people.faces(search.find(given["q"]))
        if self.matches:
            self.add_error(None, _("Somebody like this is known. Choose, or say that it is a new patient."))


class ManyForm(Plain):
    """Many at once (R4.44): what they share; each has a line of their own."""

    department = forms.UUIDField(widget=forms.HiddenInput)
    complaint = words_field(_("All come for"), 200, required=True)
    arrival_mode = radio_field(_("Came by"), ARRIVALS, initial="ambulance")

    clean_department = ArrivalForm.clean_department


class OneOfMany(Plain):
    age = forms.IntegerField(
        label=_("Age, years"), required=False, min_value=0, max_value=130,
        widget=forms.NumberInput(CONTROL | {"inputmode": "numeric"}),
    )  # fmt: skip
    sex = choice_field(_("Sex"), [("unknown", "—"), *Patient.SEXES[:3]], required=False)
    complaint = words_field(_("Comes for, if otherwise"), 200)
    level = choice_field(_("Level as reported"), [("", "—"), *((str(n), str(n)) for n in range(1, 6))], required=False)

    def clean(self) -> dict[str, Any]:
        """Nobody is left out for want of an age: a line that says anything else asks for one."""
        given = super().clean() or self.cleaned_data
        said = given.get("complaint") or given.get("level") or given.get("sex") not in (None, "", "unknown")
        if said and given.get("age") is None and "age" not in self.errors:
            self.add_error("age", _("Give an age, if only a guess."))
        return given

    def who(self, shared: dict[str, Any]) -> Arriving | None:
        """The person of this line; None for an empty one. A baby's age in years is 0: about half a year."""
        given = self.cleaned_data
        if given.get("age") is None:
            return None
        age = Age.said(given["age"], "years") if given["age"] else Age.said(6, "months")
        return Arriving(
            complaint=given["complaint"] or shared["complaint"], age=age, sex=given["sex"] or "unknown",
            arrival_mode=shared["arrival_mode"], reported_level=int(given["level"]) if given["level"] else None,
        )  # fmt: skip


class WhoForm(Plain):
    """Who an unknown patient is."""

    q = words_field(_("Patient: phone, name or MRN"), 80)
    patient = forms.UUIDField(required=False, widget=forms.HiddenInput)
    reason = words_field(_("Reason, if it was somebody else before"), 200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.matches: list[dict[str, str]] = []

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        found: Patient | None = None
        if given.get("patient"):
            found = Patient.objects.filter(pk=given["patient"]).first()
        elif given.get("q"):
            rows = search.find(given["q"])
            self.matches = people.faces(rows) if len(rows) > 1 else []
            found = rows[0] if len(rows) == 1 else None
        if found is None and not self.errors:
            self.add_error("q", _("Choose the patient."))
        given["patient"] = found
        return given


# --- care ------------------------------------------------------------------------------------------------------------


class SeenForm(Earlier):
    folds_time = False
    at = moment_field(_("Provider contact at"), required=True)
    reason = words_field(_("Why another time"), 200, required=True)


class DecideForm(Earlier):
    disposition = radio_field(_("Disposition"), DISPOSITIONS)
    note = words_field(_("Where to"), 200)


class EndForm(Earlier):
    """How a visit ends; against advice, whether the risks were explained."""

    end = radio_field(_("End"), ())
    risks_explained = forms.BooleanField(label=_("The risks were explained (against medical advice)"), required=False)

    def __init__(self, *args: Any, ends: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = dict(STATES)
        choice = self.fields["end"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(one, first_up(str(words[one]))) for one in sorted(ends, key=lambda one: one == EXPIRED)]
        if AMA not in ends:
            del self.fields["risks_explained"]


class ReasonForm(Plain):
    reason = words_field(_("Reason"), 200, required=True)


class TeamForm(Remembering):
    provider = forms.ModelChoiceField(
        label=_("Provider"), queryset=Doctor.objects.none(), required=False, widget=forms.Select(SELECT),
        empty_label=_("Nobody yet"),
    )  # fmt: skip
    nurse = forms.ModelChoiceField(
        label=_("Nurse"), queryset=Doctor.objects.none(), required=False, widget=forms.Select(SELECT),
        empty_label=_("The section's nurse"),
    )  # fmt: skip

    def __init__(self, data: Any, *, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        for name, sort in (("provider", Doctor.DOCTOR), ("nurse", Doctor.NURSE)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = Doctor.objects.filter(sort=sort, is_active=True).order_by("name")


class DetailsForm(Remembering):
    complaint = words_field(_("Comes for"), 200, required=True)
    sex = radio_field(_("Sex"), Patient.SEXES)
    section = forms.ModelChoiceField(
        label=_("Section"), queryset=Section.objects.none(), required=False, widget=forms.Select(SELECT),
        empty_label="—",
    )  # fmt: skip
    precautions = radio_field(_("Precautions"), PRECAUTIONS)
    ventilated = forms.BooleanField(label=_("Ventilated"), required=False)
    alerts = many_field(_("Watch for"), ALERTS)
    waiting_for = many_field(_("Waits for"), WAITS)
    needs = many_field(_("Needs of a bed"), FEATURES)
    notes = forms.CharField(
        label=_("Notes"), max_length=4000, required=False, widget=forms.Textarea(CONTROL | {"rows": 3})
    )  # fmt: skip

    def __init__(self, data: Any, *, visit: EmergencyVisit) -> None:
        super().__init__(data, initial={name: getattr(visit, name) for name in self.base_fields if name != "shown"})
        field = self.fields["section"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Section.objects.filter(department=visit.department_id, is_active=True).order_by("position")
        own = [(one, one) for one in visit.needs if one not in dict(FEATURES)]  # a hospital's own words
        needs = self.fields["needs"]
        assert isinstance(needs, forms.MultipleChoiceField)
        needs.choices = [*FEATURES, *own]


class TimeForm(Plain):
    at = moment_field(_("At"), required=True)
    reason = words_field(_("Why another time"), 200, required=True)


# --- beds ------------------------------------------------------------------------------------------------------------


class BedForm(Earlier):
    """Which bed, the best first."""

    bed = radio_field(_("Bed"), ())

    def __init__(self, *args: Any, beds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["bed"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = beds
        if beds:
            choice.initial = beds[0][0]


class WithForm(Plain):
    """With whom the bed is changed, or for whom it is kept."""

    visit = choice_field(_("Patient"), ())

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["visit"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", "—"), *people]


class BlockForm(Plain):
    reason = words_field(_("Reason"), 200, required=True)
    hours = forms.IntegerField(
        label=_("For hours; empty: until somebody ends it"), required=False, min_value=1, max_value=720,
        widget=forms.NumberInput(CONTROL | {"inputmode": "numeric"}),
    )  # fmt: skip

    @property
    def until(self) -> Any:
        hours = self.cleaned_data["hours"]
        return timezone.now() + timedelta(hours=hours) if hours else None
