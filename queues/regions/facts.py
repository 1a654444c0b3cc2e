"""What the regions of a page of lines have in common, read once for all of them (clinic.live.render.once)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce

from clinic.core.prepared import Given, Prepared
from clinic.directory.models import Doctor
from clinic.live import render
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues.estimates import shown
from queues.estimates.shown import Shown
from queues.models import LEFT, NO_SHOW, ON_HOLD, WAITING, Leg, Queue, SignOn
from queues.regions.said import ranked

AWAY = (Doctor.ON_BREAK, Doctor.OFF_DUTY)
SHOWN = ("department__prefix", "sort_rank", "name", "pk")
"""Departments together, in the order of their tokens; the doctors' own lines, then the pool, then counters."""
LEG = (
    "pk", "queue_id", "visit_id", "visit__patient_id", "visit__token", "visit__reason", "visit__klass",
    "visit__class_reason", "visit__arrived_at", "visit__patient__given_name", "visit__patient__preferred_name",
    "visit__patient__family_name", "visit__patient__mrn", "placed", "skips", "called_at",
    "returned_at", "state", "hold_reason", "hold_note",
    "held_at", "back_at", "ended_at", "visit__rejoin_asked_at", "effective_at", "due", "visit__carried_from_id",
    "visit__appointment__starts_at",
)  # fmt: skip
"""What a row shows, and nothing else: whole rows of four tables took five times as long for a line of 200."""

Ids = Collection[UUID]


def in_shown_order(queues: QuerySet[Queue]) -> QuerySet[Queue]:
    """Lines as they stand side by side."""
    rank = {Queue.DOCTOR: 0, Queue.POOL: 1, Queue.COUNTER: 2}
    return queues.alias(sort_rank=ranked("sort", rank)).order_by(*SHOWN)


def with_counts(queues: QuerySet[Queue]) -> QuerySet[Queue]:
    """Lines with how many wait, and for a pool how many doctors on duty take from it."""
    waiting = Leg.objects.waiting().filter(queue=OuterRef("pk")).order_by().values("queue").annotate(n=Count("pk"))
    mine = Q(department=OuterRef("department"), serves_pool=True) | Q(further__department=OuterRef("department"))
    on_duty = Doctor.objects.filter(mine, sort=Doctor.DOCTOR, is_active=True).exclude(status__in=AWAY)
    servers = on_duty.order_by().values("hospital").annotate(n=Count("pk", distinct=True))
    pool = Leg.objects.waiting().filter(queue__sort=Queue.POOL, queue__department=OuterRef("doctor__department"))
    pooled = pool.order_by().values("queue__department").annotate(n=Count("pk"))
    return queues.select_related("department__config", "doctor__room", "estimate").annotate(
        waiting=Coalesce(Subquery(waiting.values("n"), output_field=IntegerField()), 0),
        servers=Coalesce(Subquery(servers.values("n"), output_field=IntegerField()), 0),
        pooled=Coalesce(Subquery(pooled.values("n"), output_field=IntegerField()), 0),
        pool_id=Subquery(
            Queue.objects.filter(sort=Queue.POOL, department=OuterRef("doctor__department")).values("pk")[:1]
        ),
    )


def policies() -> HospitalConfig:
    """The hospital's policies, with its row in ``.hospital``."""
    return render.once("policies", days.policies)


def lines(ids: Ids | None = None) -> dict[UUID, Any]:
    """Lines in the order shown; all of them without ``ids``."""
    every = render.once if ids is None or render.was_read("lines") else None
    if every is not None:
        found = every("lines", lambda: {line.pk: line for line in _EVERY.rows()})
        return found if ids is None else {pk: found[pk] for pk in found if pk in set(ids)}
    wanted = frozenset(ids or ())
    return render.once(("lines", wanted), lambda: {line.pk: line for line in _some(wanted)})


# The one query that every change of a line asks: Django needs four times as long to write it as databases to answer.
_EVERY = Prepared[Any](lambda: in_shown_order(with_counts(Queue.objects.all())))


@lru_cache(maxsize=64)
def _of_so_many(count: int) -> Prepared[Any]:
    ids = [Given(f"id{n}", UUIDField()) for n in range(count)]
    return Prepared(lambda: in_shown_order(with_counts(Queue.objects.filter(pk__in=ids))))


def _some(ids: frozenset[UUID]) -> list[Any]:
    return _of_so_many(len(ids)).rows(**{f"id{n}": pk for n, pk in enumerate(ids)}) if ids else []


def waits(of: Iterable[Any]) -> dict[UUID, Shown]:
    """What is shown of each of these lines' waits."""
    return {line.pk: shown.given(getattr(line, "estimate", None)) for line in of}


def serving(ids: Ids) -> list[Leg]:
    """Who is called or in the room: of these lines, and of these lines' doctors; those called first."""
    wanted = _shared(ids)
    doctors = [line.doctor_id for line in lines(wanted).values() if line.doctor_id]

    def read() -> list[Leg]:
        mine = Q(server_id__in=doctors) | Q(queue_id__in=wanted)
        rows = Leg.objects.with_server().filter(mine).select_related("visit__patient", "server")
        return list(rows.order_by("state", "called_at"))  # "called" sorts before "in_progress"

    return render.once(("serving", wanted), read)


def everybody() -> tuple[list[Any], list[Leg]] | None:
    """Who waits, and who is called or in a room, in all lines, if another region of this render has read it."""
    if not render.was_read("lines"):
        return None
    every = _shared(())
    if not (render.was_read(("legs", every)) and render.was_read(("serving", every))):
        return None
    return [leg for line in legs(every).values() for leg in line if leg.state == WAITING], serving(every)


def posts(ids: Ids) -> dict[UUID, list[SignOn]]:
    """Who is signed on at each line."""
    wanted = _shared(ids)

    def read() -> dict[UUID, list[SignOn]]:
        found: dict[UUID, list[SignOn]] = defaultdict(list)
        rows = SignOn.objects.filter(queue_id__in=wanted, ended_at=None).select_related("server", "room")
        for post in rows.order_by("started_at", "pk"):
            found[post.queue_id].append(post)
        return found

    return render.once(("posts", wanted), read)


def legs(ids: Ids) -> dict[UUID, list[Any]]:
    """Who waits in each line in order, who is on hold, and whom it missed today."""
    wanted = _shared(ids)

    def read() -> dict[UUID, list[Any]]:
        here = policies().hospital
        today = days.service_day(here)
        gone = Q(state__in=(NO_SHOW, LEFT), ended_at__gte=days.day_start(here, today), visit__service_day=today)
        gone &= Q(visit__ended_at__isnull=False)
        found: dict[UUID, list[Any]] = defaultdict(list)
        rows = Leg.objects.filter(Q(state__in=(WAITING, ON_HOLD)) | gone, queue_id__in=wanted).in_order()
        for leg in rows.values_list(*LEG, named=True):
            found[leg.queue_id].append(leg)
        return found

    return render.once(("legs", wanted), read)


def _shared(ids: Ids) -> frozenset[UUID]:
    """All lines where all of them were read: one question serves every kind of region."""
    if render.was_read("lines"):
        return frozenset(lines())
    return frozenset(ids)
