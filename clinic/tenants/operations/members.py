"""Verbs of a hospital's members (R1.1, R1.3, R1.5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from clinic.core.access import ROLES, Actor
from clinic.core.errors import Forbidden, Invalid, NotAllowed
from clinic.core.tenancy import require_hospital_id
from clinic.live.record import add, change, drop, operation, record
from clinic.tenants.models import JoinCode, Membership
from clinic.tenants.operations.checks import here

GIVEN = tuple(role for role in ROLES if role != "superadmin")
"""The roles a hospital can give."""


@operation("members.manage")
def create_join_code(role: str, *, days: int = 7, actor: Actor) -> JoinCode:
    """A code with which one person can join with this role, within so many days."""
    _refuse_roles({role}, actor)
    if not 1 <= days <= 30:
        raise Invalid("join_code.bad_days", days=[str(days)])
    expires = timezone.now() + timedelta(days=days)
    code = add(JoinCode(hospital_id=require_hospital_id(), role=role, expires_at=expires))
    record("join_code.created", code)
    return code


@operation("members.manage")
def revoke_join_code(code: JoinCode, *, actor: Actor) -> None:
    """Take a code back that nobody has used."""
    here(code.hospital_id)
    if code.used_at is not None:
        raise NotAllowed("join_code.used")
    drop(code)
    record("join_code.revoked", code)


@operation("members.manage")
def change_roles(membership: Membership, roles: Iterable[str], *, actor: Actor) -> Membership:
    """Give a member exactly these roles; their sessions end, so that they come back with the new ones."""
    wanted = set(roles)
    _refuse(membership, actor)
    if "owner" in wanted:
        _refuse_roles({"owner"}, actor)
    _refuse_roles(wanted, actor)
    if "owner" not in wanted:
        _keep_an_owner(membership)
    if set(membership.roles) != wanted:
        change(membership, roles=sorted(wanted))
        record("membership.roles_changed", membership)
    return membership


@operation("members.manage")
def revoke_member(membership: Membership, *, reason: str = "", actor: Actor) -> Membership:
    """End a membership: its pages, sockets and tokens close. Nothing the person did goes away."""
    _refuse(membership, actor)
    _keep_an_owner(membership)
    if change(membership, is_active=False):
        record("membership.revoked", membership, reason=reason)
    return membership


@operation("members.manage")
def restore_member(membership: Membership, *, actor: Actor) -> Membership:
    """Let a revoked member in again, with the roles they had."""
    _refuse(membership, actor)
    if change(membership, is_active=True):
        record("membership.restored", membership)
    return membership


@operation("members.manage")
def change_member(
    membership: Membership, *, roles: Iterable[str] | None = None, is_active: bool | None = None, actor: Actor
) -> Membership:
    """Roles and membership together, all or nothing."""
    if roles is not None:
        change_roles(membership, roles, actor=actor)
    if is_active is not None:
        (restore_member if is_active else revoke_member)(membership, actor=actor)
    return membership


def _refuse(membership: Membership, actor: Actor) -> None:
    here(membership.hospital_id)
    if actor.user_id == membership.user_id:
        raise NotAllowed("membership.own")
    if "owner" in membership.roles and not actor.can("members.name_owner"):
        raise Forbidden("membership.owner_only")


def _refuse_roles(roles: set[str], actor: Actor) -> None:
    if not roles or roles - set(GIVEN):
        raise Invalid("membership.bad_role", roles=sorted(roles - set(GIVEN)) or ["required"])
    if "owner" in roles and not actor.can("members.name_owner"):
        raise Forbidden("membership.owner_only")


def _keep_an_owner(membership: Membership) -> None:
    """Lock all members, so that two owners cannot remove each other at the same moment."""
    if "owner" not in membership.roles:
        return
    active = Membership.objects.filter(hospital_id=membership.hospital_id, is_active=True)
    rows = active.select_for_update(no_key=True).order_by("id").values_list("pk", "roles")
    if not any("owner" in roles for pk, roles in list(rows) if pk != membership.pk):
        raise NotAllowed("membership.last_owner")
