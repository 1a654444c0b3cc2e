"""Every route of the API, read from the address list itself, so that none can be left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from clinic.core.api import HouseViewSet
from clinic.core.api_told import Told


@dataclass(frozen=True)
class Route:
    """One action: its name as the description calls it, its method, and what it says of itself."""

    name: str
    method: str
    pattern: str
    ability: str | None
    told: Told


def routes() -> list[Route]:
    """All actions of all viewsets under /api/v1/."""
    return sorted(_walk(get_resolver().url_patterns, "/"), key=lambda route: route.name)


def _walk(patterns: list[Any], prefix: str) -> Iterator[Route]:
    for entry in patterns:
        where = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, where)
        elif isinstance(entry, URLPattern) and where.startswith("/api/"):
            callback: Any = entry.callback
            kind = getattr(callback, "cls", None)
            if kind is None:
                continue
            assert issubclass(kind, HouseViewSet), f"{where} is no HouseViewSet"
            for method, action in callback.actions.items():
                if method == "head":
                    continue
                handler = getattr(kind, action)
                name = f"{kind.tag.replace('-', '_')}_{action}"
                yield Route(name, method.upper(), where, handler.ability, handler.told)
