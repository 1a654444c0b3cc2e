"""What the pages of the waiting-room screens take in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from clinic.core.sight import seen
from clinic.directory.models import Room
from clinic.tenants.models import HospitalConfig
from queues.forms import CONTROL, Plain
from queues.models import Display, Queue
from queues.regions.words import NAMES_RANK

FEW = 6
"""A small house shows all its lines on its first screen: they are ticked until somebody unticks one."""


class DisplayForm(Plain):
    """How a waiting-room screen is set up."""

    name = forms.CharField(label=_("Name of the screen"), max_length=80, widget=forms.TextInput(CONTROL))
    queues = forms.ModelMultipleChoiceField(
        label=_("Lines"), queryset=Queue.objects.none(), widget=forms.CheckboxSelectMultiple, required=False
    )
    rooms = forms.ModelMultipleChoiceField(
        label=_("Calls to these rooms, of any line"), queryset=Room.objects.none(),
        widget=forms.CheckboxSelectMultiple, required=False,
    )  # fmt: skip
    languages = forms.MultipleChoiceField(
        label=_("Spoken"), choices=settings.LANGUAGES, widget=forms.CheckboxSelectMultiple, required=False
    )
    names = forms.ChoiceField(label=_("Names"), initial="token", widget=forms.Select({"class": "form-select"}))
    sound = forms.BooleanField(label=_("Announces calls aloud"), initial=True, required=False)

    def __init__(self, *args: Any, policy: HospitalConfig, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {code: str(name) for code, name in settings.LANGUAGES}
        told = {"languages": ", ".join(known.get(code, code) for code in policy.languages)}
        self.fields["languages"].help_text = _now("None chosen: as the policy says (%(languages)s).") % told
        lines, rooms, names = self.fields["queues"], self.fields["rooms"], self.fields["names"]
        assert isinstance(lines, forms.ModelMultipleChoiceField) and isinstance(rooms, forms.ModelMultipleChoiceField)
        assert isinstance(names, forms.ChoiceField)
        lines.queryset = seen(Queue.objects.order_by("department__name", "sort", "name"))
        every = list(lines.queryset.values_list("pk", flat=True)[: FEW + 1])
        lines.initial = every if len(every) <= FEW else None
        rooms.queryset = seen(Room.objects.filter(is_active=True).order_by("name"))
        most = policy.display_names
        allowed = NAMES_RANK[: NAMES_RANK.index(most) + 1] if most in NAMES_RANK else NAMES_RANK[:1]
        names.choices = [(key, label) for key, label in HospitalConfig.NAMES if key in allowed]
        if len(allowed) == 1:
            names.help_text = _now("The hospital's policy shows no names.")

    @property
    def wanted(self) -> dict[str, Any]:
        """What the operations take."""
        given = self.cleaned_data
        return {**given, "queues": list(given["queues"]), "rooms": list(given["rooms"])}


class PairForm(DisplayForm):
    """A waiting-room screen becomes this hospital's."""

    code = forms.CharField(
        label=_("Code on the screen"), max_length=12,
        widget=forms.TextInput({**CONTROL, "autocapitalize": "characters", "spellcheck": "false"}),
    )  # fmt: skip


def as_it_is(display: Display) -> dict[str, Any]:
    """A display's settings as a form begins with them."""
    return {
        "name": display.name, "languages": display.languages, "names": display.names, "sound": display.sound,
        "queues": list(display.lines.values_list("queue_id", flat=True)),
        "rooms": list(display.rooms.values_list("room_id", flat=True)),
    }  # fmt: skip
