"""Who serves the lines now: a pool or counter that nobody serves is paused (R3.21)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from clinic.directory.models import Doctor, DoctorDepartment
from queues.models import Queue, SignOn

AWAY = (Doctor.ON_BREAK, Doctor.OFF_DUTY)


def unserved(queues: Iterable[Queue]) -> frozenset[UUID]:
    """The pools and counters among these that nobody on duty takes from: three queries, none without such a line.

    Whoever shows them listens to the topic ``directory`` for the doctors, and to the lines for who signs on.
    """
    lines = {queue.pk: queue for queue in queues if queue.sort != Queue.DOCTOR}
    if not lines:
        return frozenset()
    on_duty = Doctor.objects.filter(is_active=True, serves_pool=True).exclude(status__in=AWAY)
    pools = {queue.department_id for queue in lines.values() if queue.sort == Queue.POOL}
    served = set(on_duty.filter(department__in=pools).values_list("department_id", flat=True))
    further = DoctorDepartment.objects.filter(department__in=pools, doctor__is_active=True)
    served |= set(further.exclude(doctor__status__in=AWAY).values_list("department_id", flat=True))
    signed_on = SignOn.objects.filter(queue__in=list(lines), ended_at=None).exclude(server__status__in=AWAY)
    there = set(signed_on.values_list("queue_id", flat=True))
    return frozenset(
        pk for pk, queue in lines.items()
        if pk not in there and not (queue.sort == Queue.POOL and queue.department_id in served)
    )  # fmt: skip
