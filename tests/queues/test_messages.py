"""What patients are told of their appointments: the right thing, once, and nothing that is not true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core import mail

from clinic.inbox.models import SENT, SKIPPED
from clinic.live import outbox
from clinic.live.models import Event
from clinic.tenants import days
from clinic.tenants import operations as tenants
from queues import reminders
from queues.operations import appointments, away_today, intake, series, undo, waitlist
from tests.queues.telling import MORNING, UNDO, at, book, known, later, sent, told, work
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


# --- appointments ----------------------------------------------------------------------------------------------------


def test_a_booking_is_told_at_once_and_once(house: House) -> None:
    who = known(house)
    a = book(house, who)
    work(house)
    work(house)
    assert sent(who) == ["booked"]
    (one,) = mail.outbox
    assert "Monday, 23 November, 11:00" in one.body
    assert "Dr. Leïla Benali" in one.body
    assert f"/b/{appointments.booking_link(a)}/" in one.body


def test_a_request_is_told_and_its_answer_when_it_stands(house: House, clock: Any) -> None:
    tenants.change_policies(days.policies(), confirm="doctor", actor=house.actor("owner"))
    first, second = known(house), known(house)
    a, b = (book(house, who, f"23T1{n}:00", "nurse") for n, who in enumerate((first, second), 1))
    work(house)
    appointments.accept(a, actor=house.medic)
    appointments.reject(b, reason="The doctor sees children only", actor=house.medic)
    work(house)
    assert sent(first) == sent(second) == ["requested"]
    later(clock, house, seconds=UNDO)
    assert sent(first) == ["requested", "accepted"]
    assert sent(second) == ["requested", "rejected"]
    assert "children only" in mail.outbox[-1].body


def test_a_cancellation_waits_until_it_cannot_be_taken_back(house: House, clock: Any) -> None:
    who = known(house)
    a = book(house, who)
    work(house)
    appointments.cancel(a, reason="The doctor travels", actor=house.desk)
    later(clock, house, seconds=30)
    assert sent(who) == ["booked"]
    later(clock, house, seconds=UNDO)
    assert sent(who) == ["booked", "cancelled"]


def test_a_cancellation_that_was_undone_is_never_told(house: House, clock: Any) -> None:
    who = known(house)
    a = book(house, who)
    work(house)
    appointments.cancel(a, reason="The wrong row", actor=house.desk)
    work(house)
    seq = Event.objects.filter(name="appointment.cancelled").latest("seq").seq
    undo.undo(seq, actor=house.desk)
    later(clock, house, seconds=UNDO)
    assert told(who) == [("booked", SENT), ("cancelled", SKIPPED)]


def test_none_after_cancel(house: House, clock: Any) -> None:
    """Whatever waited: a booking's confirmation and its reminders in the quiet hours."""
    who = known(house)
    a = book(house, who, "21T12:00")
    tenants.change_policies(
        days.policies(), mute_from=at("20T08:00").time(), mute_until=at("20T11:30").time(), actor=house.actor("owner")
    )
    outbox.run(house.hospital.pk)
    reminders.remind()
    appointments.cancel(a, reason="Ill", actor=house.desk)
    clock.move_to(at("20T13:00"))
    work(house)
    assert {occasion for occasion, state in told(who) if state != SENT} == {"booked"}
    assert sent(who) == ["cancelled"]


def test_a_move_is_told_with_the_new_time(house: House, clock: Any) -> None:
    who = known(house)
    a = book(house, who)
    work(house)
    appointments.reschedule(a, starts_at=at("24T12:00"), actor=house.desk)
    later(clock, house, seconds=UNDO)
    assert sent(who) == ["booked", "rescheduled"]
    assert "Tuesday, 24 November, 12:00" in mail.outbox[-1].body


