"""The patient's phone: one department's places, of which each phone is shown its own row and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from clinic.core.nouns import split_ref
from clinic.directory.models import Department, DoctorDepartment
from clinic.live.models import Event, EventRef
from clinic.live.regions import Loaded, uuids
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues.estimates import shown
from queues.models import (
    AWAY,
    CALLED,
    CANCELLED,
    CARRIED_OVER,
    COMPLETED,
    IN_PROGRESS,
    LAPSED,
    LEFT,
    NO_SHOW,
    ON_HOLD,
    OPEN,
    WAITING,
    Appointment,
    Leg,
    Queue,
    Visit,
)
from queues.operations.holds import FROM_THE_PHONE
from queues.regions import booked_places, duty, facts, spoken, words
from queues.regions.displays import taken_back
from queues.regions.rows import Place, PlaceShell

STATES = {CALLED: "called", IN_PROGRESS: "in_room", ON_HOLD: "away", COMPLETED: "completed", NO_SHOW: "no_show",
          LEFT: "left", CANCELLED: "cancelled", CARRIED_OVER: "carried_over"}  # fmt: skip
BACK_BEFORE = timedelta(minutes=10)
"""Whoever steps out is asked to be back so long before the earliest likely time."""
DECLINED = "visit.rejoin_declined"
AFTER = ("visit.rejoin_asked", "visit.rejoined", "visit.left", "visit.no_showed")
"""After one of these it is another story."""
STEP_OUT_AHEAD = 2
"""Nobody with fewer people ahead is told that they may step out."""


@dataclass(slots=True)
class Hall:
    """What a department's places need to know of its lines and doctors."""

    today: date
    policy: HospitalConfig
    waiting: dict[UUID, list[Leg]] = field(default_factory=lambda: defaultdict(list))
    """Line → who waits in it, in order."""
    pools: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    """Department → its pools that have somebody waiting."""
    further: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    """Doctor → the other departments whose pools they take from."""
    busy: set[UUID] = field(default_factory=set)
    """Doctors who have somebody in the room."""
    unserved: frozenset[UUID] = frozenset()
    """Pools and counters that nobody takes from now."""
    back: dict[UUID, datetime] = field(default_factory=dict)
    """Leg → until when it reads "please wait"."""
    turns: dict[UUID, tuple[datetime, datetime]] = field(default_factory=dict)
    """Leg, or appointment that has not come → when its turn is likely."""
    booked: Sequence[Appointment] = ()
    """Who is booked for today and has not checked in, by time."""
    declined: frozenset[UUID] = frozenset()
    """Visits whose wish to come back the desk declined, and nothing happened since."""

    def ahead_of(self, leg: Leg) -> list[Leg]:
        """Who is called before: in the own line, and in the pools its doctor takes from."""
        lines, doctor = [leg.queue_id], leg.queue.doctor
        if doctor is not None:
            served = set(self.further[doctor.pk]) | ({doctor.department_id} if doctor.serves_pool else set())
            lines += [pk for department in served for pk in self.pools[department]]
        return [one for pk in lines for one in self.waiting[pk] if one.place() < leg.place()]

    def is_paused(self, leg: Leg) -> bool:
        doctor = leg.queue.doctor
        return leg.state == WAITING and (doctor.is_paused if doctor else leg.queue_id in self.unserved)


