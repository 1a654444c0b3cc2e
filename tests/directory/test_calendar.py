"""When departments are open and doctors work, by service day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from clinic.directory import calendar
from clinic.directory.models import Absence, Closure, Department, WorkingHours
from clinic.tenants import days
from clinic.tenants.operations import change_policies
from tests.directory.test_hours import AUTUMN, FRIDAY, SPRING, week
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.6")]

SUNDAY = date(2026, 11, 22)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def set_hours(house: House, weekly: dict[str, list[dict[str, str]]]) -> None:
    change_policies(days.policies(), hours=weekly, actor=house.actor("owner"))


def test_each_hospital_is_open_by_its_own_clock(world: World) -> None:
    with world.harbor.open():
        assert calendar.opening(world.harbor.department, FRIDAY) == ((utc(2026, 11, 20, 9), utc(2026, 11, 20, 17)),)
        assert calendar.opening(world.harbor.department, SUNDAY) == ()
    with world.hilltop.open():
        assert calendar.opening(None, FRIDAY) == ((utc(2026, 11, 20, 15), utc(2026, 11, 20, 23)),)


@pytest.mark.rule("1.9")
def test_the_hours_policy_decides_when_it_is_open(world: World) -> None:
    with world.harbor.open():
        assert not calendar.is_open(world.harbor.department, utc(2026, 11, 20, 7))
        set_hours(world.harbor, week(fri="07:00-12:00 14:00-24:00"))
        assert calendar.is_open(world.harbor.department, utc(2026, 11, 20, 7))
        assert not calendar.is_open(world.harbor.department, utc(2026, 11, 20, 12))
        assert calendar.opening(None, FRIDAY) == (
            (utc(2026, 11, 20, 6), utc(2026, 11, 20, 11)), (utc(2026, 11, 20, 13), utc(2026, 11, 20, 23)),
        )  # fmt: skip
        assert calendar.opening(None, FRIDAY + timedelta(days=1)) == ()


def test_a_night_belongs_to_the_service_day_it_began_in(world: World) -> None:
    """The day is cut at four: what is open at one in the morning of Saturday is Friday's."""
    with world.harbor.open():
        set_hours(world.harbor, week(fri="22:00-24:00", sat="00:00-02:00 10:00-12:00"))
        assert calendar.opening(None, FRIDAY) == ((utc(2026, 11, 20, 21), utc(2026, 11, 21, 1)),)
        assert calendar.opening(None, date(2026, 11, 21)) == ((utc(2026, 11, 21, 9), utc(2026, 11, 21, 11)),)
        assert calendar.is_open(None, utc(2026, 11, 21, 0, 30))


def test_open_through_the_cut_is_two_service_days(world: World) -> None:
    with world.harbor.open():
        set_hours(world.harbor, {day: [{"start": "00:00", "end": "24:00"}] for day in ("fri", "sat")})
        here = days.current_hospital()
        assert calendar.opening(None, FRIDAY) == ((days.day_start(here, FRIDAY), days.day_end(here, FRIDAY)),)
        thursday = calendar.opening(None, FRIDAY - timedelta(days=1))
        assert thursday == ((utc(2026, 11, 19, 23), utc(2026, 11, 20, 3)),)


@pytest.mark.parametrize("cut", [time(0), time(2, 30), time(4), time(23, 30)], ids=str)
def test_around_both_changes_of_the_clocks_every_minute_open_is_in_one_service_day(world: World, cut: time) -> None:
    with world.harbor.open():
        here = world.harbor.hospital
        type(here).objects.filter(pk=here.pk).update(service_day_cut=cut)
        here.service_day_cut = cut
        set_hours(
            world.harbor, {"sat": [{"start": "20:00", "end": "24:00"}], "sun": [{"start": "00:00", "end": "06:00"}]}
        )
        for change, hours in ((SPRING, 9), (AUTUMN, 11)):
            some = [change + timedelta(days=n) for n in (-2, -1, 0, 1)]
            spans = [span for day in some for span in calendar.opening(None, day)]
            assert sum((end - start for start, end in spans), timedelta()) == timedelta(hours=hours)
            assert spans == sorted(spans)
            for start, end in spans:
                middle = start + (end - start) / 2
                assert middle < end
                assert (start, end) in calendar.opening(None, days.service_day(here, middle))


