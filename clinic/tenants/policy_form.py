"""The page of the policies (R1.9): in groups, each with a word on what it does."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from clinic.core.admin import HouseForm
from clinic.tenants.week import WeekField, WeekWidget

GROUPS: list[tuple[Any, dict[str, Any]]] = [
    (_("Opening hours"), {
        "fields": ("hours",), "description": _("By the hospital's own clock. Closures are kept apart."),
    }),
    (_("Tokens and screens"), {
        "fields": ("token_reset", "display_names", "languages", "mute_from", "mute_until"),
        "description": _("What the waiting room reads and hears."),
    }),
    (_("Order of a line"), {
        "fields": ("order_policy", "aged_urgent", "aged_vip", "aged_carried_over"),
        "description": _("The head starts count only with the order by minutes. Who waits is sorted anew at once."),
    }),
    (_("Calling"), {
        "fields": ("min_calls", "call_gap", "call_total", "skip_places", "skip_max", "undo_seconds"),
        "description": _("When somebody counts as not come, how far a skip goes back, how long an act can be undone."),
    }),
    (_("Length of a visit"), {
        "fields": ("default_minutes", "buffer_minutes", "late_minutes"),
        "description": _("Used until enough visits were measured. Departments and doctors may have their own."),
    }),
    (_("Limits of a line"), {
        "fields": ("queue_soft_limit", "queue_hard_limit"),
        "description": _("Empty: no limit. Departments may have their own."),
    }),
    (_("When a doctor leaves, and the end of the day"), {
        "fields": ("on_leave", "carry_over", "presence", "lapse_at"),
        "description": _("What becomes of those who still wait."),
    }),
    (_("Appointments"), {
        "fields": ("booking_mode", "confirm", "prepay", "hold_minutes", "pool_booking"),
        "description": _("How places are booked. Departments and doctors may have their own way."),
    }),
    (_("On the day of an appointment"), {
        "fields": ("arrival_window", "late_grace", "appointment_lead", "no_show_after"),
        "description": _("When people check in, and how booked patients stand among those who just come."),
    }),
    (_("Booking online, and messages"), {
        "fields": ("public_verification", "live_bookings_per_phone", "tell_by", "sms_countries", "video_link"),
        "description": _("Who may book from the phone, and how patients are told."),
    }),
    (_("Emergency department"), {
        "fields": (
            "er_targets", "er_own_targets", "er_clock", "door_to_triage", "level1_grace", "boarder_after",
            "bed_cleaning", "hospital_beds", "infant_fever_level",
        ),
        "description": _("How long somebody may wait, and what becomes of beds. ESI itself sets no times."),
    }),
    (_("Security"), {"fields": ("idle_minutes",)}),
]  # fmt: skip


TOGETHER = {"queue_soft_limit", "queue_hard_limit", "aged_urgent", "aged_vip", "aged_carried_over"}


class PoliciesForm(HouseForm):
    hours = WeekField(label=_("Opening hours"), widget=WeekWidget(line=UnfoldAdminTextInputWidget))
    languages = forms.MultipleChoiceField(
        label=_("Languages of public screens"), choices=settings.LANGUAGES,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Displays and patients' pages offer these; the first is spoken first."),
    )  # fmt: skip

    def _get_validation_exclusions(self) -> set[str]:
        """What two policies must not say together the operation says, and at which field."""
        told: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return told | TOGETHER
