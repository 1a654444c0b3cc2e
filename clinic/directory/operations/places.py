"""Verbs of departments, their own policies, rooms and closures."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotAllowed
from clinic.directory import inside, policies
from clinic.directory.models import Closure, Department, DepartmentConfig, Room
from clinic.live.record import add, add_unless, change, drop, operation, record
from clinic.tenants import days
from clinic.tenants.operations.checks import valid

CLOSURE = ("department", "name", "first_day", "last_day")


@operation("directory.manage")
def add_department(*, actor: Actor, **fields: Any) -> Department:
    """A new department; its pool line follows by reaction."""
    row = add(Department(**fields))
    record("department.added", row)
    return row


@operation("directory.manage")
def change_department(department: Department, *, actor: Actor, **fields: Any) -> Department:
    """Change a department; tokens already given out keep their prefix.

    Refuses to close it, or to make it one of another kind, while people are inside: no screen would show them.
    """
    actor.must_see(department.pk)
    if _closes(department, fields):
        _must_be_empty(department)
    if change(department, **fields):
        record("department.changed", department)
    return department


def _closes(department: Department, fields: dict[str, Any]) -> bool:
    other_kind = fields.get("sort", department.sort) != department.sort
    return other_kind or (department.is_active and not fields.get("is_active", True))


def _must_be_empty(department: Department) -> None:
    """Held while it is asked: whoever takes somebody in holds the department, too."""
    held: Department | None = Department.objects.select_for_update(no_key=True).filter(pk=department.pk).first()
    found = inside.count(held) if held is not None else 0
    if found:
        raise NotAllowed("department.not_empty", department=department.name, inside=found)


@operation("directory.manage")
def change_department_policies(department: Department, *, actor: Actor, **fields: Any) -> DepartmentConfig:
    """What a department does otherwise than its hospital (R1.9); None is "as the hospital". Holds from the next act."""
    actor.must_see(department.pk)
    fresh = DepartmentConfig(department=department)
    known: DepartmentConfig | None = DepartmentConfig.objects.filter(department=department).first()
    told = valid(known or fresh, fields, allowed=policies.OWN)
    own, made = add_unless(fresh, department=department) if known is None else (known, False)
    if change(own, **told) or made:
        _limits_fit(own)
        record("department.policies_changed", own, department)
    return own


def _limits_fit(own: DepartmentConfig) -> None:
    """A line warns before it is full, with the hospital's limit where the department has none."""
    both = policies.given(own, days.policies())
    soft, hard = both.queue_soft_limit, both.queue_hard_limit
    if soft is not None and hard is not None and soft > hard:
        raise Invalid("row.invalid", None, queue_soft_limit=[_("A line warns before it is full: at most %d.") % hard])


@operation("directory.manage")
def add_room(*, actor: Actor, **fields: Any) -> Room:
    """A new room."""
    row = add(Room(**fields))
    record("room.added", row)
    return row


@operation("directory.manage")
def change_room(room: Room, *, actor: Actor, **fields: Any) -> Room:
    """Change a room; screens that name it follow."""
    actor.must_see(room.department_id)
    if change(room, **fields):
        record("room.changed", room)
    return room


@operation("directory.manage")
def add_closure(*, actor: Actor, **fields: Any) -> Closure:
    """Close the hospital, or one department, for whole service days; the walk-in gate and the day close know it."""
    row = Closure()
    for name, value in valid(row, fields, allowed=CLOSURE).items():
        setattr(row, name, value)
    actor.must_see(row.department_id)
    _in_order(row.first_day, row.last_day)
    add(row)
    record("closure.added", row)
    return row


@operation("directory.manage")
def change_closure(closure: Closure, *, actor: Actor, **fields: Any) -> Closure:
    """Change what is closed, when, or its name."""
    actor.must_see(closure.department_id)
    told = valid(closure, fields, allowed=CLOSURE)
    _in_order(told.get("first_day", closure.first_day), told.get("last_day", closure.last_day))
    if change(closure, **told):
        actor.must_see(closure.department_id)
        record("closure.changed", closure)
    return closure


@operation("directory.manage")
def remove_closure(closure: Closure, *, actor: Actor) -> None:
    """Open again on those days."""
    actor.must_see(closure.department_id)
    drop(closure)
    record("closure.removed", closure)


def _in_order(first: Any, last: Any) -> None:
    if first is None or last is None or last < first:
        raise Invalid("closure.no_days", None, last_day=[_("The last day is not before the first.")])
