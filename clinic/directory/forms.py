"""What doctors' own page asks for. Rules stand in operations; forms read and shape."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.tenants.forms import DoorForm, words
from clinic.tenants.week import TextsField, WeekField, WeekWidget


class _Line(forms.TextInput):
    def __init__(self) -> None:
        super().__init__({"class": "form-control"})


class OwnProfileForm(DoorForm):
    qualifications = forms.CharField(label=_("Qualifications"), max_length=200, required=False, widget=words())
    bio = forms.CharField(
        label=_("About"), max_length=2000, required=False,
        widget=forms.Textarea({"class": "form-control", "rows": "4"}),
    )  # fmt: skip
    services = TextsField(label=_("Services"), widget=words())
    languages = TextsField(label=_("Languages spoken"), widget=words())
    fee = forms.DecimalField(
        label=_("Fee"), required=False, min_value=Decimal(0), max_digits=10, decimal_places=2,
        widget=words(inputmode="decimal"),
    )  # fmt: skip
    minutes = forms.IntegerField(
        label=_("Minutes a visit takes"), required=False, min_value=3, max_value=240, widget=words(inputmode="numeric"),
        help_text=_("Empty: the department's."),
    )  # fmt: skip
    address = forms.CharField(label=_("Address"), max_length=200, required=False, widget=words())
    city = forms.CharField(label=_("City"), max_length=80, required=False, widget=words())
    latitude = forms.DecimalField(
        label=_("Latitude"), required=False, max_digits=9, decimal_places=6, widget=words(inputmode="decimal")
    )
    longitude = forms.DecimalField(
        label=_("Longitude"), required=False, max_digits=9, decimal_places=6, widget=words(inputmode="decimal")
    )


class OwnHoursForm(DoorForm):
    weekly = WeekField(label=_("Hours"), widget=WeekWidget(line=_Line, row="week-day"))


class OwnTypeForm(DoorForm):
    """What the doctor does otherwise for one kind of visit; empty is as usual."""

    minutes = forms.IntegerField(
        label=_("Minutes"), required=False, min_value=3, max_value=480, widget=words(inputmode="numeric")
    )
    capacity = forms.IntegerField(
        label=_("Bookings for one time"), required=False, min_value=1, max_value=50, widget=words(inputmode="numeric")
    )
    offered = forms.BooleanField(label=_("Offered"), required=False)


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput({"class": "form-control", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class AbsenceForm(DoorForm):
    starts_at = forms.DateTimeField(label=_("From"), widget=_moment())
    ends_at = forms.DateTimeField(label=_("Until"), widget=_moment())
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False, widget=words())

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.auto_id = "absence_%s"
