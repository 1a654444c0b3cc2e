"""Lines themselves: made with their doctor or department, opened and closed."""

from __future__ import annotations

from collections.abc import Sequence

from clinic.core.access import Actor
from clinic.directory.models import Department, Doctor
from clinic.live.record import add_unless, change, operation, record
from queues.models import Queue, Visit


@operation("queues.manage")
def ensure_pool(department: Department, *, actor: Actor) -> Queue:
    """The department's pool, made if it has none yet."""
    found: Queue | None = Queue.objects.filter(department=department, sort=Queue.POOL).first()
    if found is not None:
        return found
    fresh = Queue(department=department, sort=Queue.POOL, name=department.name)
    queue, made = add_unless(fresh, department=department, sort=Queue.POOL)
    if made:
        record("queue.added", queue)
    return queue


@operation("queues.manage")
def ensure_own_line(doctor: Doctor, *, actor: Actor) -> Queue:
    """The doctor's own line, made if there is none yet; it follows the doctor's name and department."""
    found: Queue | None = Queue.objects.filter(doctor=doctor).first()
    if found is None:
        fresh = Queue(department=doctor.department, doctor=doctor, sort=Queue.DOCTOR, name=doctor.name)
        found, made = add_unless(fresh, doctor=doctor)
        if made:
            record("queue.added", found)
            return found
    if change(found, name=doctor.name, department=doctor.department):
        record("queue.changed", found)
    return found


@operation("queues.desk")
def set_open(queue: Queue, is_open: bool, *, actor: Actor) -> Queue:
    """Open or close a line for newcomers; whoever waits keeps their place."""
    if change(queue, is_open=is_open):
        record("queue.opened" if is_open else "queue.closed", queue)
    return queue


@operation("queues.manage")
def tell_new_names(visits: Sequence[Visit], *, actor: Actor) -> None:
    """A name these visits show has changed elsewhere: whoever holds their documents takes them anew."""
    if visits:
        record("visit.relabelled", *visits)
