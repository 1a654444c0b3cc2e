"""Whom an absence hits. Those who wait stand a floor above: upper rooms say in ``ready()`` how they are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from clinic.directory.models import Absence, Doctor


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody who comes, or waits, for a doctor who will not be there."""

    ref: str
    """``visit:<id>``."""
    token: str
    name: str
    since: datetime
    """When they came, or are to come."""


Finder = Callable[[Doctor, datetime, datetime], Iterable[Hit]]
_finders: list[Finder] = []


def finds(finder: Finder) -> None:
    """Register a finder: a doctor, from when and until when → whom that hits."""
    if finder not in _finders:
        _finders.append(finder)


def hit_between(doctor: Doctor, starts_at: datetime, ends_at: datetime) -> list[Hit]:
    """Whom it would hit if the doctor were away between two instants, the longest here first."""
    found = [hit for finder in _finders for hit in finder(doctor, starts_at, ends_at)]
    return sorted(found, key=lambda hit: hit.since)


def hit_by(absence: Absence) -> list[Hit]:
    """Whom an absence hits; nobody once it was taken back."""
    return [] if absence.cancelled_at else hit_between(absence.doctor, absence.starts_at, absence.ends_at)
