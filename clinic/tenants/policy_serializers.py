"""Shapes of the policies (R1.9) and of weekly hours."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from rest_framework import serializers

from clinic.core.api_fields import Line, Number, Pattern
from clinic.core.api_input import Lower, Strict
from clinic.tenants.models import DAYS, HospitalConfig, weekly_hours

LANGUAGES = [code for code, _name in settings.LANGUAGES]
RESETS = [key for key, _ in HospitalConfig.RESETS]
LEAVES = [key for key, _ in HospitalConfig.LEAVES]
ORDERS = [key for key, _ in HospitalConfig.ORDERS]
CLOSES = [key for key, _ in HospitalConfig.CLOSES]
PRESENCES = [key for key, _ in HospitalConfig.PRESENCES]
BOOKINGS = [key for key, _ in HospitalConfig.BOOKINGS]
CONFIRMS = [key for key, _ in HospitalConfig.CONFIRMS]
VERIFICATIONS = [key for key, _ in HospitalConfig.VERIFICATIONS]
POOL_BOOKINGS = [key for key, _ in HospitalConfig.POOL_BOOKINGS]
TELLS = [key for key, _ in HospitalConfig.TELLS]
TARGETS = [key for key, _ in HospitalConfig.TARGETS]
CLOCKS = [key for key, _ in HospitalConfig.CLOCKS]
INFANTS = [key for key, _ in HospitalConfig.INFANTS]
CLOCK_FACE = r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"


class SpanDoc(serializers.Serializer[Any]):
    """From a time on the wall clock until another; 24:00 is midnight at the end of the day."""

    start = serializers.RegexField(CLOCK_FACE)
    end = serializers.RegexField(CLOCK_FACE)


class WeekDoc(serializers.Serializer[Any]):
    """A week by day; breaks are gaps, and a day that is not there is free."""

    mon = SpanDoc(many=True, required=False)
    tue = SpanDoc(many=True, required=False)
    wed = SpanDoc(many=True, required=False)
    thu = SpanDoc(many=True, required=False)
    fri = SpanDoc(many=True, required=False)
    sat = SpanDoc(many=True, required=False)
    sun = SpanDoc(many=True, required=False)


class PoliciesDoc(serializers.Serializer[Any]):
    """The policies that something reads."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    token_reset = serializers.ChoiceField(choices=RESETS, help_text="When tokens begin again at 1.")
    skip_places = serializers.IntegerField()
    skip_max = serializers.IntegerField()
    min_calls = serializers.IntegerField()
    call_gap = serializers.IntegerField(help_text="Seconds.")
    call_total = serializers.IntegerField(help_text="Seconds.")
    undo_seconds = serializers.IntegerField()
    display_names = serializers.ChoiceField(choices=[key for key, _ in HospitalConfig.NAMES])
    default_minutes = serializers.IntegerField(help_text="Of a visit, until measured.")
    buffer_minutes = serializers.IntegerField(help_text="Between two visits.")
    queue_soft_limit = serializers.IntegerField(allow_null=True, help_text="People from which a line warns.")
    queue_hard_limit = serializers.IntegerField(allow_null=True, help_text="People at which a line is full.")
    hours = WeekDoc(help_text="When the hospital is open, by its own clock.")
    on_leave = serializers.ChoiceField(choices=LEAVES, help_text="Those waiting when a doctor leaves.")
    order_policy = serializers.ChoiceField(choices=ORDERS)
    aged_urgent = serializers.IntegerField(help_text="Minutes of head start, with order aged.")
    aged_vip = serializers.IntegerField(help_text="Minutes of head start, with order aged.")
    aged_carried_over = serializers.IntegerField(help_text="Minutes of head start, with order aged.")
    carry_over = serializers.ChoiceField(choices=CLOSES, help_text="Who still waits at the end of the day.")
    presence = serializers.ChoiceField(choices=PRESENCES, help_text="Carried-over people on the next day.")
    lapse_at = serializers.RegexField(CLOCK_FACE, help_text="Local time at which carried-over visits lapse.")
    late_minutes = serializers.IntegerField(help_text="What running late adds where nothing else is said.")
    languages = serializers.ListField(child=serializers.ChoiceField(choices=LANGUAGES))
    mute_from = serializers.RegexField(CLOCK_FACE, allow_null=True, help_text="Screens are silent from then.")
    mute_until = serializers.RegexField(CLOCK_FACE, allow_null=True)
    booking_mode = serializers.ChoiceField(choices=BOOKINGS, help_text="At a time, by number, or both.")
    arrival_window = serializers.IntegerField(help_text="Minutes before the start from which a phone checks in.")
    late_grace = serializers.IntegerField(help_text="Minutes late that keep the place.")
    appointment_lead = serializers.IntegerField(help_text="Minutes a booked patient goes before walk-ins.")
    no_show_after = serializers.IntegerField(help_text="Minutes after the start that make a no-show.")
    confirm = serializers.ChoiceField(choices=CONFIRMS, help_text="At once, or when the doctor accepts.")
    prepay = serializers.BooleanField(help_text="A booking waits for its payment.")
    hold_minutes = serializers.IntegerField(help_text="For which a place is kept while booking.")
    public_verification = serializers.ChoiceField(choices=VERIFICATIONS)
    live_bookings_per_phone = serializers.IntegerField()
    pool_booking = serializers.ChoiceField(choices=POOL_BOOKINGS)
    tell_by = serializers.ChoiceField(choices=TELLS, help_text="How patients are told.")
    sms_countries = serializers.CharField(
        help_text="Country codes that one-time codes are texted to; empty for the own."
    )
    video_link = serializers.CharField(help_text="With {room} where the visit's room stands; empty for none.")
    er_targets = serializers.ChoiceField(choices=TARGETS, help_text="Whose times to a provider hold.")
    er_own_targets = serializers.ListField(
        child=serializers.IntegerField(), help_text="Minutes for levels 1 to 5, where the hospital has its own."
    )
    er_clock = serializers.ChoiceField(choices=CLOCKS, help_text="From when on a wait counts.")
    door_to_triage = serializers.IntegerField(help_text="Minutes.")
    level1_grace = serializers.IntegerField(help_text="Minutes.")
    boarder_after = serializers.IntegerField(help_text="Minutes after the decision to admit.")
    bed_cleaning = serializers.BooleanField(help_text="A bed that was left is cleaned before it is free.")
    hospital_beds = serializers.IntegerField(allow_null=True, help_text="Staffed beds of the whole hospital.")
    infant_fever_level = serializers.ChoiceField(choices=INFANTS, help_text="What fever at 28 to 89 days makes.")
    idle_minutes = serializers.IntegerField(help_text="Until somebody idle is signed out.")


