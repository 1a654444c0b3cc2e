"""The place of somebody who is booked for today and has not checked in (R2.6), a row of the patient's page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from clinic.directory import policies
from clinic.directory.models import Department
from queues import appointment_day as on_the_day
from queues.models import CONFIRMED, NORMAL, Appointment
from queues.operations.order import order_at
from queues.regions import spoken, words
from queues.regions.rows import Place

if TYPE_CHECKING:
    from queues.regions.status import Hall


def of_day(departments: Iterable[UUID], today: date) -> list[Appointment]:
    """Who is booked in these departments' lines for this service day and has not checked in, by time; one query."""
    rows = Appointment.objects.filter(state=CONFIRMED, service_day=today, queue__department__in=list(departments))
    related = ("queue__doctor__room", "queue__department__config")
    return list(rows.select_related(*related).order_by("starts_at", "id"))


def place(row: Appointment, hall: Hall, department: Department) -> Place:
    """Where they will stand when they check in in time, and when they are likely called."""
    doctor = row.queue.doctor
    room = doctor.room if doctor else None
    paused = doctor.is_paused if doctor else row.queue_id in hall.unserved
    turn = None if paused else hall.turns.get(row.pk)
    first, last = turn or (row.starts_at, row.starts_at)
    return Place(
        key=str(row.pk), token=row.token, state="booked", line=spoken.line_name(row.queue),
        department=department.shown_name, paused=paused, ahead=_ahead(row, hall), turn_from=words.clock(first),
        turn_until=words.clock(last), room=room.name if room else "", room_place=room.place if room else "",
        status=doctor.status if doctor else "", status_text=words.status_text(doctor) if doctor else "",
        check_in_by=words.clock(on_the_day.check_in_by(row)),
    )  # fmt: skip


def _ahead(row: Appointment, hall: Hall) -> int:
    """Who goes before: those who wait and count as here earlier, and those booked for an earlier time."""
    since = _counts_from(row, hall)
    mine = (row.starts_at, row.pk)
    earlier = [one for one in hall.booked if one.queue_id == row.queue_id and (one.starts_at, one.pk) < mine]
    return sum(leg.order_at <= since for leg in hall.waiting[row.queue_id]) + len(earlier)


def _counts_from(row: Appointment, hall: Hall) -> datetime:
    rules = policies.given(getattr(row.queue.department, "config", None), hall.policy)
    return order_at(row.starts_at - timedelta(minutes=rules.appointment_lead), NORMAL, hall.policy)
