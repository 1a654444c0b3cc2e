"""Verbs of the directory."""

from clinic.directory.operations import sentences  # noqa: F401  says the codes
from clinic.directory.operations.doctors import (
    add_doctor,
    change_doctor,
    change_own_profile,
    join_department,
    leave_department,
    set_status,
    set_status_of,
)
from clinic.directory.operations.own_types import drop_own_type, set_own_type
from clinic.directory.operations.places import (
    add_closure,
    add_department,
    add_room,
    change_closure,
    change_department,
    change_department_policies,
    change_room,
    remove_closure,
)
from clinic.directory.operations.times import (
    add_absence,
    add_visit_type,
    begin_absence,
    cancel_absence,
    change_visit_type,
    set_hours,
)

__all__ = [
    "add_absence",
    "add_closure",
    "add_department",
    "add_doctor",
    "add_room",
    "add_visit_type",
    "begin_absence",
    "cancel_absence",
    "change_closure",
    "change_department",
    "change_department_policies",
    "change_doctor",
    "change_own_profile",
    "change_room",
    "change_visit_type",
    "drop_own_type",
    "join_department",
    "leave_department",
    "remove_closure",
    "set_hours",
    "set_own_type",
    "set_status",
    "set_status_of",
]
