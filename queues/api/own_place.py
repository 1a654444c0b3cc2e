"""The patient's own place as the API tells it: by a visit's link, and by a booking's link before and after check-in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from clinic.core.errors import NotFound
from clinic.core.faces import Doc, stamp
from clinic.directory import policies
from clinic.records.models import Patient
from clinic.tenants.models import Hospital
from queues import appointment_day, faces
from queues.estimates import shown as estimates
from queues.models import CHECKED_IN, WAITING, Appointment, Leg, Visit
from queues.operations import calls
from queues.regions import spoken
from queues.regions.status import load_places

WITHOUT_LEG = ("expected", "lapsed")
UNBOOKED: Doc = {"appointment": None, "starts_at": None, "check_in_from": None, "check_in_by": None, "video": False}


def of_visit(key: str, here: Hospital) -> Doc:
    """``GET public/visits/{token}/status``."""
    visit = Visit.objects.select_related("patient").filter(pk=UUID(key)).first()
    places = load_places([str(visit.department_id)]) if visit else {}
    row: Any = next((row for shown in places.values() for row in shown.rows or () if row.key == key), None)
    if visit is None or row is None:
        raise NotFound("link.unknown")
    booking = Appointment.objects.select_related("type", "patient").filter(visit=visit).first()
    leg = None if row.state in WITHOUT_LEG else calls.leg_now(visit)
    waits = leg is not None and leg.state == WAITING
    return {
        **_booked(booking), "token": row.token, "hospital": here.name,
        "patient": " ".join(booking.shown_name).strip() if booking else _name(visit.patient),
        "department": row.department, "doctor": row.line, "doctor_status": row.status,
        "status": leg.state if leg else row.state, "ahead": row.ahead, "position": row.ahead + 1 if waits else None,
        "paused": row.paused, "wait": _wait(leg, here) if leg and waits and not row.paused else None,
        "room": row.room, "room_place": row.room_place, "why": row.why, "called_at": stamp(row.called_at),
        "back_at": stamp(leg.back_at) if leg else None, "delays_left": row.delays_left,
        "rejoin_asked": row.rejoin_asked, "rejoin_declined": row.rejoin_declined,
        "expected_on": row.expected_on.isoformat() if row.expected_on else None,
    }  # fmt: skip


def of_appointment(key: str, here: Hospital) -> Doc:
    """The booking, and once checked in the place in the line."""
    row = appointment(key)
    if row.visit_id is not None and row.state == CHECKED_IN:
        return of_visit(str(row.visit_id), here)
    doctor, department = row.queue.doctor, row.queue.department
    rules, place = policies.of(department), _today(row)
    return {
        "appointment": str(row.pk), "starts_at": stamp(row.starts_at),
        "check_in_from": stamp(appointment_day.opens_at(row, rules)),
        "check_in_by": stamp(appointment_day.check_in_by(row)), "video": bool(row.type and row.type.video),
        "token": row.token, "patient": " ".join(row.shown_name).strip(), "hospital": here.name,
        "department": department.shown_name, "doctor": spoken.line_name(row.queue),
        "doctor_status": doctor.status if doctor else "", "status": row.state, "ahead": place.ahead if place else 0,
        "position": place.ahead + 1 if place else None, "paused": place.paused if place else False,
        "wait": _turn(row, here) if place and not place.paused else None,
        "room": place.room if place else "", "room_place": place.room_place if place else "", "why": "",
        "called_at": None, "back_at": None, "delays_left": 0, "rejoin_asked": False, "rejoin_declined": False,
        "expected_on": None,
    }  # fmt: skip


def _today(row: Appointment) -> Any:
    """The row of somebody booked for today, as the patient's page shows it (R2.6); None on another day."""
    department = str(row.queue.department_id)
    rows = load_places([department])[department].rows or ()
    return next((place for place in rows if place.key == str(row.pk)), None)


def _turn(row: Appointment, here: Hospital) -> Doc | None:
    return faces.wait_doc(estimates.of([row.queue_id])[row.queue_id].waits.get(row.pk), here.zone)


def appointment(key: str) -> Appointment:
    """The appointment of a link, with all that is told of it."""
    rows = Appointment.objects.select_related("queue__doctor", "queue__department__config", "type", "patient", "visit")
    found: Appointment | None = rows.filter(pk=UUID(key)).first()
    if found is None:
        raise NotFound("link.unknown")
    return found


def _booked(row: Appointment | None) -> Doc:
    """What a visit that was booked tells of its booking; a walk-in's has none."""
    if row is None:
        return UNBOOKED
    return {
        "appointment": str(row.pk), "starts_at": stamp(row.starts_at), "check_in_from": None, "check_in_by": None,
        "video": bool(row.type and row.type.video),
    }  # fmt: skip


def _name(patient: Patient) -> str:
    return f"{patient.preferred_name or patient.given_name} {patient.family_name}".strip()


def _wait(leg: Leg, here: Hospital) -> Doc | None:
    return faces.wait_doc(estimates.of([leg.queue_id])[leg.queue_id].waits.get(leg.pk), here.zone)
