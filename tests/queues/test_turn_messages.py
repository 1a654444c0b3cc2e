"""What patients are told of their turn and of their doctor's times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from clinic.core.access import SYSTEM
from clinic.directory.models import Doctor
from clinic.directory.operations import set_status
from clinic.inbox.models import PatientMessage
from clinic.live.models import Event
from clinic.tenants import days
from clinic.tenants import operations as tenants
from queues import reminders
from queues.operations import calls, checkin, close, undo
from tests.queues.telling import MORNING, UNDO, at, book, known, later, sent, told, wait, work
from tests.world import House, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(MORNING, tick=False) as travel:
        yield travel


@pytest.fixture
def house(world: World, clock: Any) -> Iterator[House]:
    with world.harbor.open():
        yield world.harbor


# --- the turn --------------------------------------------------------------------------------------------------------


def test_your_turn_is_told_at_once(house: House) -> None:
    who = known(house)
    visit = wait(house, who)
    calls.call_next(house.doctor, actor=house.medic)
    work(house)
    work(house)
    assert sent(who) == ["your_turn"]
    assert f"{visit.token}: it is your turn. Please go to Room 4 now." in mail.outbox[0].body


def test_a_call_of_long_ago_is_told_to_nobody(house: House, clock: Any) -> None:
    who = known(house)
    wait(house, who)
    calls.call_next(house.doctor, actor=house.medic)
    later(clock, house, minutes=10)
    assert told(who) == []


@pytest.mark.rule("3.19")
def test_an_undone_call_is_followed_by_please_wait_if_it_was_told(house: House, clock: Any) -> None:
    heard, unheard = known(house), known(house)
    for who in (heard, unheard):
        wait(house, who)
    calls.call_next(house.doctor, actor=house.medic)
    work(house)
    undo.undo(Event.objects.filter(name="visit.called").latest("seq").seq, actor=house.medic)
    work(house)
    assert sent(heard) == ["your_turn", "please_wait"]
    clock.shift(timedelta(seconds=20))
    calls.call_next(house.doctor, actor=house.medic)
    work(house)
    assert sent(heard) == ["your_turn", "please_wait", "your_turn"]
    doctor = Doctor.objects.exclude(pk=house.doctor.pk).get()
    calls.call(unheard.visits.get(), doctor, reason="in pain", actor=house.desk)
    undo.undo(Event.objects.filter(name="visit.called_out_of_order").latest("seq").seq, actor=house.desk)
    work(house)
    assert sent(unheard) == []


def test_two_before_you_once_and_not_who_has_just_come(house: House, clock: Any) -> None:
    people = [known(house) for _ in range(5)]
    for who in people:
        wait(house, who)
    reminders.near()
    work(house)
    assert mail.outbox == []
    clock.shift(timedelta(minutes=6))
    for _ in range(2):
        reminders.near()
        work(house)
    assert [sent(who) for who in people] == [["two_before"]] * 3 + [[], []]
    assert "2 people are before you" in mail.outbox[-1].body
    calls.call_next(house.doctor, actor=house.medic)
    reminders.near()
    work(house)
    assert sent(people[3]) == ["two_before"]


@pytest.mark.rule("3.22")
def test_who_is_carried_over_is_told_under_the_new_number(house: House, clock: Any) -> None:
    who = known(house)
    visit = wait(house, who)
    clock.move_to(at("21T04:30"))
    fresh = close.close(visit, close.CARRY, actor=SYSTEM)
    assert fresh is not None
    work(house)
    assert sent(who) == []
    clock.move_to(at("21T08:00"))
    work(house)
    assert sent(who) == ["carried_over"]
    assert fresh.token in mail.outbox[0].body


# --- the doctor's times ----------------------------------------------------------------------------------------------


def test_a_delay_is_told_to_who_waits_and_who_still_comes(house: House, clock: Any) -> None:
    waits, comes, tomorrow = known(house), known(house), known(house)
    wait(house, waits)
    book(house, comes, "20T15:00")
    book(house, tomorrow, "21T15:00")
    work(house)
    set_status(house.doctor, Doctor.RUNNING_LATE, late_minutes=25, actor=house.medic)
    work(house)
    assert "late" not in sent(waits)
    later(clock, house, seconds=UNDO)
    assert sent(waits) == ["late"]
    assert sent(comes) == ["booked", "late"]
    assert sent(tomorrow) == ["booked"]
    assert "about 25 minutes longer" in mail.outbox[-1].body


def test_of_two_delays_in_a_minute_only_the_last_is_told(house: House, clock: Any) -> None:
    who = known(house)
    wait(house, who)
    for minutes in (10, 40):
        set_status(Doctor.objects.get(pk=house.doctor.pk), Doctor.RUNNING_LATE, late_minutes=minutes, actor=house.medic)
        work(house)
    later(clock, house, seconds=UNDO)
    assert sent(who) == ["late"]
    assert "about 40 minutes longer" in mail.outbox[-1].body


def test_a_break_is_told_with_its_end_and_one_that_is_over_is_not(house: House, clock: Any) -> None:
    who, during, after = (known(house, family=name) for name in ("Waits", "Comes", "Evening"))
    wait(house, who)
    book(house, during, "20T11:00")
    book(house, after, "20T15:00")
    until = timezone.now() + timedelta(hours=2, minutes=45)
    set_status(house.doctor, Doctor.ON_BREAK, until=until, actor=house.medic)
    later(clock, house, seconds=UNDO)
    assert sent(who) == ["on_break"]
    assert sum("until about 11:45" in sent_mail.body for sent_mail in mail.outbox) == 2
    assert sent(during) == ["booked", "on_break"]
    assert sent(after) == ["booked"], "begins when the break is over"
    set_status(
        Doctor.objects.get(pk=house.doctor.pk), Doctor.ON_BREAK, until=until + timedelta(hours=1), actor=house.medic
    )
    set_status(Doctor.objects.get(pk=house.doctor.pk), Doctor.ON_TIME, actor=house.medic)
    later(clock, house, seconds=UNDO)
    assert sent(who) == ["on_break"]


def test_a_hospital_that_tells_nothing_tells_nothing(house: House, clock: Any) -> None:
    tenants.change_policies(days.policies(), tell_by="none", actor=house.actor("owner"))
    who = known(house)
    book(house, who)
    wait(house, who)
    calls.call_next(house.doctor, actor=house.medic)
    reminders.remind()
    reminders.near()
    work(house)
    assert PatientMessage.objects.count() == 0


def test_a_past_that_is_played_tells_nobody(house: House, clock: Any) -> None:
    who = known(house)
    book(house, who)
    later(clock, house, days=1)
    assert told(who) == []


def test_who_has_checked_in_is_not_reminded(house: House, clock: Any) -> None:
    who = known(house)
    a = book(house, who, "20T15:00")
    work(house)
    clock.move_to(at("20T14:10"))
    reminders.remind()
    checkin.check_in(a, actor=house.desk)
    work(house)
    assert sent(who) == ["booked"]
