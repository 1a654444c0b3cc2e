"""Where idempotency claims and answers are kept: one row per caller, route and key, outside any hospital.

Answers are sealed with the installation's key: they may hold a patient's data, or a code that is shown once.
"""

from __future__ import annotations

import json
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from clinic.core import api_once
from clinic.core.api_once import CLAIM_SECONDS, KEEP_SECONDS, Claim, Kept
from clinic.tenants.models import IdempotencyKey


class Rows:
    """``clinic.core.api_once.Store`` in the database."""

    def begin(self, claim: Claim) -> Kept | None:
        row = IdempotencyKey(scope=claim.scope, key=claim.key, body_hash=claim.body_hash, claim=claim.mark)
        IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)  # who is first is for the database to say
        held = IdempotencyKey.objects.filter(scope=claim.scope, key=claim.key).first()
        if held is None:
            raise api_once.still_running(1)  # cleared away between the two statements: the next try finds it free
        if held.claim == claim.mark:
            return None
        if _is_over(held):
            self._take_over(held, claim)
            return None
        if held.body_hash != claim.body_hash:
            raise api_once.other_body()
        if held.status is None:
            age = (timezone.now() - held.created_at).total_seconds()
            raise api_once.still_running(int(CLAIM_SECONDS - age) + 1)
        kept = _unsealed(held)
        if kept is None:
            self._take_over(held, claim)
        return kept

    def _take_over(self, held: IdempotencyKey, claim: Claim) -> None:
        same = IdempotencyKey.objects.filter(pk=held.pk, claim=held.claim, status=held.status)
        taken = same.update(
            claim=claim.mark, body_hash=claim.body_hash, status=None, sealed="", created_at=timezone.now()
        )
        if not taken:
            raise api_once.still_running(1)

    def keep(self, claim: Claim, answer: Kept) -> None:
        told = json.dumps([answer.body, answer.headers]).encode()
        sealed = Fernet(settings.ENCRYPTION_KEY).encrypt(told).decode()
        if not _of(claim).update(status=answer.status, sealed=sealed):
            raise api_once.lost()

    def drop(self, claim: Claim) -> None:
        _of(claim).delete()


def _of(claim: Claim) -> QuerySet[IdempotencyKey]:
    return IdempotencyKey.objects.filter(scope=claim.scope, key=claim.key, claim=claim.mark, status=None)


def _is_over(row: IdempotencyKey) -> bool:
    seconds = CLAIM_SECONDS if row.status is None else KEEP_SECONDS
    return timezone.now() - row.created_at >= timedelta(seconds=seconds)


def _unsealed(row: IdempotencyKey) -> Kept | None:
    """The kept answer; None if the installation's key has changed since."""
    try:
        body, headers = json.loads(Fernet(settings.ENCRYPTION_KEY).decrypt(row.sealed.encode()))
    except InvalidToken:
        return None
    return Kept(row.status or 200, body, headers)


def forget_old() -> int:
    """Delete what nobody may ask for any more; returns how many rows went."""
    old = timezone.now() - timedelta(seconds=KEEP_SECONDS)
    return IdempotencyKey.objects.filter(created_at__lt=old).delete()[0]
