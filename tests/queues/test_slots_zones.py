"""Times are right in every zone, on the days on which the clocks change too (R2.12): against the clock on the wall."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
import time_machine

from clinic.directory.calendar import _of_day as hours_of
from clinic.tenants import days
from clinic.tenants.models import DAYS, Hospital, HospitalConfig
from queues.availability import book, slots
from queues.availability.lengths import Length
from queues.availability.slots import OwnDay
from queues.operations import appointments
from tests.world import World

pytestmark = pytest.mark.rule("2.12")

PROOF = bool(os.environ.get("PROOF"))
"""PROOF=1 looks at every day of two years; the suite at the days around each change of the clocks."""
ZONES = (
    "Europe/Paris", "Europe/London", "Europe/Lisbon", "Europe/Helsinki", "Europe/Istanbul", "Europe/Moscow",
    "Europe/Chisinau", "Atlantic/Azores", "Atlantic/Reykjavik", "Africa/Cairo", "Africa/Casablanca", "Africa/Lagos",
    "Africa/Johannesburg", "Asia/Beirut", "Asia/Jerusalem", "Asia/Gaza", "Asia/Tehran", "Asia/Kabul", "Asia/Karachi",
    "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Shanghai", "Asia/Tokyo", "Australia/Adelaide",
    "Australia/Sydney", "Australia/Lord_Howe", "Australia/Eucla", "Pacific/Auckland", "Pacific/Chatham",
    "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Honolulu", "America/Anchorage", "America/New_York",
    "America/St_Johns", "America/Havana", "America/Santiago", "America/Asuncion",
)  # fmt: skip
FIRST, COUNT = date(2026, 1, 1), 730
TICK = timedelta(minutes=5)
WEEKS: tuple[dict[str, list[tuple[str, str]]], ...] = (
    {day: [("09:00", "12:30"), ("13:15", "18:00")] for day in DAYS},
    {day: [("00:00", "07:30"), ("08:00", "24:00")] for day in DAYS},
    {day: [("20:00", "24:00")] if nth % 2 else [("00:00", "06:00")] for nth, day in enumerate(DAYS)},
)
"""By day, with a night in it that meets every change, and shifts that stop and begin at midnight."""


def place(zone: str) -> Hospital:
    return Hospital(name=zone, slug="z", time_zone=zone)


def weekly(week: dict[str, list[tuple[str, str]]]) -> dict[str, list[dict[str, str]]]:
    return {day: [{"start": start, "end": end} for start, end in spans] for day, spans in week.items()}


def looked_at(zone: str) -> list[date]:
    every = [FIRST + timedelta(days=n) for n in range(COUNT)]
    if PROOF:
        return every
    where = ZoneInfo(zone)
    near: set[date] = set(random.Random(zone).sample(every, 4))
    for day in every:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        if noon.astimezone(where).utcoffset() != (noon + timedelta(days=1)).astimezone(where).utcoffset():
            near |= {day + timedelta(days=n) for n in (-1, 0, 1, 2)}
    return sorted(near)


def minutes(face: str) -> int:
    hour, minute = face.split(":")
    return int(hour) * 60 + int(minute)


def on_the_wall(here: Hospital, week: dict[str, list[tuple[str, str]]], day: date) -> list[int]:
    """The ticks of a service day in which the clock on the wall shows working time: asked of each, one by one."""
    spans = {day: [(minutes(start), minutes(end)) for start, end in told] for day, told in week.items()}
    return [
        tick
        for tick, weekday, shown in faces(here.time_zone, day)
        if any(start <= shown < until for start, until in spans[DAYS[weekday]])
    ]


@lru_cache(maxsize=8)
def faces(zone: str, day: date) -> list[tuple[int, int, int]]:
    """Each tick of a service day with the weekday and the minute of the day that the clock shows."""
    here = place(zone)
    at, end, where = days.day_start(here, day), days.day_end(here, day), here.zone
    at += -timedelta(seconds=at.timestamp()) % TICK
    found = []
    while at + TICK <= end:
        face = at.astimezone(where)
        found.append((int(at.timestamp()) // 300, face.weekday(), face.hour * 60 + face.minute))
        at += TICK
    return found


def cases(zone: str, weeks: int = len(WEEKS)) -> Iterator[tuple[Hospital, dict[str, list[tuple[str, str]]], date]]:
    here = place(zone)
    for day in looked_at(zone):
        for nth in range(weeks):
            yield here, WEEKS[(day.toordinal() + nth) % len(WEEKS)], day


@pytest.mark.parametrize("zone", ZONES)
def test_working_time_is_what_the_clock_on_the_wall_shows(zone: str) -> None:
    for here, week, day in cases(zone):
        spans = slots.in_ticks(hours_of(weekly(week), here, day))
        found = [tick for first, last in spans for tick in range(first, last)]
        assert found == on_the_wall(here, week, day), f"{zone} {day}"


@pytest.mark.parametrize("zone", ZONES)
def test_starts_are_free_apart_and_leave_no_gap(zone: str) -> None:
    chance = random.Random(f"{zone} taken")
    for here, week, day in cases(zone, 1 if PROOF else len(WEEKS)):
        spans = slots.in_ticks(hours_of(weekly(week), here, day))
        open_ticks = {tick for first, last in spans for tick in range(first, last)}
        length = Length(chance.choice((5, 20, 45, 60)), chance.choice((0, 5, 10)), chance.choice((1, 1, 3)))
        gone = {
            tick: set(chance.sample(range(3), chance.randint(1, 3))) for tick in open_ticks if chance.random() < 0.05
        }
        own = OwnDay(spans, gone, length, 3)
        offered = [tick for tick, _left in slots.starts(own, 0)]
        for tick in offered:
            assert all(each in open_ticks for each in range(tick, tick + own.need))
            assert own.blocks(tick)
            assert days.service_day(here, slots.instant(tick)) == day
        for first, last in spans:
            mine = [tick for tick in offered if first <= tick < last]
            assert all(after - before >= own.step for before, after in itertools.pairwise(mine))
            near = {tick + away for tick in mine for away in range(1 - own.step, own.step)}
            alone = [tick for tick in range(first, last - own.need + 1) if tick not in near]
            assert not any(own.left(tick) for tick in alone), f"{zone} {day}: a gap"


@pytest.mark.parametrize("zone", ZONES)
def test_every_instant_has_one_service_day_and_every_zone_tells_the_same_instant(zone: str) -> None:
    here, patients = place(zone), ZoneInfo(ZONES[-1 - ZONES.index(zone)])
    for day in looked_at(zone):
        start, end = days.day_start(here, day), days.day_end(here, day)
        assert timedelta(hours=22) < end - start < timedelta(hours=26)
        for at in (start, start + (end - start) / 2, end - timedelta(seconds=1)):
            assert days.service_day(here, at) == day
            told = datetime.fromisoformat(at.astimezone(patients).isoformat())
            assert told == at
            assert days.service_day(here, told) == day


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "day", "count"),
    [
        ("Europe/Paris", date(2026, 3, 28), 23), ("Europe/Paris", date(2026, 10, 24), 25),
        ("America/New_York", date(2026, 3, 7), 23), ("Australia/Lord_Howe", date(2026, 4, 4), 24),
        ("Asia/Kathmandu", date(2026, 3, 28), 24), ("America/Santiago", date(2026, 9, 5), 23),
    ],
)  # fmt: skip
def test_a_day_and_night_has_as_many_hours_as_pass(world: World, zone: str, day: date, count: int) -> None:
    """Through the rows: an hourly line that is open all day, booked full on the day on which the clocks change."""
    house = world.harbor
    Hospital.objects.filter(pk=house.hospital.pk).update(time_zone=zone)
    with house.open(), time_machine.travel(datetime(2026, 2, 1, tzinfo=UTC), tick=False):
        always = {each: [{"start": "00:00", "end": "24:00"}] for each in DAYS}
        HospitalConfig.objects.update(hours=always, default_minutes=60, buffer_minutes=0, booking_mode="slot")
        found = book.day(house.own, day).slots
        assert len(found) == count
        assert len({slot.starts_at for slot in found}) == count
        for nth, slot in enumerate(found):
            row = appointments.book(house.own, house.patient(f"P{nth}"), starts_at=slot.starts_at, actor=house.desk)
            assert row.appointment.service_day == day
        assert book.day(house.own, day).slots == ()
        assert len(book.day(house.own, day + timedelta(days=1)).slots) == 24
