"""What the API shows of messages to patients."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.inbox.models import CHANNELS, OCCASIONS, STATES


class MessageDoc(serializers.Serializer[Any]):
    """One message on one channel, with what came of it. Links are not in it: they open what they lead to."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    patient = serializers.UUIDField(allow_null=True)
    about = serializers.CharField(help_text="The reference of what it is about: `appointment:…`, `visit:…`.")
    occasion = serializers.ChoiceField(choices=[key for key, _label in OCCASIONS])
    channel = serializers.ChoiceField(choices=[key for key, _label in CHANNELS])
    address = serializers.CharField()
    language = serializers.CharField()
    subject = serializers.CharField()
    text = serializers.CharField()
    state = serializers.ChoiceField(
        choices=[key for key, _label in STATES],
        help_text="`unknown`: the sender died before the provider answered; it is not sent again by itself.",
    )
    why = serializers.CharField(help_text="Why it was left out: quiet, late, opted_out, untrue, no_way, other_way.")
    created_at = serializers.DateTimeField()
    not_before = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    tries = serializers.IntegerField()
    error = serializers.CharField()
    copy = serializers.IntegerField(help_text="How often staff had it sent again.")
