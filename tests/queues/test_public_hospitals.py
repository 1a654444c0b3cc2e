"""Without sign-in: a hospital, its doctors who can be booked online, and their free places; the search's next ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from clinic.directory import operations
from clinic.directory.models import Department, Doctor, Listing, VisitType
from clinic.live import outbox
from clinic.tenants.operations import change_hospital, suspend_hospital
from queues.models import Queue
from queues.operations import appointments
from tests.world import House, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    """09:00 in Paris, where Harbor is open until 18:00."""
    with time_machine.travel("2026-11-20T08:00:00Z", tick=False):
        yield


def ask(path: str, status: int = 200, **query: Any) -> Any:
    answer = Client().get(f"/api/v1/public/hospitals/{path}", query)
    assert answer.status_code == status, answer.content
    return answer.json()


def put_out(house: House, **fields: Any) -> Doctor:
    """List the doctor, with a kind of visit that can be booked online."""
    owner = house.actor("owner")
    with house.open():
        change_hospital(house.hospital, listed=True, city="Paris", actor=owner)
        VisitType.objects.get_or_create(name="Consultation", defaults={"minutes": 30})
        operations.change_doctor(house.doctor, listed=True, actor=owner, **fields)
    outbox.run(house.hospital.pk)
    return house.doctor


def test_a_hospital_says_when_it_is_open_and_what_can_be_booked(world: World) -> None:
    put_out(world.harbor)
    told = ask("harbor")
    assert (told["slug"], told["name"], told["time_zone"]) == ("harbor", "Harbor Clinic", "Europe/Paris")
    assert told["hours"]["mon"]
    assert [kind["name"] for kind in told["visit_types"]] == ["Consultation"]


def test_only_listed_doctors_stand_there_with_public_words(world: World) -> None:
    house = world.harbor
    put_out(house, licence_no="canary-licence", npi="1234567890", employee_no="canary-7", fee="35.00")
    house.waiting(2)
    found = ask("harbor/doctors")["results"]
    assert [row["name"] for row in found] == ["Dr. Leïla Benali"]
    assert set(found[0]) == {
        "doctor", "name", "specialization", "department", "services", "languages", "fee", "currency", "next_free_at",
    }  # fmt: skip
    text = json.dumps([found, ask("harbor"), ask("harbor/availability", doctor=house.doctor.pk, days=3)])
    for secret in ("canary-licence", "1234567890", "canary-7", "Waits", "hilltop", str(house.hospital.pk)):
        assert secret not in text
    for user in house.users.values():
        assert user.email not in text


def test_a_sensitive_department_has_its_neutral_name(world: World) -> None:
    put_out(world.harbor)
    with world.harbor.open():
        Department.objects.update(sensitive=True)
    assert ask("harbor/doctors")["results"][0]["department"] == "Clinic A"


@pytest.mark.rule("2.1")
def test_free_places_are_those_that_can_be_booked(world: World) -> None:
    house = world.harbor
    put_out(house)
    with house.open():
        kind = VisitType.objects.get()
    told = ask("harbor/availability", doctor=house.doctor.pk, type=kind.pk, date="2026-11-23", days=2)
    assert [day["date"] for day in told["days"]] == ["2026-11-23", "2026-11-24"]
    slots = told["days"][0]["slots"]
    assert slots
    assert {slot["minutes"] for slot in slots} == {30}
    with house.open():
        at = datetime.fromisoformat(slots[0]["starts_at"])
        appointments.book(house.own, house.patient(), type=kind, starts_at=at, actor=house.desk)
    again = ask("harbor/availability", doctor=house.doctor.pk, type=kind.pk, date="2026-11-23")
    assert slots[0]["starts_at"] not in [slot["starts_at"] for slot in again["days"][0]["slots"]]


def test_the_doctors_own_length_and_offer_hold(world: World) -> None:
    house = world.harbor
    put_out(house)
    with house.open():
        kind = VisitType.objects.get()
        operations.set_own_type(house.doctor, kind, minutes=45, actor=house.medic)
    told = ask("harbor/availability", doctor=house.doctor.pk, type=kind.pk, date="2026-11-23")
    assert {slot["minutes"] for slot in told["days"][0]["slots"]} == {45}
    with house.open():
        operations.set_own_type(house.doctor, kind, offered=False, actor=house.medic)
    ask("harbor/availability", 404, doctor=house.doctor.pk, type=kind.pk)


def test_what_is_not_there_and_what_is_closed(world: World) -> None:
    house = world.harbor
    put_out(house)
    for path in ("nowhere", "nowhere/doctors", "platform"):
        ask(path, 404)
    ask("harbor/availability", 404, doctor=house.colleague.pk)  # not listed
    ask("harbor/availability", 404, doctor=world.hilltop.doctor.pk)
    with house.open():
        suspend_hospital(house.hospital, actor=house.actor("owner"))
    for path in ("harbor", "harbor/doctors"):
        assert ask(path, 503)["error"]["code"] == "HOSPITAL_CLOSED"


@pytest.mark.parametrize(
    "query",
    [
        {"date": "2026-11-19"}, {"date": "9999-12-31"}, {"days": 0}, {"days": 61}, {"type": "x"}, {"who": "x"},
        {"doctor": "1"},
    ],
)  # fmt: skip
def test_bad_questions_are_refused(world: World, query: dict[str, Any]) -> None:
    put_out(world.harbor)
    ask("harbor/availability", 400, **{"doctor": world.harbor.doctor.pk, **query})


def test_the_search_follows_the_bookings(world: World) -> None:
    """The next free place of the projection is the one the booking page offers, before and after it was taken."""
    house = world.harbor
    put_out(house)
    before = Listing.objects.get().next_free_at
    assert before is not None
    assert ask("harbor/doctors")["results"][0]["next_free_at"] == before.isoformat()
    with house.open():
        own = Queue.objects.get(pk=house.own.pk)
        appointments.book(own, house.patient(), starts_at=before, actor=house.desk)
    outbox.run(house.hospital.pk)
    after = Listing.objects.get().next_free_at
    assert after is not None
    assert after > before
    assert after - before < timedelta(days=1)
    assert after > timezone.now()
