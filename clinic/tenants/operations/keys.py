"""Verbs of API keys."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from clinic.core.access import MATRIX, Actor
from clinic.core.errors import Invalid
from clinic.core.tenancy import require_hospital_id
from clinic.live.record import add, change, operation, record
from clinic.tenants.auth import KEY_START, hashed_key
from clinic.tenants.models import ApiKey
from clinic.tenants.operations.checks import here, valid


@operation("keys.manage")
def create_key(
    *, name: str, abilities: Iterable[str], expires_at: datetime | None = None, actor: Actor
) -> tuple[ApiKey, str]:
    """A key for an integration, with some of the creator's own abilities. The key itself is returned here, once."""
    wanted = sorted(set(abilities))
    beyond = [ability for ability in wanted if ability not in MATRIX or not actor.can(ability)]
    if beyond or not wanted:
        raise Invalid("api_key.bad_abilities", abilities=beyond or ["required"])
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("api_key.past", expires_at=[expires_at.isoformat()])
    raw = KEY_START + secrets.token_urlsafe(32)
    row = ApiKey(hospital_id=require_hospital_id(), hash=hashed_key(raw), prefix=raw[:10], abilities=wanted)
    row.name, row.expires_at = valid(row, {"name": name}, allowed=("name",))["name"], expires_at
    add(row)
    record("api_key.created", row)
    return row, raw


@operation("keys.manage")
def revoke_key(key: ApiKey, *, actor: Actor) -> ApiKey:
    """End a key at once. Twice is once."""
    here(key.hospital_id)
    if key.revoked_at is None:
        change(key, revoked_at=timezone.now())
        record("api_key.revoked", key)
    return key
