"""What the public search takes and shows."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clinic.core.api_fields import Line, Moment
from clinic.core.api_input import Lower, Query
from clinic.directory import find
from clinic.directory.serializers import DEGREES, MONEY


class FoundDoc(serializers.Serializer[Any]):
    """A doctor somebody may go to."""

    doctor = serializers.UUIDField()
    name = serializers.CharField()
    specialization = serializers.CharField()
    services = serializers.ListField(child=serializers.CharField())
    languages = serializers.ListField(child=serializers.CharField())
    clinic = serializers.CharField()
    slug = serializers.CharField(help_text="The clinic's short name in addresses.")
    address = serializers.CharField()
    city = serializers.CharField()
    latitude = serializers.RegexField(DEGREES, allow_null=True)
    longitude = serializers.RegexField(DEGREES, allow_null=True)
    fee = serializers.RegexField(MONEY, allow_null=True)
    currency = serializers.CharField()
    next_free_at = serializers.DateTimeField(
        allow_null=True, help_text="The next place that can be booked online, as far as is known."
    )
    km = serializers.FloatField(allow_null=True, help_text="Null where no place was given.")


class SearchQuery(Query):
    """Where, how far and whom; with latitude and longitude the nearest come first."""

    latitude = serializers.FloatField(min_value=-90, max_value=90, required=False)
    longitude = serializers.FloatField(min_value=-180, max_value=180, required=False)
    radius = serializers.FloatField(min_value=0.1, max_value=500, required=False, default=10, help_text="Kilometres.")
    specialization = Line(80, required=False)
    name = Line(120, required=False)
    clinicName = Line(120, required=False)  # noqa: N815  the earlier systems' word
    city = Line(80, required=False)
    minFee = serializers.DecimalField(max_digits=10, decimal_places=2, min_value=0, required=False)  # noqa: N815  the earlier systems' word
    q = Line(120, required=False, help_text="Words of name, specialization, services or clinic; accents do not matter.")
    language = Line(80, required=False, help_text="Spoken by the doctor.")
    free_before = Moment(required=False, help_text="The next free place is before it.")
    ordering = Lower(choices=find.ORDERS, required=False, help_text="nearest where a place is given, else name.")
    maxFee = serializers.DecimalField(max_digits=10, decimal_places=2, min_value=0, required=False)  # noqa: N815  the earlier systems' word

    def validate(self, attrs: Any) -> Any:
        if ("latitude" in attrs) != ("longitude" in attrs):
            raise serializers.ValidationError({"latitude": [_("A place needs latitude and longitude.")]})
        return attrs
