"""Verbs of a person's address: confirming it, and a new password by a link sent to it (R1.3). For the platform."""

from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Lower
from django.utils import timezone

from clinic.core.access import Actor
from clinic.core.errors import NotFound
from clinic.core.nouns import new_id, split_ref
from clinic.live.record import change, operation, record
from clinic.tenants import links
from clinic.tenants.models import PublicToken, User
from clinic.tenants.operations.accounts import CONFIRM_WITHIN, own
from clinic.tenants.passwords import Password, normal_email

RESET_WITHIN = timedelta(hours=1)
"""How long the link to a new password works."""


@operation("platform.account")
def ask_confirmation(user: User, *, actor: Actor) -> User:
    """Send the link that confirms the person's address once more; the one sent before ends."""
    own(user, actor)
    if user.email_confirmed_at is None:
        links.issue_once(PublicToken.CONFIRM, user.ref, timezone.now() + CONFIRM_WITHIN)
        record("user.confirmation_asked", user)
    return user


@operation("platform.register")
def confirm_address(token: str, *, actor: Actor) -> User:
    """The holder of the link has the address: it is confirmed."""
    user = _holder(PublicToken.CONFIRM, token)
    if change(user, email_confirmed_at=user.email_confirmed_at or timezone.now()):
        record("user.address_confirmed", user)
    return user


@operation("platform.register")
def ask_reset(email: str, *, actor: Actor) -> None:
    """Send a link to a new password to this address. For one nobody has, the same is done, and nobody is sent anything:
    neither the answer nor its time tells which addresses have an account.
    """
    folded = normal_email(email)
    user = User.objects.alias(folded=Lower("email")).filter(folded=folded, is_active=True).first()
    links.issue_once(PublicToken.RESET, user.ref if user else f"user:{new_id()}", timezone.now() + RESET_WITHIN)
    record("user.reset_asked", *([user] if user else []))


@operation("platform.register")
def reset_password(token: str, *, password: Password, actor: Actor) -> User:
    """Set a new password by the link: all sessions, sockets and tokens of the person end; the address is confirmed."""
    user = _holder(PublicToken.RESET, token)
    now = timezone.now()
    change(user, password=password.hash, signed_out_at=now, email_confirmed_at=user.email_confirmed_at or now)
    links.end_once(PublicToken.CONFIRM, user.ref)
    record("user.password_reset", user)
    return user


def _holder(purpose: str, token: str) -> User:
    """The user whose link this is, which is used up."""
    link = links.take(purpose, token)
    rows = User.objects.select_for_update(no_key=True).filter(is_active=True)
    user = rows.filter(pk=split_ref(links.ref_of(link))[1]).first()
    if user is None:
        raise NotFound("link.unknown")
    return user
