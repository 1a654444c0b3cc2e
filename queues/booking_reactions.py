"""What follows a request for a one-time code: it is sent, if somebody is to get it (R2.13)."""

from __future__ import annotations

from clinic.core.access import SYSTEM
from clinic.inbox.operations import send_code
from clinic.live.models import Event
from clinic.live.registry import on
from queues.operations import one_time


@on("booking.code_asked")
def send_one_time_code(event: Event) -> None:
    """Whether anybody has the address is looked up here, after the answer. Idempotent: what was sent is forgotten."""
    nonce = event.reason
    wanted = one_time.asked(nonce)
    if wanted is None:
        return
    to = wanted.to
    if wanted.known_only:  # to the address on the record: the one that was typed may be written otherwise
        first = next(iter(one_time.holders(to)), None)
        to = "" if first is None else first.email if "@" in to else first.phone
    if to:
        send_code(to, one_time.code_of(nonce), language=wanted.language, actor=SYSTEM)
    one_time.done(nonce)
