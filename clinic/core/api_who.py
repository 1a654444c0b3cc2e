"""Who asks, as the API sees it: filled in by the room that knows people and keys (clinic/tenants/authentication.py)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol
from uuid import UUID

from clinic.core.access import Actor


@dataclass(frozen=True, slots=True)
class Entered:
    """A hospital somebody may enter, and as whom."""

    hospital_id: UUID
    zone: tzinfo
    actor: Actor


class Credentials(Protocol):
    """What came with a request, already proven: ``request.auth``."""

    def enter(self, tenant: str) -> Entered:
        """The hospital with this id or slug ('': the only one); raises a DomainError if there is none to enter."""

    def person(self) -> Actor:
        """The same caller outside any hospital."""
