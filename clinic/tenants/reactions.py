"""What follows an event of this room: whoever lost rights is signed out everywhere (R1.5)."""

from __future__ import annotations

from clinic.core.access import ROLES, SYSTEM
from clinic.core.nouns import split_ref
from clinic.live.models import Event
from clinic.live.registry import on
from clinic.tenants import links, mail, operations, people, sessions
from clinic.tenants.models import Invitation, Membership, PublicToken, User


def _first(event: Event, kind: str) -> str:
    return next(split_ref(ref)[1] for ref in event.subjects if split_ref(ref)[0] == kind)


@on("membership.revoked", "membership.roles_changed", "membership.departments_changed")
def sign_out_member(event: Event) -> None:
    """Idempotent: what began after the event goes on. The pages are closed already, by the look at each request."""
    user = Membership.objects.select_related("user").get(pk=_first(event, "membership")).user
    with people.platform():
        operations.sign_out_everywhere(user, at=event.at, actor=SYSTEM)


@on("user.signed_out_everywhere", "user.password_changed", "user.password_reset")
def remove_sessions(event: Event) -> None:
    """Idempotent: clears away the rows of sessions that are over already."""
    user = User.objects.get(pk=_first(event, "user"))
    if event.name != "user.password_changed":
        sessions.remove(user.pk, user.signed_out_at or event.at)
    else:
        sessions.of_user(user)  # those whose password no longer fits go


# --- mails -----------------------------------------------------------------------------------------------------------


@on("invitation.sent", "invitation.resent")
def mail_invitation(event: Event) -> None:
    """Nothing is sent when it was accepted or taken back meanwhile, or when the hospital is suspended."""
    row = Invitation.objects.select_related("hospital").get(pk=_first(event, "invitation"))
    token = links.sent_once(PublicToken.INVITE, row.ref)
    if token is None or not operations.is_open(row):
        return
    known = User.objects.filter(email__iexact=row.email).first()
    mail.send(
        "invitation", row.email, language=known.language if known else row.hospital.language, hospital=row.hospital,
        url=mail.link(f"/invited/{token}/"), roles=[ROLES[role] for role in row.roles], invited_by=row.invited_by,
        expires_at=row.expires_at,
    )  # fmt: skip


@on("user.registered", "user.confirmation_asked")
def mail_confirmation(event: Event) -> None:
    """Nothing is sent to an address that is confirmed already, as after an invitation."""
    user = User.objects.get(pk=_first(event, "user"))
    token = links.sent_once(PublicToken.CONFIRM, user.ref)
    if token is not None and user.email_confirmed_at is None:
        mail.send(
            "confirm", user.email, language=user.language, url=mail.link(f"/confirm/{token}/"), name=user.name,
            days=operations.CONFIRM_WITHIN.days,
        )  # fmt: skip


@on("user.reset_asked")
def mail_reset(event: Event) -> None:
    """Nothing is sent where nobody has the address."""
    if not event.subjects:
        return
    user = User.objects.get(pk=_first(event, "user"))
    token = links.sent_once(PublicToken.RESET, user.ref)
    if token is not None and user.is_active:
        minutes = int(operations.RESET_WITHIN.total_seconds() // 60)
        url = mail.link(f"/reset/{token}/")
        mail.send("reset", user.email, language=user.language, url=url, name=user.name, minutes=minutes)


@on("user.password_reset", "user.password_changed")
def mail_password_changed(event: Event) -> None:
    """So that somebody whose password another has set learns of it."""
    user = User.objects.get(pk=_first(event, "user"))
    url = mail.link("/forgot/")
    mail.send("password_changed", user.email, language=user.language, name=user.name, at=event.at, url=url)
