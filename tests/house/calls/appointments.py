"""Examples of appointments: held, booked, decided on, moved and called off."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import time_machine
from django.utils import timezone

from clinic.core.access import VISITOR, Actor
from clinic.directory.models import Doctor
from clinic.tenants.models import HospitalConfig
from queues.models import REQUESTED, Appointment
from queues.operations import appointments
from tests.house.calls.book import PERSON, booked, free, holder
from tests.house.examples import REFUSED, SAME, Call, example
from tests.world import House

_LAST: dict[str, Appointment] = {}


def requested(house: House) -> Appointment:
    """Somebody who booked without an account where the doctor accepts."""
    HospitalConfig.objects.update(confirm=HospitalConfig.BY_DOCTOR)
    row = appointments.book_online(house.own, PERSON, starts_at=free(house)[0], actor=VISITOR).appointment
    assert row.state == REQUESTED
    return row


def unpaid(house: House) -> Appointment:
    HospitalConfig.objects.update(prepay=True)
    return appointments.book_online(house.own, PERSON, starts_at=free(house)[0], actor=VISITOR).appointment


def known(house: House) -> Appointment:
    _LAST[house.hospital.slug] = row = booked(house)
    return row


def who_booked(house: House) -> Actor:
    """The holder of the link of the newest booking."""
    return holder(_LAST.get(house.hospital.slug) or Appointment(pk=uuid4()))


@example(appointments.hold, twice=REFUSED)
def _hold(house: House) -> Call:
    return Call(house.own, starts_at=free(house)[0])


@example(appointments.book, twice=REFUSED)
def _book(house: House) -> Call:
    return Call(house.own, house.patient("Bea", "Booked"), starts_at=free(house)[0], reason="a cough")


@example(appointments.accept, twice=SAME, role="doctor")
def _accept(house: House) -> Call:
    return Call(requested(house))


@example(appointments.reject, twice=SAME, role="doctor")
def _reject(house: House) -> Call:
    return Call(requested(house), reason="not my field")


@example(appointments.pay, twice=SAME)
def _pay(house: House) -> Call:
    return Call(unpaid(house))


@example(appointments.cancel, twice=SAME)
def _cancel(house: House) -> Call:
    return Call(booked(house), reason="feels better")


@example(appointments.reschedule, twice=SAME)
def _reschedule(house: House) -> Call:
    first, second = free(house, count=2)
    return Call(booked(house, first), starts_at=second)


@example(appointments.release, twice=SAME)
def _release(house: House) -> Call:
    return Call(appointments.hold(house.own, starts_at=free(house)[0], actor=house.desk))


@example(appointments.expire, twice=SAME)
def _expire(house: House) -> Call:
    with time_machine.travel(timezone.now() - timedelta(minutes=6)):
        return Call(appointments.hold(house.own, starts_at=free(house, count=2)[1], actor=house.desk))


@example(appointments.hold_online, twice=REFUSED, actor=lambda house: VISITOR)
def _hold_online(house: House) -> Call:
    Doctor.objects.update(listed=True)
    return Call(house.own, starts_at=free(house)[0])


@example(appointments.book_online, twice=REFUSED, actor=lambda house: VISITOR)
def _book_online(house: House) -> Call:
    return Call(house.own, PERSON, starts_at=free(house)[0], reason="a cough")


@example(appointments.release_online, twice=SAME, actor=lambda house: VISITOR)
def _release_online(house: House) -> Call:
    return Call(appointments.hold_online(house.own, starts_at=free(house)[0], actor=VISITOR))


@example(appointments.cancel_by_link, twice=SAME, actor=who_booked)
def _cancel_by_link(house: House) -> Call:
    return Call(known(house))


@example(appointments.reschedule_by_link, twice=SAME, actor=who_booked)
def _reschedule_by_link(house: House) -> Call:
    first, second = free(house, count=2)
    _LAST[house.hospital.slug] = row = booked(house, first)
    return Call(row, starts_at=second)