@pytest.mark.rule("2.11")
def test_away_today_is_one_message_each(house: House, clock: Any) -> None:
    moved, called_off, waits = known(house), known(house), known(house)
    a, b = book(house, moved, "20T14:00"), book(house, called_off, "20T15:00")
    visit = intake.arrive(house.own, waits, actor=house.desk).visit
    work(house)
    choices = {
        a.ref: away_today.Choice("pool"), b.ref: away_today.Choice("cancel"), visit.ref: away_today.Choice("pool"),
    }  # fmt: skip
    settled = away_today.settle(house.doctor, at("20T09:00").date(), choices, actor=house.desk)
    assert settled.refused == {}
    later(clock, house, seconds=UNDO)
    later(clock, house, minutes=2)
    for who in (moved, called_off, waits):
        assert [occasion for occasion in sent(who) if occasion != "booked"] == ["away"], told(who)


def test_a_series_is_told_once_with_its_dates(house: House) -> None:
    who = known(house)
    made = series.make(
        house.own, who, type=None, starts_at=at("23T11:00"), rule="FREQ=WEEKLY;COUNT=3", skip_conflicts=False,
        actor=house.desk,
    )  # fmt: skip
    work(house)
    assert len(made.booked) == 3
    assert sent(who) == ["booked"]
    assert "Then: 30 November, 11:00; 7 December, 11:00" in mail.outbox[0].body


def test_a_series_that_is_cancelled_before_it_was_told_of_is_not_booked_any_more(house: House) -> None:
    who = known(house)
    made = series.make(
        house.own, who, type=None, starts_at=at("23T11:00"), rule="FREQ=WEEKLY;COUNT=3", skip_conflicts=False,
        actor=house.desk,
    )  # fmt: skip
    series.cancel_all(made.series, reason="moved away", actor=house.desk)
    work(house)
    assert "booked" not in sent(who)


def test_a_free_place_is_offered_while_it_is_kept(house: House, clock: Any) -> None:
    who, other = known(house), known(house)
    day = at("23T00:00").date()
    entries = [
        waitlist.enter(house.own, one, type=None, first_day=day, last_day=day, actor=house.desk) for one in (who, other)
    ]
    waitlist.offer(entries[0], at("23T11:00"), actor=house.desk)
    waitlist.offer(entries[1], at("23T12:00"), actor=house.desk)
    outbox.run(house.hospital.pk)
    waitlist.decline(entries[1], actor=house.desk)
    work(house)
    assert sent(who) == ["waitlist_offer"]
    assert sent(other) == []
    assert "Kept until: " in mail.outbox[0].body


# --- reminders -------------------------------------------------------------------------------------------------------


def test_reminders_the_day_and_the_hour_before(house: House, clock: Any) -> None:
    who = known(house)
    book(house, who, "23T11:00")
    work(house)
    for text, expected in (
        ("22T10:50", []), ("22T11:00", ["reminder_day"]), ("22T20:00", ["reminder_day"]),
        ("23T09:59", ["reminder_day"]), ("23T10:00", ["reminder_day", "reminder_hour"]),
        ("23T10:30", ["reminder_day", "reminder_hour"]),
    ):  # fmt: skip
        clock.move_to(at(text))
        reminders.remind()
        reminders.remind()
        work(house)
        assert sent(who)[1:] == expected, text


def test_no_reminder_shortly_after_booking_or_once_it_is_cancelled(house: House, clock: Any) -> None:
    soon, off = known(house), known(house)
    book(house, soon, "20T10:00")
    appointments.cancel(book(house, off, "23T11:00"), reason="Ill", actor=house.desk)
    for text in ("20T09:30", "22T12:00", "23T10:30"):
        clock.move_to(at(text))
        reminders.remind()
        work(house)
    assert not {"reminder_day", "reminder_hour"} & {occasion for occasion, _state in told(soon) + told(off)}


def test_a_reminder_that_was_made_before_the_cancellation_is_not_sent(house: House, clock: Any) -> None:
    who = known(house)
    a = book(house, who, "23T11:00")
    work(house)
    clock.move_to(at("22T12:00"))
    reminders.remind()
    appointments.cancel(a, reason="Ill", actor=house.desk)
    work(house)
    assert sent(who) == ["booked"]
