"""What an action says of itself, once: what it takes and answers. The viewset checks by it, the schema shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from rest_framework import serializers

from clinic.core.api_input import Query, Strict

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Told:
    """See ``answers``."""

    doc: type[serializers.Serializer[Any]] | None
    status: int
    body: type[Strict] | None
    query: type[Query]
    paged: bool
    listed: bool
    versioned: bool
    limited: bool
    whole: bool
    refusals: tuple[str, ...]
    also: tuple[int, ...]
    example: Any


UNTOLD = Told(None, 200, None, Query, False, False, False, False, False, (), (), None)


def answers(
    doc: type[serializers.Serializer[Any]] | None = None,
    status: int = 200,
    *,
    body: type[Strict] | None = None,
    query: type[Query] = Query,
    paged: bool = False,
    listed: bool = False,
    versioned: bool = False,
    limited: bool = False,
    whole: bool = False,
    refusals: Sequence[str] = (),
    also: Sequence[int] = (),
    example: Any = None,
) -> Callable[[F], F]:
    """``doc``: the document answered (None: no content); ``paged``/``listed``: many of them, by cursor or all at once.

    ``body`` and ``query``: what is taken, checked before the action runs. ``versioned``: ETag and If-Match.
    ``limited``: may answer 429. ``whole``: a PATCH that is an act, whose body is not a part of a resource.
    ``refusals``: codes of 409. ``also``: statuses that nothing else tells of. ``example``: a body that works.
    """

    def mark(action: F) -> F:
        action.told = Told(  # type: ignore[attr-defined]
            doc, status, body, query, paged, listed, versioned, limited, whole, tuple(refusals), tuple(also), example
        )
        return action

    return mark
