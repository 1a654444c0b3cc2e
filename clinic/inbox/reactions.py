"""What follows an event of this room: the sender is rung, so that a message leaves at once."""

from __future__ import annotations

import structlog

from clinic.live.models import Event
from clinic.live.registry import on

log = structlog.get_logger(__name__)


@on("message.queued", "message.resent")
def ring(event: Event) -> None:
    """A dead broker costs a sweep's delay, nothing else. The provider is not called here: it may take its time."""
    from clinic.inbox.tasks import send

    try:
        send.apply_async(args=(str(event.hospital_id),), retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 (any broker fault)
        log.warning("message.bell_lost", error=type(error).__name__)
