"""What the page of a booking says around its live parts: whose it is, and the code the desk or kiosk can read."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from clinic.tenants import days
from clinic.tenants.models import Hospital
from queues import booking_pages
from queues.models import LIVE, Appointment
from queues.tickets import Code, qr_of, why_no_code

HERE = " ".join(LIVE)
"""The states in which it can still be shown at the desk."""
OVER = "cancelled rejected expired no_show completed rescheduled"
"""Those after which somebody may want to book again."""


def of(row: Appointment, here: Hospital) -> dict[str, Any]:
    """The booking for whoever holds its link; what changes is the region ``booking:<appointment>``."""
    room = row.queue.doctor.room if row.queue.doctor else None
    return {
        "row": row, "state": row.state, "today": row.service_day == days.service_day(here),
        "department_id": row.queue.department_id, "while_live": HERE, "while_over": OVER, "live": row.state in LIVE,
        "over": row.state in OVER.split(), "person": row.shown_name[0], "room": room.name if room else "",
        "zone": booking_pages.zone_words(here, row.starts_at),
    }  # fmt: skip


def code(path: str) -> Code | None:
    """The booking's code (R3.44): None while phones could not open the address."""
    return None if why_no_code() else qr_of(f"{settings.PUBLIC_URL.rstrip('/')}{path}")
