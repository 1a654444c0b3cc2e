"""Who comes in at a live door, and where a hospital's regions are rendered.

The live floor knows neither hospitals nor sign-in: the room that does registers one ``Doors`` in ``ready()``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from clinic.core.access import Actor

PLACE_KEPT = 10.0
"""Seconds a hospital's place is remembered: its slug and time zone change about never, and each render asks."""


@dataclass(frozen=True, slots=True)
class Place:
    """The surroundings every render of a hospital has in common."""

    prefix: str
    """The script prefix, with both slashes: ``/h/harbor/``."""
    time_zone: str
    language: str


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody let in at a live door."""

    hospital_id: UUID
    actor: Actor
    names: frozenset[str] | None = None
    """What a token's holder may watch, named one by one by the server; None: the actor's abilities decide."""
    marks: frozenset[str] = frozenset()
    """References whose events may end these rights: ``user:<id>``, ``api_key:<id>``, ``display:<id>``, …"""
    language: str = ""
    """The language of a public screen; empty: the one the page says it shows."""


class Doors(Protocol):
    """What the tenants' room answers. Each call may query; it runs in a worker thread, without an open hospital.

    Every method that looks somebody up answers None for whoever may not enter (any more), and changes nothing: live
    traffic never moves a session's idle timer.
    """

    def place(self, hospital_id: UUID) -> Place: ...

    def member(self, cookies: Mapping[str, str], hospital: str) -> Guest | None:
        """The session's member in the hospital with this slug or id ('' = the only or last used one)."""

    def token(self, raw: str, hospital: str) -> Guest | None:
        """The holder of an access token (``Authorization: Bearer``)."""

    def api_key(self, raw: str, hospital: str) -> Guest | None:
        """The holder of a key (``Authorization: Api-Key``)."""

    def public(self, kind: str, raw: str) -> Guest | None:
        """The holder of a public token of this kind: ``display``, ``status``, ``booking``."""

    def platform_id(self) -> UUID | None:
        """The hidden hospital that sign-outs and passwords are recorded under."""


_doors: Doors | None = None
_opens: dict[str, Callable[[str], Iterable[str]]] = {}
_tells: dict[str, Callable[[str], dict[str, Any]]] = {}
_places: dict[UUID, tuple[float, Place]] = {}


def use(doors: Doors) -> None:
    """Register the one ``Doors``."""
    global _doors
    _doors = doors
    _places.clear()


def opens(purpose: str, names: Callable[[str], Iterable[str]]) -> None:
    """Register what a public link of this purpose shows: target → names of public regions, under its hospital.

    For example ``opens("status", lambda visit: [f"status:{department_of(visit)}#{visit}"])``.
    """
    _opens[purpose] = names


def names_opened(purpose: str, target: str) -> frozenset[str]:
    """The regions a link opens; none for a purpose nobody registered."""
    names = _opens.get(purpose)
    return frozenset(names(target)) if names else frozenset()


def tells(purpose: str, doc: Callable[[str], dict[str, Any]]) -> None:
    """Register what a public link of this purpose says as JSON: target → document, under its hospital."""
    _tells[purpose] = doc


def told(purpose: str, target: str) -> dict[str, Any]:
    """The document of a public link."""
    return _tells[purpose](target)


def doors() -> Doors:
    if _doors is None:
        raise RuntimeError("no Doors are registered (clinic.live.doors.use)")
    return _doors


def place(hospital_id: UUID) -> Place:
    """Where the hospital's regions are rendered, at most ``PLACE_KEPT`` seconds old."""
    known = _places.get(hospital_id)
    now = time.monotonic()
    if known is None or now - known[0] > PLACE_KEPT:
        known = (now, doors().place(hospital_id))
        _places[hospital_id] = known
    return known[1]
