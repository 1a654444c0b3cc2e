"""When somebody can come: every setting is used, in its order, and nothing is shown that cannot be booked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.core.access import VISITOR
from clinic.directory.models import (
    Absence,
    Closure,
    DepartmentConfig,
    Doctor,
    DoctorVisitType,
    VisitType,
    WorkingHours,
)
from clinic.tenants.models import HospitalConfig
from queues.availability import book, lengths
from queues.availability.lengths import Length
from queues.models import SLOT, TOKEN, Queue
from queues.operations import appointments
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("2.1")]

MONDAY = date(2026, 11, 23)
EIGHT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
"""Eight o'clock in Paris, two hours before the doors open."""


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with time_machine.travel(EIGHT, tick=False):
        yield


@pytest.fixture
def house(world: World) -> House:
    return world.harbor


def set_up(house: House, **policies: Any) -> None:
    HospitalConfig.objects.update(**policies)


def week(doctor: Doctor, *spans: tuple[str, str]) -> None:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    told = [{"start": start, "end": end} for start, end in spans]
    WorkingHours.objects.filter(doctor=doctor).delete()
    WorkingHours.objects.create(doctor=doctor, weekly=dict.fromkeys(days, told))


def faces(house: House, found: book.Day) -> list[str]:
    """The starts as the clock on the wall shows them."""
    return [f"{slot.starts_at.astimezone(house.hospital.zone):%H:%M}" for slot in found.slots]


def kind(name: str = "Check", **values: Any) -> VisitType:
    made: VisitType = VisitType.objects.create(name=name, **({"minutes": 30} | values))
    return made


# --- lengths ---------------------------------------------------------------------------------------------------------


def test_a_length_is_what_is_said_first(house: House) -> None:
    with house.open():
        set_up(house, default_minutes=20, buffer_minutes=5)
        queue = Queue.objects.select_related("doctor", "department__config").get(pk=house.own.pk)
        assert lengths.of(queue, None) == Length(20, 5, 1)
        DepartmentConfig.objects.create(department=house.department, default_minutes=25, buffer_minutes=0)
        queue = Queue.objects.select_related("doctor", "department__config").get(pk=house.own.pk)
        assert lengths.of(queue, None) == Length(25, 0, 1)
        queue.doctor.minutes, queue.doctor.slot_capacity = 12, 2
        assert lengths.of(queue, None) == Length(15, 0, 2)
        check = kind(minutes=32, buffer_minutes=7)
        assert lengths.of(queue, check) == Length(35, 10, 2)
        own = DoctorVisitType(doctor=house.doctor, type=check, minutes=41, capacity=4)
        assert lengths.of(queue, check, own) == Length(45, 10, 4)


# --- times -----------------------------------------------------------------------------------------------------------


def test_a_day_is_hours_in_steps_of_visit_and_buffer(house: House) -> None:
    with house.open():
        set_up(house, default_minutes=50, buffer_minutes=10)
        week(house.doctor, ("10:00", "13:00"), ("14:00", "15:50"))
        found = book.day(house.own, MONDAY)
        assert faces(house, found) == ["10:00", "11:00", "12:00", "14:00", "15:00"]
        assert {slot.minutes for slot in found.slots} == {50}
        assert found.open


def test_what_is_taken_is_not_offered_and_no_gap_is_left(house: House) -> None:
    with house.open():
        set_up(house, default_minutes=50, buffer_minutes=10)
        week(house.doctor, ("10:00", "14:00"))
        start = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
        appointments.book(house.own, house.patient(), starts_at=start, actor=house.desk)
        assert faces(house, book.day(house.own, MONDAY)) == ["11:30", "12:30"]


def test_absences_and_closures_are_left_out(house: House) -> None:
    with house.open():
        set_up(house, default_minutes=60, buffer_minutes=0)
        week(house.doctor, ("10:00", "14:00"))
        gone = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
        Absence.objects.create(doctor=house.doctor, starts_at=gone, ends_at=gone + timedelta(hours=1))
        assert faces(house, book.day(house.own, MONDAY)) == ["10:00", "12:00", "13:00"]
        Closure.objects.create(name="Holiday", first_day=MONDAY, last_day=MONDAY)
        shut = book.day(house.own, MONDAY)
        assert (shut.open, shut.slots) == (False, ())


