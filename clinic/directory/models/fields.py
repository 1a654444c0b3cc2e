"""Columns of the directory."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.core.fields import CheckedJSON

PREFIX = r"^[A-HJ-NP-Z]{1,3}$"


def list_of_texts(value: Any) -> None:
    """Refuse anything but up to 40 different texts of up to 80 characters."""
    if (
        not isinstance(value, list)
        or len(value) > 40
        or not all(isinstance(text, str) and 0 < len(text.strip()) <= 80 for text in value)
        or len(set(value)) != len(value)
    ):
        raise ValidationError(_("A list of different short texts."), code="texts")


class TextsField(CheckedJSON):
    default_validators = [list_of_texts]
