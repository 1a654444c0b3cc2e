"""What follows when a doctor leaves or comes back, and whom an absence hits; ``install`` runs in ``ready()``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.core.nouns import split_ref
from clinic.directory import hits
from clinic.directory.hits import Hit
from clinic.directory.models import Doctor
from clinic.live.models import Event
from clinic.live.registry import on
from clinic.tenants import days
from queues.models import BOOKED, ON_HOLD, WAITING, Appointment, Leg, Queue
from queues.operations import leaves


@on("doctor.status_changed", "absence.began")
def follow_doctor(event: Event) -> None:
    """The own line follows the policy ``on_leave``. Idempotent."""
    key = next(split_ref(ref)[1] for ref in event.subjects if split_ref(ref)[0] == "doctor")
    told = event.changes.get(f"doctor:{key}", {}).get("fields", {})
    if event.name == "doctor.status_changed" and "status" not in told:
        return  # only the minutes late
    queue = Queue.objects.filter(doctor=key).select_related("doctor").first()
    if queue is not None:
        leaves.follow_doctor(queue, actor=SYSTEM)


def waiting_for(doctor: Doctor, starts_at: datetime, ends_at: datetime) -> Iterable[Hit]:
    """Those who wait in the own line today, if the doctor is away in what is left of the service day."""
    here, now = days.current_hospital(), clock.now()
    if starts_at >= days.day_end(here, days.service_day(here, now)) or ends_at <= now:
        return []
    legs = Leg.objects.filter(queue__doctor=doctor, state__in=(WAITING, ON_HOLD)).select_related("visit__patient")
    return [Hit(leg.visit.ref, leg.visit.token, leg.visit.patient.full_name, leg.visit.arrived_at) for leg in legs]


def booked_with(doctor: Doctor, starts_at: datetime, ends_at: datetime) -> Iterable[Hit]:
    """Those who are booked with the doctor and are to come while the doctor is away."""
    rows = Appointment.objects.filter(
        queue__doctor=doctor, state__in=BOOKED, starts_at__gte=starts_at, starts_at__lt=ends_at
    ).select_related("patient")
    return [Hit(row.ref, row.token, row.patient.full_name if row.patient else "", row.starts_at) for row in rows]


def install() -> None:
    hits.finds(waiting_for)
    hits.finds(booked_with)
