"""When departments are open and doctors work: weekly hours, less closures and absences, by service day (R1.6, R1.9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q

from clinic.core import clock
from clinic.directory.models import Absence, Closure, Department, Doctor, WorkingHours
from clinic.tenants import days, hours
from clinic.tenants.hours import Spans, Weekly
from clinic.tenants.models import Hospital

LOOK_AHEAD = 400
"""Days in which a next working day is looked for."""


def opening(department: Department | None, day: date) -> Spans:
    """When a department (None: the hospital) is open on a service day, as instants in UTC; () when closed."""
    config = days.policies()
    return () if _closed([day], department) else _of_day(config.hours, config.hospital, day)


def opening_days(departments: Iterable[UUID], first: date, last: date) -> dict[UUID, dict[date, Spans]]:
    """``opening`` of many departments on each service day from ``first`` to ``last``: two queries however many."""
    config, wanted = days.policies(), list(departments)
    closures = list(Closure.objects.filter(first_day__lte=last, last_day__gte=first))
    found: dict[UUID, dict[date, Spans]] = {pk: {} for pk in wanted}
    for count in range((last - first).days + 1):
        day = first + timedelta(days=count)
        shut = {row.department_id for row in closures if row.first_day <= day <= row.last_day}
        usual = () if None in shut else _of_day(config.hours, config.hospital, day)
        for pk in wanted:
            found[pk][day] = () if pk in shut else usual
    return found


def is_open(department: Department | None, at: datetime | None = None) -> bool:
    """Whether a department is open at an instant (now)."""
    moment = at or clock.now()
    day = days.service_day(days.current_hospital(), moment)
    return any(start <= moment < end for start, end in opening(department, day))


def working(doctor: Doctor, day: date) -> Spans:
    """When a doctor works on a service day: the own hours or the hospital's, less closures and absences."""
    return working_of([doctor], day)[doctor.pk]


def working_of(doctors: Iterable[Doctor], day: date) -> dict[UUID, Spans]:
    """``working`` of many: four queries however many they are."""
    return {doctor: of_days[day] for doctor, of_days in working_days(doctors, day, day).items()}


def working_days(doctors: Iterable[Doctor], first: date, last: date) -> dict[UUID, dict[date, Spans]]:
    """``working`` of many on each service day from ``first`` to ``last``: four queries however many they are."""
    doctors = list(doctors)
    config = days.policies()
    here, ids = config.hospital, [doctor.pk for doctor in doctors]
    rows = WorkingHours.objects.filter(doctor_id__in=ids)
    own: dict[UUID, Weekly] = {row.doctor_id: row.weekly for row in rows}
    away = _away(ids, days.day_start(here, first), days.day_end(here, last))
    closures = list(Closure.objects.filter(first_day__lte=last, last_day__gte=first))
    found: dict[UUID, dict[date, Spans]] = {doctor.pk: {} for doctor in doctors}
    usual: Spans | None
    for count in range((last - first).days + 1):
        day, usual = first + timedelta(days=count), None
        shut = {row.department_id for row in closures if row.first_day <= day <= row.last_day}
        for doctor in doctors:
            if None in shut or doctor.department_id in shut:
                found[doctor.pk][day] = ()
                continue
            if doctor.pk in own:
                spans = _of_day(own[doctor.pk], here, day)
            else:
                spans = usual = _of_day(config.hours, here, day) if usual is None else usual
            found[doctor.pk][day] = hours.less(spans, away.get(doctor.pk, ()))
    return found


def next_working_day(department: Department | None, after: date) -> date:
    """The first service day after another on which the department opens; the very next where it never does."""
    config = days.policies()
    coming = [after + timedelta(days=n) for n in range(1, LOOK_AHEAD + 1)]
    closed = _closed(coming, department)
    for day in coming:
        if day not in closed and _of_day(config.hours, config.hospital, day):
            return day
    return coming[0]


def absent(doctor: Doctor, at: datetime | None = None) -> Absence | None:
    """The absence a doctor is in at an instant (now)."""
    moment = at or clock.now()
    rows = Absence.objects.filter(doctor=doctor, cancelled_at=None, starts_at__lte=moment, ends_at__gt=moment)
    found: Absence | None = rows.order_by("starts_at").first()
    return found


def _of_day(weekly: Weekly, hospital: Hospital, day: date) -> Spans:
    """Hours are written by calendar day: a service day has what of it and of the next lies between its two cuts."""
    shown = hours.instants(weekly, hospital.zone, (day + timedelta(days=n) for n in (-1, 0, 1, 2)))
    return hours.within(shown, days.day_start(hospital, day), days.day_end(hospital, day))


def _away(ids: list[UUID], start: datetime, end: datetime) -> dict[UUID, list[tuple[datetime, datetime]]]:
    found: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    rows = Absence.objects.filter(doctor_id__in=ids, cancelled_at=None, starts_at__lt=end, ends_at__gt=start)
    for doctor_id, gone, back in rows.values_list("doctor_id", "starts_at", "ends_at"):
        found[doctor_id].append((gone, back))
    return found


def _closed(some: list[date], department: Department | None) -> set[date]:
    rows = Closure.objects.filter(first_day__lte=max(some), last_day__gte=min(some))
    whose = Q(department=None) if department is None else Q(department=None) | Q(department=department)
    shut = list(rows.filter(whose).values_list("first_day", "last_day"))
    return {day for day in some if any(first <= day <= last for first, last in shut)}
