"""Lines themselves: made with their doctor or department, opened and closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clinic.core.access import Actor
from clinic.core.errors import Invalid
from clinic.directory.models import Department, Doctor
from clinic.live.record import add, add_unless, change, operation, record
from queues.models import Queue, Visit


@operation("queues.manage")
def ensure_pool(department: Department, *, actor: Actor) -> Queue:
    """The department's pool, made if it has none yet; a department that is a counter has a counter instead."""
    is_counter = department.sort == Department.COUNTER
    sort = Queue.COUNTER if is_counter else Queue.POOL
    found: Queue | None = Queue.objects.filter(department=department, sort=sort).order_by("id").first()
    if found is not None:
        return found
    fresh = Queue(department=department, sort=sort, name=department.name)
    key: dict[str, Any] = {"name": department.name} if is_counter else {"department": department}
    queue, made = add_unless(fresh, sort=sort, **key)
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


@operation("queues.manage")
def add_counter(*, department: Department, name: str, actor: Actor) -> Queue:
    """A counter people are sent to: laboratory, cashier, vaccination. Its name is one of a kind in the hospital."""
    actor.must_see(department.pk)
    queue = add(Queue(department=department, sort=Queue.COUNTER, name=_named(name)))
    record("queue.added", queue)
    return queue


CHANGEABLE = frozenset({"name", "overnight", "is_open"})


@operation("queues.manage")
def change_queue(queue: Queue, *, actor: Actor, **fields: Any) -> Queue:
    """Change a line: whether it takes people in and stays open overnight, and a counter's name.

    A doctor's line and a pool have the name of their doctor and department.
    """
    actor.must_see(queue.department_id)
    unknown = sorted(set(fields) - CHANGEABLE)
    if unknown or ("name" in fields and queue.sort != Queue.COUNTER and fields["name"] != queue.name):
        raise Invalid("queue.bad_fields", fields=unknown or ["name"])
    if "name" in fields:
        fields["name"] = _named(fields["name"])
    if change(queue, **fields):
        record("queue.changed", queue)
    return queue


def _named(name: str) -> str:
    short = name.strip()
    if not 0 < len(short) <= 120:
        raise Invalid("queue.bad_name", name=["1-120"])
    return short


@operation("queues.desk")
def set_open(queue: Queue, is_open: bool, *, actor: Actor) -> Queue:
    """Open or close a line for newcomers; whoever waits keeps their place."""
    actor.must_see(queue.department_id)
    if change(queue, is_open=is_open):
        record("queue.opened" if is_open else "queue.closed", queue)
    return queue


@operation("queues.manage")
def tell_new_names(visits: Sequence[Visit], *, actor: Actor) -> None:
    """A name these visits show has changed elsewhere: whoever holds their documents takes them anew."""
    if visits:
        record("visit.relabelled", *visits)