def test_as_many_as_fit_one_time_may_have_it(house: House) -> None:
    with house.open():
        set_up(house, default_minutes=60, buffer_minutes=0)
        Doctor.objects.filter(pk=house.doctor.pk).update(slot_capacity=3)
        week(house.doctor, ("10:00", "11:00"))
        (slot,) = book.day(house.own, MONDAY).slots
        for left in (3, 2, 1):
            assert book.day(house.own, MONDAY).slots[0].left == left
            appointments.book(house.own, house.patient(f"P{left}"), starts_at=slot.starts_at, actor=house.desk)
        assert book.day(house.own, MONDAY).slots == ()


def test_whoever_is_seen_alone_has_nobody_beside(house: House) -> None:
    with house.open():
        set_up(house, default_minutes=60, buffer_minutes=0)
        week(house.doctor, ("10:00", "12:00"))
        group = kind("Group", minutes=60)
        DoctorVisitType.objects.create(doctor=house.doctor, type=group, capacity=5)
        first, second = (slot.starts_at for slot in book.day(house.own, MONDAY).slots)
        appointments.book(house.own, house.patient("Alone"), starts_at=first, actor=house.desk)
        assert [slot.starts_at for slot in book.day(house.own, MONDAY, group).slots] == [second]
        appointments.book(house.own, house.patient("Grouped"), type=group, starts_at=second, actor=house.desk)
        assert [slot.left for slot in book.day(house.own, MONDAY, group).slots] == [4]
        assert book.day(house.own, MONDAY).slots == ()


def test_a_kind_that_the_doctor_does_not_do_is_not_offered(house: House) -> None:
    with house.open():
        check = kind()
        assert book.day(house.own, MONDAY, check).slots
        DoctorVisitType.objects.create(doctor=house.doctor, type=check, offered=False)
        found = book.day(house.own, MONDAY, check)
        assert (found.slots, found.tokens_left) == ((), None)
        assert book.next_free(house.own, check) is None


def test_online_only_what_anybody_may_book(house: House) -> None:
    with house.open():
        inside, known, plain = kind("In", bookable=False), kind("Known", whom=VisitType.KNOWN), kind("Plain")
        assert book.day(house.own, MONDAY, inside).slots
        assert book.day(house.own, MONDAY, inside, online=True).slots == ()
        assert book.day(house.own, MONDAY, known, online=True).slots == ()
        assert book.day(house.own, MONDAY, plain, online=True).slots
        plain.is_active = False
        assert book.day(house.own, MONDAY, plain).slots == ()


def test_what_is_over_is_not_offered(house: House) -> None:
    with house.open():
        set_up(house, default_minutes=60, buffer_minutes=0)
        week(house.doctor, ("10:00", "14:00"))
        at = datetime(2026, 11, 23, 11, 0, 1, tzinfo=UTC)
        assert faces(house, book.day(house.own, MONDAY, now=at)) == ["13:00"]
        assert book.day(house.own, MONDAY - timedelta(days=1)).slots == ()


def test_a_closed_line_takes_nobody_in_today_and_is_booked_for_later(house: House) -> None:
    with house.open():
        Queue.objects.filter(pk=house.own.pk).update(is_open=False)
        assert book.day(house.own, MONDAY).slots == ()
        assert book.day(house.own, MONDAY + timedelta(days=1)).slots


# --- ways of booking -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "modes"), [("slot", (SLOT,)), ("token", (TOKEN,)), ("both", (SLOT, TOKEN))])
def test_the_hospital_the_department_and_the_doctor_say_how_it_is_booked(
    house: House, mode: str, modes: tuple[str, ...]
) -> None:
    with house.open():
        other = "slot" if mode == "token" else "token"
        set_up(house, booking_mode=mode)
        assert book.day(house.own, MONDAY).modes == modes
        set_up(house, booking_mode=other)
        DepartmentConfig.objects.create(department=house.department, booking_mode=mode)
        assert book.day(house.own, MONDAY).modes == modes
        DepartmentConfig.objects.update(booking_mode=other)
        Doctor.objects.filter(pk=house.doctor.pk).update(booking_mode=mode)
        found = book.day(house.own, MONDAY)
        assert found.modes == modes
        assert bool(found.slots) == (SLOT in modes)
        assert (found.tokens_left is not None) == (TOKEN in modes)


