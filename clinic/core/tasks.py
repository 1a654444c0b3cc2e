"""Clock-driven work that belongs to no room."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.core.management import call_command

from clinic.core import backup, heartbeat, schedule

log = structlog.get_logger(__name__)


@shared_task(name="core.beat")
def beat() -> None:
    """Show that the worker is alive; ``/ready`` reads it."""
    heartbeat.beat()


@shared_task(name="core.backup")
def daily_backup() -> str:
    """Make the day's backup if the last one is a day old; asked every hour, for the computer may be off at night."""
    made = backup.make_if_due()
    if made is not None:
        log.info("backup.made", file=made.name, bytes=made.stat().st_size)
    return made.name if made else ""


@shared_task(name="core.clear")
def clear_expired() -> None:
    """Remove sessions and refresh tokens that have ended."""
    call_command("clearsessions")
    call_command("flushexpiredtokens")


schedule.every(heartbeat.EVERY, beat)
schedule.every(3600, daily_backup)
schedule.every(86400 / 4, clear_expired)
