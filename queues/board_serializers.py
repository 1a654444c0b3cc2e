"""What the API shows of a waiting room: tokens, rooms and states (R3.40)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from queues.estimates.serializers import MinutesDoc


class SaidDoc(serializers.Serializer[Any]):
    """An announcement in one language."""

    lang = serializers.CharField()
    text = serializers.CharField()


class BoardCallDoc(serializers.Serializer[Any]):
    """A call that stands; `key` is new for each call and recall."""

    key = serializers.CharField()
    token = serializers.CharField()
    room = serializers.CharField()
    doctor = serializers.CharField()
    name = serializers.CharField(help_text="Empty unless policy and patient allow it.")
    says = SaidDoc(many=True)
    called_at = serializers.DateTimeField()


class BoardRoomDoc(serializers.Serializer[Any]):
    token = serializers.CharField()
    room = serializers.CharField()
    doctor = serializers.CharField()
    name = serializers.CharField()


class BoardLineDoc(serializers.Serializer[Any]):
    """A line, as a waiting room may see it."""

    doctor = serializers.CharField()
    department = serializers.CharField()
    status = serializers.CharField()
    room = serializers.CharField()
    tokens = serializers.ListField(child=serializers.CharField(), help_text="The next few.")
    more = serializers.IntegerField()
    paused = serializers.BooleanField()
    joining = MinutesDoc(allow_null=True, help_text="For whoever joins now; null while paused or not known.")


class BoardDoc(serializers.Serializer[Any]):
    """A waiting room: tokens, rooms and states, and nothing else."""

    calls = BoardCallDoc(many=True)
    rooms = BoardRoomDoc(many=True)
    missed = serializers.ListField(child=serializers.CharField())
    taken_back = serializers.ListField(
        child=serializers.CharField(), help_text="Tokens whose call was undone within the last minute: please wait."
    )
    lines = BoardLineDoc(many=True)
