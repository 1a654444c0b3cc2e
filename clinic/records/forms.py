"""A patient's details, as the desk types them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.records.models import Patient

OLDEST = 1900


class PatientForm(forms.ModelForm[Patient]):
    """Shapes only; ``operations.correct`` writes. ``version`` and ``seq`` say what the typist saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    seq = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Patient
        fields = (
            "given_name", "family_name", "preferred_name", "birth_date", "birth_year", "birth_estimated", "sex",
            "phone", "email", "language", "address", "notes", "display_opt_out",
        )  # fmt: skip
        labels: ClassVar[dict[str, Any]] = {
            "preferred_name": _("Wants to be called"), "birth_estimated": _("Birth date or year is estimated"),
            "display_opt_out": _("Never by name on waiting-room screens"),
        }  # fmt: skip
        widgets: ClassVar[dict[str, Any]] = {
            "birth_date": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "notes": forms.Textarea({"rows": 4}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages = [("", "—"), *settings.LANGUAGES]
        known = self.instance.language
        if known and known not in dict(languages):
            languages.append((known, known))
        self.fields["language"] = forms.ChoiceField(label=_("Speaks"), required=False, choices=languages)
        for name, field in self.fields.items():
            if isinstance(field.widget, forms.Select):
                field.widget.attrs["class"] = "form-select"
            elif not isinstance(field.widget, forms.CheckboxInput | forms.HiddenInput):
                field.widget.attrs.update({"class": "form-control", "autocomplete": "off"})
            field.widget.attrs.setdefault("id", f"id_{name}")

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
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    def _post_clean(self) -> None:
        """Nothing is put into the row here: the operation compares what it was with what was typed."""
