"""What the public booking pages take in: shapes only, the operations decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.records.search import phone_key
from queues.forms import OLDEST, Plain

LEAST_DIGITS = 6
"""The shortest numbers there are, without their country."""


def line_field(label: Any, size: int, *, autocomplete: str = "off", **more: Any) -> forms.CharField:
    attrs = {"class": "form-control", "autocomplete": autocomplete, **more.pop("attrs", {})}
    return forms.CharField(label=label, max_length=size, widget=forms.TextInput(attrs), **more)


class Marked(Plain):
    """Says on each wrong input that it is wrong, for whoever does not see the colour."""

    def mark(self) -> None:
        for name in self.errors:
            if name in self.fields:
                self.fields[name].widget.attrs["aria-invalid"] = "true"


class PersonForm(Marked):
    """Who comes: the least that finds a person and reaches them (R3.23)."""

    given_name = line_field(_("Given name"), 80, autocomplete="given-name")
    family_name = line_field(_("Family name"), 80, autocomplete="family-name")
    phone = line_field(
        _("Mobile number"), 32, autocomplete="tel", attrs={"type": "tel", "inputmode": "tel", "dir": "ltr"},
    )  # fmt: skip
    birth_year = forms.IntegerField(
        label=_("Year of birth"),
        widget=forms.TextInput({"class": "form-control", "inputmode": "numeric", "autocomplete": "bday-year"}),
    )
    email = forms.EmailField(
        label=_("E-mail"), required=False, max_length=254,
        widget=forms.EmailInput({"class": "form-control", "autocomplete": "email", "dir": "ltr"}),
    )  # fmt: skip
    language = forms.ChoiceField(
        label=_("We write to you in"), required=False, choices=settings.LANGUAGES,
        widget=forms.Select({"class": "form-select"}),
    )  # fmt: skip

    def __init__(self, *args: Any, needs_mail: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = needs_mail
        self.fields["language"].initial = (get_language() or "en").split("-")[0]

    def clean_phone(self) -> str:
        told: str = self.cleaned_data["phone"].strip()
        digits = len(phone_key(told))
        if digits < LEAST_DIGITS or digits > 15:
            raise forms.ValidationError(_("A phone number has 6 to 15 digits."))
        return told

    def clean_birth_year(self) -> int:
        year: int = self.cleaned_data["birth_year"]
        if not OLDEST <= year <= timezone.localdate().year:
            raise forms.ValidationError(_("A year from %(first)s on.") % {"first": OLDEST})
        return year

    @property
    def person(self) -> dict[str, Any]:
        """The patient's fields."""
        names = ("given_name", "family_name", "phone", "birth_year", "email", "language")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name)}


class DetailsForm(PersonForm):
    """The third step of a booking."""

    reason = forms.CharField(
        label=_("Reason for the visit"), max_length=200, required=False,
        widget=forms.Textarea({"class": "form-control", "rows": "3", "maxlength": "200"}),
    )  # fmt: skip


class WaitForm(PersonForm):
    """Onto the waiting list: from when until when, and which part of the day."""

    first_day = forms.DateField(label=_("From"), widget=forms.DateInput({"type": "date", "class": "form-control"}))
    last_day = forms.DateField(label=_("Until"), widget=forms.DateInput({"type": "date", "class": "form-control"}))
    part = forms.ChoiceField(
        label=_("Time of day"), choices=(("any", _("any time")), ("morning", _("before noon")),
                                         ("afternoon", _("after noon"))),
        widget=forms.Select({"class": "form-select"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        first, last = given.get("first_day"), given.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("Before the first day."))
        return given


class CodeForm(Marked):
    """The digits that were sent."""

    code = line_field(
        _("Code"), 12, autocomplete="one-time-code", attrs={"inputmode": "numeric", "class": "form-control code",
                                                            "dir": "ltr"},
    )  # fmt: skip


class AddressForm(Marked):
    """Whose bookings somebody asks for."""

    to = line_field(_("E-mail or mobile number"), 254, autocomplete="email", attrs={"dir": "ltr"})

    def clean_to(self) -> str:
        told: str = self.cleaned_data["to"].strip()
        if "@" not in told and len(phone_key(told)) < LEAST_DIGITS:
            raise forms.ValidationError(_("An e-mail address or a phone number."))
        return told


class CancelForm(Marked):
    reason = line_field(_("Why, if you like"), 200, required=False)


class KioskForm(Marked):
    """Who has come: by the code of the booking, or by phone and year of birth."""

    code = line_field(_("Code of your booking"), 300, required=False)
    phone = line_field(_("Mobile number"), 32, required=False, attrs={"inputmode": "tel", "dir": "ltr"})
    birth_year = forms.IntegerField(
        label=_("Year of birth"), required=False, min_value=OLDEST, max_value=9999,
        widget=forms.TextInput({"class": "form-control", "inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors and not given["code"] and not (given["phone"] and given["birth_year"]):
            self.add_error("phone", _("Give the mobile number and the year of birth, or scan the code."))
        return given