def test_closures_close_the_hospital_or_one_department(world: World) -> None:
    with world.harbor.open():
        mine = world.harbor.department
        other = Department.objects.create(name="Skin", prefix="D")
        Closure.objects.create(name="Inventory", department=mine, first_day=FRIDAY, last_day=FRIDAY)
        assert calendar.opening(mine, FRIDAY) == ()
        assert calendar.opening(other, FRIDAY) != ()
        assert calendar.opening(None, FRIDAY) != ()
        assert calendar.working(world.harbor.doctor, FRIDAY) == ()
        monday = date(2026, 12, 7)
        Closure.objects.create(name="Holidays", first_day=monday, last_day=monday + timedelta(days=4))
        assert [calendar.opening(d, monday + timedelta(days=4)) for d in (mine, other, None)] == [(), (), ()]
        assert calendar.opening(mine, monday + timedelta(days=5)) != ()
    with world.hilltop.open():
        assert calendar.opening(None, monday) != ()
        assert calendar.working(world.hilltop.doctor, FRIDAY) != ()


def test_a_doctor_works_as_the_hospital_opens_unless_the_own_hours_say_otherwise(world: World) -> None:
    with world.harbor.open():
        doctor, colleague = world.harbor.doctor, world.harbor.colleague
        assert calendar.working(doctor, FRIDAY) == ((utc(2026, 11, 20, 9), utc(2026, 11, 20, 17)),)
        WorkingHours.objects.create(doctor=doctor, weekly=week(fri="08:00-10:00 11:00-13:00"))
        found = calendar.working_of([doctor, colleague], FRIDAY)
        assert found[doctor.pk] == (
            (utc(2026, 11, 20, 7), utc(2026, 11, 20, 9)), (utc(2026, 11, 20, 10), utc(2026, 11, 20, 12)),
        )  # fmt: skip
        assert found[colleague.pk] == ((utc(2026, 11, 20, 9), utc(2026, 11, 20, 17)),)
        assert calendar.working(doctor, FRIDAY + timedelta(days=1)) == ()


def test_absences_are_taken_out_of_a_doctors_day(world: World) -> None:
    with world.harbor.open():
        doctor = world.harbor.doctor
        Absence.objects.create(doctor=doctor, starts_at=utc(2026, 11, 20, 11), ends_at=utc(2026, 11, 20, 13))
        gone = Absence.objects.create(doctor=doctor, starts_at=utc(2026, 11, 20, 15), ends_at=utc(2026, 11, 22))
        assert calendar.working(doctor, FRIDAY) == (
            (utc(2026, 11, 20, 9), utc(2026, 11, 20, 11)), (utc(2026, 11, 20, 13), utc(2026, 11, 20, 15)),
        )  # fmt: skip
        assert calendar.working(world.harbor.colleague, FRIDAY) == ((utc(2026, 11, 20, 9), utc(2026, 11, 20, 17)),)
        assert calendar.absent(doctor, utc(2026, 11, 20, 15)) == gone
        assert calendar.absent(doctor, utc(2026, 11, 22)) is None
        Absence.objects.filter(pk=gone.pk).update(cancelled_at=utc(2026, 11, 19))
        assert calendar.working(doctor, FRIDAY)[-1] == (utc(2026, 11, 20, 13), utc(2026, 11, 20, 17))
        assert calendar.absent(doctor, utc(2026, 11, 20, 15)) is None


def test_the_next_working_day_passes_over_sundays_and_closures(world: World) -> None:
    with world.harbor.open():
        mine = world.harbor.department
        saturday, monday = date(2026, 11, 21), date(2026, 11, 23)
        assert calendar.next_working_day(mine, FRIDAY) == saturday
        assert calendar.next_working_day(mine, saturday) == monday
        Closure.objects.create(name="Move", department=mine, first_day=monday, last_day=monday + timedelta(days=1))
        assert calendar.next_working_day(mine, saturday) == date(2026, 11, 25)
        assert calendar.next_working_day(None, saturday) == monday
        set_hours(world.harbor, {"mon": []})
        assert calendar.next_working_day(mine, FRIDAY) == saturday  # never open: the very next day
