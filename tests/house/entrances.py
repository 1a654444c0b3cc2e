"""Every way in: each page, API action and admin view with its method and its ability, read from the URL resolver."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from clinic.core import access
from clinic.core.admin import HouseAdmin

MISSING = "names no ability"
ADMIN = {"add": "add", "delete": "delete", "change": "view", "changelist": "view", "history": "view"}
"""Which of a HouseAdmin's abilities its views ask."""


@dataclass(frozen=True)
class Entrance:
    route: str
    method: str
    kind: str
    """``page``, ``api`` or ``admin``."""
    view: str
    """Where it is written: module and name."""
    ability: str | None
    """The ability; None: public, or for an admin view that nobody may."""
    public: bool

    @property
    def prefix(self) -> str:
        """The route up to its argument; the whole route where there is none."""
        return self.route.partition("<")[0]

    @property
    def takes(self) -> bool:
        return "<" in self.route

    def __str__(self) -> str:
        return f"{self.method} {self.route or '(start)'}"


def patterns() -> list[tuple[str, URLPattern]]:
    def walk(resolver: URLResolver, before: str) -> Iterator[tuple[str, URLPattern]]:
        for each in resolver.url_patterns:
            route = before + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from walk(each, route)
            else:
                yield route, each

    return list(walk(get_resolver(), ""))


@cache
def entrances() -> tuple[Entrance, ...]:
    return tuple(each for route, pattern in patterns() for each in _of(route, pattern))


def _of(route: str, pattern: URLPattern) -> Iterator[Entrance]:
    view: Any = pattern.callback
    model_admin = getattr(view, "model_admin", None)
    if hasattr(view, "cls"):
        for method, action in sorted((view.actions or {"get": ""}).items()):
            handler = getattr(view.cls, action, None)
            ability = getattr(handler, "ability", MISSING)
            where = f"{view.cls.__module__}.{view.cls.__qualname__}.{action}"
            yield Entrance(route, method.upper(), "api", where, ability, ability is None)
    elif isinstance(model_admin, HouseAdmin):
        asked = ADMIN[str(pattern.name).rpartition("_")[2]]
        where = f"{type(model_admin).__module__}.{type(model_admin).__qualname__}.{asked}"
        yield Entrance(route, "GET", "admin", where, model_admin.abilities.get(asked), False)
    elif route.startswith("admin/"):
        yield Entrance(route, "GET", "admin", f"admin.{pattern.name}", "admin.open", False)
    else:
        where = f"{view.__module__}.{view.__qualname__}"
        ability = getattr(view, "ability", MISSING)
        kind = "api" if route.startswith("api/") else "page"
        for method in methods_of(view):
            yield Entrance(route, method, kind, where, ability, ability is None and where in access.PUBLIC)


def methods_of(view: Any) -> list[str]:
    """The methods that ``require_http_methods`` lets through; GET and POST where nothing is said."""
    while view is not None:
        said = inspect.getclosurevars(view).nonlocals.get("request_method_list") if inspect.isfunction(view) else None
        if said:
            return [method for method in said if method != "HEAD"]
        view = getattr(view, "__wrapped__", None)
    return ["GET", "POST"]
