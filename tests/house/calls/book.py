"""Examples of the book at the desk and of video visits; and what their tests need: somebody who is booked."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import time_machine

from clinic.core import clock
from clinic.core.access import PATIENT, Actor
from clinic.directory.models import VisitType
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues.availability import book
from queues.models import Appointment, Queue
from queues.operations import appointments, desk_bookings, video, waitlist
from tests.house.examples import EACH, REFUSED, Call, example
from tests.world import House

LINK = "https://meet.example.org/{room}"
SOON = timedelta(minutes=10)
IN_THE_LOG = "who is in a video room stands in the log only"


def free(house: House, queue: Queue | None = None, *, first: date | None = None, count: int = 1) -> list[datetime]:
    """The next free starts of a line (the doctor's own), not before ten minutes from now."""
    today = first or days.service_day(house.hospital)
    found: list[datetime] = []
    for each in book.days(queue or house.own, today, today + timedelta(days=20)):
        found += [slot.starts_at for slot in each.slots if slot.starts_at > clock.now() + SOON]
        if len(found) >= count:
            break
    return found[:count]


def booked(house: House, start: datetime | None = None, queue: Queue | None = None, **more: Any) -> Appointment:
    """Somebody new who is booked, at the next free time if none is named."""
    start = start or free(house, queue)[0]
    patient = more.pop("patient", None) or house.patient("Bea", f"Booked{len(house.people)}")
    actor = more.pop("actor", house.desk)
    return appointments.book(queue or house.own, patient, starts_at=start, actor=actor, **more).appointment


def this_morning(house: House) -> time_machine.travel:
    """A Monday at eight at this hospital: the whole day is still to come."""
    return time_machine.travel(datetime.combine(date(2026, 11, 23), time(8), tzinfo=house.hospital.zone), tick=False)


def by_video(house: House, queue: Queue | None = None) -> Appointment:
    HospitalConfig.objects.update(video_link=LINK)
    kind, _made = VisitType.objects.get_or_create(name="Video visit", defaults={"minutes": 15, "video": True})
    return booked(house, queue=queue, type=kind)


def holder(row: Appointment) -> Actor:
    """The patient, by the link of the booking."""
    return Actor(kind="patient", id=row.ref, name="", abilities=PATIENT)


PERSON = {"given_name": "Nora", "family_name": "Newcomer", "phone": "+1 555 0199 2233"}


@example(desk_bookings.book_new, twice=REFUSED)
def _book_new(house: House) -> Call:
    return Call(house.own, PERSON, starts_at=free(house)[0])


@example(desk_bookings.for_new, twice=REFUSED)
def _for_new(house: House) -> Call:
    day = days.service_day(house.hospital)

    def enter(patient: Any) -> Any:
        return waitlist.enter(house.own, patient, first_day=day, last_day=day + timedelta(days=3), actor=house.desk)

    return Call(PERSON, enter, force_new="")


@example(video.join, twice=EACH, role="doctor", quiet=IN_THE_LOG)
def _join(house: House) -> Call:
    return Call(by_video(house))


@example(video.leave, twice=EACH, role="doctor", quiet=IN_THE_LOG)
def _leave(house: House) -> Call:
    return Call(by_video(house))


_LAST: dict[str, Appointment] = {}


def _holder(house: House) -> Actor:
    return holder(_LAST.get(house.hospital.slug) or Appointment(pk=uuid4()))


def _own(house: House) -> Call:
    _LAST[house.hospital.slug] = row = by_video(house)
    return Call(row)


@example(video.join_by_link, twice=EACH, actor=_holder, quiet=IN_THE_LOG)
def _join_by_link(house: House) -> Call:
    return _own(house)


@example(video.leave_by_link, twice=EACH, actor=_holder, quiet=IN_THE_LOG)
def _leave_by_link(house: House) -> Call:
    return _own(house)
