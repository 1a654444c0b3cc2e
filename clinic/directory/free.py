"""When doctors can be booked next. Bookings stand a floor above: an upper room says in ``ready()`` how it is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from clinic.directory.models import Doctor

Provider = Callable[[Sequence[Doctor]], Mapping[UUID, datetime | None]]
"""Doctors of the open hospital → the first place each has that can be booked online; bounded queries."""
_provider: Provider | None = None


def provides(provider: Provider) -> None:
    """Register the one provider."""
    global _provider
    _provider = provider


def next_free(doctors: Sequence[Doctor]) -> dict[UUID, datetime | None]:
    """The next free place of each of them; None for whoever has none, and for all while nobody knows."""
    known = _provider(doctors) if _provider and doctors else {}
    return {doctor.pk: known.get(doctor.pk) for doctor in doctors}
