"""The hours in which nobody is disturbed: the hospital's own, by its wall clock, on both changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.tenants.models import HospitalConfig


def until(policy: HospitalConfig, at: datetime) -> datetime | None:
    """When the quiet hours that hold at this instant end; None if it is not quiet."""
    first, last = policy.mute_from, policy.mute_until
    if first is None or last is None:
        return None
    return _until(first, last, policy.hospital.zone, at)


def moved(policy: HospitalConfig, at: datetime) -> datetime:
    """The first instant from ``at`` on at which somebody may be told."""
    return until(policy, at) or at


def _until(first: time, last: time, zone: ZoneInfo, at: datetime) -> datetime | None:
    here = at.astimezone(zone)
    face = here.time().replace(fold=0)
    over_midnight = first > last
    if over_midnight:
        is_quiet = face >= first or face < last
    else:
        is_quiet = first <= face < last
    if not is_quiet:
        return None
    day = here.date() + timedelta(days=over_midnight and face >= first)
    # A clock face that is shown twice, or never: the later reading, so that it is surely not quiet any more.
    return max(datetime.combine(day, last.replace(fold=fold), tzinfo=zone).astimezone(UTC) for fold in (0, 1))
