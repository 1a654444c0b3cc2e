"""Verbs of invitations by e-mail (R1.3): for one address, used once, over after a week, taken back at any time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from clinic.core.access import Actor
from clinic.core.errors import Conflict, Forbidden, NotAllowed, NotFound
from clinic.core.nouns import split_ref
from clinic.core.tenancy import hospital as opened
from clinic.core.tenancy import require_hospital_id
from clinic.live.record import add, change, operation, record
from clinic.tenants import links
from clinic.tenants.models import Invitation, Membership, PublicToken, User
from clinic.tenants.operations.accounts import as_member, new_user, own
from clinic.tenants.operations.checks import here, valid
from clinic.tenants.operations.members import fits, known_departments, refuse_roles
from clinic.tenants.passwords import Password, normal_email

LASTS = timedelta(days=7)
"""How long an invitation can be accepted."""


@operation("members.manage")
def invite(email: str, *, roles: Iterable[str], departments: Iterable[UUID | str] = (), actor: Actor) -> Invitation:
    """Invite the owner of an address to join with these roles, limited to departments or not; a mail goes out.

    Only owners invite owners. A member is refused, and so is an address that is invited already.
    """
    row = Invitation(hospital_id=require_hospital_id(), invited_by=actor.name, expires_at=timezone.now() + LASTS)
    row.email = valid(row, {"email": normal_email(email)}, allowed=("email",))["email"]
    row.roles, row.department_ids = sorted(set(roles)), known_departments(departments)
    refuse_roles(set(row.roles), actor)
    fits(row.roles, row.department_ids)
    if Membership.objects.filter(hospital_id=row.hospital_id, user__email__iexact=row.email, is_active=True).exists():
        raise Conflict("membership.exists")
    _make_room(row)
    add(row)
    links.issue_once(PublicToken.INVITE, row.ref, row.expires_at, row.hospital_id)
    record("invitation.sent", row)
    return row


def _make_room(row: Invitation) -> None:
    """An open invitation of the same address that is over is taken back, so that it does not stand in the way."""
    same = Invitation.objects.filter(hospital_id=row.hospital_id, email__iexact=row.email, accepted_at=None)
    for old in same.filter(revoked_at=None, expires_at__lte=timezone.now()).select_for_update(no_key=True):
        change(old, revoked_at=timezone.now())
        record("invitation.taken_back", old)


@operation("members.manage")
def resend_invitation(invitation: Invitation, *, actor: Actor) -> Invitation:
    """Send the mail again, with a new link and a new week; the link sent before ends."""
    here(invitation.hospital_id)
    _still_open(invitation)
    refuse_roles(set(invitation.roles), actor)
    change(invitation, expires_at=timezone.now() + LASTS)
    links.issue_once(PublicToken.INVITE, invitation.ref, invitation.expires_at, invitation.hospital_id)
    record("invitation.resent", invitation)
    return invitation


@operation("members.manage")
def take_back_invitation(invitation: Invitation, *, actor: Actor) -> Invitation:
    """End an invitation: its link answers as if it had never been. Twice is once."""
    here(invitation.hospital_id)
    if invitation.revoked_at is not None:
        return invitation
    _still_open(invitation)
    change(invitation, revoked_at=timezone.now())
    links.end_once(PublicToken.INVITE, invitation.ref)
    record("invitation.taken_back", invitation)
    return invitation


@operation("platform.register")
def accept_as_new(
    token: str, *, name: str, password: Password, email: str = "", language: str = "", actor: Actor
) -> Membership:  # fmt: skip
    """A new person accepts: the account has the invited address, which the link has confirmed already."""
    invitation = _taken(token)
    _for(invitation, email or invitation.email)
    user = new_user(invitation.email, name, password, language, confirmed=True)
    membership = _joined(invitation, user)
    record("user.registered", user, membership.hospital)
    return membership


@operation("platform.account")
def accept_invitation(token: str, *, user: User, actor: Actor) -> Membership:
    """Somebody with an account accepts; only the one whose address was invited. The link confirms that address."""
    own(user, actor)
    invitation = _taken(token)
    _for(invitation, user.email)
    if change(user, email_confirmed_at=user.email_confirmed_at or timezone.now()):
        record("user.address_confirmed", user)
    return _joined(invitation, user)


def _taken(token: str) -> Invitation:
    link = links.take(PublicToken.INVITE, token)
    rows = Invitation.objects.select_for_update(no_key=True, of=("self",)).select_related("hospital")
    found = rows.filter(pk=split_ref(links.ref_of(link))[1]).first()
    if found is None or not is_open(found):
        raise NotFound("link.unknown")
    return found


def _for(invitation: Invitation, email: str) -> None:
    if normal_email(email) != normal_email(invitation.email):
        raise Forbidden("invitation.not_yours")


def _joined(invitation: Invitation, user: User) -> Membership:
    with opened(invitation.hospital_id):
        change(invitation, accepted_at=timezone.now(), accepted_by=user)
        membership = as_member(user, invitation.hospital, set(invitation.roles), invitation.department_ids)
        record("membership.joined", membership, invitation)
    return membership


def is_open(invitation: Invitation) -> bool:
    """Whether it can be accepted."""
    ended = invitation.accepted_at is not None or invitation.revoked_at is not None
    return not ended and invitation.expires_at > timezone.now()


def _still_open(invitation: Invitation) -> None:
    if invitation.accepted_at is not None:
        raise NotAllowed("invitation.accepted")
    if invitation.revoked_at is not None:
        raise NotAllowed("invitation.taken_back")
