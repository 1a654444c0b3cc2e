"""How many a line and a doctor take in (R3.20), and whether the house is open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, DateField, Exists, OuterRef, Q, QuerySet, UUIDField
from django.utils.formats import date_format

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import NotAllowed, NotFound, sentence
from clinic.core.prepared import Given, Prepared
from clinic.directory import calendar, policies
from clinic.directory.models import Closure, Doctor
from clinic.directory.policies import Policies
from clinic.tenants import days, hours
from clinic.tenants.models import HospitalConfig
from queues.estimates import shown
from queues.models import (
    CANCELLED,
    CARRIED_OVER,
    LEFT,
    LIVE,
    NO_SHOW,
    ON_HOLD,
    WAITING,
    Appointment,
    Leg,
    Queue,
)

LOOK_AHEAD = 60
"""Days in which a full doctor's next day is looked for."""
NOT_SEEN = (LEFT, NO_SHOW, CANCELLED, CARRIED_OVER)
"""Whoever ended so takes none of a doctor's day."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the desk should know, and may pass over."""

    code: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence in the active language."""
        return sentence(self.code, self.details)


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its doctor and department, and what holds there today."""

    queue: Queue
    rules: Policies
    day: date
    shut: bool
    """The department or the hospital is closed on this service day."""


def _lines() -> QuerySet[Queue]:
    day = Given("day", DateField())
    closed = Closure.objects.filter(
        Q(department=None) | Q(department=OuterRef("department")), first_day__lte=day, last_day__gte=day
    )
    found: QuerySet[Queue] = Queue.objects.filter(pk=Given("queue", UUIDField())).annotate(shut=Exists(closed))
    return found.select_related("doctor", "department__config")


def _here() -> QuerySet[Any, int]:
    legs: QuerySet[Any, Any] = Leg.objects.filter(queue_id=Given("queue", UUIDField()), state__in=(WAITING, ON_HOLD))
    found: QuerySet[Any, int] = (
        legs.order_by().values("queue_id").annotate(people=Count("pk")).values_list("people", flat=True)
    )
    return found


def _of_day() -> QuerySet[Any, UUID]:
    mine = Q(queue_id=Given("queue", UUIDField())) | Q(server_id=Given("doctor", UUIDField()))
    legs: QuerySet[Any, Any] = Leg.objects.filter(mine, visit__service_day=Given("day", DateField())).exclude(
        state__in=NOT_SEEN
    )
    return legs.order_by().values_list("visit_id", flat=True).distinct()


def _coming() -> QuerySet[Any, int]:
    rows: QuerySet[Any, Any] = Appointment.objects.filter(
        queue_id=Given("queue", UUIDField()), service_day=Given("day", DateField()), state__in=LIVE
    )
    found: QuerySet[Any, int] = (
        rows.order_by().values("queue_id").annotate(people=Count("pk")).values_list("people", flat=True)
    )
    return found


_LINE = Prepared[Queue](_lines)
_HERE = Prepared[int](_here)
_OF_DAY = Prepared[UUID](_of_day)
_COMING = Prepared[int](_coming)


def line_of(queue_id: UUID, actor: Actor, policy: HospitalConfig | None = None) -> Line:
    """The line as it is now, in one query; NotFound outside the hospital or the actor's departments."""
    config = policy or days.policies()
    day = days.service_day(config.hospital, clock.now())
    found: Any = _LINE.first(queue=queue_id, day=day)
    if found is None:
        raise NotFound()
    actor.must_see(found.department_id)
    own = getattr(found.department, "config", None)
    return Line(found, policies.given(own, config), day, found.shut)


def check(queue: Queue, *, actor: Actor) -> Warned | None:
    """What would be said to one more in this line now: nothing, a warning, or NotAllowed with the next free time."""
    return admit(line_of(queue.pk, actor))


def admit(line: Line) -> Warned | None:
    """``check`` for whoever holds the line's place counter: nobody can come between the count and the intake."""
    people = _people(line)
    hard, doctor = line.rules.queue_hard_limit, line.queue.doctor
    if hard is not None and people >= hard:
        free = _next_free(line, people)
        raise NotAllowed("queue.full", queue=line.queue.name, people=people, limit=hard, **_told(free, line))
    if doctor is not None and doctor.daily_capacity is not None and _taken(line, doctor) >= doctor.daily_capacity:
        free = _next_day(line, doctor)
        raise NotAllowed("doctor.full", server=doctor.name, capacity=doctor.daily_capacity, **_told(free, line))
    return _long(line, people)


def warn(line: Line, besides: int = 0) -> Warned | None:
    """What whoever sends somebody on should know: nobody is refused between two parts of a visit.

    ``besides`` are those who have just come and are not counted.
    """
    return _long(line, _people(line) - besides)


def outside_hours(line: Line) -> Warned | None:
    """The house is closed now: the desk takes people in all the same, and knows."""
    config = line.rules.hospital
    if not line.shut and hours.is_within(config.hours, config.hospital.zone, clock.now()):
        return None
    return Warned("queue.outside_hours", {"department": line.queue.department.name})


def _people(line: Line) -> int:
    if line.rules.queue_soft_limit is None and line.rules.queue_hard_limit is None:
        return 0
    return _HERE.first(queue=line.queue.pk) or 0


def _taken(line: Line, doctor: Doctor) -> int:
    return taken(line.queue.pk, doctor.pk, line.day)


def taken(queue_id: UUID, doctor_id: UUID, day: date) -> int:
    """How many of a doctor's ``daily_capacity`` are taken on a service day: visits, and who is booked and still to
    come. Walk-ins and bookings share it (R2.1, R3.20)."""
    seen = len(_OF_DAY.rows(queue=queue_id, doctor=doctor_id, day=day))
    return seen + (_COMING.first(queue=queue_id, day=day) or 0)


def _long(line: Line, people: int) -> Warned | None:
    soft = line.rules.queue_soft_limit
    if soft is None or people < soft:
        return None
    return Warned("queue.long", {"queue": line.queue.name, "people": people, "limit": soft})


def _next_free(line: Line, people: int) -> datetime | None:
    """When one who joined now would be called: what is shown of the line, else everybody's expected minutes."""
    joining = shown.of([line.queue.pk])[line.queue.pk].joining
    whom = line.queue.doctor or line.queue.department
    minutes = joining[0] if joining else people * policies.expected_minutes(whom, line.rules)
    at = clock.now() + timedelta(minutes=minutes)
    config = line.rules.hospital
    if hours.is_within(config.hours, config.hospital.zone, at):
        return at
    return hours.next_start(config.hours, config.hospital.zone, at)


def _next_day(line: Line, doctor: Doctor) -> datetime | None:
    for count in range(1, LOOK_AHEAD + 1):
        if spans := calendar.working(doctor, line.day + timedelta(days=count)):
            return spans[0][0]
    return None


def _told(free: datetime | None, line: Line) -> dict[str, Any]:
    """The next free time for programs and, as the wall clock shows it, for people."""
    if free is None:
        return {"next_free": None, "time": "–"}
    here = free.astimezone(line.rules.hospital.hospital.zone)
    today = days.service_day(line.rules.hospital.hospital, free) == line.day
    return {"next_free": free.isoformat(), "time": date_format(here, "H:i" if today else "D j M, H:i")}
