"""Known appointments (R3.30): who is booked in these lines and has not come yet, where they will stand, and when."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from clinic.directory.policies import Policies
from queues import appointment_day as on_the_day
from queues.models import CHECKED_IN, CONFIRMED, FULFILLED, MISSED, NORMAL, Appointment
from queues.operations import order

AHEAD = timedelta(hours=4)
"""Later ones change nothing of what is shown now."""
COUNTED = timedelta(days=28)
"""So long back it is counted how many of the booked come."""
COME = 0.9
"""How many come until it was measured; counts as much as"""
COME_WEIGHT = 20
"""so many appointments."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody booked who has not come: where they will stand, and in how many minutes they are there."""

    appointment: UUID
    queue: UUID
    sort: Hashable
    order_at: datetime
    minutes: float
    chance: float


def soon(lines: Iterable[UUID], now: datetime) -> tuple[list[dict[str, Any]], float]:
    """Who is booked in these lines for the next hours, by time, and what part of such people come; two queries."""
    known = list(lines)
    rows = Appointment.objects.filter(
        queue__in=known, state=CONFIRMED, starts_at__gt=now - AHEAD, starts_at__lt=now + AHEAD
    )
    told = list(rows.order_by("starts_at", "id").values("pk", "queue_id", "type_id", "starts_at", "delay_minutes"))
    return told, come(*_come(known, now)) if told else 1.0


def expected(row: dict[str, Any], rules: Policies, now: datetime, chance: float) -> Expected | None:
    """Where somebody booked will stand, and when; None once the place is gone. Pure."""
    begins: datetime = row["starts_at"]
    comes = begins + timedelta(minutes=row["delay_minutes"])
    grace_ends = begins + timedelta(minutes=max(rules.late_grace, row["delay_minutes"]))
    if comes <= now:  # late: within the grace they may come any minute, later the place is gone
        if now > grace_ends:
            return None
        comes = now + (grace_ends - now) / 2
    stands = on_the_day.standing(begins, comes, lead=rules.appointment_lead, grace=rules.late_grace)
    at = order.order_at(stands.effective_at, NORMAL, rules.hospital)
    minutes = max((comes - now).total_seconds() / 60, 0.1)
    return Expected(row["pk"], row["queue_id"], row["type_id"], at, minutes, chance)


def come(came: int, missed: int) -> float:
    """What part of the booked come; few appointments say little."""
    return (came + COME * COME_WEIGHT) / (came + missed + COME_WEIGHT)


def _come(lines: list[UUID], now: datetime) -> tuple[int, int]:
    past = Appointment.objects.filter(queue__in=lines, starts_at__gte=now - COUNTED, starts_at__lt=now)
    told = past.aggregate(
        came=Count("pk", filter=Q(state__in=(CHECKED_IN, FULFILLED))), missed=Count("pk", filter=Q(state=MISSED))
    )
    return told["came"], told["missed"]
