"""Many at once for one place, on both databases: one has it, and everybody else is told what really is free (R2.2)."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine

from clinic.core.access import VISITOR
from clinic.core.errors import Conflict
from clinic.directory.models import Doctor
from clinic.live import ledger
from clinic.tenants.models import HospitalConfig
from queues.availability import book
from queues.models import BOOKED, HELD, RESCHEDULED, Appointment, Queue, SlotTick, WaitlistEntry
from queues.operations import appointments, waitlist
from tests.queues.crowd import at_once, codes, good
from tests.world import House, World

pytestmark = [pytest.mark.rule("2.2"), pytest.mark.django_db(transaction=True)]

PROOF = bool(os.environ.get("PROOF"))
MANY, ROUNDS = (50, 20) if PROOF else (10, 3)
"""PROOF=1 plays what issue and rule ask for; the suite plays it short."""
MONDAY = date(2026, 11, 23)
EIGHT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
TEN = EIGHT + timedelta(hours=2)


@pytest.fixture
def house(world: World) -> House:
    house = world.harbor
    with house.open():
        HospitalConfig.objects.update(default_minutes=25, buffer_minutes=5, live_bookings_per_phone=50)
    return house


def starts(count: int) -> list[datetime]:
    """One for each round, on a day of its own where somebody works."""
    days = [TEN + timedelta(days=n) for n in range(count * 2)]
    return [day for day in days if day.weekday() != 6][:count]


def play(house: House, acts: Sequence[Callable[[], Any]]) -> list[Any]:
    with time_machine.travel(EIGHT, tick=False):
        return at_once(house, acts)


def one_wins(house: House, answers: list[Any], start: datetime, *, state: str = "") -> Any:
    """Exactly one has the place, and nobody else went away without something that really is free."""
    assert set(codes(answers)) <= {"slot.taken"}
    (winner,) = good(answers)
    losers = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(losers) == len(answers) - 1
    with house.open(), time_machine.travel(EIGHT, tick=False):
        there = Appointment.objects.filter(starts_at=start, state__in=(HELD, *BOOKED))
        assert there.count() == 1
        assert SlotTick.objects.filter(appointment=there.get()).count() == 6
        asked: set[tuple[str, str]] = set()
        for loser in losers:
            told = loser.details["alternatives"]
            assert told
            asked |= {(one["queue"], one["starts_at"]) for one in told}
        for queue, at in asked:
            moment = datetime.fromisoformat(at)
            assert book.free_at(Queue.objects.get(pk=queue), None, [moment]) == {moment}
    return winner


def whole(house: House) -> None:
    """The account of places is what the appointments say, and the log is whole."""
    with house.open():
        live = Appointment.objects.filter(state__in=(HELD, *BOOKED), mode="slot")
        wanted = {
            (row.queue_id, tick, row.pk)
            for row in live
            for tick in range(int(row.starts_at.timestamp()) // 300, int(row.starts_at.timestamp()) // 300 + 6)
        }
        assert set(SlotTick.objects.values_list("queue_id", "tick", "appointment_id")) == wanted
    assert ledger.verify(house.hospital.pk).fault == ""


def test_of_many_bookings_of_one_place_one_wins(house: House) -> None:
    people, desk = [house.patient(f"P{n}", "Crowd") for n in range(MANY)], house.desk
    for start in starts(ROUNDS):
        acts = [
            lambda who=who, start=start: appointments.book(house.own, who, starts_at=start, actor=desk)  # type: ignore[misc]
            for who in people
        ]
        one_wins(house, play(house, acts), start)
    whole(house)


def test_of_many_holds_of_one_place_one_wins(house: House) -> None:
    for start in starts(ROUNDS):
        acts = [lambda start=start: appointments.hold_online(house.own, starts_at=start, actor=VISITOR)] * MANY  # type: ignore[misc]
        one_wins(house, play(house, acts), start)
    whole(house)


def test_of_many_moves_onto_one_place_one_wins(house: House) -> None:
    desk = house.desk
    with time_machine.travel(EIGHT, tick=False), house.open():
        free = book.days(house.own, MONDAY + timedelta(days=40), MONDAY + timedelta(days=60))
        places = [slot.starts_at for day in free for slot in day.slots][:MANY]
        rows = [
            appointments.book(house.own, house.patient(f"P{n}", "Moves"), starts_at=start, actor=desk).appointment
            for n, start in enumerate(places)
        ]
    for start in starts(ROUNDS):
        acts = [
            lambda row=row, start=start: appointments.reschedule(row, starts_at=start, actor=desk)  # type: ignore[misc]
            for row in rows
        ]
        winner = one_wins(house, play(house, acts), start).appointment
        rows = [winner if row.pk == winner.predecessor.pk else row for row in rows]
    with house.open():
        assert Appointment.objects.filter(state=RESCHEDULED).count() == ROUNDS
        assert Appointment.objects.filter(state__in=BOOKED).count() == MANY
    whole(house)


def test_an_offer_of_the_waiting_list_against_direct_bookings(house: House) -> None:
    people, desk = [house.patient(f"P{n}", "Direct") for n in range(MANY - 1)], house.desk
    for start in starts(ROUNDS + 1)[1:]:
        with time_machine.travel(EIGHT, tick=False), house.open():
            entry = waitlist.enter(
                house.own, house.patient("Wanda", f"W{start:%d%m}"), first_day=MONDAY,
                last_day=MONDAY + timedelta(days=90), actor=desk,
            )  # fmt: skip
        acts: list[Callable[[], Any]] = [
            lambda who=who, start=start: appointments.book(house.own, who, starts_at=start, actor=desk)  # type: ignore[misc]
            for who in people
        ]
        acts.insert(MANY // 2, lambda entry=entry, start=start: waitlist.offer(entry, start, actor=desk))  # type: ignore[misc]
        one_wins(house, play(house, acts), start)
    whole(house)


def test_overlapping_times_at_once_never_overlap(house: House) -> None:
    people, desk = [house.patient(f"P{n}", "Overlaps") for n in range(MANY)], house.desk
    for start in starts(ROUNDS):
        acts = [
            lambda who=who, at=start + timedelta(minutes=5 * (n % 12)): appointments.book(  # type: ignore[misc]
                house.own, who, starts_at=at, actor=desk
            )
            for n, who in enumerate(people)
        ]
        answers = play(house, acts)
        assert set(codes(answers)) <= {"slot.taken"}
        taken = sorted(booked.appointment.starts_at for booked in good(answers))
        assert taken
        assert all(after - before >= timedelta(minutes=30) for before, after in itertools.pairwise(taken))
    whole(house)


def test_two_who_change_places_are_refused_and_block_nobody(house: House) -> None:
    desk = house.desk
    for start in starts(ROUNDS):
        later = start + timedelta(minutes=30)
        with time_machine.travel(EIGHT, tick=False), house.open():
            one, two = (
                appointments.book(house.own, house.patient("Pat", f"{at:%d%H%M}"), starts_at=at, actor=desk).appointment
                for at in (start, later)
            )
        answers = play(house, [
            lambda one=one, later=later: appointments.reschedule(one, starts_at=later, actor=desk),  # type: ignore[misc]
            lambda two=two, start=start: appointments.reschedule(two, starts_at=start, actor=desk),  # type: ignore[misc]
        ])  # fmt: skip
        assert set(codes(answers)) == {"slot.taken"}
        assert good(answers) == []
    whole(house)


def test_as_many_win_as_there_are_places(house: House) -> None:
    with house.open():
        Doctor.objects.filter(pk=house.doctor.pk).update(slot_capacity=4)
    people, desk = [house.patient(f"P{n}", "Group") for n in range(MANY)], house.desk
    for start in starts(ROUNDS):
        acts = [
            lambda who=who, start=start: appointments.book(house.own, who, starts_at=start, actor=desk)  # type: ignore[misc]
            for who in people
        ]
        answers = play(house, acts)
        assert set(codes(answers)) == {"slot.taken"}
        assert len(good(answers)) == 4


@pytest.mark.rule("2.9")
def test_a_pool_is_never_fuller_than_its_doctors(house: House) -> None:
    people, desk = [house.patient(f"P{n}", "Pool") for n in range(MANY)], house.desk
    for policy in ("pool", "least_busy"):
        with house.open():
            HospitalConfig.objects.update(pool_booking=policy)
        for start in starts(2 * ROUNDS)[:: 1 if policy == "pool" else -1][:ROUNDS]:
            acts = [
                lambda who=who, start=start: appointments.book(house.pool, who, starts_at=start, actor=desk)  # type: ignore[misc]
                for who in people
            ]
            answers = play(house, acts)
            assert set(codes(answers)) == {"slot.taken"}
            assert len(good(answers)) == 2
            if policy == "least_busy":
                assert len({booked.appointment.queue_id for booked in good(answers)}) == 2
    whole(house)


@pytest.mark.rule("2.1", "3.20")
def test_a_days_number_is_never_passed(house: House) -> None:
    with house.open():
        Doctor.objects.filter(pk=house.doctor.pk).update(daily_capacity=4)
    people, desk = [house.patient(f"P{n}", "Number") for n in range(MANY)], house.desk
    for start in starts(ROUNDS):
        day = start.date()
        acts = [
            lambda who=who, n=n, start=start, day=day: appointments.book(  # type: ignore[misc]
                house.own, who, actor=desk,
                **({"day": day} if n % 2 else {"starts_at": start + timedelta(minutes=30 * (n % 10))}),
            )
            for n, who in enumerate(people)
        ]  # fmt: skip
        answers = play(house, acts)
        assert set(codes(answers)) <= {"slot.taken", "day.full"}
        assert len(good(answers)) == 4
        with house.open():
            numbers = [booked.appointment.token for booked in good(answers) if booked.appointment.token]
            assert len(set(numbers)) == len(numbers)


@pytest.mark.rule("2.4")
def test_one_person_at_many_doors_is_booked_once(house: House) -> None:
    patient, desk = house.patient(), house.desk
    for start in starts(ROUNDS):
        acts = [
            lambda n=n, start=start: appointments.book(  # type: ignore[misc]
                house.own, patient, starts_at=start + timedelta(minutes=30 * n), actor=desk
            )
            for n in range(min(MANY, 10))
        ]
        answers = play(house, acts)
        assert set(codes(answers)) == {"appointment.twice"}
        assert len(good(answers)) == 1


@pytest.mark.rule("2.4")
def test_one_phone_at_many_doors_passes_no_limit_and_is_one_person(house: House) -> None:
    with house.open():
        HospitalConfig.objects.update(live_bookings_per_phone=3)
    person = {"given_name": "Nora", "family_name": "Newcomer", "phone": "+1 555 0199 2233", "birth_year": 1980}
    acts = [
        lambda start=start: appointments.book_online(  # type: ignore[misc]
            house.own, person, starts_at=start, proved=str(person["phone"]), actor=VISITOR
        )
        for start in starts(MANY)
    ]
    answers = play(house, acts)
    assert set(codes(answers)) == {"booking.limit"}
    assert len(good(answers)) == 3
    with house.open():
        assert Appointment.objects.filter(state__in=BOOKED).values("patient").distinct().count() == 1


@pytest.mark.rule("2.13")
def test_one_person_at_many_doors_of_the_waiting_list_gets_one_answer(house: House) -> None:
    person = {"given_name": "Nora", "family_name": "Newcomer", "phone": "+1 555 0199 2233", "birth_year": 1980}
    act = partial(waitlist.enter_online, house.own, person, first_day=MONDAY, last_day=MONDAY, actor=VISITOR)
    answers = play(house, [act] * MANY)
    assert codes(answers) == []
    with house.open():
        assert WaitlistEntry.objects.count() == 1
