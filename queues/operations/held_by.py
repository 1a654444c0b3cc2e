"""Whose a hold is: a member's or a key's by who they are, a visitor's by a secret only their browser was given."""

from __future__ import annotations

import hmac
import secrets

from clinic.core.access import Actor
from clinic.core.errors import NotFound
from clinic.tenants.links import hashed
from queues.models import Appointment


def sign(draft: Appointment, actor: Actor) -> None:
    """Note on a hold that is about to be added whose it is; only the hash is kept."""
    draft.hold_secret = secrets.token_urlsafe(18) if _is_nobody(actor) else ""
    draft.hold_hash = _mark(draft, actor, draft.hold_secret)


def check(held: Appointment, actor: Actor, said: str) -> None:
    """NotFound for whoever did not make this hold: not theirs is not there. ``said``: a visitor's secret."""
    if not held.hold_hash or not hmac.compare_digest(held.hold_hash, _mark(held, actor, said)):
        raise NotFound()


def _mark(a: Appointment, actor: Actor, secret: str) -> str:
    who = secret if _is_nobody(actor) else actor.id
    return hashed(f"hold:{a.pk}:{actor.kind}:{who}")


def _is_nobody(actor: Actor) -> bool:
    return actor.kind == "visitor"
