"""What follows an event of this room: whoever lost rights is signed out everywhere (R1.5)."""

from __future__ import annotations

from clinic.core.access import SYSTEM
from clinic.core.nouns import split_ref
from clinic.live.models import Event
from clinic.live.registry import on
from clinic.tenants import operations, people, sessions
from clinic.tenants.models import Membership, User


def _first(event: Event, kind: str) -> str:
    return next(split_ref(ref)[1] for ref in event.subjects if split_ref(ref)[0] == kind)


@on("membership.revoked", "membership.roles_changed")
def sign_out_member(event: Event) -> None:
    """Idempotent: what began after the event goes on. The pages are closed already, by the look at each request."""
    user = Membership.objects.select_related("user").get(pk=_first(event, "membership")).user
    with people.platform():
        operations.sign_out_everywhere(user, at=event.at, actor=SYSTEM)


@on("user.signed_out_everywhere", "user.password_changed")
def remove_sessions(event: Event) -> None:
    """Idempotent: clears away the rows of sessions that are over already."""
    user = User.objects.get(pk=_first(event, "user"))
    if event.name == "user.signed_out_everywhere":
        sessions.remove(user.pk, user.signed_out_at or event.at)
    else:
        sessions.of_user(user)  # those whose password no longer fits go
