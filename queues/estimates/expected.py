"""What a service is expected to take (R3.30), from the last ones of the same server and type. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt

from queues.estimates.shape import Shape, cut_at_each_end, measured
from queues.estimates.terms import Odds, Pace

LAST = 20
"""R3.30: services that count,"""
DAYS = 7
"""of so many days,"""
SHORTEST, LONGEST = 3.0, 120.0
"""kept to these minutes,"""
ENOUGH = 5
"""and below so many mixed with the configured minutes."""
CONFIGURED_DOUBT = 0.3
"""How wrong configured minutes usually are, as a part of them."""


def kept(minutes: float) -> float:
    return min(max(minutes, SHORTEST), LONGEST)


def shape_of(groups: Iterable[Sequence[float]]) -> Shape:
    """How services are spread around what is expected of them, over all servers and types."""
    lengths: list[float] = []
    for samples in groups:
        if len(samples) >= ENOUGH:
            middle = _cut_mean(samples)
            lengths += [kept(minutes) / middle for minutes in samples]
    return measured(lengths)


def pace_of(samples: Sequence[float], configured: float, shape: Shape, gap: float = 0.0) -> Pace:
    """What to expect after these last services: the cut mean, with what the cut takes of it put back."""
    count = len(samples)
    own = kept(_cut_mean(samples) / shape.kept_by_cut(count)) if count else 0.0
    weight = min(1.0, count / ENOUGH)
    minutes = weight * own + (1 - weight) * kept(configured)
    unsure = weight * shape.spread / sqrt(count) if count else 0.0
    return Pace(minutes, sqrt(unsure**2 + ((1 - weight) * CONFIGURED_DOUBT) ** 2), gap)


def gap_of(samples: Sequence[float], configured: float) -> float:
    """Minutes between two people while somebody waits: the mean of the last ones, mixed with the policy below five."""
    weight = min(1.0, len(samples) / ENOUGH)
    own = sum(samples) / len(samples) if samples else 0.0
    return weight * own + (1 - weight) * configured


def _cut_mean(samples: Sequence[float]) -> float:
    rising = sorted(kept(minutes) for minutes in samples)
    gone = cut_at_each_end(len(rising))
    left = rising[gone : len(rising) - gone]
    return sum(left) / len(left)


GONE_WEIGHT = 40
"""How visits usually end counts as much as so many of them:"""
LEAVE, MISS, URGE = 0.02, 0.02, 0.03
"""so many leave, are called and not there, and are urgent."""
GAP_SPREAD = 1.0
"""Coefficient of variation of the times between two people until enough of them were measured."""


def odds_of(ends: Iterable[tuple[str, str, int]], gaps: Iterable[Sequence[float]]) -> Odds:
    """What part of the visits ended how, and how the times between are spread around their mean."""
    counts = {"left": LEAVE * GONE_WEIGHT, "no_show": MISS * GONE_WEIGHT, "urgent": URGE * GONE_WEIGHT}
    total = float(GONE_WEIGHT)
    for state, klass, many in ends:
        total += many
        if state in counts:
            counts[state] += many
        elif klass in ("urgent", "vip"):
            counts["urgent"] += many
    urgent = counts["urgent"] / total
    return Odds(counts["left"] / total, counts["no_show"] / total, urgent / (1 - urgent), gap_shape(gaps))


def gap_shape(groups: Iterable[Sequence[float]]) -> Shape:
    """How times between two people are spread, over all servers."""
    units: list[float] = []
    for samples in groups:
        mean = sum(samples) / len(samples) if samples else 0.0
        if len(samples) >= ENOUGH and mean > 0:
            units += [minutes / mean for minutes in samples]
    return measured(units, GAP_SPREAD)
