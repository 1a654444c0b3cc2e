"""What the JSON columns of the emergency department hold."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from er_flow.models.words import ALERTS, WAITS

WORD = re.compile(r"^[a-z][a-z0-9_]{0,39}$")


def _words(value: Any, known: frozenset[str] | None, most: int) -> None:
    is_list = isinstance(value, list) and len(value) <= most and all(isinstance(one, str) for one in value)
    if not is_list or len(set(value)) < len(value):
        raise ValidationError(_("A list of different words."), code="words")
    if not all(WORD.match(one) if known is None else one in known for one in value):
        raise ValidationError(_("A word nobody knows."), code="words")


def features_of(value: Any) -> None:
    """Up to twenty words in small letters; a hospital may use its own."""
    _words(value, None, 20)


def alerts_of(value: Any) -> None:
    _words(value, frozenset(key for key, _label in ALERTS), len(ALERTS))


def waits_of(value: Any) -> None:
    _words(value, frozenset(key for key, _label in WAITS), len(WAITS))
