"""What a link leads to, as the rooms above know it: whose it is, and which other links lead to the same.

A phone that takes notices of a booking hears its turn, too, once the booking is checked in and a visit in the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from clinic.core.nouns import split_ref
from clinic.records.models import Patient

Whose = Callable[[str], Patient | None]
"""The key of what a link leads to → whose it is."""
Before = Callable[[str], Iterable[str]]
"""The key of what a message is about → the references whose links were made for the same before."""

_whose: dict[str, Whose] = {}
_before: dict[str, Before] = {}


def tells(kind: str, whose: Whose, before: Before) -> None:
    """Register who knows of a kind of thing that links lead to; called in ``ready()``."""
    _whose[kind], _before[kind] = whose, before


def patient_of(ref: str) -> Patient | None:
    """Whose visit or appointment it is."""
    kind, key = split_ref(ref)
    return _whose[kind](key) if kind in _whose else None


def heard_by(about: str) -> list[str]:
    """The references whose links let somebody hear what a message about this says."""
    kind, key = split_ref(about)
    return [about, *(_before[kind](key) if kind in _before else ())]
