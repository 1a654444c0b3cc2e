"""What the API takes and shows of holds, delays and returns, of acts by the word of a status, and of undo."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clinic.core.api_fields import Id, Line, Yes
from clinic.core.api_input import Lower, Strict
from queues.models import HOLDS
from queues.operations.holds import MOST_MINUTES, MOST_PLACES
from queues.serializers import OTHER_WORDS, VisitDoc

HOLD_REASONS = [key for key, _label in HOLDS]
SKIPPED = "skipped"
STATUS_WORDS = ["waiting", "called", "in_progress", "on_hold", "completed", SKIPPED, "no_show", "left", "cancelled"]


class DelayedDoc(serializers.Serializer[Any]):
    """Who was put back, and by how many places: 0 means that nobody stands behind, or that it was by minutes."""

    visit = VisitDoc()
    places = serializers.IntegerField()


class UndoneDoc(serializers.Serializer[Any]):
    """What was taken back, and how the visit stands now."""

    undone = serializers.ListField(child=serializers.CharField())
    visit = VisitDoc()


def _minutes(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=MOST_MINUTES, required=False, **options)


class VisitStatusBody(Strict):
    """The earlier systems' way to act on a visit: by the word it should have next."""

    status = Lower(choices=STATUS_WORDS, other_words=OTHER_WORDS)
    reason = Line(200, required=False, allow_blank=True, default="", help_text="For called, left and cancelled.")
    doctor = Id(required=False, help_text="Who calls; the line's own doctor if left out.")
    hold = Lower(choices=HOLD_REASONS, required=False, default="other", help_text="Why on hold.")
    minutes = _minutes(help_text="How long away, for on_hold.")


class HoldBody(Strict):
    """Why, and for somebody away for how long."""

    reason = Lower(choices=HOLD_REASONS)
    minutes = _minutes(help_text="For somebody away: back by then.")
    note = Line(200, required=False, allow_blank=True, default="")


class PhoneDelayBody(Strict):
    """By places or for minutes, one of them."""

    places = serializers.IntegerField(
        min_value=1, max_value=MOST_PLACES, required=False, help_text="Back by so many places."
    )
    minutes = _minutes(help_text="Away for so long, with the place kept.")

    def validate(self, attrs: Any) -> Any:
        if ("places" in attrs) == ("minutes" in attrs):
            raise serializers.ValidationError({"places": [_("Give places or minutes, one of them.")]})
        return attrs


class DelayBody(PhoneDelayBody):
    """By places or for minutes, and why."""

    reason = Line(200)


class RejoinBody(Strict):
    reason = Line(200, required=False, allow_blank=True, default="")


class StillThereBody(Strict):
    completed = Yes(required=False, default=False, help_text="No: the visit is complete.")
