"""One-time codes: they open "my bookings" of a phone or mailbox, and show that a visitor reads what is sent there.

The same is done for an address that somebody has and for one that nobody has (R2.13): who has it is looked up after the
answer, by the reaction that sends. Codes are made from the installation's key and kept as hashes; the address waits,
sealed, in the table of sealed answers, until the code is sent or the day is over.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta

import structlog
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import NotAllowed, say
from clinic.core.tenancy import require_hospital_id
from clinic.live.record import operation, record
from clinic.records.models import Patient
from clinic.records.search import here, phone_key
from clinic.tenants import days
from clinic.tenants.links import hashed
from clinic.tenants.models import IdempotencyKey, PublicToken
from queues.operations import public_limits, sms_countries

CODE = PublicToken.CODE
DIGITS = 6
LEAST, SAME_END = 6, 9
"""Digits of the shortest numbers, and how many from the end make two numbers one."""
SCOPE = "one-time"
"""Under it the addresses wait among the sealed answers (clinic/tenants/idempotency.py), which go after a day."""
LASTS = timedelta(minutes=10)
OPEN_FOR = 30 * 60
"""Seconds in which "my bookings" stay open in the browser that typed the code."""

say(
    {
        "code.wrong": _("That is not the code, or it is over. Look again, or ask for another one."),
        "code.country": _("We send no text messages to this number. Please use an e-mail address, or call us."),
    }
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reaction that sends a code has to know."""

    to: str
    language: str
    known_only: bool


def normal(to: str) -> str:
    """A mailbox in small letters (and "ß" is not "ss"), a phone by its digits: how addresses are compared."""
    return to.strip().lower() if "@" in to else phone_key(to)


def holders(to: str) -> list[Patient]:
    """Whose mailbox or phone it is; a family shares one. A number may be written with its country or without."""
    if "@" in to:
        alike = list(here().filter(email__iexact=to.strip()).order_by("id")[:20])
        return [row for row in alike if normal(row.email) == normal(to)]  # a database may take "ı" for "i"
    key = phone_key(to)
    if len(key) < LEAST:
        return []
    alike = list(here().filter(phone_key__startswith=key[:SAME_END]).order_by("id")[:50])
    one = key if any(row.phone_key == key for row in alike) else alike[0].phone_key if alike else ""
    return [row for row in alike if row.phone_key == one]


@operation("booking.make")
def ask(to: str, *, language: str, known_only: bool, address: str, actor: Actor) -> str:
    """Have a code sent to a phone or mailbox; returns the number of the request, which the code goes with.

    With ``known_only`` nothing is sent to an address that no patient here has; the answer and its time are the same.
    """
    if "@" not in to and not sms_countries.allowed(to):
        raise NotAllowed("code.country")
    nonce = secrets.token_urlsafe(12)
    public_limits.code(normal(to), address, nonce)
    row = PublicToken(
        hash=_hash(nonce, to, code_of(nonce)), hospital_id=require_hospital_id(), purpose=CODE,
        target=f"{CODE}:{nonce}", expires_at=clock.now() + LASTS,
    )  # fmt: skip
    PublicToken.objects.bulk_create([row])
    told = json.dumps([to.strip(), language, known_only])
    IdempotencyKey.objects.bulk_create([IdempotencyKey(scope=SCOPE, key=nonce, body_hash="", sealed=seal(told))])
    record("booking.code_asked", reason=nonce)
    return nonce


@operation("booking.make")
def prove(nonce: str, to: str, code: str, *, actor: Actor) -> None:
    """Use a code up; refuses a wrong one, one that is over, and one that was sent elsewhere."""
    public_limits.code_try(nonce)
    digits = "".join(str(int(letter)) for letter in code if letter.isdecimal())  # any script's digits
    rows = PublicToken.objects.select_for_update(no_key=True).filter(
        hash=_hash(nonce, to, digits), purpose=CODE, hospital_id=require_hospital_id(), expires_at__gt=clock.now()
    )
    row = rows.first()
    if row is None:
        raise NotAllowed("code.wrong")
    PublicToken.objects.filter(pk=row.pk).delete()
    record("booking.code_used")
    public_limits.typed(nonce)


@operation("booking.make")
def note_cap(window: str, *, actor: Actor) -> None:
    """Strangers have asked for as many text messages as the hospital pays for in an hour or a day: the office learns.

    Told once for each such window.
    """
    if public_limits.first_of(window):
        record("hospital.codes_stopped", days.current_hospital(), reason=window)
        log.warning("codes.stopped", window=window)


def asked(nonce: str) -> Asked | None:
    """What a request still waits for; None when it is over."""
    row = IdempotencyKey.objects.filter(scope=SCOPE, key=nonce).first()
    told = unseal(row.sealed, int(LASTS.total_seconds())) if row else ""
    return Asked(*json.loads(told)) if told else None


def done(nonce: str) -> None:
    """The code is with whoever sends it: the address is forgotten."""
    IdempotencyKey.objects.filter(scope=SCOPE, key=nonce).delete()


def code_of(nonce: str) -> str:
    """The digits of a request: only this installation can compute them, and nothing keeps them."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"one-time:{nonce}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 10**DIGITS:0{DIGITS}}"


def seal(text: str) -> str:
    return Fernet(settings.ENCRYPTION_KEY).encrypt(text.encode()).decode()


def unseal(text: str, seconds: int | None = None) -> str:
    """What was sealed; empty for anything else, and for what is older than ``seconds``."""
    try:
        return Fernet(settings.ENCRYPTION_KEY).decrypt(text.encode(), ttl=seconds).decode()
    except (InvalidToken, ValueError):
        return ""


def _hash(nonce: str, to: str, code: str) -> str:
    return hashed(f"{CODE}:{nonce}:{normal(to)}:{code}")
