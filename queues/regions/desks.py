"""A server with what stands before them: the lines they call from, the patients called or in the room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from clinic.directory.models import Doctor, DoctorDepartment
from clinic.live import render
from clinic.live.regions import uuids
from queues.models import CALLED, IN_PROGRESS, Leg, Queue, SignOn
from queues.regions.facts import in_shown_order


@dataclass(slots=True)
class Desk:
    """One doctor with what stands before them: the patients called or in the room, and the heads of the lines."""

    doctor: Doctor
    lines: list[UUID] = field(default_factory=list)
    seats: list[Leg] = field(default_factory=list)
    heads: list[Leg] = field(default_factory=list)
    waiting: int = 0

    @property
    def topics(self) -> frozenset[str]:
        return frozenset({f"doctor:{self.doctor.pk}", "hospital", *(f"queue:{pk}" for pk in self.lines)})

    @property
    def refs(self) -> frozenset[str]:
        shown = [*self.seats, *self.heads]
        people = {ref for leg in shown for ref in (f"patient:{leg.visit.patient_id}", leg.visit.ref)}
        rooms = {f"room:{leg.room_id}" for leg in self.seats if leg.room_id}
        own = {f"room:{self.doctor.room_id}"} if self.doctor.room_id else set()
        return frozenset(people | rooms | own)

    @property
    def departments(self) -> frozenset[UUID]:
        return frozenset({self.doctor.department_id})

    @property
    def called(self) -> list[Leg]:
        return [leg for leg in self.seats if leg.state == CALLED]

    @property
    def in_room(self) -> list[Leg]:
        return [leg for leg in self.seats if leg.state == IN_PROGRESS]

    @property
    def is_full(self) -> bool:
        return len(self.seats) >= self.doctor.parallel_rooms


def desks_of(keys: Sequence[str]) -> dict[str, Desk]:
    """Six queries, however many doctors; shared by the regions of one page."""
    return render.once(("desks", tuple(keys)), lambda: _read(keys))


def _read(keys: Sequence[str]) -> dict[str, Desk]:
    ids = uuids(keys)
    doctors = Doctor.objects.filter(pk__in=list(ids)).select_related("room")
    desks = {doctor.pk: Desk(doctor) for doctor in doctors}
    heads = _take_lines(desks)
    found = Leg.objects.filter(Q(pk__in=heads) | Q(server_id__in=list(desks), state__in=(CALLED, IN_PROGRESS)))
    of_line: dict[UUID, Leg] = {}
    found = found.select_related("visit__patient", "visit__appointment", "queue", "room")
    for leg in found.order_by("state", "started_at", "called_at"):
        if leg.state in (CALLED, IN_PROGRESS):
            if leg.server_id in desks:
                desks[leg.server_id].seats.append(leg)
        else:
            of_line[leg.queue_id] = leg
    for desk in desks.values():
        desk.heads = sorted((of_line[pk] for pk in desk.lines if pk in of_line), key=Leg.place)
    return {ids[pk]: desk for pk, desk in desks.items()}


def lines_of(doctors: Iterable[Doctor]) -> dict[UUID, list[Queue]]:
    """Whom each calls from, in this order: the own line, the pools served, the lines signed on at (R3.7, R3.9).

    Three queries. Each line carries ``head``, the first of it, and ``waits``, how many wait there.
    """
    servers = {doctor.pk: doctor for doctor in doctors}
    pools: dict[UUID, set[UUID]] = {
        pk: {doctor.department_id} if doctor.serves_pool else set() for pk, doctor in servers.items()
    }
    for pk, department in DoctorDepartment.objects.filter(doctor__in=list(servers)).values_list("doctor", "department"):
        pools[pk].add(department)
    posts: dict[UUID, set[UUID]] = defaultdict(set)
    for pk, queue in SignOn.objects.filter(server__in=list(servers), ended_at=None).values_list("server", "queue"):
        posts[pk].add(queue)
    mine = Q(doctor_id__in=list(servers)) | Q(pk__in=set().union(*posts.values()))
    mine |= Q(sort=Queue.POOL, department_id__in=set().union(*pools.values()))
    lines = list(in_shown_order(_with_heads(Queue.objects.filter(mine))))
    return {pk: _of(pk, lines, pools[pk], posts[pk]) for pk in servers}


def _with_heads(queues: QuerySet[Queue]) -> QuerySet[Queue]:
    waiting = Leg.objects.waiting().filter(queue=OuterRef("pk"))
    count = waiting.order_by().values("queue").annotate(n=Count("pk")).values("n")
    return queues.annotate(
        head=Subquery(waiting.in_order().values("pk")[:1]),
        waits=Coalesce(Subquery(count, output_field=IntegerField()), 0),
    )


def _of(server: UUID, lines: list[Queue], pools: set[UUID], posts: set[UUID]) -> list[Queue]:
    own = [line for line in lines if line.doctor_id == server]
    served = [line for line in lines if line.sort == Queue.POOL and line.department_id in pools]
    return own + served + [line for line in lines if line.pk in posts and line not in own + served]


def _take_lines(desks: dict[UUID, Desk]) -> list[UUID]:
    """Fill in each doctor's lines and how many wait there; the ids of the first of each line."""
    heads = set()
    for pk, lines in lines_of(desk.doctor for desk in desks.values()).items():
        desks[pk].lines = [line.pk for line in lines]
        desks[pk].waiting = sum(line.waits for line in lines)  # type: ignore[attr-defined]  # annotated
        heads |= {line.head for line in lines if line.head}  # type: ignore[attr-defined]
    return list(heads)
