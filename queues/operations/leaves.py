"""What becomes of a doctor's own line when the doctor leaves: policy ``on_leave`` (R1.9, R3.21)."""

from __future__ import annotations

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import DomainError, Invalid, NotFound, say
from clinic.directory.models import Doctor
from clinic.live.record import change, operation, record
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues.models import WAITING, Leg, Queue
from queues.operations import calls, moves

say({"queue.bad_choice": _("Choose: to the pool, or keep them in the line.")})

POOL, KEEP = HospitalConfig.POOL, HospitalConfig.KEEP
CHOICES = (POOL, KEEP)


@operation("queues.move")
def follow_doctor(queue: Queue, *, actor: Actor) -> Queue:
    """The doctor left, or came back: the policy moves those who wait to the pool, keeps them, or asks the desk.

    Whom the pool does not take (closed, full, none), the desk is asked about. Idempotent: what holds now is asked.
    """
    actor.must_see(queue.department_id)
    doctor, policy = _doctor(queue), days.policies().on_leave
    if doctor.status != Doctor.OFF_DUTY:
        if change(queue, left_at=None):
            record("doctor.came_back", doctor, queue)
        return queue
    if policy == POOL:
        _to_pool(queue, actor)
    waits = policy != KEEP and Leg.objects.waiting().filter(queue=queue).exists()
    if waits and queue.left_at is None:
        change(queue, left_at=clock.now())
        record("doctor.left_line", doctor, queue)
    return queue


@operation("queues.desk")
def settle_line(queue: Queue, choice: str, *, actor: Actor) -> int:
    """The desk says what becomes of those who wait for a doctor who left. Returns how many went to the pool."""
    actor.must_see(queue.department_id)
    doctor = _doctor(queue)
    if choice not in CHOICES:
        raise Invalid("queue.bad_choice", choice=[choice])
    moved = _to_pool(queue, actor, strict=True) if choice == POOL else 0
    if change(queue, left_at=None):
        record("doctor.line_settled", doctor, queue, reason=choice)
    return moved


def left() -> list[Queue]:
    """Lines the desk has to say something about, the longest left first; ``waiting`` is how many wait."""
    rows = Queue.objects.exclude(left_at=None).select_related("doctor", "department").order_by("left_at")
    return list(rows.annotate(waiting=Count("legs", filter=Q(legs__state=WAITING))))


def _doctor(queue: Queue) -> Doctor:
    if queue.doctor is None:
        raise NotFound()
    return queue.doctor


def _to_pool(queue: Queue, actor: Actor, *, strict: bool = False) -> int:
    """Everybody who waits goes to the department's pool, in their order; ``strict`` says what it refuses."""
    pool = Queue.objects.filter(department=queue.department_id, sort=Queue.POOL).first()
    if pool is None:
        if strict:
            raise NotFound()
        return 0
    legs, moved = list(Leg.objects.waiting().filter(queue=queue).select_related("visit").in_order()), 0
    for leg in legs:
        now = calls.leg_of(leg.visit, actor)
        if now.state != WAITING or now.queue_id != queue.pk:  # called or moved a moment ago
            continue
        try:
            moves.reassign(leg.visit, pool, reason=str(_doctor(queue).get_status_display()), actor=actor)
            moved += 1
        except DomainError:
            if strict:
                raise
            break
    return moved
