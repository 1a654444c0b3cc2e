"""Appointments for calendars, as RFC 5545 writes them. Nothing of a patient goes into a doctor's feed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext

from clinic.core import clock
from clinic.tenants.models import Hospital
from queues.models import CALLED_OFF, CONFIRMED, REJECTED, RESCHEDULED, TOKEN, Appointment
from queues.regions import spoken

PRODUCT = "-//Clinicflow//Appointments//EN"
WIDE = 75
"""Octets of a line, without its end (RFC 5545, 3.1)."""
GONE = (CALLED_OFF, REJECTED, RESCHEDULED)


def one(row: Appointment, here: Hospital, url: str) -> bytes:
    """A patient's own booking. A sensitive department has its neutral name, and its doctor none."""
    name = row.queue.department.shown_name if row.queue.department.sensitive else spoken.line_name(row.queue)
    title = gettext("Appointment: %(name)s, %(place)s") % {"name": name, "place": here.name}
    place = ", ".join(part for part in (here.name, here.address) if part)
    lines = _event(row, here, title, place, gettext("See, move or cancel: %(url)s") % {"url": url}, url)
    return _calendar(lines, here.name)


def feed(rows: Iterable[Appointment], here: Hospital, name: str) -> bytes:
    """A doctor's appointments: kinds of visits and numbers, no patient."""
    lines: list[str] = []
    for row in rows:
        kind = row.type.name if row.type else gettext("Appointment")
        title = f"{kind} {row.token}" if row.mode == TOKEN else kind
        if row.state != CONFIRMED:
            title = f"{title} ({row.get_state_display()})"
        lines += _event(row, here, title, here.name, "", "")
    return _calendar(lines, name)


def _event(row: Appointment, here: Hospital, title: str, place: str, about: str, url: str) -> list[str]:
    ends = row.starts_at + timedelta(minutes=row.minutes)
    found = [
        "BEGIN:VEVENT", f"UID:{row.pk}@{here.slug}.clinicflow", f"DTSTAMP:{_stamp(clock.now())}",
        f"DTSTART:{_stamp(row.starts_at)}", f"DTEND:{_stamp(ends)}", f"SEQUENCE:{row.version}",
        f"SUMMARY:{_text(title)}", f"LOCATION:{_text(place)}",
        f"STATUS:{'CANCELLED' if row.state in GONE else 'CONFIRMED' if row.state == CONFIRMED else 'TENTATIVE'}",
    ]  # fmt: skip
    if about:
        found.append(f"DESCRIPTION:{_text(about)}")
    if url:
        found.append(f"URL:{url}")
    return [*found, "END:VEVENT"]


def _calendar(lines: list[str], name: str) -> bytes:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    whole = [*head, f"X-WR-CALNAME:{_text(name)}", *lines, "END:VCALENDAR"]
    return b"".join(_folded(line) for line in whole)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    """A value of type TEXT (3.3.11); other control characters have no place in it."""
    plain = "".join(letter for letter in text.replace("\r\n", "\n") if letter == "\n" or letter.isprintable())
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """A content line in pieces of at most 75 octets; no letter is cut in two."""
    pieces: list[bytes] = []
    piece = b""
    for letter in line:
        octets = letter.encode()
        if len(piece) + len(octets) > (WIDE if not pieces else WIDE - 1):
            pieces.append(piece)
            piece = b""
        piece += octets
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"
