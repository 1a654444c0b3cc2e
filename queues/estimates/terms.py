"""What the model of waits is told, and what it answers. Pure: no Django, no clock. Times are minutes from now."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from queues.estimates.shape import Shape

Key = Hashable
Range = tuple[float, float]
"""p50 and p90."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What one visit of a kind takes a server, in minutes."""

    minutes: float
    doubt: float = 0.0
    """Relative standard error of ``minutes``: all services of a future are longer or shorter together."""
    gap: float = 0.0
    """Until the next is called."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Somebody called or in the room since ``elapsed`` minutes."""

    elapsed: float
    sort: Key


@dataclass(frozen=True, slots=True)
class Server:
    """Somebody who calls from ``lines``; ``paces`` knows every sort of visit there, and None."""

    lines: frozenset[Key]
    paces: Mapping[Key, Pace]
    begun: Sequence[Begun] = ()
    lanes: int = 1
    late: float = 0.0
    """Running late by so many minutes (R3.21)."""
    away: float = 0.0
    """On a break for so many minutes more; what only this server serves is paused."""
    seed: int = 0
    breaks: tuple[tuple[float, float], ...] = ()
    """Known breaks to come: from when, and how long; one that is overdue begins before now."""
    idle: float = 0.0
    """Nobody has been called for so long, though somebody waited and nothing was said of a break."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who waits; people are given to ``forecast`` in the order of R3.3."""

    key: Key
    line: Key
    sort: Key = None
    ready: float = 0.0
    """Away for so many minutes more, the place kept (R3.13): passed over until then, and shown no wait."""
    early: bool = False
    """Here, and not due for ``ready`` minutes (R2.7): taken sooner if nobody else waits."""
    booked: bool = False
    """Booked, and expected in ``ready`` minutes (R3.30)."""
    chance: float = 1.0
    """In what part of the futures somebody booked comes."""
    behind: bool = False
    """Stands behind whoever joins now; after all who do not."""
    seed: int = 0

    @property
    def is_told(self) -> bool:
        """Who is away is shown no wait."""
        return self.ready <= 0 or self.early or self.booked


@dataclass(frozen=True, slots=True)
class Odds:
    """What else happens to a line, as parts of the visits it had lately."""

    left: float = 0.0
    """Leave before they are called."""
    missed: float = 0.0
    """Are called and not there."""
    urgent: float = 0.0
    """Come later and are called before everybody else; for each one seen."""
    gap: Shape | None = None
    """How the times between two people are spread; all alike without it."""


NO_ODDS = Odds()


@dataclass(slots=True)
class Forecast:
    waits: dict[Key, Range] = field(default_factory=dict)
    """Person → minutes. Nobody of a paused line is in it, and nobody who is away."""
    joining: dict[Key, Range] = field(default_factory=dict)
    """Line → minutes for whoever joins at its end now."""
    paused: set[Key] = field(default_factory=set)
    servers: dict[Key, int] = field(default_factory=dict)
    """Line → lanes on duty that serve it."""
