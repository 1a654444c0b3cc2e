"""What time it is for an operation: now, unless somebody plays a past day through the real operations.

Operations and the log ask here. Only the demo says another time (clinic/demo), so that a hospital made this minute has
a morning behind it; doors never do, and what a link or a session asks is the real time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_said: ContextVar[datetime | None] = ContextVar("said_time", default=None)


def now() -> datetime:
    """The moment an act happens at, aware and in UTC."""
    return _said.get() or timezone.now()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Operations inside happen at this moment."""
    if timezone.is_naive(moment):
        raise ValueError("a moment needs a time zone")
    token = _said.set(moment)
    try:
        yield
    finally:
        _said.reset(token)
