"""Phones that take notices: whose visit or booking a link leads to, and which links led to the same before."""

from __future__ import annotations

from clinic.inbox import links_to
from clinic.records.models import Patient
from queues.models import Appointment, Visit

MOVES = 10
"""So often at most a booking is followed back to the one it took the place of."""


def of_visit(key: str) -> Patient | None:
    row = Visit.objects.select_related("patient").filter(pk=key, ended_at=None).first()
    return row.patient if row else None


def of_appointment(key: str) -> Patient | None:
    row = Appointment.objects.select_related("patient").filter(pk=key).first()
    return row.patient if row else None


def before_visit(key: str) -> list[str]:
    """The booking that was checked in, and those it took the place of."""
    booked = Appointment.objects.filter(visit=key).first()
    return [booked.ref, *before_appointment(str(booked.pk))] if booked else []


def before_appointment(key: str) -> list[str]:
    """The bookings it took the place of: their links lead to it."""
    found: list[str] = []
    row = Appointment.objects.filter(successor=key).first()
    while row is not None and len(found) < MOVES:
        found.append(row.ref)
        row = Appointment.objects.filter(successor=row.pk).first()
    return found


def install() -> None:
    """Runs in ``ready()``."""
    links_to.tells(Visit.kind, of_visit, before_visit)
    links_to.tells(Appointment.kind, of_appointment, before_appointment)
