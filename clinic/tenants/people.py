"""Who somebody is at a hospital: from a user's membership, or from a key, to the actor that operations ask."""

from __future__ import annotations

import copy
from contextlib import AbstractContextManager
from dataclasses import replace
from uuid import UUID

from django.db.models import UUIDField
from django.http import HttpRequest

from clinic.core.access import VISITOR, Actor, abilities_of
from clinic.core.prepared import Given, Prepared
from clinic.core.tenancy import hospital
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
    rows = Membership.objects.select_related("user", "hospital")
    found = rows.filter(user_id=user_id, hospital_id=hospital_id, is_active=True, user__is_active=True).first()
    if found is None or found.hospital.hidden:
        return None
    if found.hospital.status == Hospital.SUSPENDED and "owner" not in found.roles:
        return None  # R1.4
    return found


def actor_of(membership: Membership) -> Actor:
    """The member as an actor: a value with the abilities of the roles, and the doctor the member is, if any."""
    return Actor(
        kind="member",
        id=str(membership.pk),
        name=membership.user.name,
        abilities=abilities_of(membership.roles),
        roles=frozenset(membership.roles),
        user_id=membership.user_id,
        doctor_id=_doctor_of(membership),
    )


def _doctor_of(membership: Membership) -> UUID | None:
    if "doctor" not in membership.roles:
        return None
    # The directory stands on a higher floor: the member's doctor is reached by its reverse name.
    with hospital(membership.hospital_id):
        doctor = getattr(membership, "doctor", None)
        return doctor.pk if doctor is not None and doctor.is_active else None


_LIVE = Prepared[Membership](
    lambda: Membership.objects.select_related("user", "hospital").filter(
        user_id=Given("user", UUIDField()), is_active=True, user__is_active=True, hospital__hidden=False
    )
)
"""Asked at every request of the API."""


def memberships_of(user: User) -> list[Membership]:
    """The hospitals this user may enter, by name."""
    rows = _LIVE.rows(user=user.pk)
    live = [row for row in rows if row.hospital.status == Hospital.ACTIVE or "owner" in row.roles]
    return sorted(live, key=lambda row: row.hospital.name)
