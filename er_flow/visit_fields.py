"""Fields and parts that several bodies of the emergency department share."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.core.api_fields import Line, Moment, Pattern
from clinic.core.api_input import Lower, Strict

MOST_FEATURES = 20


class _Once(serializers.ListField):
    """A list in which each word stands once, however often it was sent."""

    def to_internal_value(self, data: Any) -> list[Any]:
        return list(dict.fromkeys(super().to_internal_value(data)))


class Words(_Once):
    """Several of some words."""

    def __init__(self, choices: list[str], **options: Any) -> None:
        super().__init__(child=Lower(choices=choices), max_length=len(choices), **options)


class Features(_Once):
    """What a bed has, or must have: the words that are shipped, or a hospital's own."""

    def __init__(self, **options: Any) -> None:
        word = Pattern(r"^[a-z][a-z0-9_]{0,39}$", max_length=40)
        super().__init__(child=word, max_length=MOST_FEATURES, **options)


class When(Strict):
    """Another time than now, and why."""

    at = Moment(required=False, help_text="When it happened, if not now; with a reason.")
    reason = Line(200, required=False, allow_blank=True, default="")
