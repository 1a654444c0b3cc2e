"""The quiet hours, at both changes of the clocks and over midnight."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import available_timezones

import pytest

from clinic.inbox import quiet
from clinic.tenants.models import Hospital, HospitalConfig

PARIS = "Europe/Paris"


def policy(first: str | None, last: str | None, zone: str = PARIS) -> HospitalConfig:
    clock = [time.fromisoformat(text) if text else None for text in (first, last)]
    return HospitalConfig(hospital=Hospital(time_zone=zone), mute_from=clock[0], mute_until=clock[1])


@pytest.mark.parametrize(
    ("first", "last", "at", "ends"),
    [
        (None, None, "2026-11-20T02:00+01:00", None),
        ("21:00", None, "2026-11-20T02:00+01:00", None),
        ("21:00", "07:00", "2026-11-20T20:59+01:00", None),
        ("21:00", "07:00", "2026-11-20T21:00+01:00", "2026-11-21T07:00+01:00"),
        ("21:00", "07:00", "2026-11-20T06:59+01:00", "2026-11-20T07:00+01:00"),
        ("21:00", "07:00", "2026-11-20T07:00+01:00", None),
        ("12:00", "14:00", "2026-11-20T13:00+01:00", "2026-11-20T14:00+01:00"),
        ("12:00", "12:00", "2026-11-20T12:00+01:00", None),
        # the hour that is not there, and the one that comes twice
        ("22:00", "02:30", "2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00"),
        ("22:00", "02:30", "2026-10-25T02:10+02:00", "2026-10-25T02:30+01:00"),
        ("22:00", "02:30", "2026-10-25T02:10+01:00", "2026-10-25T02:30+01:00"),
    ],
)
def test_when_it_is_quiet_and_until_when(first: str | None, last: str | None, at: str, ends: str | None) -> None:
    found = quiet.until(policy(first, last), datetime.fromisoformat(at))
    assert found == (datetime.fromisoformat(ends) if ends else None)


def test_what_was_moved_is_never_in_the_quiet_hours() -> None:
    """Every half hour of a year with both changes, in many zones."""
    for zone in sorted(available_timezones())[::40]:
        rules = policy("21:30", "02:15", zone)
        at = datetime(2026, 1, 1, tzinfo=UTC)
        while at.year == 2026:
            moved = quiet.moved(rules, at)
            assert moved >= at
            assert quiet.until(rules, moved) is None, (zone, at, moved)
            at += timedelta(minutes=30)
