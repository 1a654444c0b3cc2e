"""What the API takes and shows of the waiting list and of series."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clinic.core.api_fields import Day, Id, Line, Moment, Yes, YesInQuery
from clinic.core.api_input import Lower, Query, Strict
from queues import recurrence
from queues.appointment_serializers import AppointmentDoc, WhoDoc
from queues.models import WaitlistEntry
from queues.serializers import LineBody

ENTRY_STATES = [key for key, _label in WaitlistEntry.STATES]
PARTS = [key for key, _label in WaitlistEntry.PARTS]


class OfferDoc(serializers.Serializer[Any]):
    """A place kept for somebody on the list."""

    appointment = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)


class EntryDoc(WhoDoc):
    """Somebody who wants a place."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    status = serializers.ChoiceField(choices=ENTRY_STATES)
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    part = serializers.ChoiceField(choices=PARTS)
    note = serializers.CharField()
    entered_at = serializers.DateTimeField()
    offers = serializers.IntegerField(help_text="How often a place was offered.")
    offer = OfferDoc(allow_null=True, help_text="Set while a place is offered.")
    ended_at = serializers.DateTimeField(allow_null=True)


class TakenDoc(serializers.Serializer[Any]):
    """The entry, and the appointment it became."""

    entry = EntryDoc()
    appointment = AppointmentDoc()


class SeriesDoc(WhoDoc):
    """Appointments that come again."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    rule = serializers.CharField(help_text="RRULE of RFC 5545, in the hospital's local time.")
    starts_at = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    exceptions = serializers.ListField(child=serializers.DateField(), help_text="Local dates left out.")
    ended_at = serializers.DateTimeField(allow_null=True)


class ClashDoc(serializers.Serializer[Any]):
    """A time of the rule that cannot be booked."""

    starts_at = serializers.DateTimeField()
    code = serializers.CharField()
    alternatives = serializers.ListField(child=serializers.DateTimeField())


class TimesDoc(serializers.Serializer[Any]):
    """What a rule gives, and which of it is not free."""

    times = serializers.ListField(child=serializers.DateTimeField())
    conflicts = ClashDoc(many=True)


class MadeDoc(serializers.Serializer[Any]):
    """The series, the appointments that were made, and the times left out."""

    series = SeriesDoc()
    appointments = AppointmentDoc(many=True)
    skipped = ClashDoc(many=True)


class EntryQuery(Query):
    ordering = serializers.ChoiceField(choices=["entered_at", "-entered_at"], default="entered_at")
    queue = Id(required=False)
    doctor = Id(required=False)
    department = Id(required=False)
    patient = Id(required=False)
    date = Day(required=False, help_text="Who wants a place on this day.")
    status = Lower(choices=ENTRY_STATES, required=False)
    open = YesInQuery(required=False, help_text="Still waits, or has ended.")


class SeriesQuery(Query):
    ordering = serializers.ChoiceField(choices=["id", "-id"], default="id")
    queue = Id(required=False)
    doctor = Id(required=False)
    patient = Id(required=False)
    ended = YesInQuery(required=False)


class EntryBody(LineBody):
    """Who wants a place where, and on which days."""

    patient = Id()
    type = Id(required=False)
    first_day = Day()
    last_day = Day()
    part = Lower(choices=PARTS, required=False, default=WaitlistEntry.ANY)
    note = Line(200, required=False, allow_blank=True, default="")


class OfferBody(Strict):
    starts_at = Moment()


class TimesBody(LineBody):
    """A rule to be looked at before anything is saved."""

    type = Id(required=False)
    starts_at = Moment()
    rule = Line(200, help_text="Like FREQ=WEEKLY;BYDAY=TU;COUNT=8.")
    exceptions = serializers.ListField(child=Day(), required=False, max_length=recurrence.MOST, default=list)


class SeriesBody(TimesBody):
    """A series to be booked."""

    patient = Id()
    skip_conflicts = Yes(required=False, default=False, help_text="Leave out what is not free.")
    reason = Line(200, required=False, allow_blank=True, default="")


class SeriesMoveBody(Strict):
    """One of them, or it and all that follow."""

    appointment = Id()
    starts_at = Moment()
    scope = Lower(choices=["one", "all"], required=False, default="one")
    skip_conflicts = Yes(required=False, default=False, help_text="What is not free stays where it is.")
    reason = Line(200, required=False, allow_blank=True, default="")


class SeriesCancelBody(Strict):
    """All that are to come; from one on, or only that one."""

    appointment = Id(required=False)
    scope = Lower(choices=["one", "all"], required=False, default="all")
    reason = Line(200)

    def validate(self, attrs: Any) -> Any:
        if attrs["scope"] == "one" and "appointment" not in attrs:
            raise serializers.ValidationError({"appointment": [_("Say which one.")]})
        return attrs
