"""Service days and token periods: the hospital's own calendar, never UTC midnight, both changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from clinic.tenants import days
from clinic.tenants.models import Hospital
from queues.models import Visit
from tests.world import World

pytestmark = pytest.mark.rule("1.6")

ZONES = {
    "Europe/Paris": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 10, 4), date(2026, 4, 5)),  # half an hour, at 02:00
    "Africa/Cairo": (date(2026, 4, 24), date(2026, 10, 29)),  # at midnight
    "Asia/Kolkata": (date(2026, 3, 29), date(2026, 10, 25)),  # never
}
CUTS = (time(4), time(2, 30), time(0), time(0, 30), time(2), time(23, 30))


def hospital(zone: str, cut: time = time(4)) -> Hospital:
    return Hospital(name="x", slug="x", time_zone=zone, service_day_cut=cut)


def local(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type, misc]


def test_a_day_begins_at_the_cut_and_not_at_midnight() -> None:
    here = hospital("Europe/Paris")
    assert days.service_day(here, local("Europe/Paris", 2026, 11, 20, 3, 59)) == date(2026, 11, 19)
    assert days.service_day(here, local("Europe/Paris", 2026, 11, 20, 4, 0)) == date(2026, 11, 20)
    assert days.service_day(here, local("Europe/Paris", 2026, 11, 21, 0, 30)) == date(2026, 11, 20)


def test_utc_midnight_is_nobodys_day() -> None:
    midnight = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
    assert days.service_day(hospital("America/New_York"), midnight) == date(2026, 11, 19)
    assert days.service_day(hospital("Pacific/Auckland"), midnight) == date(2026, 11, 20)
    assert days.service_day(hospital("America/New_York"), midnight + timedelta(hours=8)) == date(2026, 11, 19)
    assert days.service_day(hospital("America/New_York"), midnight + timedelta(hours=9)) == date(2026, 11, 20)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_days_follow_each_other_without_gap_or_overlap(zone: str, cut: time) -> None:
    """Around both changes of the clocks, every ten minutes: the day an instant belongs to is the one around it."""
    here = hospital(zone, cut)
    for change in ZONES[zone]:
        moment = datetime.combine(change - timedelta(days=1), time(0), tzinfo=UTC) - timedelta(hours=14)
        last = days.service_day(here, moment)
        for _ in range(6 * 24 * 4):
            moment += timedelta(minutes=10)
            day = days.service_day(here, moment)
            assert day in (last, last + timedelta(days=1)), f"{moment}: a day came back or was left out"
            assert days.day_start(here, day) <= moment < days.day_end(here, day)
            last = day


@pytest.mark.parametrize(
    ("zone", "change", "hours"),
    [("Europe/Paris", 0, 23), ("Europe/Paris", 1, 25), ("America/New_York", 0, 23), ("America/New_York", 1, 25)],
)
def test_the_day_of_a_change_has_an_hour_less_or_more(zone: str, change: int, hours: int) -> None:
    here, day = hospital(zone), ZONES[zone][change] - timedelta(days=1)  # the change is in its night
    assert days.day_end(here, day) - days.day_start(here, day) == timedelta(hours=hours)
    assert days.day_start(here, day).astimezone(here.zone).time() == time(4)


def test_a_cut_the_clocks_jump_over_and_one_they_show_twice() -> None:
    here = hospital("Europe/Paris", time(2, 30))
    spring, autumn = ZONES["Europe/Paris"]
    assert days.day_start(here, spring) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30, there is no 02:30
    assert days.day_start(here, autumn) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first 02:30
    second = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 02:15 for the second time
    assert days.service_day(here, second) == autumn


@pytest.mark.rule("3.2")
def test_token_periods_begin_with_their_day_week_or_month() -> None:
    day = date(2026, 11, 20)  # a Friday
    periods = {reset: days.period_start(reset, day) for reset in ("daily", "weekly", "monthly", "never")}
    assert periods == {
        "daily": day, "weekly": date(2026, 11, 16), "monthly": date(2026, 11, 1), "never": date(1970, 1, 1),
    }  # fmt: skip


@pytest.mark.django_db
def test_an_arrival_at_two_in_the_morning_belongs_to_the_day_before(world: World) -> None:
    """Harbor is in Paris, Hilltop in New York: at one moment they have different days."""
    with time_machine.travel("2026-11-20T02:30:00Z", tick=False):
        for house in world.both():
            house.waiting(1)
    found = {}
    for house in world.both():
        with house.open():
            found[house.hospital.slug] = Visit.objects.get().service_day
    assert found == {"harbor": date(2026, 11, 19), "hilltop": date(2026, 11, 19)}
    with time_machine.travel("2026-11-20T04:00:00Z", tick=False):
        for house in world.both():
            house.waiting(1)
    for house in world.both():
        with house.open():
            found[house.hospital.slug] = Visit.objects.latest("arrived_at").service_day
    assert found == {"harbor": date(2026, 11, 20), "hilltop": date(2026, 11, 19)}
