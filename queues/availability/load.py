"""What decides over free places, read for several lines and days at once: a bounded number of queries (R2.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from clinic.core import clock
from clinic.directory import calendar, policies
from clinic.directory.models import Department, Doctor, DoctorDepartment, DoctorVisitType, VisitType
from clinic.directory.policies import Policies
from clinic.tenants import days
from clinic.tenants.hours import Spans
from clinic.tenants.models import Hospital, HospitalConfig
from queues.availability import lengths, slots
from queues.availability.lengths import Length
from queues.availability.slots import AnyDay, OwnDay, PoolDay, SpreadDay
from queues.models import (
    AWAITING_PAYMENT,
    CANCELLED,
    CARRIED_OVER,
    HELD,
    LEFT,
    LIVE,
    NO_SHOW,
    SLOT,
    TOKEN,
    Appointment,
    Leg,
    Queue,
    SlotTick,
)

NOT_SEEN = (LEFT, NO_SHOW, CANCELLED, CARRIED_OVER)
"""Whoever ended so takes none of a doctor's day (R3.20)."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A line on some days: what is worked, what is taken, and how many come."""

    queue: Queue
    rules: Policies
    length: Length
    modes: tuple[str, ...]
    """How it is booked; () where this kind of visit is not to be had here."""
    days: Mapping[date, AnyDay]
    people: Mapping[date, int]
    """Who takes a place of the day's number: visits, and who is booked and still to come."""
    doctors: Mapping[date, int]
    """How many doctors work on the day."""
    parts: tuple[Loaded, ...] = ()
    """The doctors' own lines to which the bookings of this pool go (policy ``pool_booking``)."""

    @property
    def capacity(self) -> int | None:
        return self.queue.doctor.daily_capacity if self.queue.doctor else None

    def is_full(self, day: date) -> bool:
        """The doctor's daily capacity is taken, whoever came how (R2.1)."""
        return self.capacity is not None and self.people.get(day, 0) >= self.capacity

    def spans(self, day: date) -> tuple[slots.Span, ...]:
        return self.days[day].spans if day in self.days else ()

    def fits(self, day: date) -> int:
        """How many numbers the day has."""
        if self.capacity is not None:
            return self.capacity
        return slots.fitting(self.spans(day), self.days[day].need) * max(self.doctors.get(day, 1), 1)


