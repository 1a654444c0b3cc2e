"""Public links (R3.41): made from the secret key so that a ticket can be printed again, kept only as a hash."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from clinic.core import limits
from clinic.core.errors import NotFound
from clinic.tenants.models import Hospital, PublicToken


@dataclass(frozen=True, slots=True)
class Opened:
    """A valid link: its hospital and what it leads to."""

    hospital: Hospital | None
    purpose: str
    target: str
    code: str
    row: PublicToken


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def token_for(purpose: str, target: str) -> str:
    """The link of a target: 192 bits that only this installation can compute, the same at every print."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"link:{purpose}:{target}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def random_token() -> str:
    """192 unguessable bits for a link that is shown once."""
    return secrets.token_urlsafe(24)


def issue(purpose: str, target: str, hospital_id: UUID, expires_at: datetime | None) -> str:
    """Make the link of a target valid; called by operations only."""
    token = token_for(purpose, target)
    row = PublicToken(
        hash=hashed(token), hospital_id=hospital_id, purpose=purpose, target=target, expires_at=expires_at
    )
    PublicToken.objects.bulk_create([row], ignore_conflicts=True)  # a link is the same however often it is made
    return token


def end(purpose: str, target: str) -> None:
    """Make a target's links invalid."""
    PublicToken.objects.filter(purpose=purpose, target=target).delete()


def open_link(purpose: str, token: str, address: str = "") -> Opened:
    """Look a token up; NotFound is the same for unknown, expired and wrong purpose.

    With the caller's ``address`` wrong links are counted, and too many of them raise TooMany instead.
    """
    try:
        return _open(purpose, token)
    except NotFound:
        if address:
            limits.wrong_link(address)
        raise


def _open(purpose: str, token: str) -> Opened:
    row = PublicToken.objects.select_related("hospital").filter(hash=hashed(token), purpose=purpose).first()
    if row is None or (row.expires_at is not None and row.expires_at <= timezone.now()):
        raise NotFound("link.unknown")
    if row.hospital is not None and not row.hospital.is_open:
        raise NotFound("link.unknown")
    return Opened(row.hospital, row.purpose, row.target, row.code, row)
