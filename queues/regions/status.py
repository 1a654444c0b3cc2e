"""The patient's phone: one department's places, of which each phone is shown its own row and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from clinic.core.nouns import split_ref
from clinic.directory.models import Department, Doctor
from clinic.live.regions import Loaded, uuids
from clinic.tenants import days
from queues.models import (
    CALLED,
    CANCELLED,
    COMPLETED,
    IN_PROGRESS,
    LEFT,
    NO_SHOW,
    ON_HOLD,
    OPEN,
    WAITING,
    Leg,
    Visit,
)
from queues.regions import words
from queues.regions.displays import taken_back
from queues.regions.lines import AWAY
from queues.regions.rows import Place, PlaceShell

STATES = {CALLED: "called", IN_PROGRESS: "in_room", ON_HOLD: "waiting", COMPLETED: "completed", NO_SHOW: "no_show",
          LEFT: "left", CANCELLED: "cancelled"}  # fmt: skip


@dataclass(slots=True)
class Room:
    """What a department's places need to know of its lines and doctors."""

    waiting: dict[UUID, list[Leg]] = field(default_factory=lambda: defaultdict(list))
    """Line → who waits in it, in order."""
    pools: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    """Department → its pools that have somebody waiting."""
    busy: set[UUID] = field(default_factory=set)
    """Doctors who have somebody in the room."""
    on_duty: set[UUID] = field(default_factory=set)
    """Departments with a doctor on duty who takes from the pool."""
    back: dict[UUID, datetime] = field(default_factory=dict)
    """Leg → until when it reads "please wait"."""

    def ahead_of(self, leg: Leg) -> list[Leg]:
        """Who is called before: in the own line, and in the pools its doctor takes from."""
        lines = [leg.queue_id]
        if leg.queue.doctor is not None and leg.queue.doctor.serves_pool:
            lines += self.pools[leg.queue.doctor.department_id]
        return [one for pk in lines for one in self.waiting[pk] if one.place() < leg.place()]


def load_places(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``status:<department>``: six queries, one more for a minute after an undone call."""
    ids = uuids(keys)
    departments = {row.pk: row for row in Department.objects.filter(pk__in=list(ids))}
    here = days.current_hospital()
    today = Q(visit__service_day=days.service_day(here))
    legs = Leg.objects.filter(Q(visit__department__in=list(departments)) & (today | Q(state__in=OPEN)))
    of_visit: dict[UUID, Leg] = {}
    related = ("visit", "queue__doctor__room", "queue__department", "server__room", "room")
    for leg in legs.select_related(*related).order_by("entered_at", "id"):
        of_visit[leg.visit_id] = leg  # the newest leg of a visit is where it stands
    room = _room(list(of_visit.values()), departments)
    rows: dict[UUID, list[Place]] = {pk: [] for pk in departments}
    for leg in of_visit.values():
        rows[leg.visit.department_id].append(_place(leg, room, departments[leg.visit.department_id]))
    topics = _topics(of_visit.values(), departments)
    return {
        ids[pk]: Loaded(PlaceShell(departments[pk].shown_name), tuple(rows[pk]), topics[pk], _refs(departments[pk]))
        for pk in departments
    }


def _refs(department: Department) -> frozenset[str]:
    return frozenset({department.ref})


def _topics(legs: object, departments: Mapping[UUID, Department]) -> dict[UUID, frozenset[str]]:
    found: dict[UUID, set[str]] = {pk: {f"department:{pk}", "directory"} for pk in departments}
    for leg in legs:  # type: ignore[attr-defined]
        if leg.state in OPEN:
            found[leg.visit.department_id].add(f"queue:{leg.queue_id}")
    return {pk: frozenset(topics) for pk, topics in found.items()}


def _room(legs: list[Leg], departments: Mapping[UUID, Department]) -> Room:
    room = Room()
    lines = {leg.queue_id for leg in legs if leg.state in OPEN}
    served = {leg.queue.doctor.department_id for leg in legs if leg.queue.doctor and leg.queue.doctor.serves_pool}
    waiting = Leg.objects.waiting().filter(Q(queue__in=lines) | Q(queue__sort="pool", queue__department__in=served))
    for leg in waiting.in_order().select_related("visit", "queue__doctor"):
        room.waiting[leg.queue_id].append(leg)
        if leg.queue.doctor_id is None and leg.queue_id not in room.pools[leg.queue.department_id]:
            room.pools[leg.queue.department_id].append(leg.queue_id)
    in_rooms = Leg.objects.filter(state=IN_PROGRESS).values_list("server_id", flat=True)
    room.busy = {pk for pk in in_rooms if pk is not None}
    servers = Doctor.objects.filter(department__in=list(departments), serves_pool=True, is_active=True)
    room.on_duty = set(servers.exclude(status__in=AWAY).values_list("department_id", flat=True))
    room.back = {leg.pk: told.until for leg, told in taken_back()}
    return room


def _place(leg: Leg, room: Room, department: Department) -> Place:
    doctor = leg.server or leg.queue.doctor
    where = leg.room or (doctor.room if doctor else None)
    ahead = room.ahead_of(leg) if leg.state == WAITING else []
    state = STATES.get(leg.state) or ("waiting" if ahead else "next")
    pool = leg.queue.department.shown_name
    return Place(
        key=str(leg.visit_id), token=leg.visit.token, state=state, paused=_is_paused(leg, room), ahead=len(ahead),
        busy=doctor is not None and doctor.pk in room.busy, line=doctor.name if doctor else pool,
        department=department.shown_name, room=where.name if where else "", room_place=where.place if where else "",
        status=doctor.status if doctor else "", status_text=words.status_text(doctor) if doctor else "",
        why=words.why_waits(leg, ahead) if leg.state == WAITING else "",
        called_at=leg.called_at if leg.state == CALLED else None, please_wait_until=room.back.get(leg.pk),
        may_leave=leg.state in (WAITING, ON_HOLD),
    )  # fmt: skip


def _is_paused(leg: Leg, room: Room) -> bool:
    if leg.state != WAITING:
        return False
    doctor = leg.queue.doctor
    return doctor.is_paused if doctor else leg.queue.department_id not in room.on_duty


def opened_by(target: str) -> list[str]:
    """What a visit's status link shows: its own row."""
    found = Visit.objects.filter(pk=split_ref(target)[1]).values_list("department_id", "pk").first()
    return [f"status:{found[0]}#{found[1]}"] if found else []
