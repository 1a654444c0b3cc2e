"""Weekly hours as instants: 24:00, midnight, both changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from clinic.tenants import hours
from clinic.tenants.models import DAYS, default_hours

pytestmark = pytest.mark.rule("1.6")

PARIS = ZoneInfo("Europe/Paris")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # Sundays, at 02:00 and at 03:00
FRIDAY = date(2026, 11, 20)


def week(**by_day: str) -> dict[str, list[dict[str, str]]]:
    """``week(mon="08:00-12:00 13:00-24:00")``."""
    return {
        day: [dict(zip(("start", "end"), span.split("-"), strict=True)) for span in text.split()]
        for day, text in by_day.items()
    }


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_a_day_has_its_spans_as_the_wall_clock_shows_them() -> None:
    told = hours.spans(week(fri="08:00-12:00 13:30-24:00"), FRIDAY)
    assert [tuple(moment.isoformat() for moment in span) for span in told] == [
        ("2026-11-20T08:00:00", "2026-11-20T12:00:00"), ("2026-11-20T13:30:00", "2026-11-21T00:00:00"),
    ]  # fmt: skip
    assert hours.spans(week(fri="08:00-12:00"), FRIDAY + timedelta(days=1)) == ()


def test_spans_that_meet_at_midnight_are_one_night() -> None:
    night = week(fri="22:00-24:00", sat="00:00-02:00")
    assert hours.instants(night, PARIS, [FRIDAY, FRIDAY + timedelta(days=1)]) == (
        (utc(2026, 11, 20, 21), utc(2026, 11, 21, 1)),
    )  # fmt: skip


def test_a_span_ends_before_its_end_and_begins_at_its_start() -> None:
    weekly = default_hours()
    assert not hours.is_within(weekly, PARIS, utc(2026, 11, 20, 8, 59))
    assert hours.is_within(weekly, PARIS, utc(2026, 11, 20, 9))  # 10:00 in Paris
    assert hours.is_within(weekly, PARIS, utc(2026, 11, 20, 16, 59))
    assert not hours.is_within(weekly, PARIS, utc(2026, 11, 20, 17))
    assert not hours.is_within(weekly, PARIS, utc(2026, 11, 22, 12))  # a Sunday


def test_midnight_of_24_00_is_outside_and_the_minute_before_inside() -> None:
    weekly = week(fri="20:00-24:00")
    assert hours.is_within(weekly, PARIS, utc(2026, 11, 20, 22, 59))
    assert not hours.is_within(weekly, PARIS, utc(2026, 11, 20, 23))


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])
def test_the_next_start_is_ten_on_the_wall_all_year_round(zone: str) -> None:
    moment, end = utc(2026, 1, 1), utc(2027, 1, 1)
    while moment < end:
        start = hours.next_start(default_hours(), ZoneInfo(zone), moment)
        assert start is not None
        assert start >= moment
        local = start.astimezone(ZoneInfo(zone))
        assert (local.hour, local.minute) == (10, 0)
        assert local.weekday() < 6
        assert start - moment < timedelta(hours=49)
        moment += timedelta(hours=7)


def test_the_next_start_may_be_this_very_moment_and_may_never_come() -> None:
    weekly = week(fri="10:00-18:00")
    assert hours.next_start(weekly, PARIS, utc(2026, 11, 20, 9)) == utc(2026, 11, 20, 9)
    assert hours.next_start(weekly, PARIS, utc(2026, 11, 20, 9, 0, 1)) == utc(2026, 11, 27, 9)
    assert hours.next_start({}, PARIS, utc(2026, 11, 20)) is None
    always = {day: [{"start": "00:00", "end": "24:00"}] for day in DAYS}
    assert hours.is_within(always, PARIS, utc(2026, 11, 20, 23))


def test_the_night_of_spring_is_an_hour_shorter_and_that_of_autumn_longer() -> None:
    weekly = week(sun="00:00-06:00")
    (spring,), (autumn,) = hours.instants(weekly, PARIS, [SPRING]), hours.instants(weekly, PARIS, [AUTUMN])
    assert spring[1] - spring[0] == timedelta(hours=5)
    assert autumn[1] - autumn[0] == timedelta(hours=7)
    assert spring[1].astimezone(PARIS).hour == autumn[1].astimezone(PARIS).hour == 6


def test_a_time_jumped_over_comes_later_and_a_time_shown_twice_is_the_first() -> None:
    (span,) = hours.instants(week(sun="02:30-06:00"), PARIS, [SPRING])
    assert span[0] == utc(2026, 3, 29, 1, 30)  # 03:30, there is no 02:30
    (span,) = hours.instants(week(sun="02:30-06:00"), PARIS, [AUTUMN])
    assert span[0] == utc(2026, 10, 25, 0, 30)  # the first 02:30


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_spans_around_a_change_stay_in_order_and_apart(day: date) -> None:
    found = hours.instants(week(sun="00:00-02:15 02:30-02:45 02:50-03:00 03:10-04:00"), PARIS, [day])
    assert all(start < end for start, end in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))


def test_times_taken_out_leave_the_rest() -> None:
    whole = ((utc(2026, 11, 20, 9), utc(2026, 11, 20, 12)), (utc(2026, 11, 20, 13), utc(2026, 11, 20, 17)))
    left = hours.less(whole, [(utc(2026, 11, 20, 10), utc(2026, 11, 20, 14)), (utc(2026, 11, 20, 16), utc(2027, 1, 1))])
    assert left == ((utc(2026, 11, 20, 9), utc(2026, 11, 20, 10)), (utc(2026, 11, 20, 14), utc(2026, 11, 20, 16)))
    assert hours.less(whole, [(utc(2026, 1, 1), utc(2027, 1, 1))]) == ()
    assert hours.less(whole, []) == whole