def load_places(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``status:<department>``: a fixed number of queries, one more for a minute after an undone call."""
    ids = uuids(keys)
    departments = {row.pk: row for row in Department.objects.filter(pk__in=list(ids))}
    policy = facts.policies()
    today = days.service_day(policy.hospital)
    legs = _legs(departments, today)
    booked = booked_places.of_day(departments, today)
    hall = _hall(legs, booked, today, policy)
    rows: dict[UUID, list[Place]] = {pk: [] for pk in departments}
    for leg in legs:
        rows[leg.visit.department_id].append(_place(leg, hall, departments[leg.visit.department_id]))
    absent = _absent(departments, today)
    for visit in absent:
        rows[visit.department_id].append(_absent_place(visit, departments[visit.department_id]))
    for row in booked:
        rows[row.queue.department_id].append(booked_places.place(row, hall, departments[row.queue.department_id]))
    topics = _topics(legs, departments)
    refs = {pk: {departments[pk].ref} for pk in departments}
    for visit in absent:
        refs[visit.department_id].add(f"queue:{visit.expected_queue_id}")
    return {
        ids[pk]: Loaded(PlaceShell(departments[pk].shown_name), tuple(rows[pk]), topics[pk], frozenset(refs[pk]))
        for pk in departments
    }


def _legs(departments: Mapping[UUID, Department], today: date) -> list[Leg]:
    """Where each visit of today, or still here, stands: its open leg, else the newest."""
    wanted = Q(visit__department__in=list(departments)) & (Q(visit__service_day=today) | Q(state__in=OPEN))
    related = ("visit", "queue__doctor__room", "queue__department", "server__room", "room")
    found: dict[UUID, Leg] = {}
    for leg in Leg.objects.filter(wanted).select_related(*related).order_by("entered_at", "id"):
        known = found.get(leg.visit_id)
        if known is None or known.state not in OPEN:
            found[leg.visit_id] = leg
    return list(found.values())


def _absent(departments: Mapping[UUID, Department], today: date) -> list[Visit]:
    """Visits that have no leg: expected today or later, or lapsed today (R3.22)."""
    visits = Visit.objects.filter(department__in=list(departments), expected_on__gte=today)
    visits = visits.filter(~Exists(Leg.objects.filter(visit=OuterRef("pk")))).order_by("pk")
    return list(visits.select_related("expected_queue__doctor__room", "expected_queue__department"))


def _topics(legs: Iterable[Leg], departments: Mapping[UUID, Department]) -> dict[UUID, frozenset[str]]:
    """Every line of the department, as somebody may be booked with one nobody waits in; and where they are now."""
    found: dict[UUID, set[str]] = {pk: {f"department:{pk}", "directory"} for pk in departments}
    for department, line in Queue.objects.filter(department__in=list(departments)).values_list("department", "pk"):
        found[department].add(f"queue:{line}")
    for leg in legs:
        if leg.state in OPEN:
            found[leg.visit.department_id].add(f"queue:{leg.queue_id}")
    return {pk: frozenset(topics) for pk, topics in found.items()}


def _hall(legs: Sequence[Leg], booked: Sequence[Appointment], today: date, policy: HospitalConfig) -> Hall:
    hall = Hall(today, policy, booked=booked)
    lines = {leg.queue_id: leg.queue for leg in legs if leg.state in OPEN}
    lines.update((row.queue_id, row.queue) for row in booked)
    doctors = [queue.doctor for queue in lines.values() if queue.doctor]
    for doctor, department in DoctorDepartment.objects.filter(doctor__in=doctors).values_list("doctor", "department"):
        hall.further[doctor].add(department)
    served = {doctor.department_id for doctor in doctors if doctor.serves_pool}.union(*hall.further.values())
    waiting = Leg.objects.waiting().filter(
        Q(queue__in=list(lines)) | Q(queue__sort=Queue.POOL, queue__department__in=served)
    )
    for leg in waiting.in_order().select_related("visit", "queue"):
        hall.waiting[leg.queue_id].append(leg)
        if leg.queue.sort == Queue.POOL and leg.queue_id not in hall.pools[leg.queue.department_id]:
            hall.pools[leg.queue.department_id].append(leg.queue_id)
    in_rooms = Leg.objects.filter(state=IN_PROGRESS).values_list("server_id", flat=True)
    hall.busy = {pk for pk in in_rooms if pk is not None}
    hall.unserved = duty.unserved(lines.values())
    hall.back = {leg.pk: told.until for leg, told in taken_back()}
    for line in shown.of(lines).values():
        hall.turns.update({} if line.paused else line.waits)
    hall.declined = _declined([leg.visit for leg in legs if _is_over(leg, today)])
    return hall


def _is_over(leg: Leg, today: date) -> bool:
    """Called or waited for in vain, on the day on which one may still come back (R3.14)."""
    return leg.state in (NO_SHOW, LEFT) and leg.visit.service_day == today


def _declined(over: Sequence[Visit]) -> frozenset[UUID]:
    """Of these visits those whose last word is that the desk does not take them back: from the log, one query."""
    refs = [visit.ref for visit in over if visit.rejoin_asked_at is None]
    if not refs:
        return frozenset()
    seqs = EventRef.objects.filter(ref__in=refs).values("seq")
    last: dict[str, str] = {}
    told = Event.objects.filter(seq__in=seqs, name__in=(DECLINED, *AFTER)).order_by("seq")
    for name, subjects in told.values_list("name", "subjects"):
        last.update(dict.fromkeys(subjects, name))
    return frozenset(visit.pk for visit in over if last.get(visit.ref) == DECLINED)


def _place(leg: Leg, hall: Hall, department: Department) -> Place:
    doctor = leg.server or leg.queue.doctor
    where = leg.room or (doctor.room if doctor else None)
    ahead = hall.ahead_of(leg) if leg.state == WAITING else []
    paused = hall.is_paused(leg)
    public = leg.queue.doctor if leg.queue.doctor else None
    return Place(
        key=str(leg.visit_id), token=leg.visit.token, state=STATES.get(leg.state) or ("waiting" if ahead else "next"),
        line=_line(leg), department=department.shown_name, paused=paused, ahead=len(ahead),
        busy=doctor is not None and doctor.pk in hall.busy, **_turn(leg, hall, paused, len(ahead)),
        room=where.name if where else "", room_place=where.place if where else "",
        status=public.status if public else "", status_text=words.status_text(public) if public else "",
        why=words.why_waits(leg, ahead, hall.policy) if leg.state == WAITING else "",
        called_at=leg.called_at if leg.state == CALLED else None, please_wait_until=hall.back.get(leg.pk),
        hold=leg.hold_reason, back_at=words.clock(leg.back_at) if leg.back_at else "", **_may(leg, hall),
    )  # fmt: skip


def _line(leg: Leg) -> str:
    """Whom one waits for: the doctor who called, else the line."""
    if leg.server is not None and leg.server.sort == leg.server.DOCTOR:
        return str(leg.server.name)
    return spoken.line_name(leg.queue)


def _turn(leg: Leg, hall: Hall, paused: bool, ahead: int) -> dict[str, Any]:
    turn = hall.turns.get(leg.pk)
    if turn is None or paused or leg.state != WAITING:
        return {}
    first, last = turn
    step_out = first - BACK_BEFORE if ahead >= STEP_OUT_AHEAD else None
    return {"turn_from": words.clock(first), "turn_until": words.clock(last), "step_out": step_out}


def _may(leg: Leg, hall: Hall) -> dict[str, Any]:
    """What the phone offers now; the operations decide."""
    visit = leg.visit
    is_over = _is_over(leg, hall.today)
    return {
        "may_leave": leg.state in (WAITING, ON_HOLD),
        "delays_left": max(FROM_THE_PHONE - visit.delays, 0) if leg.state == WAITING and not leg.calls else 0,
        "may_return": leg.state == ON_HOLD and leg.hold_reason == AWAY,
        "may_rejoin": is_over and visit.rejoin_asked_at is None,
        "rejoin_asked": is_over and visit.rejoin_asked_at is not None,
        "rejoin_declined": is_over and visit.pk in hall.declined,
    }


def _absent_place(visit: Visit, department: Department) -> Place:
    queue = visit.expected_queue
    doctor = queue.doctor if queue else None
    room = doctor.room if doctor else None
    state = {"": "expected", LAPSED: "lapsed"}.get(visit.outcome, "cancelled")
    return Place(
        key=str(visit.pk), token=visit.token, state=state, line=spoken.line_name(queue) if queue else "",
        department=department.shown_name, room=room.name if room else "", room_place=room.place if room else "",
        expected_on=visit.expected_on,
    )  # fmt: skip


def opened_by(target: str) -> list[str]:
    """What a visit's status link shows: its own row."""
    found = Visit.objects.filter(pk=split_ref(target)[1]).values_list("department_id", "pk").first()
    return [f"status:{found[0]}#{found[1]}"] if found else []