@pytest.mark.rule("2.6")
def test_numbers_are_as_many_as_the_day_has_and_about_when(house: House) -> None:
    with house.open():
        set_up(house, booking_mode="token", default_minutes=30)
        week(house.doctor, ("10:00", "11:00"), ("12:00", "13:00"))
        told = []
        for left in (4, 3, 2, 1):
            found = book.day(house.own, MONDAY)
            assert found.tokens_left == left
            assert found.next_token_at is not None
            told.append(f"{found.next_token_at.astimezone(house.hospital.zone):%H:%M}")
            row = appointments.book(house.own, house.patient(f"P{left}"), day=MONDAY, actor=house.desk).appointment
            assert row.starts_at == found.next_token_at
        assert told == ["10:00", "10:30", "12:00", "12:30"]
        assert book.day(house.own, MONDAY).tokens_left == 0


@pytest.mark.rule("3.20")
def test_walk_ins_and_bookings_share_the_doctors_day(house: House) -> None:
    with house.open():
        Doctor.objects.filter(pk=house.doctor.pk).update(daily_capacity=3)
    house.waiting(1)
    with house.open():
        assert book.day(house.own, MONDAY).tokens_left == 2
        appointments.book(house.own, house.patient("A"), day=MONDAY, actor=house.desk)
        start = book.day(house.own, MONDAY).slots[3].starts_at
        appointments.book(house.own, house.patient("B"), starts_at=start, actor=house.desk)
        found = book.day(house.own, MONDAY)
        assert (found.tokens_left, found.slots) == (0, ())
        assert book.day(house.own, MONDAY + timedelta(days=1)).tokens_left == 3


# --- pools -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("2.9")
def test_a_pool_has_as_many_places_as_doctors_who_are_free(house: House) -> None:
    with house.open():
        set_up(house, default_minutes=60, buffer_minutes=0, pool_booking="pool")
        week(house.doctor, ("10:00", "12:00"))
        week(house.colleague, ("11:00", "13:00"))
        assert [slot.left for slot in book.day(house.pool, MONDAY).slots] == [1, 2, 1]
        eleven = book.day(house.pool, MONDAY).slots[1].starts_at
        appointments.book(house.own, house.patient("Own"), starts_at=eleven, actor=house.desk)
        assert [slot.left for slot in book.day(house.pool, MONDAY).slots] == [1, 1, 1]
        row = appointments.book(house.pool, house.patient("Any"), starts_at=eleven, actor=house.desk).appointment
        assert row.queue_id == house.pool.pk
        assert faces(house, book.day(house.pool, MONDAY)) == ["10:00", "12:00"]


@pytest.mark.rule("2.9")
def test_a_booking_for_any_doctor_goes_to_the_least_busy_by_policy(house: House) -> None:
    with house.open():
        set_up(house, default_minutes=60, buffer_minutes=0, pool_booking="least_busy")
        week(house.doctor, ("10:00", "12:00"))
        week(house.colleague, ("10:00", "12:00"))
        ten, eleven = (slot.starts_at for slot in book.day(house.pool, MONDAY).slots)
        appointments.book(house.own, house.patient("Own"), starts_at=eleven, actor=house.desk)
        row = appointments.book(house.pool, house.patient("One"), starts_at=ten, actor=house.desk).appointment
        assert row.queue.doctor_id == house.colleague.pk
        row = appointments.book(house.pool, house.patient("Two"), starts_at=ten, actor=house.desk).appointment
        assert row.queue.doctor_id == house.doctor.pk
        assert [slot.starts_at for slot in book.day(house.pool, MONDAY).slots] == [eleven]


# --- many ------------------------------------------------------------------------------------------------------------


