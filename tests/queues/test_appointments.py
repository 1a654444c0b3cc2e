"""Appointments: a place is had once, a hold ends, who says yes, and one booking of a person a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from clinic.core.access import SYSTEM, VISITOR, Actor
from clinic.core.errors import Conflict, Forbidden, Invalid, NotAllowed, NotFound
from clinic.directory.models import Doctor, DoctorVisitType, VisitType
from clinic.tenants import links
from clinic.tenants.models import HospitalConfig, PublicToken
from queues import appointment_clock
from queues.availability import book
from queues.models import (
    AWAITING_PAYMENT,
    CONFIRMED,
    EXPIRED,
    HELD,
    REJECTED,
    REQUESTED,
    Appointment,
    Queue,
)
from queues.operations import appointments
from tests.ledger import recorded
from tests.queues.places import EIGHT, HALF, MONDAY, PERSON, TEN, refused, take, ticks
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


# --- one place, one booking ------------------------------------------------------------------------------------------


@pytest.mark.rule("2.2")
@pytest.mark.parametrize("minutes", [-25, -5, 0, 5, 25])
def test_overlapping_times_are_refused_with_what_is_free(house: House, minutes: int) -> None:
    first = TEN + HALF * 2
    with house.open():
        take(house, first)
        with pytest.raises(Conflict) as told:
            take(house, first + timedelta(minutes=minutes))
        assert told.value.code == "slot.taken"
        assert told.value.details["alternatives"]
        for one in told.value.details["alternatives"]:
            free = Queue.objects.get(pk=one["queue"])
            start = datetime.fromisoformat(one["starts_at"])
            assert book.free_at(free, None, [start]) == {start}


@pytest.mark.rule("2.2")
def test_the_next_one_begins_when_the_buffer_is_over(house: House) -> None:
    with house.open():
        first, second = take(house), take(house, TEN + HALF)
        assert ticks(first) == ticks(second) == 6


@pytest.mark.rule("2.2")
@pytest.mark.parametrize(
    ("start", "code"),
    [
        (TEN - HALF, "slot.closed"), (TEN + timedelta(minutes=1), "slot.uneven"), (EIGHT - HALF, "slot.past"),
        (TEN + timedelta(days=4000), "slot.too_far"), (TEN + timedelta(hours=8), "slot.closed"),
    ],
)  # fmt: skip
def test_a_time_must_be_one_at_which_somebody_works(house: House, start: datetime, code: str) -> None:
    patient = house.patient()
    with recorded(house) as told, refused(code):
        take(house, start, patient=patient)
    assert told.events == []


def test_neither_time_nor_day_is_a_question_back(house: House) -> None:
    with house.open(), refused("slot.which"):
        appointments.book(house.own, house.patient(), actor=house.desk)


@pytest.mark.rule("2.1")
def test_what_is_not_booked_this_way_is_refused(house: House) -> None:
    with house.open():
        HospitalConfig.objects.update(booking_mode="token")
        with refused("appointment.no_mode"):
            take(house)
        HospitalConfig.objects.update(booking_mode="slot")
        with refused("appointment.no_mode"):
            appointments.book(house.own, house.patient(), day=MONDAY, actor=house.desk)
        check = VisitType.objects.create(name="Check", minutes=30)
        DoctorVisitType.objects.create(doctor=house.doctor, type=check, offered=False)
        with refused("appointment.type_not_here"):
            take(house, type=check)


@pytest.mark.rule("2.1")
def test_kinds_for_new_and_for_known_patients(house: House) -> None:
    with house.open():
        new = VisitType.objects.create(name="First", minutes=30, whom=VisitType.NEW)
        known = VisitType.objects.create(name="Again", minutes=30, whom=VisitType.KNOWN)
        with refused("appointment.for_known"):
            take(house, type=known)
        assert take(house, type=new).state == CONFIRMED
        assert take(house, TEN + HALF * 2, type=known, override_reason="sent by a colleague").overridden


@pytest.mark.rule("2.1")
def test_a_full_day_is_refused_with_another(house: House) -> None:
    with house.open():
        Doctor.objects.filter(pk=house.doctor.pk).update(daily_capacity=1)
        take(house)
        with pytest.raises(NotAllowed) as told:
            take(house, TEN + HALF)
        assert told.value.code == "day.full"
        assert told.value.details["alternatives"]
        with refused("day.full"):
            appointments.book(house.own, house.patient(), day=MONDAY, actor=house.desk)


@pytest.mark.rule("2.6")
def test_a_number_is_from_the_counter_of_the_walk_ins(house: House) -> None:
    house.waiting(1)
    patient = house.patient()
    with recorded(house) as told:
        row = appointments.book(house.own, patient, day=MONDAY, actor=house.desk).appointment
    assert told.names == ["appointment.booked"]
    assert (row.token, row.mode) == ("A-002", "token")
    with house.open():
        assert ticks(row) == 0
    assert house.waiting(1)[0].token == "A-003"


# --- requests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_number", [False, True])
def test_a_request_nobody_answered_is_declined_by_the_clock(house: House, clock: Any, by_number: bool) -> None:
    with house.open():
        HospitalConfig.objects.update(confirm="doctor", booking_mode="token" if by_number else "slot")
        when: dict[str, Any] = {"day": MONDAY} if by_number else {"starts_at": TEN}
        row = appointments.book_online(house.own, PERSON, actor=VISITOR, **when).appointment
        assert row.state == REQUESTED
        clock.move_to(TEN - timedelta(minutes=1))
        assert appointment_clock.decline_unanswered() == 0
        clock.move_to(TEN + (timedelta(days=1) if by_number else timedelta()))
        assert appointment_clock.decline_unanswered() == 1
        assert appointment_clock.decline_unanswered() == 0
        row.refresh_from_db()
        assert (row.state, row.ended_by, row.end_reason) == (REJECTED, "clock", "Nobody answered in time.")


# --- holds -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("2.3")
def test_a_hold_keeps_the_place_for_its_minutes(house: House, clock: Any) -> None:
    with house.open():
        HospitalConfig.objects.update(hold_minutes=7)
        held = appointments.hold(house.own, starts_at=TEN, actor=house.desk)
        assert (held.state, held.held_until) == (HELD, EIGHT + timedelta(minutes=7))
        with refused("slot.taken"):
            take(house)
        clock.shift(timedelta(minutes=6))
        assert appointment_clock.expire_due() == 0
        clock.shift(timedelta(minutes=1))
        assert appointment_clock.expire_due() == 1
        assert appointment_clock.expire_due() == 0
        held.refresh_from_db()
        assert (held.state, held.ended_by, ticks(held)) == (EXPIRED, "clock", 0)


@pytest.mark.rule("2.3")
def test_a_hold_that_is_over_keeps_nobody_out_though_the_clock_is_late(house: House, clock: Any) -> None:
    with house.open():
        held = appointments.hold(house.own, starts_at=TEN, actor=house.desk)
        clock.shift(timedelta(minutes=5))
        assert TEN in {slot.starts_at for slot in book.day(house.own, MONDAY).slots}
    patient = house.patient()
    with recorded(house) as told:
        take(house, patient=patient)
    assert told.names == ["appointment.expired", "appointment.booked"]
    with house.open(), refused("appointment.hold_over"):
        appointments.book(house.own, house.patient(), held=held, actor=house.desk)


@pytest.mark.rule("2.3")
def test_a_hold_becomes_a_booking_in_its_place(house: House) -> None:
    patient = house.patient()
    with recorded(house) as told:
        held = appointments.hold(house.own, starts_at=TEN, actor=house.desk)
        booked = appointments.book(house.own, patient, held=held, reason="a cough", actor=house.desk)
    assert told.names == ["appointment.held", "appointment.booked"]
    assert booked.appointment.pk == held.pk
    with house.open():
        row = Appointment.objects.get()
        assert (row.state, row.reason, row.held_until, ticks(row)) == (CONFIRMED, "a cough", None, 6)
        assert links.open_link(PublicToken.BOOKING, booked.link).target == row.ref
        with refused("appointment.hold_over"):
            appointments.book(house.own, house.patient("Other"), held=held, actor=house.desk)


@pytest.mark.rule("2.3")
def test_a_hold_given_back_is_free_at_once(house: House) -> None:
    with house.open():
        held = appointments.hold(house.own, starts_at=TEN, actor=house.desk)
        appointments.release(held, actor=house.desk)
        assert take(house).state == CONFIRMED
        with refused("appointment.wrong_state"):
            appointments.release(Appointment.objects.get(state=CONFIRMED), actor=house.desk)


@pytest.mark.rule("2.3")
def test_what_waits_for_its_payment_waits_fifteen_minutes(house: House, clock: Any) -> None:
    with house.open():
        HospitalConfig.objects.update(prepay=True)
        row = appointments.book_online(house.own, PERSON, starts_at=TEN, actor=VISITOR).appointment
        assert (row.state, row.held_until) == (AWAITING_PAYMENT, EIGHT + timedelta(minutes=15))
        assert appointments.pay(row, actor=house.desk).state == CONFIRMED
        other = appointments.book_online(
            house.own, {**PERSON, "given_name": "Otto"}, starts_at=TEN + HALF, actor=VISITOR
        ).appointment
        clock.shift(timedelta(minutes=15))
        assert appointment_clock.expire_due() == 1
        other.refresh_from_db()
        assert (other.state, ticks(other)) == (EXPIRED, 0)
        with refused("appointment.wrong_state"):
            appointments.pay(other, actor=house.desk)


# --- confirmed by whom -----------------------------------------------------------------------------------------------


def test_the_doctor_accepts_where_the_policy_says_so(house: House) -> None:
    with house.open():
        HospitalConfig.objects.update(confirm="doctor")
        row = appointments.book_online(house.own, PERSON, starts_at=TEN, actor=VISITOR).appointment
        assert row.state == REQUESTED
        assert appointments.accept(row, actor=house.medic).state == CONFIRMED
        assert take(house, TEN + HALF).state == CONFIRMED  # at the desk it is accepted by booking


def test_a_doctor_decides_on_the_own_bookings_only(house: House) -> None:
    with house.open():
        HospitalConfig.objects.update(confirm="doctor")
        other = Queue.objects.get(doctor=house.colleague)
        row = appointments.book_online(other, PERSON, starts_at=TEN, actor=VISITOR).appointment
        with pytest.raises(Forbidden):
            appointments.accept(row, actor=house.medic)
        with refused("appointment.reason_needed"):
            appointments.reject(row, reason=" ", actor=house.desk)
        assert appointments.reject(row, reason="full", actor=house.desk).state == REJECTED
        assert ticks(row) == 0


# --- once a day ------------------------------------------------------------------------------------------------------


@pytest.mark.rule("2.4")
def test_one_live_booking_of_a_patient_a_doctor_and_a_day(house: House) -> None:
    with house.open():
        patient = house.patient()
        row = take(house, patient=patient)
        with pytest.raises(Conflict) as told:
            take(house, TEN + HALF, patient=patient)
        assert told.value.code == "appointment.twice"
        assert told.value.details["appointment"] == str(row.pk)
        assert take(house, TEN + timedelta(days=1), patient=patient).state == CONFIRMED
        with refused("appointment.override_why"):
            appointments.book(house.own, patient, starts_at=TEN + HALF, override_reason="x", actor=house.actor("nurse"))
        assert take(house, TEN + HALF, patient=patient, override_reason="two complaints").overridden
        appointments.cancel(row, reason="no", actor=house.desk)
        assert take(house, patient=patient).state == CONFIRMED


@pytest.mark.rule("1.2")
def test_what_is_another_departments_is_not_there(house: House, world: World) -> None:
    with house.open():
        row = take(house)
        limited = Actor(
            kind="member", id="9", name="Elsewhere", abilities=house.desk.abilities, departments=frozenset()
        )
        for act in (
            lambda: appointments.cancel(row, reason="no", actor=limited),
            lambda: appointments.reschedule(row, starts_at=TEN + HALF, actor=limited),
            lambda: appointments.hold(house.own, starts_at=TEN + HALF, actor=limited),
        ):
            with pytest.raises(NotFound):
                act()
    with world.hilltop.open(), pytest.raises(NotFound):
        appointments.book(house.own, world.hilltop.patient(), starts_at=TEN, actor=SYSTEM)
    with house.open(), pytest.raises(Invalid):
        appointments.book_online(house.own, {**PERSON, "mrn": "x"}, starts_at=TEN, actor=VISITOR)


def test_a_video_visit_has_an_unguessable_room(house: House) -> None:
    with house.open():
        video = VisitType.objects.create(name="Video", minutes=20, video=True)
        first, second = take(house, type=video), take(house, TEN + HALF, type=video)
        assert len(first.video_room) >= 32
        assert first.video_room != second.video_room
        assert take(house, TEN + HALF * 2).video_room == ""
