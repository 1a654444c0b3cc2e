"""Booking without an account: few of one phone, one answer for known and unknown people (R2.4, R2.13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.core.access import PATIENT, VISITOR, Actor
from clinic.core.errors import DomainError, Invalid, NotAllowed, NotFound
from clinic.directory.models import Absence, Doctor, VisitType
from clinic.records.models import Patient
from clinic.tenants.models import HospitalConfig
from queues.availability import book
from queues.models import AWAITING_PAYMENT, CONFIRMED, REQUESTED, Appointment
from queues.operations import appointments
from queues.operations.booked import Booked
from tests.world import House, World

pytestmark = pytest.mark.django_db

EIGHT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
TEN = EIGHT + timedelta(hours=2)
HALF = timedelta(minutes=30)
NORA: dict[str, Any] = {
    "given_name": "Nora", "family_name": "Meyer", "phone": "+33 6 12 34 56 78", "birth_year": 1980, "language": "fr",
}  # fmt: skip


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with time_machine.travel(EIGHT, tick=False):
        yield


@pytest.fixture
def house(world: World) -> House:
    with world.harbor.open():
        HospitalConfig.objects.update(default_minutes=25, buffer_minutes=5, live_bookings_per_phone=3)
    return world.harbor


def come(house: House, nth: int = 0, proved: str = "", **more: Any) -> Booked:
    return appointments.book_online(
        house.own, {**NORA, **more}, starts_at=TEN + HALF * nth, proved=proved, actor=VISITOR
    )  # fmt: skip


def known(house: House, **more: Any) -> Patient:
    """Somebody of the same name and phone whom the desk has registered."""
    values: dict[str, Any] = {
        "given": "Nora", "family": "Maier", "phone": "06 12 34 56 78", "birth_date": date(1980, 5, 3),
        "sound_key": "M600",
    }  # fmt: skip
    return house.patient(**(values | more))


@pytest.mark.rule("2.13")
def test_who_is_known_is_found_and_nothing_is_written_over(house: House) -> None:
    patient = known(house, email="nora@old.example")
    with house.open():
        booked = come(house, email="nora@new.example")
        assert booked.appointment.patient_id == patient.pk
        patient.refresh_from_db()
        assert (patient.email, patient.family_name) == ("nora@old.example", "Maier")
        assert Patient.objects.count() == 1


@pytest.mark.rule("2.13")
@pytest.mark.parametrize(
    "other",
    [
        {"given_name": "Otto"}, {"family_name": "Brandt"}, {"birth_year": 1981}, {"phone": "+33 6 12 34 56 99"},
        {"birth_year": None, "birth_date": date(1980, 5, 4)}, {"birth_year": None},
    ],
)  # fmt: skip
def test_whoever_differs_is_somebody_else(house: House, other: dict[str, Any]) -> None:
    patient = known(house)
    with house.open():
        booked = come(house, **other)
        assert booked.appointment.patient_id != patient.pk


@pytest.mark.rule("2.13")
def test_the_answer_is_the_same_for_known_and_unknown(house: House) -> None:
    known(house)
    with house.open():
        one, two = come(house), come(house, 1, given_name="Somebody", family_name="Unheard", phone="+33 7 00 00 00 01")
        same = ("state", "source", "mode", "minutes", "overridden", "held_until", "token")
        assert [getattr(one.appointment, name) for name in same] == [getattr(two.appointment, name) for name in same]
        assert len(one.link) == len(two.link)


@pytest.mark.rule("2.13")
def test_whoever_books_reads_the_name_as_it_was_typed_and_not_the_records(house: House) -> None:
    known(house, preferred_name="Nono")
    with house.open():
        booked = come(house, given_name="Norah")
        moved = appointments.reschedule_by_link(
            booked.appointment, starts_at=TEN + HALF,
            actor=Actor(kind="patient", id=booked.appointment.ref, name="", abilities=PATIENT),
        )  # fmt: skip
    for link in (booked.link, moved.link):
        page = Client().get(f"/b/{link}/", follow=True).content.decode()
        assert "Norah" in page and "Nono" not in page
        assert Client().get(f"/api/v1/public/appointments/{link}/status").json()["patient"] == "Norah Meyer"


@pytest.mark.rule("2.13")
def test_about_as_much_is_done_for_known_and_unknown(house: House) -> None:
    """Time follows the statements: one to register is all that a stranger costs more."""
    known(house)

    def count(nth: int, **more: Any) -> int:
        with CaptureQueriesContext(connection) as told:
            come(house, nth, **more)
        return len(told)

    with house.open():
        come(house, 5, given_name="First", phone="+33 7 00 00 00 09")
        seen = count(0)
        stranger = count(1, given_name="Somebody", family_name="Unheard", phone="+33 7 00 00 00 01")
        assert 0 <= stranger - seen <= 3


@pytest.mark.rule("2.4")
@pytest.mark.parametrize("most", [1, 3])
def test_so_many_live_bookings_of_one_phone(house: House, most: int) -> None:
    with house.open():
        HospitalConfig.objects.update(live_bookings_per_phone=most)
        rows = [come(house, nth, given_name=f"Child {'abc'[nth] * 6}").appointment for nth in range(most)]
        with pytest.raises(NotAllowed) as told:
            come(house, 6, given_name="One more", phone="0612345678", proved="0612345678")
        assert told.value.code == "booking.limit"
        appointments.cancel(rows[0], reason="no", actor=house.desk)
        assert come(house, 6, given_name="One more", proved=NORA["phone"]).appointment.state == CONFIRMED


@pytest.mark.rule("2.4")
def test_what_the_desk_books_does_not_count(house: House) -> None:
    patient = known(house)
    with house.open():
        for nth in range(3):
            appointments.book(house.own, patient, starts_at=TEN + timedelta(days=nth + 1), actor=house.desk)
        assert come(house).appointment.state == CONFIRMED


@pytest.mark.rule("2.4", "2.13")
def test_twice_on_one_day_is_one_answer_with_too_many(house: House) -> None:
    with house.open():
        come(house)
        with pytest.raises(NotAllowed) as told:
            come(house, 1, proved=NORA["phone"])
        assert (told.value.code, told.value.details) == ("booking.limit", {})


@pytest.mark.rule("2.13")
@pytest.mark.parametrize("proved", ["", "somebody@else.example", "+33 7 11 11 11 11"])
def test_whoever_has_not_shown_the_phone_learns_nothing_of_its_bookings(house: House, proved: str) -> None:
    """As many as the phone may have, one of them at this doctor on this day: the answer is a booking all the same."""
    with house.open():
        HospitalConfig.objects.update(live_bookings_per_phone=1)
        mine = come(house, proved=NORA["phone"]).appointment
        assert mine.proved
        strangers = come(house, 1, proved=proved)
        row = strangers.appointment
        assert (row.state, row.proved, row.patient_id) == (CONFIRMED, False, mine.patient_id)
        holder = Actor(kind="patient", id=row.ref, name="", abilities=PATIENT)
        away = appointments.reschedule_by_link(row, starts_at=TEN + timedelta(days=1), actor=holder).appointment
        holder = Actor(kind="patient", id=away.ref, name="", abilities=PATIENT)
        back = appointments.reschedule_by_link(away, starts_at=TEN + HALF, actor=holder).appointment
        assert (back.state, back.overridden) == (CONFIRMED, True)


@pytest.mark.rule("2.4")
def test_a_mailbox_counts_where_the_record_has_it(house: House) -> None:
    with house.open():
        HospitalConfig.objects.update(live_bookings_per_phone=1)
        come(house, email="Nora@example.org", proved="nora@example.org")
        with pytest.raises(NotAllowed) as told:
            come(house, 48, proved="nora@Example.org")
        assert told.value.code == "booking.limit"
        come(house, 1, given_name="Otto", email="otto@example.org", proved="otto@example.org")


@pytest.mark.rule("1.8")
def test_what_is_free_instead_names_no_line_that_is_not_public(house: House) -> None:
    with house.open():
        Doctor.objects.filter(pk=house.doctor.pk).update(listed=True)
        Absence.objects.create(
            doctor=house.doctor, starts_at=EIGHT + timedelta(days=1), ends_at=EIGHT + timedelta(days=30)
        )
        starts = [slot.starts_at for slot in book.day(house.own, TEN.date()).slots]
        for nth, start in enumerate(starts):
            appointments.book(house.own, house.patient("Full", f"Day{nth}"), starts_at=start, actor=house.desk)
        for try_it in (
            partial(appointments.hold_online, house.own),
            partial(appointments.book_online, house.own, NORA),
        ):
            with pytest.raises(DomainError) as told:
                try_it(starts_at=starts[0], actor=VISITOR)
            named = {each["queue"] for each in told.value.details["alternatives"]}
            assert named <= {str(house.own.pk)}


@pytest.mark.rule("2.4", "2.13")
def test_moving_a_booking_tells_nothing_of_the_persons_others(house: House) -> None:
    with house.open():
        come(house)
        other = appointments.book_online(
            house.own, NORA, starts_at=TEN + timedelta(days=1), proved=NORA["phone"], actor=VISITOR
        )
        row = other.appointment
        holder = Actor(kind="patient", id=row.ref, name="", abilities=PATIENT)
        with pytest.raises(NotAllowed) as told:
            appointments.reschedule_by_link(row, starts_at=TEN + HALF, actor=holder)
        assert (told.value.code, told.value.details) == ("booking.limit", {})


def test_a_hold_of_a_visitor_is_booked_or_given_back_by_a_visitor(house: House) -> None:
    with house.open():
        held = appointments.hold_online(house.own, starts_at=TEN, actor=VISITOR)
        row = appointments.book_online(held, NORA, reason="a cough", actor=VISITOR).appointment
        assert (row.pk, row.state, row.source, row.reason) == (held.pk, CONFIRMED, "online", "a cough")
        desk = appointments.hold(house.own, starts_at=TEN + HALF, actor=house.desk)
        desk.hold_secret = held.hold_secret
        for act in (
            lambda: appointments.book_online(desk, NORA, actor=VISITOR),
            lambda: appointments.release_online(desk, actor=VISITOR),
            lambda: appointments.release_online(row, actor=VISITOR),
        ):
            with pytest.raises(NotFound):
                act()


def test_a_number_is_booked_online(house: House) -> None:
    with house.open():
        row = appointments.book_online(house.own, NORA, day=date(2026, 11, 24), mode="token", actor=VISITOR).appointment
        assert (row.token, row.mode, row.service_day) == ("A-001", "token", date(2026, 11, 24))


@pytest.mark.parametrize(
    ("policy", "state"),
    [({}, CONFIRMED), ({"confirm": "doctor"}, REQUESTED), ({"prepay": True}, AWAITING_PAYMENT)],
)
def test_the_policies_say_what_a_booking_is_at_first(house: House, policy: dict[str, Any], state: str) -> None:
    with house.open():
        HospitalConfig.objects.update(**policy)
        assert come(house).appointment.state == state
        assert appointments.accept(Appointment.objects.get(), actor=house.medic).state != REQUESTED


@pytest.mark.parametrize(
    "person", [{"phone": ""}, {"phone": "abc"}, {"notes": "x"}, {"given_name": "", "family_name": ""}]
)
def test_bad_input_is_a_question_back(house: House, person: dict[str, Any]) -> None:
    with house.open(), pytest.raises(Invalid):
        come(house, **person)


def test_what_is_not_offered_online_is_not_had_by_asking(house: House) -> None:
    with house.open():
        inside = VisitType.objects.create(name="Inside", minutes=20, bookable=False)
        with pytest.raises(DomainError) as told:
            appointments.book_online(house.own, NORA, type=inside, starts_at=TEN, actor=VISITOR)
        assert told.value.code == "appointment.type_not_here"
        assert Patient.objects.count() == 0
