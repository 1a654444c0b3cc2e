"""The best bed for a patient, and for whom a freed bed is, with the reasons (R4.33). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from er_flow.models.words import AIRBORNE, NEGATIVE_PRESSURE

MAKESHIFT = frozenset({"hallway", "chair"})
"""Places that a patient of level 1 to 3 is put into only where nothing else is free."""
VENTILATOR = "ventilator"
KEPT_FREE = frozenset({NEGATIVE_PRESSURE, "trauma_bay"})
"""What the next arrival may need at once: not offered to levels 4 and 5, who can wait for another bed."""
UNKNOWN = 2.5
"""Where somebody without a level stands among the levels when a bed is offered."""


@dataclass(frozen=True, slots=True)
class Place:
    """A bed as the choice sees it; ``position`` is its section's, by which sections are near or far."""

    id: UUID
    name: str
    sort: str
    features: frozenset[str]
    section: UUID
    section_name: str
    position: int
    order: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """What a patient needs of a bed."""

    visit: UUID
    level: int | None
    arrived_at: datetime
    needs: frozenset[str] = frozenset()
    sort: str = ""
    section: UUID | None = None
    """Only there, where it is asked for."""
    near: int = 0
    """The position of the section that the patient is in, or belongs to."""

    @property
    def rank(self) -> tuple[float, datetime, UUID]:
        """The most urgent first, then who came earlier. Untriaged people stand on top of every list (R4.4) because
        nobody knows; a bed goes first to those who are known not to be able to wait, and then to them."""
        return self.level or UNKNOWN, self.arrived_at, self.visit


@dataclass(frozen=True, slots=True)
class Fit:
    """A bed that suits, and why it stands where it does."""

    place: Place
    has: tuple[str, ...]
    """What is needed, and is there."""
    spare: tuple[str, ...]
    """What is there and not needed: kept free where there is a choice."""
    away: int
    """Sections between."""
    makeshift: bool


def needs(asked: Iterable[str], precautions: str, ventilated: bool) -> frozenset[str]:
    """What is asked for, and what the patient's state asks for."""
    told = set(asked)
    if precautions == AIRBORNE:
        told.add(NEGATIVE_PRESSURE)
    if ventilated:
        told.add(VENTILATOR)
    return frozenset(told)


def ranked(wish: Wish, free: Sequence[Place], everywhere: Sequence[Place]) -> list[Fit]:
    """The free beds that suit, the best first: nearest section, then scarce features kept free, then their order.

    ``everywhere`` are all beds in use: they tell how scarce a feature is.
    """
    scarce = Counter(feature for place in everywhere for feature in place.features)
    fits = [_fit(wish, place) for place in free if suits(wish, place)]

    def key(fit: Fit) -> tuple[bool, int, float, int, str]:
        surplus = sum(1 / max(1, scarce[feature]) for feature in fit.spare)
        return fit.makeshift, fit.away, surplus, fit.place.order, fit.place.name

    return sorted(fits, key=key)


def suits(wish: Wish, place: Place) -> bool:
    """Whether a bed has what is needed, and is where and what was asked for."""
    if wish.needs - place.features or (wish.section is not None and place.section != wish.section):
        return False
    return wish.sort in ("", place.sort)


def _fit(wish: Wish, place: Place) -> Fit:
    makeshift = place.sort in MAKESHIFT and not wish.sort and (wish.level or 1) <= 3
    return Fit(
        place, tuple(sorted(wish.needs)), tuple(sorted(place.features - wish.needs)), abs(place.position - wish.near),
        makeshift,
    )  # fmt: skip


def offers(
    free: Sequence[Place], waiting: Iterable[Wish], everywhere: Sequence[Place], most: int | None = None
) -> dict[UUID, UUID]:  # fmt: skip
    """Free bed → the visit it is offered to: the most urgent who fits gets the best of what is left.

    Nobody is offered a makeshift place, and levels 4 and 5 no room that others may need at any moment. ``most``: no
    more offers than these; each later one depends on all before it.
    """
    left, told = list(free), dict[UUID, UUID]()
    for wish in sorted(waiting, key=lambda one: one.rank):
        if not left or len(told) == most:
            break
        fit = next((one for one in ranked(wish, left, everywhere) if _may_offer(one, wish)), None)
        if fit is not None:
            told[fit.place.id] = wish.visit
            left = [place for place in left if place.id != fit.place.id]
    return told


def _may_offer(fit: Fit, wish: Wish) -> bool:
    can_wait = wish.level is not None and wish.level >= 4
    return not fit.makeshift and not (can_wait and KEPT_FREE.intersection(fit.spare))
