"""The ways to a patient: each takes a message and answers the provider's id of it.

A way that raises ``NotSent`` says that surely nobody got it. Whatever else it raises means that nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from clinic.inbox.models import MAIL, PUSH, SMS, PushSubscription


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it leaves."""

    id: str
    """Ours: the same however often it is tried, so that whoever gets it twice can tell."""
    to: str
    sender: str
    """The hospital's name."""
    reply_to: str
    language: str
    subject: str
    text: str
    short: str
    """The same for a small screen."""
    html: str
    stop_url: str
    """Where all messages are stopped; empty for a code."""
    say: str = ""
    """The sentences alone, for a notice."""
    url: str = ""
    """The page it leads to."""
    urgent: bool = False
    seconds: int = 0
    """How long it is of use; a push service keeps it no longer for a phone that is off."""
    topic: str = ""
    """A later notice of the same takes the place of one that was not shown yet."""
    phones: tuple[PushSubscription, ...] = ()
    gone: list[PushSubscription] = field(default_factory=list)
    """Phones that the way found gone: they are forgotten."""


class NotSent(Exception):
    """It surely did not reach anybody; ``again``: another try may."""

    def __init__(self, error: str, *, again: bool) -> None:
        super().__init__(error)
        self.again = again


Way = Callable[[Outgoing], str]


def way(channel: str) -> Way | None:
    """How messages of this channel are sent here; None where nothing is set up."""
    from clinic.inbox.channels import mail, push, sms

    if channel == MAIL:
        return mail.send
    if channel == PUSH:
        return push.provider()
    return sms.provider() if channel == SMS else None
