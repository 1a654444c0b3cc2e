"""What the API takes and shows of a doctor's absence and of whom it hits (R2.11)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clinic.core.api_fields import Day, Id, Moment, Named
from clinic.core.api_input import Lower, Query, Strict
from queues.operations import away_today

MOST = 500
"""Choices in one body."""
FOR_ALL = [away_today.POOL, away_today.COLLEAGUE, away_today.CANCEL]


class AwayQuery(Query):
    """Which day."""

    date = Day(required=False, default=None, help_text="The service day; today where it is left out.")


class AwayPersonDoc(serializers.Serializer[Any]):
    """Somebody who waits for or is booked with the absent doctor."""

    id = serializers.UUIDField(help_text="The visit's or the appointment's.")
    kind = serializers.ChoiceField(choices=["visit", "appointment"])
    patient = Named(allow_null=True)
    token = serializers.CharField()
    at = serializers.DateTimeField(help_text="When they came, or are to come.")
    status = serializers.CharField()


class AwayColleagueDoc(serializers.Serializer[Any]):
    """A colleague and how much room there is."""

    queue = serializers.UUIDField()
    doctor = Named()
    waiting = serializers.IntegerField()
    booked = serializers.IntegerField()
    capacity = serializers.IntegerField(allow_null=True, help_text="Patients a day at most; null is no limit.")
    taken = serializers.IntegerField()
    next_free_at = serializers.DateTimeField(allow_null=True)


class AwayDoc(serializers.Serializer[Any]):
    """Everybody whom the absence hits, and who has room."""

    service_day = serializers.DateField()
    people = AwayPersonDoc(many=True)
    colleagues = AwayColleagueDoc(many=True)


class AllBody(Strict):
    """What becomes of everybody who is not named."""

    to = Lower(choices=FOR_ALL)
    queue = Id(required=False, help_text="The colleague's line.")


class OneBody(Strict):
    """What becomes of one."""

    appointment = Id(required=False)
    visit = Id(required=False)
    to = Lower(choices=list(away_today.ACTS))
    queue = Id(required=False, help_text="The colleague's line.")
    starts_at = Moment(required=False, help_text="With `day`: the time on another day.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("appointment" in attrs) == ("visit" in attrs):
            raise serializers.ValidationError(_("Name the appointment or the visit, one of the two."))
        return attrs


class SettleAwayBody(Strict):
    """One choice for each, or one for all."""

    date = Day(required=False, default=None)
    all = AllBody(required=False)
    choices = serializers.ListField(child=OneBody(), required=False, default=list, max_length=MOST)


class NotSettledDoc(serializers.Serializer[Any]):
    """Somebody who stays, and why."""

    id = serializers.UUIDField()
    code = serializers.CharField()


class SettledDoc(serializers.Serializer[Any]):
    """What the act did, by the visits' and appointments' ids. `X-Seq` takes all of it back, for a while."""

    moved = serializers.ListField(child=serializers.UUIDField())
    cancelled = serializers.ListField(child=serializers.UUIDField())
    refused = NotSettledDoc(many=True)


class AwayUndoneDoc(serializers.Serializer[Any]):
    """What was taken back."""

    undone = serializers.ListField(child=serializers.CharField())
