"""The waiting list (R2.5): what becomes free is offered to the oldest it fits, kept for a while, and passed on."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from clinic.core.access import PATIENT, VISITOR, Actor
from clinic.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from clinic.directory.models import Doctor, VisitType
from clinic.live import outbox
from clinic.live.models import Event
from clinic.tenants.models import HospitalConfig
from queues.availability import book
from queues.models import CONFIRMED, EXPIRED, HELD, Appointment, WaitlistEntry
from queues.operations import appointments, waitlist
from tests.house.calls.book import PERSON, booked, free
from tests.house.calls.waitlist import entered
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("2.5")]
MONDAY = date(2026, 11, 23)


@pytest.fixture
def house(world: World) -> Any:
    """Harbor on a Monday at eight, with the day still to come."""
    here = world.harbor
    at = datetime.combine(MONDAY, time(8), tzinfo=here.hospital.zone)
    with time_machine.travel(at, tick=False), here.open():
        yield here


def react(house: House) -> None:
    """What follows, as the worker does it."""
    while outbox.run(house.hospital.pk):
        pass


def today(house: House, **more: Any) -> WaitlistEntry:
    return entered(house, first_day=MONDAY, last_day=MONDAY, **more)


def nine(house: House, minutes: int = 0) -> datetime:
    return datetime.combine(MONDAY, time(10), tzinfo=house.hospital.zone) + timedelta(minutes=minutes)


def holder(entry: WaitlistEntry) -> Actor:
    entry.refresh_from_db()
    assert entry.offer is not None
    return Actor(kind="patient", id=entry.offer.ref, name="", abilities=PATIENT)


def state(entry: WaitlistEntry) -> str:
    entry.refresh_from_db()
    return entry.state


def test_a_cancelled_place_is_offered_to_the_oldest_it_fits(house: House) -> None:
    row = booked(house, nine(house))
    evening = today(house, part="afternoon")
    first, second = today(house), today(house)
    appointments.cancel(row, reason="recovered", actor=house.desk)
    react(house)
    assert (state(evening), state(first), state(second)) == ("waitlisted", "offered", "waitlisted")
    assert first.offer is not None
    assert (first.offer.state, first.offer.starts_at, first.offer.patient_id) == (HELD, nine(house), first.patient_id)
    assert first.offer.held_until == timezone.now() + timedelta(minutes=waitlist.OFFER_MINUTES)
    assert nine(house) not in book.free_at(house.own, None, [nine(house)])
    offered = Event.objects.get(name="waitlist.offered")
    assert {ref.partition(":")[0] for ref in offered.subjects} == {"waitlist_entry", "appointment"}


def test_the_patient_takes_the_place_by_the_link(house: House) -> None:
    entry = today(house)
    place = waitlist.offer(entry, nine(house), actor=house.desk)
    told = waitlist.take_offer_by_link(entry, actor=holder(entry))
    assert told.appointment.pk == place.pk
    assert (told.appointment.state, told.appointment.source) == (CONFIRMED, Appointment.WAITLIST)
    assert state(entry) == "confirmed"
    assert waitlist.take_offer_by_link(entry, actor=holder(entry)).appointment.pk == place.pk
    stranger = Actor(kind="patient", id="appointment:0", name="", abilities=PATIENT)
    with pytest.raises(NotFound):
        waitlist.take_offer_by_link(entry, actor=stranger)


def test_a_declined_place_goes_to_the_next_and_is_not_offered_twice(house: House) -> None:
    first, second = today(house), today(house)
    waitlist.offer(first, nine(house), actor=house.desk)
    waitlist.decline_by_link(first, actor=holder(first))
    react(house)
    assert (state(first), state(second)) == ("waitlisted", "offered")
    waitlist.decline(second, actor=house.desk)
    react(house)
    assert (state(first), state(second)) == ("waitlisted", "waitlisted")
    assert waitlist.fitting(house.own, nine(house, 60)) == [first, second], "another place may be offered to both"


def test_an_unanswered_offer_lapses_and_goes_to_the_next(house: House) -> None:
    first, second = today(house), today(house)
    waitlist.offer(first, nine(house), actor=house.desk)
    assert waitlist.lapse_due() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=waitlist.OFFER_MINUTES), tick=False):
        assert waitlist.lapse_due() == 1
        react(house)
        assert (state(first), state(second)) == ("lapsed", "offered")
        with pytest.raises(NotAllowed) as over:
            waitlist.take_offer_by_link(first, actor=holder(first))
        assert over.value.code == "waitlist.offer_over"
        assert first.offer is not None
        assert first.offer.state == EXPIRED


def test_days_that_have_passed_end_an_entry(house: House) -> None:
    entry = today(house)
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        waitlist.lapse_due()
    assert state(entry) == "lapsed"


def test_whoever_withdraws_gives_the_place_back(house: House) -> None:
    first, second = today(house), today(house)
    waitlist.offer(first, nine(house), actor=house.desk)
    waitlist.withdraw(first, actor=house.desk)
    react(house)
    assert (state(first), state(second)) == ("withdrawn", "offered")


def test_a_place_that_begins_at_once_is_offered_to_nobody(house: House) -> None:
    row = booked(house, nine(house))
    entry = today(house)
    with time_machine.travel(nine(house) - timedelta(minutes=10), tick=False):
        appointments.cancel(row, reason="recovered", actor=house.desk)
        react(house)
    assert state(entry) == "waitlisted"


def by_number(house: House, people: int) -> list[Appointment]:
    """The doctor is booked by number only, and this Monday is full with so many."""
    Doctor.objects.filter(pk=house.doctor.pk).update(booking_mode="token", daily_capacity=people)
    made = [appointments.book(house.own, house.patient(), day=MONDAY, actor=house.desk) for _ in range(people)]
    return [told.appointment for told in made]


def test_a_number_that_was_called_off_goes_to_the_list_as_the_next_of_the_day(house: House) -> None:
    rows = by_number(house, 3)
    first, second = today(house), today(house)
    appointments.cancel(rows[0], reason="recovered", actor=house.desk)
    react(house)
    assert (state(first), state(second)) == ("offered", "waitlisted")
    assert first.offer is not None
    assert (first.offer.mode, first.offer.token, first.offer.service_day) == ("token", "A-004", MONDAY)
    with pytest.raises(DomainError, check=lambda error: error.code == "day.full"):
        appointments.book(house.own, house.patient(), day=MONDAY, actor=house.desk)
    waitlist.decline(first, actor=house.desk)
    react(house)
    assert (state(first), state(second)) == ("waitlisted", "offered")
    told = waitlist.take_offer_by_link(second, actor=holder(second))
    assert (told.appointment.state, told.appointment.token) == (CONFIRMED, "A-005")


def test_a_number_nobody_took_goes_to_the_next_and_one_at_once_to_nobody(house: House) -> None:
    rows = by_number(house, 2)
    first, second = today(house), today(house)
    appointments.cancel(rows[0], reason="recovered", actor=house.desk)
    react(house)
    with time_machine.travel(timezone.now() + timedelta(minutes=waitlist.OFFER_MINUTES), tick=False):
        assert waitlist.lapse_due() == 1
        react(house)
        assert (state(first), state(second)) == ("lapsed", "offered")
    third = today(house)
    with time_machine.travel(nine(house, 6 * 60), tick=False):
        waitlist.withdraw(second, actor=house.desk)
        react(house)
        assert state(third) == "waitlisted", "what is left of the day begins at once"


def test_a_longer_kind_of_visit_is_passed_over_where_it_does_not_fit(house: House) -> None:
    long = VisitType.objects.create(name="Operation", minutes=60)
    short = VisitType.objects.create(name="Check-up", minutes=15)
    row = booked(house, nine(house), type=short)
    booked(house, nine(house, 20), type=short)
    first, second = today(house, type=long), today(house, type=short)
    appointments.cancel(row, reason="recovered", actor=house.desk)
    react(house)
    assert (state(first), state(second)) == ("waitlisted", "offered")


def test_an_offer_and_a_booking_never_share_a_place(house: House) -> None:
    first, second = today(house), today(house)
    waitlist.offer(first, nine(house), actor=house.desk)
    with pytest.raises(Conflict) as taken:
        booked(house, nine(house))
    assert taken.value.code == "slot.taken"
    with pytest.raises(Conflict):
        waitlist.offer(second, nine(house), actor=house.desk)
    booked(house, nine(house, 60))
    with pytest.raises(DomainError) as refused:
        waitlist.offer(second, nine(house, 60), actor=house.desk)
    assert refused.value.code == "slot.taken"
    assert refused.value.details["alternatives"], "with places that are free"


def test_whoever_is_on_the_list_already_is_told_and_a_stranger_is_not(house: House) -> None:
    entry = today(house)
    with pytest.raises(Conflict) as twice:
        today(house, patient=entry.patient)
    assert twice.value.code == "waitlist.already"
    asked: dict[str, Any] = {"first_day": MONDAY, "last_day": MONDAY + timedelta(days=3)}
    person = {**PERSON, "birth_year": 1980}
    one = waitlist.enter_online(house.own, person, actor=VISITOR, **asked)
    assert waitlist.enter_online(house.own, person, actor=VISITOR, **asked).pk == one.pk


@pytest.mark.parametrize(
    ("first", "last", "part"), [(0, -1, "any"), (-3, -1, "any"), (0, 500, "any"), (2, 1, "any"), (0, 1, "night")]
)
def test_days_and_hours_nobody_means_are_refused(house: House, first: int, last: int, part: str) -> None:
    span: dict[str, Any] = {
        "first_day": MONDAY + timedelta(days=first),
        "last_day": MONDAY + timedelta(days=last),
        "part": part,
    }
    with pytest.raises(Invalid):
        entered(house, **span)
    person = {**PERSON, "birth_year": 1980}
    asked: dict[str, Any] = {"first_day": MONDAY, "last_day": MONDAY + timedelta(days=3)}
    waitlist.enter_online(house.own, person, actor=VISITOR, **asked)
    with pytest.raises(Invalid):  # a refusal that only strangers got would tell who is on the list (R2.13)
        waitlist.enter_online(house.own, person, actor=VISITOR, **span)


def test_a_place_that_was_not_asked_for_is_not_offered(house: House) -> None:
    entry = today(house, part="afternoon")
    with pytest.raises(NotAllowed) as outside:
        waitlist.offer(entry, nine(house), actor=house.desk)
    assert outside.value.code == "waitlist.outside"


def test_whoever_comes_that_day_anyway_is_not_asked(house: House) -> None:
    entry = today(house)
    booked(house, free(house)[-1], patient=entry.patient)
    assert waitlist.fitting(house.own, nine(house, 120)) == []


def test_an_offer_to_somebody_who_needs_a_doctors_word_is_booked_as_policy_says(house: House) -> None:
    HospitalConfig.objects.update(confirm=HospitalConfig.BY_DOCTOR)
    entry = today(house)
    waitlist.offer(entry, nine(house), actor=house.desk)
    told = waitlist.take_offer(entry, actor=house.desk)
    assert told.appointment.state in ("requested", "confirmed")
