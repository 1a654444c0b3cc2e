"""Who somebody is at a hospital: from a user's membership, or from a key, to the actor that operations ask."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import UUIDField
from django.http import HttpRequest

from clinic.core.access import VISITOR, Actor, abilities_of
from clinic.core.faces import uuids
from clinic.core.prepared import Given, Prepared
from clinic.core.tenancy import hospital, require_hospital_id
from clinic.tenants.models import PLATFORM_ID, Hospital, Membership, User


def platform() -> AbstractContextManager[None]:
    """Open the hidden hospital, under which what belongs to a person and to no hospital is recorded."""
    return hospital(PLATFORM_ID)


def person(user: User) -> Actor:
    """The user outside any hospital: may change the own account and open or join a hospital, nothing else."""
    abilities = frozenset({"platform.account"})
    return Actor(kind="user", id=str(user.pk), name=user.name, abilities=abilities, user_id=user.pk)


def user_of(request: HttpRequest) -> User | None:
    """Who is signed in on this browser; a copy out of Django's lazy wrapper, which is no row that can change."""
    return copy.copy(request.user) if isinstance(request.user, User) else None


def visitor(name: str) -> Actor:
    """Somebody who has no account yet, by the name they give."""
    return replace(VISITOR, name=name)


def membership_of(user_id: UUID, hospital_id: UUID) -> Membership | None:
    """The user's live membership; None when revoked, deactivated, or in a suspended hospital for all but owners."""
    rows = Membership.objects.select_related("user", "hospital", "doctor")
    found = rows.filter(user_id=user_id, hospital_id=hospital_id, is_active=True, user__is_active=True).first()
    if found is None or found.hospital.hidden:
        return None
    if found.hospital.status == Hospital.SUSPENDED and "owner" not in found.roles:
        return None  # R1.4
    return found


def actor_of(membership: Membership) -> Actor:
    """The member as an actor: the abilities of the roles, the departments of R1.2, the row in the directory, if any."""
    doctor = _doctor_of(membership)
    return Actor(
        kind="member",
        id=str(membership.pk),
        name=membership.user.name,
        abilities=abilities_of(membership.roles),
        roles=frozenset(membership.roles),
        user_id=membership.user_id,
        doctor_id=doctor.pk if doctor is not None else None,
        departments=_limits(membership, doctor),
    )


def _doctor_of(membership: Membership) -> Any:
    # Nurses and clerks who call have a row there as well (R3.9). The directory stands on a higher floor: the row is
    # reached by its reverse name.
    with hospital(membership.hospital_id):
        doctor = getattr(membership, "doctor", None)
        return doctor if doctor is not None and doctor.is_active else None


def _limits(membership: Membership, doctor: Any) -> frozenset[UUID] | None:
    """R1.2: the departments the member is limited to; a doctor always sees the own department.

    The row of a nurse or clerk is made where they first signed on (R3.9): it gives no right to that department.
    """
    chosen = frozenset(map(UUID, membership.department_ids))
    if not chosen:
        return None
    return chosen | {doctor.department_id} if doctor is not None and doctor.sort == doctor.DOCTOR else chosen


def own_limits(keys: Iterable[str]) -> dict[str, tuple[str, frozenset[UUID]]]:
    """Keys of personal regions, ``<key>@<membership>`` → the plain key and the member's departments (R1.2)."""
    found = {}
    for key in keys:
        base, _, member = key.partition("@")
        rows = Membership.objects.select_related("user").filter(pk__in=uuids([member]), is_active=True)
        row = rows.filter(hospital_id=require_hospital_id()).first() if member else None
        limits = _limits(row, _doctor_of(row)) if row is not None else None
        if limits is not None:
            found[key] = (base, limits)
    return found


_LIVE = Prepared[Membership](
    lambda: Membership.objects.select_related("user", "hospital", "doctor").filter(
        user_id=Given("user", UUIDField()), is_active=True, user__is_active=True, hospital__hidden=False
    )
)
"""Asked at every request of the API."""


def memberships_of(user: User) -> list[Membership]:
    """The hospitals this user may enter, by name."""
    rows = _LIVE.rows(user=user.pk)
    live = [row for row in rows if row.hospital.status == Hospital.ACTIVE or "owner" in row.roles]
    return sorted(live, key=lambda row: row.hospital.name)


def shut_out(user: User) -> list[Membership]:
    """The user's memberships of suspended hospitals that they may not enter now (R1.4), by name."""
    rows = [row for row in _LIVE.rows(user=user.pk) if not row.hospital.is_open and "owner" not in row.roles]
    return sorted(rows, key=lambda row: row.hospital.name)
