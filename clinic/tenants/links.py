"""Public links (R3.41): made from the secret key so that a ticket can be printed again, kept only as a hash."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from clinic.core import limits
from clinic.core.errors import DomainError, NotFound
from clinic.tenants.models import Hospital, PublicToken

NTH = "#"
"""Between the row a link leads to and what makes this one differ from the one before."""
USED_EVERY = timedelta(hours=1)
"""So exactly is it noted when a link was used last."""


class Closed(DomainError):
    """503: the link is right, and its hospital is suspended (R1.4): the page says that it is closed."""

    status = 503

    def __init__(self, hospital: Hospital) -> None:
        super().__init__("hospital.closed", hospital=hospital.name)
        self.hospital = hospital


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


def prolong(purpose: str, target: str, expires_at: datetime) -> None:
    """Let a target's link last until then, if it would end before."""
    PublicToken.objects.filter(purpose=purpose, target=target, expires_at__lt=expires_at).update(expires_at=expires_at)


def end(purpose: str, target: str) -> None:
    """Make a target's links invalid."""
    PublicToken.objects.filter(purpose=purpose, target=target).delete()


# --- links that work once: invitations, addresses, passwords ---------------------------------------------------------


def issue_once(purpose: str, ref: str, expires_at: datetime, hospital_id: UUID | None = None) -> None:
    """A link that works once and is another one each time; those made before for the same row end.

    Called by operations only. The link itself is made again by ``sent_once`` when it is sent: no event, queue or log
    ever holds it.
    """
    end_once(purpose, ref)
    target = f"{ref}{NTH}{secrets.token_urlsafe(12)}"
    row = PublicToken(
        hash=hashed(token_for(purpose, target)), hospital_id=hospital_id, purpose=purpose, target=target,
        expires_at=expires_at,
    )  # fmt: skip
    PublicToken.objects.bulk_create([row])


def end_once(purpose: str, ref: str) -> None:
    """Make the row's links of this purpose invalid."""
    PublicToken.objects.filter(purpose=purpose, target__startswith=f"{ref}{NTH}").delete()


def sent_once(purpose: str, ref: str) -> str | None:
    """The valid link of the row, to be sent; None when it was used or taken back meanwhile, or is over."""
    row = made_once(purpose, ref)
    return token_for(purpose, row.target) if row else None


def used(link: Opened, lasts: timedelta) -> None:
    """A link that lasts as long as somebody uses it was used: noted once an hour, and no act of anybody."""
    now = timezone.now()
    if link.row.used_at is None or now - link.row.used_at >= USED_EVERY:
        PublicToken.objects.filter(pk=link.row.pk).update(used_at=now, expires_at=now + lasts)


def made_once(purpose: str, ref: str) -> PublicToken | None:
    """The row's valid link of this purpose: when it was made, used, and ends."""
    rows = PublicToken.objects.filter(purpose=purpose, target__startswith=f"{ref}{NTH}", expires_at__gt=timezone.now())
    return rows.order_by("-pk").first()


def ref_of(link: Opened) -> str:
    """What a link that works once leads to."""
    return link.target.partition(NTH)[0]


def take(purpose: str, token: str) -> Opened:
    """Use a link that works once up, locked: of two at the same moment the second finds nothing. For operations."""
    list(PublicToken.objects.select_for_update(no_key=True).filter(hash=hashed(token), purpose=purpose))
    link = _open(purpose, token)
    end_once(purpose, ref_of(link))
    return link


def forget_old() -> int:
    """Remove the links and codes that work once and are over, and the feeds that nobody has asked for in a year."""
    once = (PublicToken.INVITE, PublicToken.CONFIRM, PublicToken.RESET, PublicToken.CODE, PublicToken.CALENDAR)
    deleted, _rows = PublicToken.objects.filter(purpose__in=once, expires_at__lt=timezone.now()).delete()
    return deleted


def open_link(purpose: str, token: str, address: str = "") -> Opened:
    """Look a token up; NotFound is the same for unknown, expired and wrong purpose, Closed is for a suspended hospital.

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
        raise Closed(row.hospital)
    return Opened(row.hospital, row.purpose, row.target, row.code, row)
