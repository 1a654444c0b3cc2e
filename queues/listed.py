"""When listed doctors can be booked next: what the public search asks of the bookings, and what makes it ask again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from clinic.core.access import SYSTEM
from clinic.directory import free, listing
from clinic.directory.models import Doctor
from clinic.live.models import Event
from clinic.live.registry import on
from queues import online
from queues.availability import book
from queues.models import Queue

FRESH = timedelta(minutes=10)
LINE = "book:"
"""The topic by which an event says in which line's book it changed something."""


def next_free(doctors: Sequence[Doctor]) -> Mapping[UUID, datetime | None]:
    """The next place of each doctor that can be booked online; bounded queries however many they are."""
    rows = list(online.lines().filter(doctor__in=[doctor.pk for doctor in doctors]))
    found = book.next_free_of(rows, online=True)
    return {row.doctor_id: found.get(row.pk) for row in rows if row.doctor_id is not None}


@on(
    "appointment.held", "appointment.requested", "appointment.booked", "appointment.rejected", "appointment.cancelled",
    "appointment.rescheduled", "appointment.expired", "appointment.missed", "series.made",
    "series.changed", "series.cancelled",
)  # fmt: skip
def follow_bookings(event: Event) -> None:
    """A place was taken or is free again in these lines. Idempotent: it is asked anew.

    What lies further back was asked about since then by the clock.
    """
    if timezone.now() - event.at > FRESH:
        return
    lines = [UUID(topic.removeprefix(LINE)) for topic in event.topics if topic.startswith(LINE)]
    doctors = Queue.objects.filter(pk__in=lines, doctor__listed=True).values_list("doctor_id", flat=True)
    found = [key for key in doctors if key is not None]
    if found:
        listing.refresh(found, actor=SYSTEM)


def install() -> None:
    free.provides(next_free)
