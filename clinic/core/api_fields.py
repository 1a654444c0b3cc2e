"""Fields that several rooms' bodies and documents share."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from rest_framework import serializers

from clinic.core.api_input import Query, Strict


class Named(serializers.Serializer[Any]):
    """Another resource, by id and name."""

    id = serializers.UUIDField()
    name = serializers.CharField()


def is_plain(text: str, *, lines: bool = False) -> bool:
    """Whether a text holds nothing that works on the reader unseen: no controls, no turned writing direction.

    Joiners stay: names in Arabic and in the scripts of India need them.
    """
    if lines:
        text = text.replace("\r\n", "\n").replace("\n", "").replace("\t", "")
    return not any(unicodedata.category(letter) in UNSEEN or letter in TURNS for letter in text)


UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp", "Cn"})
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class OnlyText:
    """A field that takes a text, and not a number or a truth that could be written as one."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data, input=data)  # type: ignore[attr-defined]
        return super().to_internal_value(data)  # type: ignore[misc]


class Line(OnlyText, serializers.CharField):
    """One line of text: no control characters, and not longer than its column."""

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(max_length=most, **options)

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        if not is_plain(text):
            self.fail("invalid")
        return text


class Secret(OnlyText, serializers.CharField):
    """A text that is taken as it is, spaces and all."""

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(max_length=most, trim_whitespace=False, **options)


class Id(OnlyText, serializers.UUIDField):
    """Another resource's id."""


class Email(OnlyText, serializers.EmailField):
    """An address of up to 254 characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)


class Pattern(OnlyText, serializers.RegexField):
    """A text of one form."""


class Text(Line):
    """Several lines of text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not is_plain(data, lines=True):
            self.fail("invalid")
        return serializers.CharField.to_internal_value(self, data)


class Moment(serializers.DateTimeField):
    """An instant with its offset, in this century: further away is a mistake, or an attack on arithmetic."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not value.isascii():
            self.fail("invalid", format="RFC 3339")
        at = super().to_internal_value(value)
        if not 2000 <= at.year <= 2099:
            self.fail("invalid", format="RFC 3339")
        return at


class Day(serializers.DateField):
    """A calendar day as ``2026-11-20``."""

    def to_internal_value(self, value: Any) -> date:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class Yes(serializers.BooleanField):
    """true or false and nothing that merely looks like it."""

    TRUE_VALUES = {True}
    FALSE_VALUES = {False}
    NULL_VALUES: set[Any] = set()

    def to_internal_value(self, data: Any) -> bool:
        if data is not True and data is not False:
            self.fail("invalid", input=data)
        return bool(data)


class Number(serializers.IntegerField):
    """A whole number within bounds; a text that looks like one is none."""

    def __init__(self, least: int, most: int, **options: Any) -> None:
        super().__init__(min_value=least, max_value=most, **options)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class YesInQuery(serializers.BooleanField):
    """``?active=true``: in a query everything is a text."""

    TRUE_VALUES = {"true"}
    FALSE_VALUES = {"false"}
    NULL_VALUES: set[Any] = set()


class ReasonBody(Strict):
    """Why, in one line."""

    reason = Line(200, required=False, allow_blank=True, default="")


class ById(Query):
    """Lists that come in order of creation."""

    ordering = serializers.ChoiceField(choices=["id", "-id"], default="id", help_text="By creation.")
