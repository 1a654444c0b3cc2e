"""What the book takes in: shapes only, the operations decide."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from clinic.core.sight import seen
from clinic.directory.models import VisitType
from queues.forms import CONTROL, Plain, WalkInForm, words_field
from queues.models import Queue
from queues.models.appointments import SLOT, TOKEN, Appointment, WaitlistEntry
from queues.regions.facts import in_shown_order

SELECT = {"class": "form-select"}
BY_NUMBER = "token"
"""The choice of a number instead of a time."""
ONCE, WEEKLY, FORTNIGHTLY, MONTHLY = "", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY"
REPEATS = (
    (ONCE, _("once")), (WEEKLY, _("every week")), (FORTNIGHTLY, _("every two weeks")), (MONTHLY, _("every month")),
)  # fmt: skip
ASKED = ((Appointment.DESK, _("at the desk")), (Appointment.PHONE, _("by phone")))
MOST_TIMES = 52
WAIT_DAYS = 14


def bookable_lines() -> list[Any]:
    """The lines somebody can be booked into, as the asker sees them: doctors' own, and pools."""
    lines = Queue.objects.exclude(sort=Queue.COUNTER).exclude(doctor__is_active=False)
    return list(seen(in_shown_order(lines.select_related("department", "doctor"))))


def visit_types() -> list[VisitType]:
    """The kinds of visit the desk chooses from; also those that are not offered online."""
    return list(VisitType.objects.filter(is_active=True).order_by("name"))


class WhenForm(Plain):
    """Whom, for what and when: what the chooser of times is asked with, and what every booking needs."""

    queue = forms.UUIDField(label=_("Line"))
    type = forms.ModelChoiceField(
        label=_("Kind of visit"), queryset=VisitType.objects.none(), required=False, empty_label=_("Usual visit"),
        widget=forms.Select(SELECT),
    )  # fmt: skip
    day = forms.DateField(label=_("Day"), required=False, widget=forms.DateInput(CONTROL | {"type": "date"}))
    at = forms.CharField(label=_("Time"), required=False, max_length=40)
    """A start as an ISO instant, or ``token``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = self.fields["type"]
        assert isinstance(kinds, forms.ModelChoiceField)
        kinds.queryset = VisitType.objects.filter(is_active=True).order_by("name")

    def clean_queue(self) -> Queue:
        known = {line.pk: line for line in bookable_lines()}
        found: Queue | None = known.get(self.cleaned_data["queue"])
        if found is None:
            raise forms.ValidationError(_("Choose a line."))
        return found

    def clean_at(self) -> datetime | str:
        given = self.cleaned_data["at"].strip()
        return instant(given) if given and given != BY_NUMBER else given


def instant(text: str) -> datetime:
    """An ISO instant with its offset; a plus that an address turned into a blank is one again."""
    try:
        found = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or timezone.is_naive(found):
        raise forms.ValidationError(_("Choose a time."))
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise forms.ValidationError(_("Choose a time.")) from None


class BookForm(WalkInForm, WhenForm):
    """Somebody is booked by the desk: a known patient or a new one, a line, and a time or a number."""

    also = None  # type: ignore[assignment]
    klass = None  # type: ignore[assignment]
    class_reason = None  # type: ignore[assignment]
    again_reason = None  # type: ignore[assignment]
    unknown = None  # type: ignore[assignment]
    print = None  # type: ignore[assignment]
    notes = words_field(_("Notes for the staff"), 500)
    reason = words_field(_("Comes for"), 200)
    source = forms.ChoiceField(label=_("Asked"), required=False, choices=ASKED)
    override_reason = words_field(_("Why a second booking"), 200)
    repeat = forms.ChoiceField(label=_("Comes"), choices=REPEATS, required=False, widget=forms.Select(SELECT))
    times = forms.IntegerField(label=_("How often in all"), required=False, min_value=2, max_value=MOST_TIMES)
    skip_conflicts = forms.BooleanField(required=False)
    last_day = forms.DateField(label=_("Until"), required=False)
    part = forms.ChoiceField(label=_("When it suits"), choices=WaitlistEntry.PARTS, required=False)

    clean_queue = WhenForm.clean_queue

    def clean(self) -> dict[str, Any]:
        self.cleaned_data.setdefault("unknown", False)
        given = super().clean() or self.cleaned_data
        if self.errors:
            return given
        if self.is_waiting:
            first = given["day"] = max(given["day"] or timezone.localdate(), timezone.localdate())
            given["last_day"] = max(given["last_day"] or first + timedelta(days=WAIT_DAYS), first)
        elif not given["at"]:
            self.add_error("at", _("Choose a time."))
        elif given["at"] == BY_NUMBER and not given["day"]:
            self.add_error("day", _("Choose a day."))
        if given["repeat"] and not given["times"]:
            self.add_error("times", _("Say how often."))
        return given

    @property
    def is_waiting(self) -> bool:
        """Whether the waiting list was chosen instead of a time."""
        return "waitlist" in self.data

    @property
    def when(self) -> dict[str, Any]:
        """The time or the number, as the operations take it."""
        if self.cleaned_data["at"] == BY_NUMBER:
            return {"day": self.cleaned_data["day"], "mode": TOKEN}
        return {"starts_at": self.cleaned_data["at"], "mode": SLOT}


class MoveForm(WhenForm):
    """Another time, and with it another line perhaps."""

    reason = words_field(_("Why"), 200)
    following = forms.BooleanField(required=False)
    """Of a series: all that come after it go with it, by the same time."""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors and not given["at"]:
            self.add_error("at", _("Choose a time."))
        return given


class ReasonForm(Plain):
    reason = words_field(_("Reason"), 200, required=True)


class SeriesForm(Plain):
    """The end of a series, or of one of it (R2.10)."""

    ONE, FOLLOWING = "one", "following"
    which = forms.ChoiceField(
        label=_("Cancel"), choices=((ONE, _("only this one")), (FOLLOWING, _("this one and all after it"))),
        initial=FOLLOWING, widget=forms.RadioSelect,
    )  # fmt: skip
    reason = words_field(_("Reason"), 200, required=True)


class OfferForm(Plain):
    """A free place for somebody on the waiting list."""

    starts_at = forms.ChoiceField(label=_("Free place"), widget=forms.Select(SELECT))

    def __init__(self, *args: Any, times: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["starts_at"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = times
        if not times:
            choice.help_text = _("Nothing is free among the days and hours asked for.")

    def clean_starts_at(self) -> datetime:
        return instant(self.cleaned_data["starts_at"])


def day_of(text: str, otherwise: date) -> date:
    """A date as an address names it; the other one for anything else, and for years nobody books in."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return found if abs((found - otherwise).days) < 3660 else otherwise
