"""Reception's regions: a line's head, its rows, the words above it, and the counts in the top bar."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, IntegerField, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from clinic.directory.models import Doctor
from clinic.live.regions import Loaded, uuids
from clinic.records.models import shown_name
from queues.models import CALLED, IN_PROGRESS, WAITING, Leg, Queue
from queues.regions import words
from queues.regions.rows import LineLabel, QueueHead, ReceptionSub, Serving, WaitRow

AWAY = (Doctor.ON_BREAK, Doctor.OFF_DUTY)
_WAITING = (
    "queue_id", "visit_id", "visit__patient_id", "visit__token", "visit__reason", "visit__klass",
    "visit__class_reason", "visit__arrived_at", "visit__patient__given_name", "visit__patient__preferred_name",
    "visit__patient__family_name", "visit__patient__mrn", "placed", "skips", "queue__doctor_id",
)  # fmt: skip
"""What a row shows, and nothing else: whole rows of four tables took five times as long for a line of 200."""


def load_lines(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``line:<queue>``: two queries."""
    ids = uuids(keys)
    rows: dict[UUID, list[Any]] = {pk: [] for pk in Queue.objects.filter(pk__in=ids).values_list("pk", flat=True)}
    waiting = Leg.objects.waiting().filter(queue_id__in=list(rows)).in_order()
    for leg in waiting.values_list(*_WAITING, named=True):
        rows[leg.queue_id].append(leg)
    return {ids[pk]: _line(pk, legs) for pk, legs in rows.items()}


def _line(pk: UUID, legs: list[Any]) -> Loaded:
    refs = {ref for leg in legs for ref in (f"patient:{leg.visit__patient_id}", f"visit:{leg.visit_id}")}
    return Loaded(rows=tuple(_wait_row(leg) for leg in legs), topics=frozenset({f"queue:{pk}"}), refs=frozenset(refs))


def _wait_row(leg: Any) -> WaitRow:
    why = words.why_here(
        leg.visit__token, leg.visit__klass, leg.visit__class_reason, leg.visit__arrived_at,
        placed=leg.placed, skipped=bool(leg.skips),
    )  # fmt: skip
    name = shown_name(
        leg.visit__patient__given_name, leg.visit__patient__preferred_name, leg.visit__patient__family_name,
        leg.visit__patient__mrn,
    )  # fmt: skip
    return WaitRow(
        key=str(leg.visit_id), patient_id=str(leg.visit__patient_id), token=leg.visit__token, name=name,
        note=leg.visit__reason or leg.visit__class_reason, klass=leg.visit__klass, why=why,
        waiting_since=leg.visit__arrived_at, skips=leg.skips,
        pooled=leg.queue__doctor_id is None,
    )  # fmt: skip


# --- heads -----------------------------------------------------------------------------------------------------------


def _queues(ids: Iterable[UUID]) -> QuerySet[Queue]:
    """Lines with how many wait, and for a pool how many doctors on duty take from it."""
    waiting = Leg.objects.waiting().filter(queue=OuterRef("pk")).order_by().values("queue").annotate(n=Count("pk"))
    on_duty = Doctor.objects.filter(department=OuterRef("department"), serves_pool=True, is_active=True)
    servers = on_duty.exclude(status__in=AWAY).order_by().values("department").annotate(n=Count("pk"))
    pool = Leg.objects.waiting().filter(queue__sort=Queue.POOL, queue__department=OuterRef("doctor__department"))
    pooled = pool.order_by().values("queue__department").annotate(n=Count("pk"))
    found: QuerySet[Queue] = Queue.objects.filter(pk__in=list(ids)).select_related("department", "doctor__room")
    return found.annotate(
        waiting=Coalesce(Subquery(waiting.values("n"), output_field=IntegerField()), 0),
        servers=Coalesce(Subquery(servers.values("n"), output_field=IntegerField()), 0),
        pooled=Coalesce(Subquery(pooled.values("n"), output_field=IntegerField()), 0),
        pool_id=Subquery(
            Queue.objects.filter(sort=Queue.POOL, department=OuterRef("doctor__department")).values("pk")[:1]
        ),
    )


