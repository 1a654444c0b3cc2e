"""What tests of messages share: a Friday morning, people with an address, and the worker's round."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from clinic.inbox import outgoing
from clinic.inbox.models import SENT
from clinic.live import outbox
from clinic.records.models import Patient
from queues.models import Appointment, Visit
from queues.operations import appointments, intake
from tests.world import House

MORNING = "2026-11-20T09:00:00+01:00"
"""A Friday; open from ten to six."""
UNDO = 62  # seconds after which nothing can be taken back any more


def known(house: House, **more: Any) -> Patient:
    return house.patient(email=f"p{len(house.people)}@patients.example", **more)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}+01:00")


def book(house: House, who: Patient, start: str = "23T11:00", by: str = "receptionist") -> Appointment:
    return appointments.book(house.own, who, starts_at=at(start), actor=house.actor(by)).appointment


def work(house: House) -> None:
    """What the worker does: reactions, and sending."""
    outbox.run(house.hospital.pk)
    outgoing.send_due()


def later(clock: Any, house: House, **more: float) -> None:
    clock.shift(timedelta(**more))
    work(house)


def told(who: Patient) -> list[tuple[str, str]]:
    return list(who.messages.order_by("created_at", "id").values_list("occasion", "state"))


def sent(who: Patient) -> list[str]:
    return [occasion for occasion, state in told(who) if state == SENT]


def wait(house: House, who: Patient) -> Visit:
    return intake.arrive(house.own, who, actor=house.desk).visit
