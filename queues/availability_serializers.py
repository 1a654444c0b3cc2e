"""How days and their free places are told in JSON: one face for staff and the public."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clinic.core.api_fields import Day as DayField
from clinic.core.api_fields import Id
from clinic.core.api_input import Query
from clinic.core.errors import Invalid
from clinic.core.faces import Doc, stamp
from queues.availability.book import Day

MOST_DAYS = 60
AHEAD = 400
"""Days ahead of today."""
MODES = ("slot", "token")


class AvailabilityQuery(Query):
    date = DayField(required=False, help_text="The first service day; today if left out.")
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False, default=1)
    type = Id(required=False, help_text="The visit type; it has a length of its own.")


class SlotDoc(serializers.Serializer[Any]):
    """A time that can be booked."""

    starts_at = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Places left at this time.")


class DayDoc(serializers.Serializer[Any]):
    """A service day: whether anybody works, and what is free."""

    date = serializers.DateField()
    open = serializers.BooleanField()
    modes = serializers.ListField(child=serializers.ChoiceField(choices=MODES))
    slots = SlotDoc(many=True)
    tokens_left = serializers.IntegerField(allow_null=True, help_text="null: no limit, or not by number.")
    next_token_at = serializers.DateTimeField(allow_null=True, help_text="About when the next number is seen.")


class AvailabilityDoc(serializers.Serializer[Any]):
    """A doctor's days."""

    doctor = serializers.UUIDField()
    type = serializers.UUIDField(allow_null=True)
    time_zone = serializers.CharField()
    days = DayDoc(many=True)
    next_free_at = serializers.DateTimeField(allow_null=True, help_text="The first free time, beyond these days too.")


def span(asked: dict[str, Any], today: date) -> tuple[date, date]:
    """First and last day of a checked query; refuses what nobody has planned."""
    first = asked.get("date") or today
    if not 0 <= (first - today).days <= AHEAD:
        told = _("From today, and %(days)s days ahead at most.") % {"days": AHEAD}
        raise Invalid("request.invalid", date=[str(told)])
    return first, first + timedelta(days=asked.get("days", 1) - 1)


def days_doc(days: Iterable[Day]) -> list[Doc]:
    return [day_doc(day) for day in days]


def day_doc(day: Day) -> Doc:
    return {
        "date": day.day.isoformat(), "open": day.open, "modes": list(day.modes),
        "slots": [{"starts_at": stamp(one.starts_at), "minutes": one.minutes, "left": one.left} for one in day.slots],
        "tokens_left": day.tokens_left, "next_token_at": stamp(day.next_token_at),
    }  # fmt: skip
