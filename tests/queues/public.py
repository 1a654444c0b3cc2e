"""What tests of the public booking pages share."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from django.test import Client

from clinic.directory.models import Doctor
from queues.models import Appointment, Queue
from tests.world import House

MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
"""Seven in the morning in Paris; the day's hours are ahead."""
PERSON = {
    "given_name": "Lucía", "family_name": "Ortega", "phone": "+34 612 345 678", "birth_year": "1991",
    "email": "lucia@example.org", "language": "es",
}  # fmt: skip


def listed(house: House) -> Queue:
    """The hospital puts its doctors out for anybody."""
    with house.open():
        Doctor.objects.update(listed=True, fee=35, languages=["French", "Arabic"])
    return house.own


def path(house: House, rest: str = "") -> str:
    return f"/book/{house.hospital.slug}/{rest}"


def words(answer: Any) -> str:
    return str(answer.content.decode())


def first_slot(client: Client, house: House) -> str:
    """The first time that the page offers."""
    page = words(client.get(path(house, "time/"), {"line": str(house.own.pk)}))
    found = re.search(r'name="slot" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def held(client: Client, house: House, slot: str = "") -> str:
    """Choose a time; returns the address of the third step."""
    chosen = {"line": str(house.own.pk), "slot": slot or first_slot(client, house)}
    answer = client.post(path(house, "time/"), chosen)
    assert answer.status_code == 303, words(answer)
    return str(answer["Location"])


def booked(client: Client, house: House, **person: str) -> str:
    """Go all the way; returns the address of the booking."""
    third = held(client, house)
    answer = client.post(third, {"at": at_of(third), **PERSON, **person})
    assert answer.status_code == 303, words(answer)
    return str(answer["Location"]).partition("?")[0]


def at_of(address: str) -> str:
    return unquote(address.partition("at=")[2])


def newest() -> Appointment:
    found = Appointment.objects.order_by("-booked_at", "-id").first()
    assert found is not None
    return found
