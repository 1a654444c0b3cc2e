"""When a series comes again (R2.10): rules that end, the wall's hour on both sides of a change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from clinic.core.errors import Invalid
from queues import recurrence

PARIS, NEW_YORK, KOLKATA = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
pytestmark = pytest.mark.rule("2.10")


def starts(rule: str, first: datetime, zone: ZoneInfo = PARIS, without: tuple[date, ...] = ()) -> list[datetime]:
    return recurrence.starts(recurrence.read(rule), first, zone, without)


def local(found: list[datetime], zone: ZoneInfo = PARIS) -> list[str]:
    return [f"{at.astimezone(zone):%a %d %b %H:%M}" for at in found]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("FREQ=WEEKLY;COUNT=3", ["Tue 20 Oct 10:00", "Tue 27 Oct 10:00", "Tue 03 Nov 10:00"]),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2", ["Tue 20 Oct 10:00", "Tue 03 Nov 10:00"]),
        ("freq=weekly;byday=tu,th;count=3", ["Tue 20 Oct 10:00", "Thu 22 Oct 10:00", "Tue 27 Oct 10:00"]),
        ("FREQ=DAILY;UNTIL=20261022", ["Tue 20 Oct 10:00", "Wed 21 Oct 10:00", "Thu 22 Oct 10:00"]),
        ("FREQ=DAILY;UNTIL=20261021T235959Z", ["Tue 20 Oct 10:00", "Wed 21 Oct 10:00"]),
        ("FREQ=MONTHLY;BYDAY=1MO;COUNT=2", ["Mon 02 Nov 10:00", "Mon 07 Dec 10:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2", ["Sat 31 Oct 10:00", "Thu 31 Dec 10:00"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=1", ["Fri 30 Oct 10:00"]),
    ],
)
def test_a_rule_names_times_on_the_wall(rule: str, told: list[str]) -> None:
    first = datetime(2026, 10, 20, 10, tzinfo=PARIS)
    assert local(starts(rule, first)) == told


@pytest.mark.parametrize("zone", [PARIS, NEW_YORK, KOLKATA])
def test_ten_o_clock_stays_ten_o_clock_whatever_the_clocks_do(zone: ZoneInfo) -> None:
    found = starts("FREQ=WEEKLY;COUNT=52", datetime(2026, 3, 3, 10, tzinfo=zone), zone)
    assert {f"{at.astimezone(zone):%H:%M}" for at in found} == {"10:00"}
    assert all(at.tzinfo is UTC for at in found)
    steps = {b - a for a, b in pairwise(found)}
    assert (timedelta(days=7) in steps) and (len(steps) == (1 if zone is KOLKATA else 3))


def test_exceptions_are_left_out_and_count() -> None:
    first = datetime(2026, 10, 20, 10, tzinfo=PARIS)
    found = starts("FREQ=WEEKLY;COUNT=3", first, without=(date(2026, 10, 27),))
    assert local(found) == ["Tue 20 Oct 10:00", "Tue 03 Nov 10:00"]


@pytest.mark.parametrize(
    "rule",
    [
        "", "x", "FREQ=WEEKLY", "FREQ=HOURLY;COUNT=3", "FREQ=SECONDLY;COUNT=3", "FREQ=YEARLY;COUNT=2",
        "FREQ=WEEKLY;COUNT=3;UNTIL=20270101", "FREQ=WEEKLY;COUNT=0", "FREQ=WEEKLY;COUNT=-1", "FREQ=WEEKLY;COUNT=61",
        "FREQ=WEEKLY;COUNT=3;BYHOUR=4", "FREQ=WEEKLY;COUNT=3;INTERVAL=0", "FREQ=WEEKLY;COUNT=3;INTERVAL=500",
        "FREQ=WEEKLY;BYDAY=1TU;COUNT=3", "FREQ=WEEKLY;BYDAY=XX;COUNT=3", "FREQ=WEEKLY;FREQ=DAILY;COUNT=2",
        "FREQ=DAILY;UNTIL=20261399", "FREQ=DAILY;UNTIL=tomorrow", "FREQ=MONTHLY;BYMONTHDAY=32;COUNT=1",
        "FREQ=MONTHLY;BYMONTHDAY=0;COUNT=1", "FREQ=DAILY;COUNT=3\nRDATE=20260101", "FREQ=DAILY;COUNT=\u0663",
    ],
)  # fmt: skip
def test_a_rule_that_does_not_end_or_that_nobody_needs_is_refused(rule: str) -> None:
    with pytest.raises(Invalid):
        recurrence.read(rule)


def test_a_rule_that_never_comes_or_comes_too_often_is_refused_at_once() -> None:
    first = datetime(2026, 10, 20, 10, tzinfo=PARIS)
    with pytest.raises(Invalid) as never:
        starts("FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1;COUNT=3", first)
    assert never.value.code == "series.never"
    with pytest.raises(Invalid) as past:
        starts("FREQ=DAILY;UNTIL=20200101", first)
    assert past.value.code == "series.never"
    with pytest.raises(Invalid) as many:
        starts("FREQ=DAILY;UNTIL=20270601", first)
    assert many.value.code == "series.too_long"


def test_a_move_is_by_the_wall() -> None:
    before = datetime(2026, 10, 20, 10, tzinfo=PARIS)
    later = datetime(2026, 10, 27, 9, 30, tzinfo=PARIS)  # the clocks went back in between
    by = recurrence.between(before, later, PARIS)
    assert by == timedelta(days=6, hours=23, minutes=30)
    assert recurrence.shifted(before, by, PARIS) == later
