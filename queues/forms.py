"""What the pages of the lines take in: shapes only, the operations decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.access import Actor
from clinic.core.sight import seen
from clinic.directory.models import Doctor, VisitType
from clinic.records.models import Patient
from queues.models import NORMAL, URGENT, VIP, Leg, Queue

CONTROL = {"class": "form-control", "autocomplete": "off"}
OLDEST = 1900


class Plain(forms.Form):
    """A form whose first complaint can be said in a toast."""

    required_css_class = "required"

    def first_error(self) -> str:
        for name, errors in self.errors.items():
            label = "" if name == "__all__" else f"{self.fields[name].label}: "
            return f"{label}{errors[0]}"
        return ""


def words_field(label: Any, size: int, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=size, required=more.pop("required", False), widget=forms.TextInput(CONTROL | more)
    )


class WalkInForm(Plain):
    """Somebody at the desk: a known patient, or a new one with the least data (R3.23)."""

    q = words_field(_("Phone or name"), 300)
    patient = forms.UUIDField(required=False, widget=forms.HiddenInput)
    also = forms.ModelMultipleChoiceField(queryset=Patient.objects.all(), required=False)
    """Others of the family, taken in with the patient chosen (R1.7)."""
    given_name = words_field(_("Given name"), 80)
    family_name = words_field(_("Family name"), 80)
    phone = words_field(_("Phone"), 32)
    birth_year = forms.IntegerField(label=_("Birth year"), required=False)
    unknown = forms.BooleanField(required=False)
    queue = forms.UUIDField(label=_("Line"))
    klass = forms.ChoiceField(
        label=_("Class"), required=False, choices=[(NORMAL, _("Normal")), (URGENT, _("Urgent")), (VIP, _("VIP"))]
    )
    class_reason = words_field(_("Why first"), 200)
    reason = words_field(_("Came for"), 200)
    type = forms.ModelChoiceField(
        label=_("Kind of visit"), queryset=VisitType.objects.filter(is_active=True).order_by("name"), required=False
    )
    again_reason = words_field(_("Why a second visit"), 200)
    force_new = words_field(_("Why a new person"), 200)
    print = forms.BooleanField(required=False)

    def clean_birth_year(self) -> int | None:
        year: int | None = self.cleaned_data["birth_year"]
        if year is not None and not OLDEST <= year <= timezone.localdate().year:
            raise forms.ValidationError(_("A year from %(first)s on.") % {"first": OLDEST})
        return year

    def clean_patient(self) -> Patient | None:
        found: Patient | None = None
        if wanted := self.cleaned_data["patient"]:
            found = Patient.objects.filter(pk=wanted).first()
            if found is None:
                raise forms.ValidationError(_("Choose the patient again."))
        return found

    def clean_queue(self) -> Queue:
        lines = seen(Queue.objects.select_related("department"))
        found: Queue | None = lines.filter(pk=self.cleaned_data["queue"]).first()
        if found is None:
            raise forms.ValidationError(_("Choose a line."))
        return found

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if self.errors or given.get("patient"):
            return given
        if given["unknown"]:
            return given
        if not (given["given_name"] or given["family_name"]):
            self.add_error("given_name", _("Choose a known patient, or give the name of a new one."))
        elif not (given["phone"] or given["birth_year"]):
            self.add_error("phone", _("Give the phone or the birth year, or say that they are unknown."))
        return given

    @property
    def person(self) -> dict[str, Any]:
        """What a new patient is registered with."""
        names = ("given_name", "family_name", "phone", "birth_year")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}


class CancelForm(Plain):
    reason = words_field(_("Reason"), 200, required=True)


class CallForm(Plain):
    """Who calls, and why out of order."""

    doctor = forms.ModelChoiceField(
        label=_("Who calls"), queryset=Doctor.objects.none(), required=False,
        widget=forms.Select({"class": "form-select"}),
    )  # fmt: skip
    reason = words_field(_("Reason"), 200, required=True)

    def __init__(self, *args: Any, actor: Actor, leg: Leg, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.home = "queues:reception" if actor.can("queues.call_for_any") else "queues:doctor"
        self.otherwise = leg.queue.doctor_id or actor.doctor_id
        choice = self.fields["doctor"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = callers(actor)
        if actor.can("queues.call_for_any") and leg.queue.sort == Queue.POOL:
            choice.initial = self.otherwise
        else:
            # The line's own doctor calls; a doctor calls for the own room, whoever's line it is.
            self.otherwise = leg.queue.doctor_id if actor.can("queues.call_for_any") else actor.doctor_id
            choice.widget = forms.HiddenInput()

    def clean_doctor(self) -> Doctor:
        chosen: Doctor | None = self.cleaned_data["doctor"]
        if chosen is None and self.otherwise is not None:
            chosen = seen(Doctor.objects.select_related("room")).filter(pk=self.otherwise).first()
        if chosen is None:
            raise forms.ValidationError(_("Choose who calls."))
        return chosen


def callers(actor: Actor) -> Any:
    """The doctors this actor may call for, those on duty."""
    doctors = seen(Doctor.objects.filter(is_active=True)).exclude(status__in=(Doctor.ON_BREAK, Doctor.OFF_DUTY))
    if not actor.can("queues.call_for_any"):
        doctors = Doctor.objects.filter(pk=actor.doctor_id)
    return doctors.select_related("room").order_by("name")
