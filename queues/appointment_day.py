"""The day of an appointment (R2.6–R2.8): where a booked patient stands, until when one comes, how the visit ends it.

The rules here are plain functions of times and policies; the verbs are in ``queues/operations/checkin.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from clinic.core import clock
from clinic.core.errors import Conflict
from clinic.core.nouns import Versioned
from clinic.directory.models import Doctor
from clinic.directory.policies import Policies
from clinic.live.record import change
from queues.models import (
    CALLED_OFF,
    CANCELLED,
    CARRIED_OVER,
    CHECKED_IN,
    COMPLETED,
    FULFILLED,
    LEFT,
    MISSED,
    NO_SHOW,
    TAKES_PLACE,
    Appointment,
    Visit,
)
from queues.operations import slot_ticks

DUE_BEFORE = timedelta(minutes=10)
"""R2.7: whoever checked in early is due from so long before the nominal start."""
BOOKED_SOURCE = "appointment"
"""The source of a visit that began with a check-in: only these have an appointment."""
ENDS = {
    COMPLETED: FULFILLED, NO_SHOW: MISSED, LEFT: CALLED_OFF, CANCELLED: CALLED_OFF, CARRIED_OVER: CALLED_OFF,
}  # fmt: skip
"""How a visit ended → what becomes of its appointment."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a check-in puts somebody: since when it counts, and whether it is their time already."""

    effective_at: datetime
    due: bool
    late: bool = False
    """Later than the grace: the place that was booked is gone."""


def standing(starts_at: datetime, now: datetime, *, lead: int, grace: int, missed: bool = False) -> Standing:
    """R2.7. ``lead`` and ``grace`` in minutes; ``missed``: the place was given away already (R2.8).

    On time or early counts from ``lead`` before the nominal start, however early the check-in was: so nobody passes
    an earlier booking by coming sooner.
    """
    if missed or now > starts_at + timedelta(minutes=grace):
        return Standing(now, due=True, late=True)
    return Standing(starts_at - timedelta(minutes=lead), due=now >= starts_at - DUE_BEFORE)


def opens_at(row: Appointment, rules: Policies) -> datetime:
    """From when on the phone and the kiosk check in (policy ``arrival_window``)."""
    return row.starts_at - timedelta(minutes=rules.arrival_window)


def check_in_by(row: Appointment) -> datetime:
    """By when the patient should have checked in: what the pages say."""
    return row.starts_at


def missed_from(row: Appointment, rules: Policies, doctor: Doctor | None) -> datetime:
    """R2.8: from when on the clock counts the patient as not come.

    The doctor's announced lateness is added, a break goes on until its announced end, and whoever said on the phone
    to come so many minutes late is not given up before that.
    """
    begins = row.starts_at
    if doctor is not None and doctor.status == Doctor.RUNNING_LATE:
        begins += timedelta(minutes=doctor.late_minutes)
    if doctor is not None and doctor.status == Doctor.ON_BREAK and doctor.status_until is not None:
        begins = max(begins, doctor.status_until)
    return begins + timedelta(minutes=max(rules.no_show_after, row.delay_minutes))


# --- the visit and its appointment end together ----------------------------------------------------------------------


def end_with(visit: Visit, state: str, *, reason: str = "") -> list[Versioned]:
    """End the appointment of a visit that ended so; called by the verbs that end visits, which name what is returned
    among the subjects of their event. Nothing for a walk-in."""
    row = _of(visit)
    if row is None or row.state != CHECKED_IN:
        return []
    change(row, state=ENDS[state], ended_at=clock.now(), ended_by="desk", end_reason=reason[:200])
    slot_ticks.free(row)
    return [row]


def begin_again(visit: Visit) -> list[Versioned]:
    """The visit goes on: whoever did not come, or left, is back in the line (R3.14)."""
    row = _of(visit)
    if row is None or row.state not in (MISSED, CALLED_OFF):
        return []
    change(row, state=CHECKED_IN, **COMES)
    return [row]


COMES: dict[str, Any] = {"ended_at": None, "ended_by": "", "end_reason": ""}
"""What of an appointment's end is put back when somebody comes after all."""


def keep_places(rows: Iterable[Appointment]) -> None:
    """After an undo has put the rows back: their five-minute places follow their states (R2.2).

    Somebody who is in the line stays there when another has booked the time meanwhile; who is only booked cannot be
    put back then (409 ``slot.taken``).
    """
    every = list(rows)
    for row in every:
        slot_ticks.free(row)
    for row in every:
        if row.state not in TAKES_PLACE:
            continue
        try:
            slot_ticks.take(row)
        except Conflict:
            if row.state != CHECKED_IN:
                raise


def _of(visit: Visit) -> Appointment | None:
    if visit.source != BOOKED_SOURCE:
        return None
    found: Appointment | None = Appointment.objects.select_for_update(no_key=True).filter(visit=visit).first()
    return found
