"""The code on a ticket (R3.44)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.utils.translation import gettext

from clinic.directory.models import Room
from queues.estimates import shown
from queues.models import WAITING, Leg, Queue, Visit
from queues.operations import calls
from queues.regions import spoken

QUIET = 4
"""Modules of white around the code, as the standard asks."""


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code as SVG: the side of the square, and the dark modules as path data."""

    size: int
    path: str


@dataclass(frozen=True, slots=True)
class Printed:
    """What a ticket says of a visit, beside its token."""

    line: str
    room: Room | None
    turn: tuple[datetime, datetime] | None
    """When the turn is likely; None while paused, not known, or no longer waiting."""
    expected_on: date | None
    """Carried over to that day and not there yet (R3.22)."""


def printed(visit: Visit) -> Printed:
    """The visit as its ticket shows it; a visit that is only expected has its line's room and no time."""
    queue = visit.expected_queue
    leg = None if queue is not None and not visit.legs.exists() else calls.leg_now(visit)
    doctor = (leg.server or leg.queue.doctor) if leg else (queue.doctor if queue else None)
    room = (leg.room if leg else None) or (doctor.room if doctor else None)
    line = leg.queue if leg else queue
    return Printed(_name(line, doctor), room, _turn(leg), None if leg else visit.expected_on)


def _name(line: Queue | None, doctor: object) -> str:
    return str(doctor) if doctor is not None else spoken.line_name(line) if line is not None else ""


def _turn(leg: Leg | None) -> tuple[datetime, datetime] | None:
    if leg is None or leg.state != WAITING:
        return None
    line = shown.of([leg.queue_id])[leg.queue_id]
    return None if line.paused else line.waits.get(leg.pk)


def why_no_code() -> str:
    """Why no code can be printed, in a sentence; empty if one can."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    if not host:
        return gettext("No code is printed: this installation has no PUBLIC_URL that phones could open.")
    if _is_local(host):
        return gettext("No code is printed: PUBLIC_URL (%(host)s) is this computer only.") % {"host": host}
    return ""


def _is_local(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local"))
    return address.is_loopback or address.is_unspecified


def qr_of(text: str) -> Code:
    """The code of an address, with enough spare to be read from creased paper."""
    matrix = segno.make_qr(text, error="m").matrix
    runs: list[str] = []
    for y, line in enumerate(matrix):
        x = 0
        while x < len(line):
            dark = x
            while dark < len(line) and line[dark]:
                dark += 1
            if dark > x:
                runs.append(f"M{x + QUIET} {y + QUIET}h{dark - x}v1h-{dark - x}z")
            x = dark + 1
    return Code(len(matrix) + 2 * QUIET, "".join(runs))
