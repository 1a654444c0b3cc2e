"""Columns of hospitals: time zones, weekly hours, languages, join codes."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.fields import CheckedJSON


def known_time_zone(name: str) -> None:
    """Refuse a time zone the IANA database does not know."""
    if name not in available_timezones():
        raise ValidationError(_("Not a known time zone."), code="time_zone")


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def default_hours() -> dict[str, list[dict[str, str]]]:
    """R1.9: Monday to Saturday, ten to six."""
    return {day: [{"start": "10:00", "end": "18:00"}] for day in DAYS[:6]}


def weekly_hours(value: Any) -> None:
    """Refuse anything but ``{mon: [{start: "HH:MM", end: "HH:MM"}, …], …}``, the spans of a day in order and apart."""
    if not isinstance(value, dict) or not set(value) <= set(DAYS):
        raise ValidationError(_("Hours are given by day: mon to sun."), code="hours")
    for spans in value.values():
        told = [_span(span) for span in spans] if isinstance(spans, list) else [None]
        ends = [moment for span in told for moment in (span or ("", ""))]
        if None in told or ends != sorted(ends) or len(set(ends)) != len(ends):
            raise ValidationError(_("Each span needs a start before its end, one after the other."), code="hours")


def _span(value: Any) -> tuple[str, str] | None:
    clock_face = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")
    if not isinstance(value, dict) or set(value) != {"start", "end"}:
        return None
    start, end = value["start"], value["end"]
    if not all(isinstance(moment, str) and clock_face.match(moment) for moment in (start, end)):
        return None
    return (start, end)


class HoursField(CheckedJSON):
    default_validators = [weekly_hours]


def default_languages() -> list[str]:
    return ["en"]


def known_languages(value: Any) -> None:
    """Refuse an empty list, a repeated language and one the product does not speak."""
    known = {code for code, _name in settings.LANGUAGES}
    if not isinstance(value, list) or not value or len(set(map(str, value))) != len(value) or not set(value) <= known:
        raise ValidationError(_("One or more of the languages offered, each once."), code="languages")


class LanguagesField(CheckedJSON):
    default_validators = [known_languages]


if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
else:
    _CharField = models.CharField


class ZoneField(_CharField):
    """A time zone's name. Migrations see Django's own field."""

    default_validators = [known_time_zone]

    def deconstruct(self) -> Any:
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options


CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without what is misread aloud or on paper: I L O 0 1


def new_join_code() -> str:
    """Nine characters, 44 bits, written in threes: ``HRB-4K7-P2X``. One use, expires, and guessing is limited."""
    return "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(3)) for _ in range(3))


class CodeField(_CharField):
    """A join code, made when the row is. Migrations see Django's own field."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"default": new_join_code, **options})

    def deconstruct(self) -> Any:
        name, _path, args, options = super().deconstruct()
        options.pop("default", None)
        return name, "django.db.models.CharField", args, options
