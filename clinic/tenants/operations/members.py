"""Verbs of a hospital's members (R1.1, R1.3, R1.5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from clinic.core import sight
from clinic.core.access import ROLES, Actor
from clinic.core.errors import Forbidden, Invalid, NotAllowed, NotFound
from clinic.core.tenancy import require_hospital_id
from clinic.live.record import add, change, drop, operation, record
from clinic.tenants.models import JoinCode, Membership
from clinic.tenants.operations.checks import here

GIVEN = tuple(role for role in ROLES if role != "superadmin")
"""The roles a hospital can give."""
RUNS = frozenset({"owner", "manager"})
"""Roles that are always for the whole hospital."""


@operation("members.manage")
def create_join_code(role: str, *, days: int = 7, actor: Actor) -> JoinCode:
    """A code with which one person can join with this role, within so many days."""
    refuse_roles({role}, actor)
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
        refuse_roles({"owner"}, actor)
    refuse_roles(wanted, actor)
    fits(wanted, membership.department_ids)
    if "owner" not in wanted:
        _keep_an_owner(membership)
    if set(membership.roles) != wanted:
        change(membership, roles=sorted(wanted))
        record("membership.roles_changed", membership)
    return membership


@operation("members.manage")
def change_departments(membership: Membership, departments: Iterable[UUID | str], *, actor: Actor) -> Membership:
    """Limit a member to these departments, or to none (R1.2); their sessions, sockets and tokens end.

    Whoever runs the hospital cannot be limited: they run all of it.
    """
    _refuse(membership, actor)
    wanted = known_departments(departments)
    fits(membership.roles, wanted)
    if sorted(membership.department_ids) != wanted:
        change(membership, department_ids=wanted)
        record("membership.departments_changed", membership)
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
    membership: Membership, *, roles: Iterable[str] | None = None, departments: Iterable[UUID | str] | None = None,
    is_active: bool | None = None, actor: Actor,
) -> Membership:  # fmt: skip
    """Roles, departments and membership together, all or nothing."""
    chosen = None if departments is None else list(departments)
    if chosen == []:  # before the roles: whoever comes to run the hospital is no longer limited
        change_departments(membership, chosen, actor=actor)
    if roles is not None:
        change_roles(membership, roles, actor=actor)
    if chosen:
        change_departments(membership, chosen, actor=actor)
    if is_active is not None:
        (restore_member if is_active else revoke_member)(membership, actor=actor)
    return membership


def _refuse(membership: Membership, actor: Actor) -> None:
    here(membership.hospital_id)
    if actor.user_id == membership.user_id:
        raise NotAllowed("membership.own")
    if "owner" in membership.roles and not actor.can("members.name_owner"):
        raise Forbidden("membership.owner_only")


def known_departments(departments: Iterable[UUID | str]) -> list[str]:
    """The ids as they are kept; NotFound for one that is no department of this hospital."""
    wanted = sorted({str(pk) for pk in departments})
    if wanted and not set(wanted) <= set(map(str, sight.names())):
        raise NotFound()
    return wanted


def fits(roles: Iterable[str], departments: Iterable[str]) -> None:
    """Refuse a limit for those who run the hospital."""
    if RUNS & set(roles) and list(departments):
        raise NotAllowed("membership.runs_all", roles=sorted(RUNS & set(roles)))


def refuse_roles(roles: set[str], actor: Actor) -> None:
    """Refuse roles that nobody can be given, and owners for whoever is none."""
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
