"""Walk-ins where only times are booked (R2.9): whoever comes takes the next free time of the day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.core.errors import NotAllowed, say
from clinic.directory.models import VisitType
from clinic.records.models import Patient
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues.availability import book
from queues.operations import appointments, checkin
from queues.operations.entering import Arrival
from queues.operations.limits import Line

say({"queue.no_slot": _("%(queue)s sees people by time only, and today is full. Next free: %(time)s.")})


def needs_slot(line: Line) -> bool:
    """Whether this line is only booked by times: the doctor's own way, the department's, the hospital's."""
    doctor = line.queue.doctor
    if doctor is None and line.queue.sort != line.queue.POOL:
        return False  # a counter (laboratory, cashier) is no place that people book
    return ((doctor.booking_mode if doctor else "") or line.rules.booking_mode) == HospitalConfig.SLOT


def take_slot(line: Line, patient: Patient, kind: VisitType | None, *, reason: str) -> Arrival:
    """Book the next free time of today and check in to it, in one act. 409 ``queue.no_slot`` names the next day's.

    Whoever may take people in may do this: the rule books, and not the person (the log names the person).
    """
    begins = book.next_free(line.queue, kind, after=clock.now())
    if begins is None or _day(line, begins) != line.day:
        raise NotAllowed("queue.no_slot", queue=line.queue.name, **_told(begins, line))
    booked = appointments.book(line.queue, patient, type=kind, starts_at=begins, reason=reason, actor=SYSTEM)
    return checkin.check_in(booked.appointment, actor=SYSTEM)


def _day(line: Line, at: datetime) -> date:
    return days.service_day(line.rules.hospital.hospital, at)


def _told(free: datetime | None, line: Line) -> dict[str, Any]:
    if free is None:
        return {"next_free": None, "time": "–"}
    here = free.astimezone(line.rules.hospital.hospital.zone)
    return {"next_free": free.isoformat(), "time": date_format(here, "D j M, H:i")}
