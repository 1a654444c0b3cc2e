"""What JSON faces have in common: how an instant, a named other and a list of ids are written (api.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

Doc = dict[str, Any]


def stamp(at: datetime | None) -> str | None:
    """RFC 3339 with an offset, always in UTC, so that a document does not depend on who reads it."""
    return None if at is None else at.astimezone(UTC).isoformat()


def named(key: object, name: str | None) -> Doc | None:
    """Another resource as it stands in a document: its id and its name; None where there is none."""
    return None if key is None else {"id": str(key), "name": name or ""}


def uuids(ids: Iterable[str]) -> list[UUID]:
    """The ids that are UUIDs; others name nothing."""
    found = []
    for text in ids:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def by_asked(ids: Iterable[str], found: Mapping[UUID, Doc]) -> dict[str, Doc]:
    """Documents under the very texts that were asked for; what is not there is left out."""
    answer = {}
    for text in ids:
        try:
            doc = found.get(UUID(text))
        except ValueError:
            continue
        if doc is not None:
            answer[text] = doc
    return answer
