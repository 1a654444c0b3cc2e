"""What anybody may book without an account: the lines, the kinds of visits, and the place somebody has chosen so far.

A line is open to the public when its doctor is listed; a pool, when a listed doctor takes from it. Listing a doctor is
the hospital's own act (R1.8), so nothing of a hospital is shown that it has not put out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from clinic.core.errors import NotAllowed, NotFound, say
from clinic.directory.models import Department, Doctor, DoctorVisitType, VisitType
from queues.models import Queue

SALT = "queues.online.chosen"
LASTS = 60 * 60
"""Seconds in which a chosen place may be brought back to the page; the hold itself is shorter (R2.3)."""

say({"booking.choose_again": _("That choice is too old. Choose a time again.")})


def lines() -> QuerySet[Queue]:
    """The lines of the open hospital that anybody may book at, with doctor and department."""
    listed = Doctor.objects.filter(is_active=True, listed=True, sort=Doctor.DOCTOR)
    serves = listed.filter(department=OuterRef("department"), serves_pool=True)
    open_to_all = Q(sort=Queue.DOCTOR, doctor__in=listed) | Q(Q(sort=Queue.POOL) & Exists(serves))
    rows = Queue.objects.filter(open_to_all, department__is_active=True, department__sort=Department.CLINIC)
    found: QuerySet[Queue] = rows.select_related("doctor__room", "department__config")
    return found


def line(key: str) -> Queue:
    """One of them by its id, or by its doctor's; NotFound for any other."""
    try:
        wanted = UUID(key)
    except ValueError:
        raise NotFound from None
    found: Queue | None = lines().filter(Q(pk=wanted) | Q(doctor=wanted)).first()
    if found is None:
        raise NotFound
    return found


def types(queue: Queue) -> list[VisitType]:
    """The kinds of visits that can be booked online in this line, by name; not those for known patients (R2.13)."""
    rows = VisitType.objects.filter(is_active=True, bookable=True).exclude(whom=VisitType.KNOWN)
    if queue.doctor_id:
        rows = rows.exclude(pk__in=DoctorVisitType.objects.filter(doctor=queue.doctor_id, offered=False).values("type"))
    return list(rows.order_by("name"))


def type_of(found: Iterable[VisitType], key: str) -> VisitType | None:
    """The kind somebody named, else the first; None where the hospital has none."""
    kinds = list(found)
    return next((kind for kind in kinds if str(kind.pk) == key), kinds[0] if kinds else None)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a visitor has chosen, carried from page to page under our signature instead of an account."""

    line: UUID
    type: UUID | None
    starts_at: datetime | None = None
    day: date | None = None
    """By number: the day."""
    held: UUID | None = None
    """The appointment that keeps the place; None by number, or while many book at once."""
    secret: str = ""
    """What shows that the place is kept for this browser."""
    asks: bool = False
    """Whoever books is asked for a one-time code: many places were taken in this minute."""

    def signed(self) -> str:
        told: dict[str, Any] = {"l": str(self.line), "c": self.asks}
        if self.type:
            told["t"] = str(self.type)
        if self.starts_at:
            told["s"] = self.starts_at.isoformat()
        if self.day:
            told["d"] = self.day.isoformat()
        if self.held:
            told["h"], told["k"] = str(self.held), self.secret
        return signing.dumps(told, salt=SALT)


def chosen(text: str) -> Chosen:
    """What was signed; refuses anything else, and what is too old."""
    try:
        told = signing.loads(text, salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        raise NotAllowed("booking.choose_again") from None
    return Chosen(
        line=UUID(told["l"]), type=UUID(told["t"]) if "t" in told else None, asks=bool(told["c"]),
        starts_at=datetime.fromisoformat(told["s"]) if "s" in told else None,
        day=date.fromisoformat(told["d"]) if "d" in told else None, held=UUID(told["h"]) if "h" in told else None,
        secret=told.get("k", ""),
    )  # fmt: skip
