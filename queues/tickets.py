"""The code on a ticket (R3.44)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.utils.translation import gettext

QUIET = 4
"""Modules of white around the code, as the standard asks."""


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code as SVG: the side of the square, and the dark modules as path data."""

    size: int
    path: str


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
