"""Whether a message that waits is still true: the rooms above say so of what their messages are about."""

from __future__ import annotations

from collections.abc import Callable

from clinic.core.nouns import split_ref
from clinic.inbox.models import PatientMessage

Check = Callable[[str, PatientMessage], bool]
"""The key of what the message is about, and the message: asked inside the claim, so it may lock the row it reads."""

_checks: dict[str, Check] = {}


def tells(kind: str, check: Check) -> None:
    """Register who knows of the kind of thing a message is about; called in ``ready()``."""
    _checks[kind] = check


def holds(message: PatientMessage) -> bool:
    """Whether it may still be sent: nothing is told of an appointment that was cancelled meanwhile."""
    kind, key = split_ref(message.about)
    check = _checks.get(kind)
    return check is None or check(key, message)
