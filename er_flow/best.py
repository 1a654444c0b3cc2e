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
MONITOR, TRAUMA_BAY, CHILDREN = "cardiac_monitor", "trauma_bay", "pediatric"
SUITED: dict[int, frozenset[str]] = {1: frozenset({MONITOR, TRAUMA_BAY}), 2: frozenset({MONITOR})}
"""What suits a level where no section says which beds are near; 4 and 5 are well off in a bed with nothing."""
COMMON = 3
"""A feature of every third bed is not scarce: level 3, too, then comes to a monitor."""


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
    near: int | None = None
    """The position of the section that the patient is in, or belongs to; None: in none yet, so that no bed is nearer
    than another, and the level and the age say what suits."""
    is_child: bool = False

    @property
    def rank(self) -> tuple[float, datetime, UUID]:
        """The most urgent first, then who came earlier. Untriaged people stand on top of every list (R4.4) because
        nobody knows; a bed goes first to those who are known not to be able to wait, and then to them."""
        return self.level or UNKNOWN, self.arrived_at, self.visit

    @property
    def can_wait(self) -> bool:
        """Whether the rooms that others may need at any moment are not for this patient, if there is another bed."""
        return self.level is None or self.level >= 3


@dataclass(frozen=True, slots=True)
class Fit:
    """A bed that suits, and why it stands where it does."""

    place: Place
    has: tuple[str, ...]
    """What is needed, and is there."""
    spare: tuple[str, ...]
    """What is there and not needed: kept free where there is a choice."""
    away: int
    """Sections between; none for somebody who is in no section yet."""
    makeshift: bool
    suited: tuple[str, ...] = ()
    """What suits the level or the age, and is there."""
    is_nearest: bool = True
    """In the patient's own section. Nowhere is, for somebody who is in none yet."""


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

    Whoever is in no section yet is nowhere near any: for them the beds that suit their level and age come first, and
    the rooms that others may need at any moment last. ``everywhere`` are all beds in use: they tell how scarce a
    feature is.
    """
    scarce = Counter(feature for place in everywhere for feature in place.features)
    suited = _suited(wish, scarce[MONITOR] * COMMON >= len(everywhere))
    fits = [_fit(wish, place, suited) for place in free if suits(wish, place)]

    def key(fit: Fit) -> tuple[bool, bool, int, int, float, bool, int, str]:
        surplus = sum(1 / max(1, scarce[feature]) for feature in fit.spare)
        holds = wish.near is None and wish.can_wait and _holds(fit)
        missing = len(suited - fit.place.features)
        return (
            fit.makeshift,
            holds,
            missing,
            fit.away,
            surplus,
            fit.place.sort in MAKESHIFT,
            fit.place.order,
            fit.place.name,
        )

    return sorted(fits, key=key)


def suits(wish: Wish, place: Place) -> bool:
    """Whether a bed has what is needed, and is where and what was asked for."""
    if wish.needs - place.features or (wish.section is not None and place.section != wish.section):
        return False
    return wish.sort in ("", place.sort)


def _suited(wish: Wish, are_monitors_common: bool) -> frozenset[str]:
    """What is looked for first besides the needs: nothing where a section says it."""
    if wish.near is not None:
        return frozenset()
    if wish.is_child and wish.can_wait:
        return frozenset({CHILDREN})
    if are_monitors_common and wish.level in (None, 3):
        return frozenset({MONITOR})
    return SUITED.get(wish.level or 3, frozenset())


def _fit(wish: Wish, place: Place, suited: frozenset[str]) -> Fit:
    makeshift = place.sort in MAKESHIFT and not wish.sort and (wish.level or 1) <= 3
    suited = suited & place.features - wish.needs
    away = abs(place.position - wish.near) if wish.near is not None else 0
    return Fit(
        place, tuple(sorted(wish.needs)), tuple(sorted(place.features - wish.needs - suited)), away, makeshift,
        tuple(sorted(suited)), wish.near == place.position,
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
    return not fit.makeshift and not (can_wait and _holds(fit))


def _holds(fit: Fit) -> bool:
    """Whether it is one of the rooms that the next arrival may need at once, and this patient needs none."""
    return bool(KEPT_FREE.intersection(fit.spare))
