"""Finding doctors across hospitals: what is listed and nothing else, and gone at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from clinic.directory import operations
from clinic.directory.models import Doctor, Listing
from clinic.live import outbox
from clinic.tenants.operations import change_hospital, reopen_hospital, suspend_hospital
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.8")]

PARIS, LYON, BOSTON = (48.8566, 2.3522), (45.7640, 4.8357), (42.3601, -71.0589)


def find(**query: Any) -> list[dict[str, Any]]:
    answer = Client().get("/api/v1/public/doctors/search", query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def list_house(house: House, place: tuple[float, float] = PARIS, **fields: Any) -> Doctor:
    with house.open():
        change_hospital(house.hospital, listed=True, city="Paris", actor=house.actor("owner"))
        doctor = operations.change_doctor(
            house.doctor, listed=True, latitude=str(place[0]), longitude=str(place[1]), actor=house.actor("owner"),
            **fields,
        )  # fmt: skip
    outbox.run(house.hospital.pk)
    return doctor


def test_only_listed_doctors_of_listed_hospitals_are_found(world: World) -> None:
    house = world.harbor
    assert find() == []
    with house.open():
        operations.change_doctor(house.doctor, listed=True, actor=house.actor("owner"))
    outbox.run(house.hospital.pk)
    assert find() == []  # the doctor is, the hospital is not
    list_house(house)
    assert [(row["name"], row["clinic"]) for row in find()] == [("Dr. Leïla Benali", "Harbor Clinic")]
    assert Listing.objects.count() == 1  # the colleague is not listed


@pytest.mark.parametrize("how", ["doctor", "hospital", "suspended", "inactive"])
def test_what_is_switched_off_is_gone_at_once(world: World, how: str) -> None:
    """Before any reaction has run."""
    house = world.harbor
    owner = house.actor("owner")
    list_house(house)
    assert len(find()) == 1
    with house.open():
        if how == "doctor":
            operations.change_doctor(house.doctor, listed=False, actor=owner)
        elif how == "inactive":
            operations.change_doctor(house.doctor, is_active=False, actor=owner)
        elif how == "hospital":
            change_hospital(house.hospital, listed=False, actor=owner)
        else:
            suspend_hospital(house.hospital, actor=owner)
    assert find() == []
    outbox.run(house.hospital.pk)
    assert Listing.objects.count() == 0


def test_a_hospital_that_opens_again_is_found_again(world: World) -> None:
    house = world.harbor
    list_house(house)
    with house.open():
        suspend_hospital(house.hospital, actor=house.actor("owner"))
        outbox.run(house.hospital.pk)
        reopen_hospital(house.hospital, actor=house.actor("owner"))
    outbox.run(house.hospital.pk)
    assert len(find()) == 1


def test_the_listing_follows_names_fees_and_places(world: World) -> None:
    house = world.harbor
    list_house(house, fee="80.00")
    assert find()[0]["fee"] == "80.00"
    with house.open():
        operations.change_own_profile(house.doctor, fee="95.50", actor=house.medic)
        change_hospital(house.hospital, name="Harbour Clinic", actor=house.actor("owner"))
    outbox.run(house.hospital.pk)
    assert (find()[0]["fee"], find()[0]["clinic"]) == ("95.50", "Harbour Clinic")


def test_the_nearest_comes_first_with_its_distance(world: World) -> None:
    list_house(world.harbor, PARIS)
    list_house(world.hilltop, LYON)
    near = find(latitude=48.8606, longitude=2.3376, radius=10)
    assert [row["slug"] for row in near] == ["harbor"]
    assert 1.0 < near[0]["km"] < 1.3
    both = find(latitude=PARIS[0], longitude=PARIS[1], radius=500)
    assert [row["slug"] for row in both] == ["harbor", "hilltop"]
    assert 385 < both[1]["km"] < 400  # Paris to Lyon
    assert find(latitude=BOSTON[0], longitude=BOSTON[1], radius=500) == []


def test_distance_holds_across_the_date_line(world: World) -> None:
    list_house(world.harbor, (-18.0, 179.99))
    found = find(latitude=-18.0, longitude=-179.99, radius=10)
    assert len(found) == 1
    assert found[0]["km"] < 3


def test_filters_say_which(world: World) -> None:
    list_house(world.harbor, specialization="Cardiology", fee="80")
    list_house(world.hilltop, specialization="Dermatology", fee="120")
    slugs = [
        [row["slug"] for row in find(**query)]
        for query in ({"specialization": "cardio"}, {"minFee": 100}, {"maxFee": 100}, {"clinicName": "hilltop"},
                      {"city": "paris", "maxFee": 90}, {"name": "nobody"})
    ]  # fmt: skip
    assert slugs == [["harbor"], ["hilltop"], ["harbor"], ["hilltop"], ["harbor"], []]


@pytest.mark.parametrize("query", [{"latitude": 91, "longitude": 0}, {"latitude": 1}, {"radius": 0}, {"who": "x"}])
def test_bad_questions_are_refused(world: World, query: dict[str, Any]) -> None:
    assert Client().get("/api/v1/public/doctors/search", query).status_code == 400


def test_nothing_else_of_the_hospital_leaks(world: World) -> None:
    house = world.harbor
    list_house(house, licence_no="canary-licence", npi="1234567890", employee_no="canary-7", bio="canary-bio")
    house.waiting(2)
    row = find()[0]
    assert set(row) == {
        "doctor", "name", "specialization", "services", "languages", "clinic", "slug", "address", "city", "latitude",
        "longitude", "fee", "currency", "next_free_at", "km",
    }  # fmt: skip
    text = json.dumps(row)
    for secret in ("canary-licence", "1234567890", "canary-7", "canary-bio", str(house.hospital.pk), "Waits"):
        assert secret not in text
    for user in house.users.values():
        assert user.email not in text
    assert {field.name for field in Listing._meta.get_fields()} == {
        "doctor_id", "hospital", "slug", "name", "specialization", "services", "languages", "clinic", "address",
        "city", "latitude", "longitude", "fee", "currency", "next_free_at", "listed_at", "words", "speaks",
    }  # fmt: skip


def test_another_hospitals_projection_is_never_touched(world: World) -> None:
    list_house(world.harbor)
    list_house(world.hilltop)
    with world.harbor.open():
        operations.change_doctor(world.harbor.doctor, listed=False, actor=world.harbor.actor("owner"))
    outbox.run(world.harbor.hospital.pk)
    assert [row["slug"] for row in find()] == ["hilltop"]
