"""What the API takes and shows of moves, counters, posts and jumps."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.core.api_fields import Day, Id, Line, Yes
from clinic.core.api_input import Lower, Query, Strict
from queues.serializers import GIVEN_KLASSES, LineBody, VisitDoc, WarnedDoc


class MovedDoc(VisitDoc):
    """The visit in its new line, and whether that line is long."""

    warning = WarnedDoc(allow_null=True)


class ReassignBody(LineBody):
    """Where to, and why."""

    reason = Line(200, required=False, allow_blank=True, default="")


class SendOnBody(LineBody):
    """Where to next, and what for."""

    note = Line(200, required=False, allow_blank=True, default="")


class PriorityBody(Strict):
    """Which class, and why."""

    reason = Line(200, help_text="Personal: it is in no event.")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "class": Lower(choices=GIVEN_KLASSES, source="klass")}


class CounterBody(Strict):
    """A new counter: laboratory, cashier, vaccination."""

    name = Line(120)
    department = Id()


class QueueChangeBody(Strict):
    open = Yes(required=False, source="is_open", help_text="Takes people in.")
    overnight = Yes(required=False, help_text="Stays open across the end of the day.")
    name = Line(120, required=False, help_text="Of a counter.")


class PostBody(Strict):
    """Who, if it is not the caller, and where."""

    doctor = Id(required=False, help_text="Somebody of the directory; the caller if left out.")
    room = Id(required=False, help_text="Where people are called to; the own room if left out.")


class PostOffBody(Strict):
    doctor = Id(required=False, help_text="Somebody of the directory; the caller if left out.")


class PostDoc(serializers.Serializer[Any]):
    """Somebody calls from a line."""

    queue = serializers.UUIDField()
    doctor = serializers.UUIDField(help_text="The row in the directory of whoever calls.")
    room = serializers.UUIDField(allow_null=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class PostEndedDoc(serializers.Serializer[Any]):
    """The post that ended; null if there was none."""

    post = PostDoc(allow_null=True)


class JumpQuery(Query):
    date = Day(required=False, help_text="A service day; today if left out.")
    ordering = serializers.ChoiceField(choices=["seq"], default="seq")


CAUSES = [
    "class", "vip", "carried_over", "manual_call", "recall", "rejoin", "skip", "delay", "hold_return", "reassign",
    "send_on", "booked", "policy",
]  # fmt: skip


class JumpDoc(serializers.Serializer[Any]):
    """Somebody who did not stand, or was not called, in the order of arrival."""

    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    cause = serializers.ChoiceField(choices=CAUSES)
    visit = serializers.UUIDField(allow_null=True, help_text="Null for a policy, which moves whole lines.")
    token = serializers.CharField()
    queue = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField()
    actor = serializers.CharField(help_text="Who did it, by name.")
    undone = serializers.BooleanField(help_text="It was taken back.")


class JumpsDoc(serializers.Serializer[Any]):
    """The jump ledger of one service day, in the order of the log."""

    service_day = serializers.DateField()
    jumps = JumpDoc(many=True)
