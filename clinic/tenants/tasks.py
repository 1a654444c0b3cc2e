"""Clock-driven work of this room."""

from __future__ import annotations

from celery import shared_task

from clinic.core import schedule
from clinic.tenants import idempotency, links


@shared_task(name="tenants.forget_idempotency_keys")
def forget_idempotency_keys() -> int:
    """Remove the answers that were kept for more than a day."""
    return idempotency.forget_old()


schedule.every(3600, forget_idempotency_keys)


@shared_task(name="tenants.forget_old_links")
def forget_old_links() -> int:
    """Remove the links to invitations, addresses and passwords that are over."""
    return links.forget_old()


schedule.every(3600, forget_old_links)
