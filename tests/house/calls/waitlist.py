"""Examples of the waiting list and of series."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import time_machine
from django.utils import timezone

from clinic.core.access import PATIENT, VISITOR, Actor
from clinic.tenants import days
from queues.models import Appointment, Series, WaitlistEntry
from queues.operations import book_names, series, waitlist
from tests.house.calls.book import PERSON, free
from tests.house.examples import EACH, REFUSED, SAME, Call, example
from tests.world import House

WEEKLY = "FREQ=WEEKLY;COUNT=4"
HOLDERS = "this is for who holds documents"
_LAST: dict[str, WaitlistEntry] = {}


def span(house: House) -> dict[str, Any]:
    today = days.service_day(house.hospital)
    return {"first_day": today, "last_day": today + timedelta(days=20)}


def entered(house: House, **more: Any) -> WaitlistEntry:
    """Somebody who wants a place with the doctor."""
    patient = more.pop("patient", None) or house.patient("Wanda", f"Waits{len(house.people)}")
    _LAST[house.hospital.slug] = entry = waitlist.enter(house.own, patient, actor=house.desk, **{**span(house), **more})
    return entry


def later(house: House) -> datetime:
    """A free start that is far enough away to be offered."""
    soon = timezone.now() + waitlist.SOONEST
    return next(start for start in free(house, count=40) if start > soon)


def offered(house: House) -> WaitlistEntry:
    """Somebody to whom a place is offered."""
    entry = entered(house)
    waitlist.offer(entry, later(house), actor=house.desk)
    entry.refresh_from_db()
    _LAST[house.hospital.slug] = entry
    return entry


def who_was_offered(house: House) -> Actor:
    """The holder of the link of the newest offer."""
    entry = _LAST.get(house.hospital.slug)
    ref = Appointment(pk=uuid4() if entry is None else entry.offer_id).ref
    return Actor(kind="patient", id=ref, name="", abilities=PATIENT)


@example(waitlist.enter, twice=REFUSED)
def _enter(house: House) -> Call:
    return Call(house.own, house.patient("Wanda", "Waits"), part="morning", note="rings before", **span(house))


@example(waitlist.enter_online, twice=SAME, actor=lambda house: VISITOR, foreign=False)
def _enter_online(house: House) -> Call:
    return Call(house.own, {**PERSON, "birth_year": 1980}, **span(house))


@example(waitlist.offer, twice=SAME)
def _offer(house: House) -> Call:
    return Call(entered(house), later(house))


@example(waitlist.take_offer, twice=SAME)
def _take_offer(house: House) -> Call:
    return Call(offered(house))


@example(waitlist.take_offer_by_link, twice=SAME, actor=who_was_offered)
def _take_offer_by_link(house: House) -> Call:
    return Call(offered(house))


@example(waitlist.decline, twice=SAME)
def _decline(house: House) -> Call:
    return Call(offered(house))


@example(waitlist.decline_by_link, twice=SAME, actor=who_was_offered)
def _decline_by_link(house: House) -> Call:
    return Call(offered(house))


@example(waitlist.withdraw, twice=SAME)
def _withdraw(house: House) -> Call:
    return Call(offered(house))


@example(waitlist.withdraw_by_link, twice=SAME, actor=who_was_offered)
def _withdraw_by_link(house: House) -> Call:
    return Call(offered(house))


@example(waitlist.lapse, twice=SAME)
def _lapse(house: House) -> Call:
    with time_machine.travel(timezone.now() - timedelta(minutes=waitlist.OFFER_MINUTES + 1)):
        return Call(offered(house))


# --- series ----------------------------------------------------------------------------------------------------------


def made(house: House, rule: str = WEEKLY, **more: Any) -> Series:
    """Four weeks with the doctor."""
    start = more.pop("starts_at", None) or next_week(house)
    patient = more.pop("patient", None) or house.patient("Serena", f"Series{len(house.people)}")
    return series.make(house.own, patient, starts_at=start, rule=rule, actor=house.desk, **more).series


def next_week(house: House) -> datetime:
    """A free start some days away, at an hour that is free in the weeks after too, and an hour later as well."""
    coming = free(house, first=days.service_day(house.hospital) + timedelta(days=2), count=60)
    return next(
        start
        for start in coming
        if not series.conflicts(house.own, None, start, WEEKLY)
        and not series.conflicts(house.own, None, start + timedelta(hours=1), WEEKLY)
    )


def nth(row: Series, place: int) -> Appointment:
    """One of a series, counted from 0."""
    found: Appointment = row.appointments.order_by("starts_at")[place]
    return found


@example(series.make, twice=REFUSED)
def _make(house: House) -> Call:
    return Call(house.own, house.patient("Serena", "Series"), starts_at=next_week(house), rule=WEEKLY)


@example(series.move_one, twice=REFUSED)
def _move_one(house: House) -> Call:
    one = nth(made(house), 1)
    return Call(one, starts_at=one.starts_at + timedelta(days=1))


@example(series.move_all, twice=REFUSED)
def _move_all(house: House) -> Call:
    one = nth(made(house), 1)
    return Call(one, starts_at=one.starts_at + timedelta(hours=1))


@example(series.skip_one, twice=REFUSED)
def _skip_one(house: House) -> Call:
    return Call(nth(made(house), 1), reason="holidays")


@example(series.cancel_all, twice=SAME)
def _cancel_all(house: House) -> Call:
    return Call(made(house), reason="has recovered")


@example(book_names.tell_new_names, twice=EACH, quiet=HOLDERS)
def _tell_new_names(house: House) -> Call:
    return Call([entered(house), made(house)])
