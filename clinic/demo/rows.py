"""A look at the rows: the clinic as the model begins it, at any moment and whoever acted before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from clinic.core import clock
from clinic.demo import bookings
from clinic.demo.acts import person
from clinic.demo.day import COUNTER
from clinic.demo.parts import CALLED, GONE, HELD, IN_ROOM, WAITING, Clinic, Coming, Line, Person, Server
from clinic.directory.models import Department, Doctor
from clinic.tenants import days
from queues import models
from queues.models import LEFT, NO_SHOW, ON_HOLD, Appointment, Leg, Queue, SignOn

STATES = {
    models.WAITING: WAITING, models.CALLED: CALLED, models.IN_PROGRESS: IN_ROOM, ON_HOLD: HELD, NO_SHOW: GONE,
    LEFT: GONE,
}  # fmt: skip
GONE_SINCE = timedelta(minutes=20)
"""Who left or did not come may be back within this time."""
GIVEN_UP = timedelta(hours=2)
BREAK = timedelta(minutes=10)
"""Where a break has no end, it is over by then."""
Clockwork = Callable[[datetime], float]
"""A moment of the rows as the model's time."""


def look(clockwork: Clockwork, left_alone: frozenset[UUID] = frozenset()) -> Clinic:
    """What stands in the open hospital now. Doctors in ``left_alone`` are somebody's own."""
    known = Queue.objects.exclude(department__sort=Department.EMERGENCY)  # which has a play of its own
    lines = [_line(row) for row in known.select_related("department").order_by("name", "id")]
    people: list[Person] = []
    with_server: dict[str, Person] = {}
    for leg in _legs():
        one = _person(leg, clockwork)
        people.append(one)
        if one.state in (CALLED, IN_ROOM):
            with_server.setdefault(one.server, one)
    servers = list(_servers(clockwork, with_server, left_alone))
    requests = [str(row.pk) for row in bookings.waiting_for_an_answer() if row.queue.doctor_id not in left_alone]
    return Clinic(lines, servers, people, list(_coming(clockwork)), requests)


def _coming(clockwork: Clockwork) -> Iterator[Coming]:
    """Who is booked today, will come, and is not so late that nobody believes it any more."""
    now = clock.now()
    today = days.service_day(days.current_hospital(), now)
    rows = Appointment.objects.filter(state=models.CONFIRMED, service_day=today).select_related("queue")
    for row in rows.order_by("starts_at", "id"):
        at = bookings.comes_at(row)
        if at is not None and at > now - GIVEN_UP:
            yield Coming(str(row.pk), clockwork(at))


def _line(row: Queue) -> Line:
    counter = row.sort == Queue.COUNTER
    purpose = ("cashier" if "cash" in row.name.lower() else "laboratory") if counter else ""
    return Line(
        str(row.pk), COUNTER if counter else row.department.prefix, str(row.doctor_id or ""), purpose, row.is_open
    )


def _legs() -> list[Leg]:
    now = clock.now()
    lately = Q(state__in=(LEFT, NO_SHOW), ended_at__gte=now - GONE_SINCE)
    today = days.service_day(days.current_hospital(), now)
    wanted = Q(state__in=models.OPEN) | (lately & Q(visit__service_day=today))
    found = Leg.objects.filter(wanted).select_related("visit__type").order_by("entered_at", "id")
    return list(found)


def _person(leg: Leg, clockwork: Clockwork) -> Person:
    since = {
        models.WAITING: leg.returned_at or leg.entered_at,
        models.CALLED: leg.called_at,
        models.IN_PROGRESS: leg.started_at,
        ON_HOLD: leg.held_at,
    }.get(leg.state, leg.ended_at)
    one = person(leg, clockwork(since or leg.entered_at))
    one.state = STATES[leg.state]
    one.held = leg.returned_at is not None
    if leg.state == ON_HOLD:
        usual = (leg.held_at or leg.entered_at) + BREAK
        one.until = clockwork(leg.back_at or usual)
    return one


def _servers(clockwork: Clockwork, busy: dict[str, Person], left_alone: frozenset[UUID]) -> list[Server]:
    own: dict[UUID, set[str]] = defaultdict(set)
    pools: dict[UUID, str] = {}
    for pk, sort, department, doctor in Queue.objects.values_list("pk", "sort", "department_id", "doctor_id"):
        if sort == Queue.POOL:
            pools[department] = str(pk)
        elif doctor is not None:
            own[doctor].add(str(pk))
    for server_id, queue in SignOn.objects.filter(ended_at=None).values_list("server_id", "queue_id"):
        own[server_id].add(str(queue))
    known = Doctor.objects.filter(is_active=True).exclude(department__sort=Department.EMERGENCY)
    doctors = list(known.order_by("name", "id").prefetch_related("further"))
    found = []
    for doctor in doctors:
        lines = set(own[doctor.pk])
        if doctor.serves_pool and doctor.sort == Doctor.DOCTOR:
            lines |= {pools[doctor.department_id]} if doctor.department_id in pools else set()
        lines |= {pools[row.department_id] for row in doctor.further.all() if row.department_id in pools}
        found.append(Server(
            str(doctor.pk), frozenset(lines), away_until=_away(doctor, clockwork), left_alone=doctor.pk in left_alone,
            person=busy.get(str(doctor.pk)), stays=doctor.sort != Doctor.DOCTOR,
        ))  # fmt: skip
    return found


def _away(doctor: Doctor, clockwork: Clockwork) -> float | None:
    if doctor.status == Doctor.OFF_DUTY:
        return float("inf")
    if doctor.status != Doctor.ON_BREAK:
        return None
    return clockwork(doctor.status_until or (doctor.status_at or clock.now()) + BREAK)