def queries(work: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as told:
        work()
    return len(told)


def test_sixty_days_cost_as_many_queries_as_one(house: House) -> None:
    with house.open():
        for count in range(6):
            start = book.day(house.own, MONDAY + timedelta(days=count % 3)).slots[0].starts_at
            appointments.book(house.own, house.patient(f"P{count}"), starts_at=start, actor=house.desk)
        one = queries(lambda: book.day(house.own, MONDAY))
        assert queries(lambda: book.days(house.own, MONDAY, MONDAY + timedelta(days=59))) == one <= 12


def test_many_lines_cost_as_many_queries_as_one(house: House) -> None:
    with house.open():
        lines = [house.own]
        one = queries(lambda: book.next_free_of(lines))
        for count in range(12):
            doctor = Doctor.objects.create(name=f"Dr. {count}", department=house.department)
            lines.append(Queue.objects.create(department=house.department, doctor=doctor, sort="doctor", name="x"))
        assert queries(lambda: book.next_free_of(lines)) == one
        assert set(book.next_free_of(lines)) == {line.pk for line in lines}


def test_days_at_a_glance_are_each_day_as_it_is(house: House) -> None:
    with house.open():
        appointments.book(house.own, house.patient(), starts_at=book.next_free(house.own), actor=house.desk)
        glance = book.days(house.own, MONDAY - timedelta(days=2), MONDAY + timedelta(days=8))
        assert glance == [book.day(house.own, each.day) for each in glance]
        assert [each.day for each in glance if not each.open] == [date(2026, 11, 22), date(2026, 11, 29)]


def test_the_next_free_place(house: House) -> None:
    with house.open():
        set_up(house, booking_mode="slot")
        ten = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        assert book.next_free(house.own) == ten
        assert book.next_free(house.own, after=ten + timedelta(hours=9)) == ten + timedelta(days=1)
        Absence.objects.create(doctor=house.doctor, starts_at=EIGHT, ends_at=EIGHT + timedelta(days=30))
        assert book.next_free(house.own) == datetime(2026, 12, 23, 9, 0, tzinfo=UTC)
        Absence.objects.create(doctor=house.doctor, starts_at=EIGHT, ends_at=EIGHT + timedelta(days=300))
        assert book.next_free(house.own) is None


def test_what_lies_far_away_is_no_error(house: House) -> None:
    with house.open():
        for far in (date.max, date.min):
            found = book.day(house.own, far)
            assert (found.open, found.slots) == (False, ())
            assert book.alternatives(house.own, None, datetime(far.year, 6, 1, tzinfo=UTC)) == []
        assert book.free_at(house.own, None, [datetime.max.replace(tzinfo=UTC)]) == set()


@pytest.mark.rule("2.2")
def test_alternatives_are_free_and_the_nearest_of_the_line_come_first(house: House) -> None:
    with house.open():
        set_up(house, default_minutes=60, buffer_minutes=0)
        week(house.doctor, ("10:00", "12:00"))
        ten, eleven = (slot.starts_at for slot in book.day(house.own, MONDAY).slots)
        appointments.book(house.own, house.patient(), starts_at=ten, actor=house.desk)
        found = book.alternatives(house.own, None, ten)
        assert [slot.starts_at for slot in found[:2]] == [eleven, ten + timedelta(days=1)]
        assert {slot.queue for slot in found} == {house.own.pk}
        Absence.objects.create(doctor=house.doctor, starts_at=eleven, ends_at=eleven + timedelta(days=90))
        others = book.alternatives(house.own, None, ten)
        assert {slot.queue for slot in others} == {Queue.objects.get(doctor=house.colleague).pk}
        for slot in others:
            row = appointments.book(
                Queue.objects.get(pk=slot.queue), house.patient(f"P{slot.starts_at}"), starts_at=slot.starts_at,
                actor=house.desk,
            )  # fmt: skip
            assert row.appointment.minutes == slot.minutes


def test_a_visitor_is_offered_what_the_desk_is(house: House) -> None:
    with house.open():
        start = book.next_free(house.own, online=True)
        assert start is not None
        held = appointments.hold_online(house.own, starts_at=start, actor=VISITOR)
        assert held.starts_at == start
        assert start not in {slot.starts_at for slot in book.day(house.own, MONDAY, online=True).slots}