class SpanBody(Strict):
    """From a time on the wall clock until another."""

    start = Pattern(CLOCK_FACE)
    end = Pattern(CLOCK_FACE)


class Spans(serializers.ListField):
    """The spans of a day, in order and apart."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=SpanBody(), max_length=12, required=False, **options)


class WeekBody(Strict):
    """A week by day: a whole one, what is left out is free."""

    mon = Spans()
    tue = Spans()
    wed = Spans()
    thu = Spans()
    fri = Spans()
    sat = Spans()
    sun = Spans()

    def validate(self, attrs: Any) -> Any:
        week = {day: [dict(span) for span in attrs.get(day, ())] for day in DAYS}
        try:
            weekly_hours(week)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        return week


class Clock(serializers.TimeField):
    """A time on the wall clock as ``08:30``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%H:%M"], format="%H:%M", **options)


class PoliciesBody(Strict):
    token_reset = Lower(choices=RESETS, required=False)
    skip_places = Number(1, 50, required=False)
    skip_max = Number(0, 20, required=False)
    min_calls = Number(1, 10, required=False)
    call_gap = Number(0, 3600, required=False)
    call_total = Number(0, 3600, required=False)
    undo_seconds = Number(0, 600, required=False)
    display_names = serializers.ChoiceField(choices=[key for key, _ in HospitalConfig.NAMES], required=False)
    default_minutes = Number(3, 240, required=False)
    buffer_minutes = Number(0, 120, required=False)
    queue_soft_limit = Number(1, 10_000, required=False, allow_null=True)
    queue_hard_limit = Number(1, 10_000, required=False, allow_null=True)
    hours = WeekBody(required=False)
    on_leave = Lower(choices=LEAVES, required=False)
    order_policy = Lower(choices=ORDERS, required=False)
    aged_urgent = Number(0, 1440, required=False)
    aged_vip = Number(0, 1440, required=False)
    aged_carried_over = Number(0, 1440, required=False)
    carry_over = Lower(choices=CLOSES, required=False)
    presence = Lower(choices=PRESENCES, required=False)
    lapse_at = Clock(required=False)
    late_minutes = Number(1, 240, required=False)
    languages = serializers.ListField(
        child=serializers.ChoiceField(choices=LANGUAGES), min_length=1, max_length=len(LANGUAGES), required=False
    )
    mute_from = Clock(required=False, allow_null=True)
    mute_until = Clock(required=False, allow_null=True)
    booking_mode = Lower(choices=BOOKINGS, required=False)
    arrival_window = Number(0, 240, required=False)
    late_grace = Number(0, 240, required=False)
    appointment_lead = Number(0, 1440, required=False)
    no_show_after = Number(5, 480, required=False)
    confirm = Lower(choices=CONFIRMS, required=False)
    prepay = serializers.BooleanField(required=False)
    hold_minutes = Number(1, 60, required=False)
    public_verification = Lower(choices=VERIFICATIONS, required=False)
    live_bookings_per_phone = Number(1, 50, required=False)
    pool_booking = Lower(choices=POOL_BOOKINGS, required=False)
    tell_by = Lower(choices=TELLS, required=False)
    sms_countries = Line(80, required=False, allow_blank=True)
    video_link = Line(200, required=False, allow_blank=True)
    er_targets = Lower(choices=TARGETS, required=False)
    er_own_targets = serializers.ListField(child=Number(0, 1440), min_length=5, max_length=5, required=False)
    er_clock = Lower(choices=CLOCKS, required=False)
    door_to_triage = Number(1, 240, required=False)
    level1_grace = Number(0, 30, required=False)
    boarder_after = Number(30, 1440, required=False)
    bed_cleaning = serializers.BooleanField(required=False)
    hospital_beds = Number(1, 20_000, required=False, allow_null=True)
    infant_fever_level = serializers.ChoiceField(choices=INFANTS, required=False)
    idle_minutes = Number(1, 480, required=False)
