"""The staff's screens, for the way between them: each room registers its own in ``ready()``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from clinic.core.access import Actor

OWN = 700
"""From this order on a screen is about oneself or the hospital: nobody's day begins there."""


@dataclass(frozen=True, slots=True)
class Screen:
    """One entry of the rail."""

    key: str
    label: str | Promise
    icon: str
    route: str
    """The name of its address."""
    ability: str
    letter: str = ""
    """Opened by ``g`` and this letter."""
    order: int = 100
    wide: bool = False
    """Left out of the tabs of a phone."""
    only: Callable[[Actor], bool] | None = None
    """A further rule: the doctor's screen is for doctors."""

    def is_for(self, actor: Actor) -> bool:
        return actor.can(self.ability) and (self.only is None or self.only(actor))


_screens: dict[str, Screen] = {}


def register(screen: Screen) -> None:
    """Add a screen; another one under the same key is a mistake and raises."""
    if _screens.setdefault(screen.key, screen) != screen:
        raise ValueError(f"two screens are called {screen.key}")


def screens_of(actor: Actor) -> list[Screen]:
    """The screens this actor may open, in order."""
    return sorted((one for one in _screens.values() if one.is_for(actor)), key=lambda one: (one.order, one.key))


def rail(actor: Actor, here: str) -> list[dict[str, Any]]:
    """What ``staff.html`` shows as the way between screens; ``here`` is the open one's key."""
    return [
        {
            "key": one.key, "label": one.label, "icon": one.icon, "url": reverse(one.route), "letter": one.letter,
            "wide": one.wide, "current": one.key == here, "count": 0,
        }
        for one in screens_of(actor)
    ]  # fmt: skip


def address(route: str) -> str:
    """The address of a route, empty where this installation does not have it."""
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""