@dataclass(slots=True)
class _Read:
    """The rows, by line and doctor."""

    type: VisitType | None
    here: Hospital
    now: datetime
    today: date
    first: date
    last: date
    working: dict[UUID, dict[date, Spans]] = field(default_factory=dict)
    own: dict[UUID, list[DoctorVisitType]] = field(default_factory=dict)
    taken: dict[UUID, dict[int, set[int]]] = field(default_factory=dict)
    people: dict[UUID, dict[date, int]] = field(default_factory=dict)

    def of_type(self, doctor: Doctor) -> DoctorVisitType | None:
        mine = self.own.get(doctor.pk, ())
        return next((row for row in mine if self.type is not None and row.type_id == self.type.pk), None)

    def range(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def lines(
    queues: Iterable[Queue], first: date, last: date, type: VisitType | None = None, *,  # noqa: A002
    online: bool = False, now: datetime | None = None, without: UUID | None = None,
) -> dict[UUID, Loaded]:  # fmt: skip
    """The lines from one service day to another, by id; a line that is not there is left out.

    ``without``: an appointment that takes no place, because it is to be moved.
    """
    config, moment = days.policies(), now or clock.now()
    found = Queue.objects.filter(pk__in=[queue.pk for queue in queues])
    rows = list(found.select_related("doctor", "department__config"))
    of_pool = _pools([row for row in rows if row.sort == Queue.POOL])
    named = [row for row in rows if row.sort == Queue.DOCTOR]
    lines_of = {row.doctor_id: row for row in [*named, *(each for some in of_pool.values() for each in some)]}
    read = _Read(type, config.hospital, moment, days.service_day(config.hospital, moment), first, last)
    _read(read, rows, list(lines_of.values()), without)
    own = {row.pk: _own(row, read, config, online) for row in lines_of.values()}
    made: dict[UUID, Loaded] = {}
    for row in rows:
        if row.sort == Queue.DOCTOR:
            made[row.pk] = own[row.pk]
        elif row.sort == Queue.POOL:
            made[row.pk] = _pool(row, [own[each.pk] for each in of_pool[row.department_id]], read, config, online)
    return made


def line(
    queue: Queue, day: date, type: VisitType | None = None, *,  # noqa: A002
    online: bool = False, now: datetime | None = None, without: UUID | None = None,
) -> Loaded | None:  # fmt: skip
    """One line on one service day; None where it cannot be booked at all."""
    return lines([queue], day, day, type, online=online, now=now, without=without).get(queue.pk)


# --- reading ---------------------------------------------------------------------------------------------------------


def _pools(pools: list[Queue]) -> dict[UUID, list[Queue]]:
    """Department → the own lines of the doctors who take from its pool."""
    departments = [pool.department_id for pool in pools]
    if not departments:
        return {}
    doctors = Q(is_active=True, sort=Doctor.DOCTOR)
    homes = Doctor.objects.filter(doctors, serves_pool=True, department__in=departments)
    serving = {(department, pk) for pk, department in homes.values_list("pk", "department_id")}
    further = DoctorDepartment.objects.filter(
        department__in=departments, doctor__is_active=True, doctor__sort=Doctor.DOCTOR
    )
    serving |= set(further.values_list("department_id", "doctor_id"))
    rows = Queue.objects.filter(doctor__in={doctor for _department, doctor in serving})
    lines_of = {row.doctor_id: row for row in rows.select_related("doctor", "department__config").order_by("id")}
    found: dict[UUID, list[Queue]] = {department: [] for department in departments}
    for doctor, row in lines_of.items():
        for department in departments:
            if (department, doctor) in serving:
                found[department].append(row)
    return found


def _read(read: _Read, rows: list[Queue], own: list[Queue], without: UUID | None) -> None:
    doctors = [row.doctor for row in own if row.doctor is not None]
    ids = {row.pk for row in [*rows, *own]}
    read.working = calendar.working_days(doctors, read.first, read.last)
    for kind in DoctorVisitType.objects.filter(doctor__in=doctors):
        read.own.setdefault(kind.doctor_id, []).append(kind)
    _read_ticks(read, ids, without)
    _read_people(read, ids, {row.doctor_id: row.pk for row in own if row.doctor_id}, without)


def overdue(now: datetime) -> Q:
    """Holds and payments whose time is over: they keep nothing, also before the clock has come by (R2.3)."""
    return Q(state__in=(HELD, AWAITING_PAYMENT), held_until__lte=now)


def _read_ticks(read: _Read, ids: set[UUID], without: UUID | None) -> None:
    here = read.here
    start = slots.tick_of(days.day_start(here, read.first))
    # The last visit of a day may reach over its end.
    end = slots.tick_of(days.day_end(here, read.last) + timedelta(days=1))
    rows = SlotTick.objects.filter(queue__in=ids, tick__gte=start, tick__lt=end)
    gone = Appointment.objects.filter(overdue(read.now), queue__in=ids)
    rows = rows.exclude(appointment__in=gone.values("pk"))
    if without is not None:
        rows = rows.exclude(appointment=without)
    for queue, tick, place in rows.values_list("queue_id", "tick", "place"):
        read.taken.setdefault(queue, {}).setdefault(tick, set()).add(place)


def _read_people(read: _Read, ids: set[UUID], of_doctor: dict[UUID, UUID], without: UUID | None) -> None:
    people: defaultdict[UUID, defaultdict[date, int]] = defaultdict(lambda: defaultdict(int))
    coming = Appointment.objects.filter(
        queue__in=ids, service_day__gte=read.first, service_day__lte=read.last, state__in=LIVE
    ).exclude(overdue(read.now))
    if without is not None:
        coming = coming.exclude(pk=without)
    counted = coming.order_by().values("queue_id", "service_day").annotate(people=Count("pk"))
    for queue, day, count in counted.values_list("queue_id", "service_day", "people"):
        people[queue][day] += count
    if read.first <= read.today <= read.last:
        legs = Leg.objects.filter(Q(queue__in=ids) | Q(server__in=of_doctor), visit__service_day=read.today)
        seen: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for queue, server, visit in legs.exclude(state__in=NOT_SEEN).values_list("queue_id", "server_id", "visit_id"):
            seen[queue].add(visit)
            if server in of_doctor:
                seen[of_doctor[server]].add(visit)
        for queue, visits in seen.items():
            people[queue][read.today] += len(visits)
    read.people = {queue: dict(of_days) for queue, of_days in people.items()}


# --- making lines of it ----------------------------------------------------------------------------------------------


def modes_of(mode: str) -> tuple[str, ...]:
    return (SLOT, TOKEN) if mode == HospitalConfig.BOTH else (mode,)


def is_to_be_had(kind: VisitType | None, online: bool) -> bool:
    """Whether this kind of visit can be booked through this door.

    Kinds for known patients are never online: to say there who is known would tell strangers (R2.13).
    """
    if kind is None:
        return True
    return kind.is_active and (not online or (kind.bookable and kind.whom != VisitType.KNOWN))


def _serves(queue: Queue) -> bool:
    department = queue.department
    return department.is_active and department.sort == Department.CLINIC


def _own(queue: Queue, read: _Read, config: HospitalConfig, online: bool) -> Loaded:
    doctor = queue.doctor
    assert doctor is not None  # a doctor's own line
    rules = policies.given(getattr(queue.department, "config", None), config)
    own = read.of_type(doctor)
    length = lengths.of(queue, read.type, own, rules)
    total = max([length.capacity, doctor.slot_capacity, *(row.capacity or 1 for row in read.own.get(doctor.pk, ()))])
    can = _serves(queue) and doctor.is_active and is_to_be_had(read.type, online) and (own is None or own.offered)
    people = read.people.get(queue.pk, {})
    full = {
        day for day, count in people.items() if doctor.daily_capacity is not None and count >= doctor.daily_capacity
    }
    made: dict[date, AnyDay] = {}
    for day, spans in read.working[doctor.pk].items():
        ready = can and day not in full and (queue.is_open or day != read.today)
        made[day] = OwnDay(slots.in_ticks(spans), read.taken.get(queue.pk, {}), length, total, ready)
    modes = modes_of(doctor.booking_mode or rules.booking_mode) if can else ()
    return Loaded(queue, rules, length, modes, made, people, {day: int(bool(each.spans)) for day, each in made.items()})


def _there(own: list[Loaded], day: date) -> Iterator[tuple[Loaded, OwnDay]]:
    """Who works on the day and does this kind of visit."""
    for each in own:
        mine = each.days[day]
        if isinstance(mine, OwnDay) and mine.spans and each.modes:
            yield each, mine


def _pool(queue: Queue, own: list[Loaded], read: _Read, config: HospitalConfig, online: bool) -> Loaded:
    rules = policies.given(getattr(queue.department, "config", None), config)
    length = lengths.of(queue, read.type, None, rules)
    can = _serves(queue) and is_to_be_had(read.type, online)
    spread = config.pool_booking == HospitalConfig.LEAST_BUSY
    made: dict[date, AnyDay] = {}
    working: dict[date, int] = {}
    for day in read.range():
        ready = can and (queue.is_open or day != read.today)
        there = [(each, each.days[day]) for each in own]
        busy = [
            (each, mine) for each, mine in there if isinstance(mine, OwnDay) and mine.spans and each.modes and ready
        ]
        working[day] = len(busy)
        taken = read.taken.get(queue.pk, {})
        if spread:
            made[day] = SpreadDay(tuple(mine for each, mine in busy if SLOT in each.modes), length, taken)
            continue
        doctors = tuple(OwnDay(mine.spans, mine.taken, length, mine.total, mine.offered) for _each, mine in busy)
        made[day] = PoolDay(doctors, taken, length)
    modes = modes_of(rules.booking_mode) if can and own else ()
    parts = tuple(each for each in own if each.modes) if spread else ()
    return Loaded(queue, rules, length, modes, made, read.people.get(queue.pk, {}), working, parts)
