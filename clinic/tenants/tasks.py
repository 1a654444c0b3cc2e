"""Clock-driven work of this room."""

from __future__ import annotations

from celery import shared_task

from clinic.core import schedule
from clinic.tenants import idempotency


@shared_task(name="tenants.forget_idempotency_keys")
def forget_idempotency_keys() -> int:
    """Remove the answers that were kept for more than a day."""
    return idempotency.forget_old()


schedule.every(3600, forget_idempotency_keys)
