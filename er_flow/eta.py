"""About when a provider will come, as a range: from those ahead by level and arrival, and from how fast providers and
beds have turned over in the last hours (R4.42). For staff, and never without the words that sicker people go first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from clinic.core import clock
from clinic.core.faces import Doc, stamp
from er_flow.models import Bed, BedStay, EmergencyVisit
from er_flow.models.words import AVAILABLE

HOURS = 3
"""The last hours that tell how fast it goes."""
LONGEST_STAY = timedelta(days=3)
"""Whoever came longer ago says nothing about how fast it goes; the visits are found by their arrival."""
STEP = 5
"""Minutes: told so coarsely."""
LOW, HIGH = -0.8416, 1.2816
"""Normal quantiles of 20 and 90 percent."""
SLOWEST = 0.2
"""However many sicker people come, so much of the turnover is for those who wait."""


@dataclass(frozen=True, slots=True)
class Turnover:
    """What a department did in the last hours, and what is free; rates are per hour."""

    seen: float
    """Patients whom a provider came to."""
    freed: float
    """Beds that were left."""
    sicker: float
    """Patients who came and went first: of a more urgent level."""
    free_beds: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands."""

    ahead: int
    """Sicker, or as sick and earlier."""
    untriaged: int
    """Nobody knows yet: they count for the longer end of the range only."""
    for_beds: int
    """Of those ahead, without a bed."""
    has_bed: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """Minutes from now."""

    soonest: int
    latest: int


def estimate(place: Place, turnover: Turnover) -> Range | None:
    """The range; None where nothing moved in the last hours, so that nobody can tell.

    Providers come to so many an hour, one after the other; so many of the beds that are needed before are left. The
    slower of the two decides. The later end counts on more sicker people, as they came lately, and on the untriaged.
    """
    if turnover.seen <= 0:
        return None
    rest = max(turnover.seen - turnover.sicker, SLOWEST * turnover.seen)
    soonest = _hours(place.ahead + 1, turnover.seen, LOW)
    latest = _hours(place.ahead + place.untriaged + 1, rest, HIGH)
    if not place.has_bed:
        needed = place.for_beds + 1 - turnover.free_beds
        most = needed + place.untriaged
        if most > 0 and turnover.freed > 0:
            soonest = max(soonest, _hours(needed, turnover.freed, LOW))
            latest = max(latest, _hours(most, turnover.freed * rest / turnover.seen, HIGH))
    return Range(int(soonest * 60) // STEP * STEP, -(-int(latest * 60 + 1) // STEP) * STEP)


def _hours(count: int, rate: float, z: float) -> float:
    """Hours until the ``count``-th of events that come at random at this rate: a quantile of the gamma distribution
    (Wilson and Hilferty 1931)."""
    if count <= 0:
        return 0.0
    return float(count * max(0.0, 1 - 1 / (9 * count) + z * sqrt(1 / (9 * count))) ** 3 / rate)


# --- read ------------------------------------------------------------------------------------------------------------


def of(visit: EmergencyVisit) -> Doc:
    """The estimate for somebody whom no provider has seen: five queries.

    ``range`` is None before triage, after provider contact, and where nothing moved in the last hours.
    """
    now = clock.now()
    told: Range | None = None
    place = None
    if visit.is_open and visit.seen_at is None and visit.level is not None:
        place = _place(visit)
        told = estimate(place, _turnover(visit, now))
    return {
        "visit": str(visit.pk), "at": stamp(now), "ahead": place.ahead if place else None,
        "range": {"soonest_minutes": told.soonest, "latest_minutes": told.latest} if told else None,
        "note": _("Sicker people go first."),
    }  # fmt: skip


def words(visit: EmergencyVisit) -> str:
    """The estimate in a sentence, for staff; empty where there is none."""
    doc = of(visit) if visit.is_open and visit.seen_at is None and visit.level is not None else None
    if doc is None or doc["range"] is None:
        return ""
    told = {"soonest": doc["range"]["soonest_minutes"], "latest": doc["range"]["latest_minutes"]}
    return _("Provider in about %(soonest)s to %(latest)s min.") % told + " " + str(doc["note"])


def _place(visit: EmergencyVisit) -> Place:
    bedded = set(BedStay.objects.filter(visit__department_id=visit.department_id, ended_at=None).values_list(
        "visit_id", flat=True
    ))  # fmt: skip
    mine = (visit.level or 0, visit.arrived_at, visit.pk)
    ahead: list[UUID] = []
    untriaged = 0
    unseen = EmergencyVisit.objects.unseen().filter(department_id=visit.department_id)
    for pk, level, arrived in unseen.values_list("pk", "level", "arrived_at"):
        if level is None:
            untriaged += 1
        elif (level, arrived, pk) < mine:
            ahead.append(pk)
    return Place(len(ahead), untriaged, sum(pk not in bedded for pk in ahead), visit.pk in bedded)


def _turnover(visit: EmergencyVisit, now: datetime) -> Turnover:
    since = now - timedelta(hours=HOURS)
    lately = EmergencyVisit.objects.filter(department_id=visit.department_id, arrived_at__gte=now - LONGEST_STAY)
    counted = lately.aggregate(
        seen=Count("pk", filter=Q(seen_at__gte=since)),
        sicker=Count("pk", filter=Q(arrived_at__gte=since, level__lt=visit.level)),
    )
    left = BedStay.objects.filter(visit__in=lately, ended_at__gte=since).count()
    free = Bed.objects.filter(section__department_id=visit.department_id, is_active=True, state=AVAILABLE).count()
    return Turnover(counted["seen"] / HOURS, left / HOURS, counted["sicker"] / HOURS, free)
