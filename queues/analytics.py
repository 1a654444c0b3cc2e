"""How doctors' days went: seen, not come, waits and lengths, and what became of bookings; counted in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet

from clinic.core.faces import Doc
from clinic.directory.models import Doctor
from clinic.tenants import days
from queues.models import COMPLETED, LEFT, NO_SHOW, Appointment, Leg
from queues.models.appointments import CALLED_OFF, FULFILLED, MISSED, RESCHEDULED

PERIODS = {"day": 1, "week": 7, "month": 30, "3months": 91, "year": 365}
"""Period → its service days, today the last of them."""


def span(period: str) -> tuple[date, date]:
    last = days.service_day(days.current_hospital())
    return last - timedelta(days=PERIODS[period] - 1), last


def of(doctors: Sequence[Doctor], first: date, last: date) -> list[Doc]:
    """Each doctor's figures between two service days: four queries however many doctors and visits there are."""
    ids = [doctor.pk for doctor in doctors]
    ended = Leg.objects.filter(visit__service_day__gte=first, visit__service_day__lte=last)
    seen = {row["server_id"]: row for row in _seen(ended.filter(server_id__in=ids))}
    by_day: defaultdict[UUID, list[Doc]] = defaultdict(list)
    for row in _by_day(ended.filter(server_id__in=ids)):
        by_day[row["server_id"]].append({"date": row["visit__service_day"].isoformat(), "seen": row["seen"]})
    gone = {row["queue__doctor_id"]: row for row in _gone(ended.filter(queue__doctor_id__in=ids))}
    booked = {row["queue__doctor_id"]: row for row in _booked(ids, first, last)}
    return [
        _doc(doctor, seen.get(doctor.pk, {}), gone.get(doctor.pk, {}), booked.get(doctor.pk, {}), by_day[doctor.pk])
        for doctor in doctors
    ]


def _seen(legs: QuerySet[Leg]) -> QuerySet[Any]:
    """Those that took so long that somebody probably forgot to press "complete" are no lengths (R3.18)."""
    usual = Q(state=COMPLETED, overlong_at=None, started_at__isnull=False)
    return legs.filter(state=COMPLETED).order_by().values("server_id").annotate(
        seen=Count("pk"),
        wait=Avg(_between("entered_at", "first_called_at"), filter=Q(first_called_at__isnull=False)),
        service=Avg(_between("started_at", "ended_at"), filter=usual),
    )  # fmt: skip


def _by_day(legs: QuerySet[Leg]) -> QuerySet[Any]:
    days_seen = legs.filter(state=COMPLETED).order_by("visit__service_day")
    return days_seen.values("server_id", "visit__service_day").annotate(seen=Count("pk"))


def _gone(legs: QuerySet[Leg]) -> QuerySet[Any]:
    return legs.filter(state__in=(NO_SHOW, LEFT)).order_by().values("queue__doctor_id").annotate(
        no_show=Count("pk", filter=Q(state=NO_SHOW)), left=Count("pk", filter=Q(state=LEFT))
    )  # fmt: skip


def _booked(ids: list[UUID], first: date, last: date) -> QuerySet[Any]:
    rows: QuerySet[Any] = Appointment.objects.filter(
        queue__doctor_id__in=ids, service_day__gte=first, service_day__lte=last
    )
    found: QuerySet[Any] = rows.filter(patient__isnull=False).order_by().values("queue__doctor_id").annotate(
        booked=Count("pk", filter=~Q(state=RESCHEDULED)), kept=Count("pk", filter=Q(state=FULFILLED)),
        cancelled=Count("pk", filter=Q(state=CALLED_OFF)), missed=Count("pk", filter=Q(state=MISSED)),
    )  # fmt: skip
    return found


def _between(start: str, end: str) -> ExpressionWrapper[Any]:
    return ExpressionWrapper(F(end) - F(start), output_field=DurationField())


def _doc(doctor: Doctor, seen: Doc, gone: Doc, booked: Doc, by_day: list[Doc]) -> Doc:
    return {
        "doctor": str(doctor.pk), "name": doctor.name, "seen": seen.get("seen", 0),
        "no_show": gone.get("no_show", 0), "left": gone.get("left", 0),
        "wait_minutes": _minutes(seen.get("wait")), "service_minutes": _minutes(seen.get("service")),
        "appointments": {name: booked.get(name, 0) for name in ("booked", "kept", "cancelled", "missed")},
        "days": by_day,
    }  # fmt: skip


def _minutes(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds() / 60, 1)
