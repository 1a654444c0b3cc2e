"""Waits and their scores in REST."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.core.api_fields import Day
from clinic.core.api_input import Query


class MinutesDoc(serializers.Serializer[Any]):
    """A wait in minutes: for half of the people at most `low`, for nine of ten at most `high`."""

    low = serializers.IntegerField()
    high = serializers.IntegerField()


class WaitDoc(serializers.Serializer[Any]):
    """When somebody will probably be called: by `low` as likely as not, by `high` nine times of ten."""

    low = serializers.DateTimeField()
    high = serializers.DateTimeField()
    text = serializers.CharField(help_text="Both by the hospital's clocks: 10:35–10:50.")


class CalibrationQuery(Query):
    """``date`` is a service day; without it, today's."""

    date = Day(required=False)


class ScoreDoc(serializers.Serializer[Any]):
    """What came of a line's estimates of one day, by one model. Null where nothing was scored."""

    queue = serializers.UUIDField()
    name = serializers.CharField()
    model = serializers.CharField()
    day = serializers.DateField()
    promises = serializers.IntegerField(help_text="Estimates that were shown.")
    scored = serializers.IntegerField(help_text="Of people who were called.")
    p90_coverage = serializers.FloatField(allow_null=True, help_text="Part of them called by the later moment told.")
    error_minutes = serializers.FloatField(allow_null=True, help_text="Mean distance of the earlier moment told.")
    rolling_error_minutes = serializers.FloatField(
        allow_null=True, help_text="The same for the mean of the line's last ten waits, where there was one."
    )
    smaller_by = serializers.FloatField(allow_null=True, help_text="The error against that one: 0.3 is 30 % smaller.")


class CalibrationDoc(serializers.Serializer[Any]):
    """A service day's estimates, by line and model."""

    service_day = serializers.DateField()
    lines = ScoreDoc(many=True)
