"""What the acts on one visit or line ask for: shapes only, the operations decide."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as now_gettext
from django.utils.translation import gettext_lazy as _

from clinic.core.sight import seen
from clinic.directory.models import Doctor, Room
from clinic.records import people, search
from clinic.records.models import Patient
from queues.estimates import shown
from queues.forms import CONTROL, Plain, words_field
from queues.models import HOLDS, NORMAL, URGENT, VIP, Leg, Queue
from queues.regions.facts import in_shown_order, with_counts
from queues.regions.said import minutes_range

SELECT = {"class": "form-select"}
MINUTES = CONTROL | {"inputmode": "numeric"}


def _number(label: Any, most: int, *, least: int = 1, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, required=more.pop("required", False),
        widget=forms.NumberInput(MINUTES), **more,
    )  # fmt: skip


class HoldForm(Plain):
    """Set somebody aside (R3.13)."""

    reason = forms.ChoiceField(label=_("Where to"), choices=HOLDS, initial="tests", widget=forms.RadioSelect)
    minutes = _number(_("Minutes away"), 240, help_text=_("Comes back by itself then. Empty: until somebody says so."))
    note = words_field(_("Note"), 200)


class DelayForm(Plain):
    """Back by places, or away for minutes (R3.13)."""

    places = _number(_("Places back"), 50)
    minutes = _number(_("Or minutes away, place kept"), 240)
    reason = words_field(_("Reason"), 200, required=True)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors and bool(given.get("places")) == bool(given.get("minutes")):
            self.add_error("places", _("Give places or minutes, one of the two."))
        return given


class ClassForm(Plain):
    klass = forms.ChoiceField(
        label=_("Class"), choices=[(NORMAL, _("Normal")), (URGENT, _("Urgent")), (VIP, _("VIP"))],
        widget=forms.RadioSelect,
    )  # fmt: skip
    reason = words_field(_("Reason"), 200, required=True)


class LineForm(Plain):
    """Another line (R3.15), with how long it is there."""

    queue = forms.ChoiceField(label=_("Line"), widget=forms.Select(SELECT))
    reason = words_field(_("Note"), 200)

    def __init__(self, *args: Any, leg: Leg, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {str(line.pk): line for line in others(leg)}
        waits = shown.of([line.pk for line in self.lines.values()])
        choice = self.fields["queue"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [
            ("", "—"),
            *((key, _with_wait(line, waits[line.pk].joining)) for key, line in self.lines.items()),
        ]

    def clean_queue(self) -> Queue:
        line: Queue = self.lines[self.cleaned_data["queue"]]
        return line


def others(leg: Leg) -> list[Any]:
    """The open lines somebody could go to from here."""
    lines = in_shown_order(with_counts(Queue.objects.filter(is_open=True)))
    return list(seen(lines.exclude(pk=leg.queue_id)))


def _with_wait(line: Any, joining: tuple[int, int] | None) -> str:
    told = {"line": line.name, "n": line.waiting, "range": minutes_range(*joining) if joining else ""}
    if joining:
        return now_gettext("%(line)s · %(n)s waiting · %(range)s") % told
    return now_gettext("%(line)s · %(n)s waiting") % told


class RightPatientForm(Plain):
    """Whose visit this really is (R3.17)."""

    q = words_field(_("Right patient: phone, name or MRN"), 80)
    patient = forms.UUIDField(required=False, widget=forms.HiddenInput)
    reason = words_field(_("Reason"), 200, required=True)
    again_reason = words_field(_("Why a second visit"), 200)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if self.errors:
            return given
        found = self._found(given)
        if found is None:
            self.add_error("q", _("Choose the right patient."))
        given["patient"] = found
        return given

    def _found(self, given: dict[str, Any]) -> Patient | None:
        if given.get("patient"):
            chosen: Patient | None = Patient.objects.filter(pk=given["patient"]).first()
            return chosen
        matches = search.find(given.get("q", ""))
        self.matches = people.faces(matches) if len(matches) > 1 else []
        return matches[0] if len(matches) == 1 else None


class PostForm(Plain):
    """Where people are called to from here (R3.9)."""

    room = forms.ModelChoiceField(
        label=_("Room or counter place"), queryset=Room.objects.none(), required=False, empty_label=_("My own room"),
        widget=forms.Select(SELECT),
    )  # fmt: skip

    def __init__(self, *args: Any, queue: Queue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rooms = self.fields["room"]
        assert isinstance(rooms, forms.ModelChoiceField)
        rooms.queryset = Room.objects.filter(department=queue.department_id, is_active=True).order_by("name")


class StatusForm(Plain):
    """How late, or until when (R3.21)."""

    status = forms.ChoiceField(label=_("Status"), choices=Doctor.STATUSES, widget=forms.RadioSelect)
    late_minutes = _number(_("Late by minutes"), 240)
    until = forms.TimeField(
        label=_("On break until"), required=False, widget=forms.TimeInput(CONTROL | {"type": "time"})
    )

    def clean_until(self) -> datetime | None:
        """The next time the clock shows this, here."""
        at = self.cleaned_data["until"]
        if at is None:
            return None
        now = timezone.localtime()
        then = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
        return then if then > now else then + timedelta(days=1)
