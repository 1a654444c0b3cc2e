"""What the waiting room says of a call: as sentences for a device's own voice, and as clips for one that has none."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext

from queues.models import Queue
from queues.regions.words import spelled


def line_name(queue: Queue) -> str:
    """What the public calls a line: its doctor, its counter, or the department; neutral where that is sensitive."""
    if queue.doctor is not None:
        return str(queue.doctor.name)
    if queue.sort == Queue.COUNTER and not queue.department.sensitive:
        return queue.name
    return str(queue.department.shown_name)


def please_wait(token: str) -> str:
    """What follows a call that was undone (R3.19)."""
    return gettext("Token %(token)s, please wait") % {"token": spelled(token)}


def clips(token: str, room: str, *, counter: bool = False, wait: bool = False) -> str:
    """The announcement as names of sound clips (static/sounds/speech.json).

    Of a room's name the numbers and single letters are spoken, "Room 11 B" → "room 1 1 B"; whoever has neither is
    asked to come in, and the screen says where.
    """
    said = ["token", *_sounds(token)]
    if wait:
        return " ".join([*said, "wait"])
    short = [part for part in re.split(r"[^\w]+", room) if any(c.isdigit() for c in part) or len(part) == 1]
    where = _sounds("".join(short))
    return " ".join([*said, "counter" if counter else "room", *where] if where else [*said, "come"])


def _sounds(text: str) -> list[str]:
    """Digits of any script as 0–9, Latin letters as capitals; what has no clip is left out."""
    found = (str(unicodedata.digit(c)) if c.isdigit() else c.upper() for c in text)
    return [c for c in found if len(c) == 1 and c.isascii() and c.isalnum()]
