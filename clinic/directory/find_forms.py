"""What whoever looks for a doctor may ask. A field that makes no sense is shown as wrong and not asked."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.directory import find
from clinic.tenants.forms import choice, words

RADII = (2, 5, 10, 25, 50, 100, 250)
WITHIN = (("", _("Any time")), ("1", _("Within 24 hours")), ("3", _("Within 3 days")), ("7", _("Within a week")))
ORDERS = (
    (find.SOONEST, _("Soonest first")), (find.NEAREST, _("Nearest first")), (find.FEE, _("Lowest fee first")),
    (find.NAME, _("By name")),
)  # fmt: skip


class FindForm(forms.Form):
    q = forms.CharField(
        label=_("Speciality, name or clinic"), max_length=120, required=False,
        widget=words(type="search", list="find-whom", autocomplete="off"),
    )  # fmt: skip
    city = forms.CharField(
        label=_("City"), max_length=80, required=False, widget=words(list="find-cities", autocomplete="address-level2"),
    )  # fmt: skip
    language = forms.ChoiceField(label=_("Language spoken"), required=False, widget=choice())
    within = forms.ChoiceField(label=_("Free place"), required=False, choices=WITHIN, widget=choice())
    least = forms.DecimalField(
        label=_("Fee from"), required=False, min_value=Decimal(0), max_digits=10, decimal_places=2,
        widget=words(inputmode="decimal"),
    )  # fmt: skip
    most = forms.DecimalField(
        label=_("Fee to"), required=False, min_value=Decimal(0), max_digits=10, decimal_places=2,
        widget=words(inputmode="decimal"),
    )  # fmt: skip
    km = forms.TypedChoiceField(
        label=_("Within km"), required=False, coerce=float, empty_value="",
        choices=[(str(km), str(km)) for km in RADII], widget=choice(),
    )  # fmt: skip
    order = forms.ChoiceField(label=_("Order"), required=False, choices=ORDERS, widget=choice())
    lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    lng = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)

    def __init__(self, data: Any, choices: find.Choices) -> None:
        given = data.copy()
        given.setdefault("order", find.NEAREST if given.get("lat") else find.SOONEST)
        given.setdefault("km", f"{find.RADIUS_KM:.0f}")
        super().__init__(given)
        spoken: Any = self.fields["language"]
        spoken.choices = [("", _("Any language")), *((text, text) for text in choices.languages)]

    @property
    def is_placed(self) -> bool:
        """Whether the position of whoever asks is known."""
        return self._told("lat") is not None and self._told("lng") is not None

    @property
    def has_asked(self) -> bool:
        """Whether the question leaves anybody out."""
        return any(self._told(name) for name in ("q", "city", "language", "within", "least", "most"))

    def question(self) -> dict[str, Any]:
        """What ``find.search`` is asked, of the fields that make sense."""
        self.is_valid()
        asked = {
            "q": self._told("q"), "language": self._told("language"), "minFee": self._told("least"),
            "maxFee": self._told("most"), "ordering": self._told("order"),
        }  # fmt: skip
        if self.is_placed:
            asked |= {"latitude": self._told("lat"), "longitude": self._told("lng"), "radius": self._told("km")}
        asked["city"] = self._told("city")
        if within := self._told("within"):
            asked["free_before"] = clock.now() + timedelta(days=int(within))
        return asked

    def _told(self, name: str) -> Any:
        return self.cleaned_data.get(name)
