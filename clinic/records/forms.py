"""A patient's details, as the desk types them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.records.models import Patient

OLDEST = 1900
CONTACTS = 2
"""Emergency contacts that can be typed; the API takes five."""
CONTACT_PARTS = {"name": _("Name"), "phone": _("Phone"), "relation": _("Relation")}


class PatientForm(forms.ModelForm[Patient]):
    """Shapes only; ``operations.correct`` writes. ``version`` and ``seq`` say what the typist saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    seq = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Patient
        fields = (
            "given_name", "family_name", "preferred_name", "birth_date", "birth_year", "birth_estimated", "sex",
            "gender", "phone", "phone_other", "email", "language", "address", "allergies", "preconditions", "notes",
            "display_opt_out", "message_opt_out",
        )  # fmt: skip
        labels: ClassVar[dict[str, Any]] = {
            "preferred_name": _("Wants to be called"), "birth_estimated": _("Birth date or year is estimated"),
            "display_opt_out": _("Never by name on waiting-room screens"), "message_opt_out": _("Takes no messages"),
        }  # fmt: skip
        widgets: ClassVar[dict[str, Any]] = {
            "birth_date": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "notes": forms.Textarea({"rows": 4}),
            "allergies": forms.Textarea({"rows": 2}),
            "preconditions": forms.Textarea({"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["gender"].required = False
        languages = [("", "—"), *settings.LANGUAGES]
        known = self.instance.language
        if known and known not in dict(languages):
            languages.append((known, known))
        self.fields["language"] = forms.ChoiceField(label=_("Speaks"), required=False, choices=languages)
        for n in range(CONTACTS):
            known_one = self.instance.contacts[n] if n < len(self.instance.contacts) else {}
            for part, label in CONTACT_PARTS.items():
                self.fields[f"contact_{n}_{part}"] = forms.CharField(
                    label=label, required=False, max_length=80, initial=known_one.get(part, "")
                )
        for name, field in self.fields.items():
            if isinstance(field.widget, forms.Select):
                field.widget.attrs["class"] = "form-select"
            elif not isinstance(field.widget, forms.CheckboxInput | forms.HiddenInput):
                field.widget.attrs.update({"class": "form-control", "autocomplete": "off"})
            field.widget.attrs.setdefault("id", f"id_{name}")

    def clean_gender(self) -> str:
        told: str = self.cleaned_data["gender"] or self.instance.gender  # a form that does not ask changes nothing
        return told

    def clean_birth_year(self) -> int | None:
        year: int | None = self.cleaned_data["birth_year"]
        if year is not None and not OLDEST <= year <= timezone.localdate().year:
            raise forms.ValidationError(_("A year from %(first)s on.") % {"first": OLDEST})
        return year

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        born = given.get("birth_date")
        if born and born > timezone.localdate():
            self.add_error("birth_date", _("In the future."))
        return given

    def typed(self) -> dict[str, Any]:
        """What was typed, field by field, for the operation."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields} | {"contacts": self._contacts()}

    def _contacts(self) -> list[dict[str, str]]:
        """Those that have a name or a phone; whoever is known beyond what the page shows stays."""
        told = [
            {part: self.cleaned_data[f"contact_{n}_{part}"] for part in CONTACT_PARTS} for n in range(CONTACTS)
        ]  # fmt: skip
        return [one for one in told if one["name"] or one["phone"]] + list(self.instance.contacts[CONTACTS:])

    @property
    def contacts(self) -> list[list[forms.BoundField]]:
        """The fields of each emergency contact, for the page."""
        return [[self[f"contact_{n}_{part}"] for part in CONTACT_PARTS] for n in range(CONTACTS)]

    def _post_clean(self) -> None:
        """Nothing is put into the row here: the operation compares what it was with what was typed."""
