"""Who may do what: roles × abilities on this one page, strings only, closed by default.

Source: domain/1 R1.1 (roles), R1.5. An ability is checked inside the operation, so every door obeys the same rule;
doors name theirs as well, so that nobody is shown what they cannot use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from clinic.core.errors import Forbidden, NotFound

ROLES = {
    "superadmin": _("Platform administrator"),
    "owner": _("Owner"),
    "manager": _("Manager"),
    "receptionist": _("Receptionist"),
    "doctor": _("Doctor"),
    "nurse": _("Nurse"),
    "charge_nurse": _("Charge nurse"),
    "biller": _("Biller"),
}

_DESK = {"owner", "manager", "receptionist"}
_RUN = {"owner", "manager"}
_CARE = {"doctor", "nurse", "charge_nurse"}
_ALL = {"owner", "manager", "receptionist", "doctor", "nurse", "charge_nurse", "biller"}

MATRIX: dict[str, set[str]] = {
    # the hospital and its people
    "hospital.view": _ALL,
    "hospital.manage": _RUN,
    "hospital.close": {"owner"},
    "members.manage": _RUN,
    "members.name_owner": {"owner"},
    "keys.manage": _RUN,
    "admin.open": _RUN,
    "log.view": _RUN,
    # directory
    "directory.view": _ALL,
    "directory.manage": _RUN,
    "doctor.set_own_status": _CARE,
    "doctor.edit_own": {"doctor"},
    "doctor.set_any_status": _DESK | {"charge_nurse"},
    # patients
    "patients.view": _DESK | _CARE | {"biller"},
    "patients.edit": _DESK | _CARE,
    "patients.merge": _DESK,
    # queues
    "queues.view": _DESK | _CARE,
    "queues.intake": _DESK | {"nurse", "charge_nurse"},
    "queues.call": _CARE | _DESK,
    "queues.call_for_any": _DESK | {"charge_nurse"},
    "queues.desk": _DESK | {"nurse", "charge_nurse"},
    "queues.hold": _DESK | _CARE,
    "queues.move": _DESK | _CARE,
    "queues.sign_on": _DESK | _CARE,
    "queues.close_day": _DESK | {"charge_nurse"},
    "queues.undo": _DESK | _CARE,
    "queues.manage": _RUN,
    # appointments
    "appointments.view": _DESK | _CARE,
    "appointments.book": _DESK | _CARE,
    "appointments.decide": _DESK | {"doctor"},
    "appointments.check_in": _DESK | {"nurse", "charge_nurse"},
    "appointments.settle": _DESK,
    # the emergency department
    "er.view": _DESK | _CARE,
    "er.register": _DESK | _CARE,
    "er.triage": _CARE,
    "er.care": _CARE,
    "er.beds": _CARE,
    "er.block_beds": {"owner", "manager", "charge_nurse"},
    "er.surge": {"owner", "manager", "charge_nurse"},
    "er.undo": _DESK | _CARE,
    "er.undo_any": _DESK | {"charge_nurse"},
    "er.manage": _RUN,
    # messages to patients
    "messages.view": _DESK,
    "messages.send": _DESK,
    # public screens
    "displays.manage": _DESK,
}
"""Ability → the roles that have it. ``superadmin`` is of the platform, not of a hospital: it has none of these."""

PLATFORM = frozenset({"platform.register", "platform.account", "platform.display", "platform.find", "booking.make"})
"""What somebody without a hospital may do: register one, sign in, set a password, put up an unpaired display."""

PATIENT = frozenset({"status.view", "booking.own", "messages.stop", "messages.push"})
"""What the holder of a status or booking link may do, about the one visit or appointment it names."""

PUBLIC: dict[str, str] = {}
"""Route name → why it needs no ability. The list is closed: a house test names each entry."""

ABILITIES = frozenset(MATRIX) | PLATFORM | PATIENT

F = TypeVar("F", bound=Callable[..., Any])


def abilities_of(roles: Iterable[str]) -> frozenset[str]:
    """What a membership with these roles may do; an unknown role gives nothing."""
    held = set(roles)
    return frozenset(ability for ability, allowed in MATRIX.items() if held & allowed)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a value, passed as an argument and never looked up in a hidden place."""

    kind: Literal["member", "user", "key", "patient", "system", "visitor"]
    """``member``: somebody at a hospital, by membership; ``user``: the same person outside any hospital."""
    id: str
    name: str
    abilities: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    user_id: UUID | None = None
    doctor_id: UUID | None = None
    departments: frozenset[UUID] | None = field(default=None)
    """The departments the membership is limited to (R1.2); None means all."""

    def can(self, ability: str) -> bool:
        return ability in self.abilities

    def require(self, ability: str) -> None:
        """Raise Forbidden unless this actor has the ability; an ability nobody knows is a bug and refuses too."""
        if ability not in self.abilities:
            raise Forbidden("access.denied", ability=ability)

    def sees(self, department_id: UUID | None) -> bool:
        """Whether what belongs to this department is there for the actor; what belongs to none is (R1.2)."""
        return self.departments is None or department_id is None or department_id in self.departments

    def must_see(self, department_id: UUID | None) -> None:
        """Raise NotFound for what belongs to a department the actor is not of: it is not there (R1.2)."""
        if not self.sees(department_id):
            raise NotFound()

    def face(self) -> dict[str, str]:
        """What the log keeps of the actor."""
        return {"kind": self.kind, "id": self.id, "name": self.name}


SYSTEM = Actor(kind="system", id="clock", name="Clinicflow", abilities=ABILITIES)
"""The clock and the reactions. Never the actor of a request."""

VISITOR = Actor(kind="visitor", id="", name="", abilities=PLATFORM)
"""Somebody who has not signed in."""


def needs(ability: str) -> Callable[[F], F]:
    """Mark a page with the ability it needs; the middleware refuses whoever lacks it (closed by default)."""
    if ability not in ABILITIES:
        raise ValueError(f"unknown ability {ability}")

    def mark(view: F) -> F:
        view.ability = ability  # type: ignore[attr-defined]
        return view

    return mark


def public(why: str) -> Callable[[F], F]:
    """Mark a page that needs no ability, and say why."""

    def mark(view: F) -> F:
        PUBLIC[f"{view.__module__}.{view.__qualname__}"] = why
        view.ability = None  # type: ignore[attr-defined]
        return view

    return mark


def passive(view: F) -> F:
    """Mark a page that a script asks for by itself, so that it never counts as an act of the person."""
    view.passive = True  # type: ignore[attr-defined]
    return view