def load_heads(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``queue-head:<queue>``: two queries."""
    ids = uuids(keys)
    queues = list(_queues(ids))
    serving: dict[UUID, list[Leg]] = defaultdict(list)
    doctors = [queue.doctor_id for queue in queues if queue.doctor_id]
    legs = Leg.objects.with_server().filter(server_id__in=doctors).select_related("visit__patient")
    for leg in legs.order_by("state", "called_at"):  # "called" sorts before "in_progress"
        serving[leg.server_id].append(leg)
    return {ids[queue.pk]: _head(queue, serving.get(queue.doctor_id, [])) for queue in queues}


def _head(queue: Any, serving: list[Leg]) -> Loaded:
    doctor = queue.doctor
    head = QueueHead(
        queue_id=str(queue.pk), name=queue.name, department=queue.department.name if doctor else gettext("Any doctor"),
        room=doctor.room.name if doctor and doctor.room else "", doctor_id=str(doctor.pk) if doctor else "",
        status=doctor.status if doctor else "", status_extra=words.status_extra(doctor) if doctor else "",
        waiting=queue.waiting, is_open=queue.is_open,
        is_paused=doctor.is_paused if doctor else queue.servers == 0,
        serving=tuple(_serving(leg) for leg in serving), servers=0 if doctor else queue.servers,
        may_call=doctor is not None and _may_call(queue, len(serving)),
    )  # fmt: skip
    # A doctor's line follows the pool too (who waits there may be called next), a pool the doctors of its department.
    topics = {queue.ref, f"doctor:{doctor.pk}" if doctor else f"department:{queue.department_id}"}
    if doctor and queue.pool_id:
        topics.add(f"queue:{queue.pool_id}")
    refs = {queue.department.ref} | {f"patient:{leg.visit.patient_id}" for leg in serving}
    if doctor and doctor.room_id:
        refs.add(f"room:{doctor.room_id}")
    return Loaded(head, topics=frozenset(topics), refs=frozenset(refs))


def _may_call(queue: Any, with_doctor: int) -> bool:
    doctor = queue.doctor
    waits = queue.waiting + (queue.pooled if doctor.serves_pool else 0)
    return bool(waits) and with_doctor < doctor.parallel_rooms


def _serving(leg: Leg) -> Serving:
    since = leg.started_at if leg.state == IN_PROGRESS else leg.called_at
    assert since is not None  # leg_called_has_server, and start sets its time
    return Serving(
        visit_id=str(leg.visit_id), token=leg.visit.token, name=leg.visit.patient.full_name, state=leg.state,
        since=since, calls=leg.calls,
    )  # fmt: skip


def load_labels(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``line-label:<queue>``: one query."""
    ids = uuids(keys)
    return {ids[queue.pk]: _label(queue) for queue in _queues(ids)}


def _label(queue: Any) -> Loaded:
    pool = queue.doctor_id is None
    label = LineLabel(queue.department.name if pool else queue.name, pool, queue.servers if pool else 0, queue.waiting)
    return Loaded(label, topics=frozenset({f"queue:{queue.pk}", f"department:{queue.department_id}"}))


# --- the top bar -----------------------------------------------------------------------------------------------------


def load_sub(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``reception-sub:today``: one query."""
    if "today" not in keys:
        return {}
    counted: dict[str, Any] = Leg.objects.open().aggregate(
        waiting=Count("pk", filter=Q(state=WAITING)),
        called=Count("pk", filter=Q(state=CALLED)),
        in_room=Count("pk", filter=Q(state=IN_PROGRESS)),
        longest=Min("visit__arrived_at", filter=Q(state=WAITING)),
    )
    longest: datetime | None = counted["longest"]
    sub = ReceptionSub(counted["waiting"], counted["called"], counted["in_room"], longest)
    return {"today": Loaded(sub, topics=frozenset({"reception"}))}
