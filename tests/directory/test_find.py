"""The search across hospitals: words, languages, orders, next free places, pages of results."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from clinic.core.access import SYSTEM
from clinic.directory import find, free, listing, tasks
from clinic.directory.models import Doctor, Listing
from clinic.live import outbox
from tests.directory.test_listing import LYON, PARIS, list_house
from tests.directory.test_listing import find as ask
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.8")]


def names(**query: Any) -> list[str]:
    return [row["slug"] for row in ask(**query)]


def say_free(monkeypatch: pytest.MonkeyPatch, times: dict[UUID, datetime | None]) -> None:
    """Stand in for the bookings, which say when a doctor is free."""
    monkeypatch.setattr(free, "_provider", lambda doctors: {each.pk: times.get(each.pk) for each in doctors})


def refreshed(house: House) -> int:
    with house.open():
        return listing.refresh(actor=SYSTEM)


def test_words_are_found_without_accents_in_any_order(world: World) -> None:
    list_house(world.harbor, services=["Échographie"], languages=["Français", "Wolof"])
    list_house(world.hilltop, name="Dr. Ada Okafor", specialization="Dermatology")
    assert names(q="BENALI leila") == ["harbor"]
    assert names(q="echographie harbor") == ["harbor"]
    assert names(q="dermatology") == ["hilltop"]
    assert names(q="dermatology harbor") == []
    assert names(q="clinic") == ["harbor"]


def test_a_language_is_found_whole(world: World) -> None:
    list_house(world.harbor, languages=["Français", "Wolof"])
    list_house(world.hilltop, languages=["English"])
    assert names(language="francais") == ["harbor"]
    assert names(language="wolof") == ["harbor"]
    assert names(language="Fran") == []
    assert names(language="|") == []


def test_next_free_places_are_kept_and_asked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    here, there = list_house(world.harbor), list_house(world.hilltop, LYON)
    say_free(monkeypatch, {here.pk: now + timedelta(days=2), there.pk: now + timedelta(hours=2)})
    assert (refreshed(world.harbor), refreshed(world.hilltop)) == (1, 1)
    assert refreshed(world.harbor) == 0  # the same again is nothing
    rows = {row["slug"]: row["next_free_at"] for row in ask(ordering="SOONEST")}
    assert list(rows) == ["hilltop", "harbor"]
    assert datetime.fromisoformat(rows["hilltop"]) == now + timedelta(hours=2)
    assert names(free_before=(now + timedelta(days=1)).isoformat()) == ["hilltop"]


def test_what_has_passed_is_no_free_place(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    doctor = list_house(world.harbor)
    say_free(monkeypatch, {doctor.pk: timezone.now() - timedelta(minutes=1)})
    refreshed(world.harbor)
    assert ask()[0]["next_free_at"] is None
    assert names(free_before=(timezone.now() + timedelta(days=1)).isoformat()) == []


def test_changing_a_profile_keeps_the_next_free_place_and_is_not_new(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = timezone.now() + timedelta(days=1)
    doctor = list_house(world.harbor)
    say_free(monkeypatch, {doctor.pk: at})
    refreshed(world.harbor)
    since = Listing.objects.get().listed_at
    list_house(world.harbor, fee="70.00")
    row = Listing.objects.get()
    assert (row.next_free_at, row.listed_at) == (at, since)
    assert row.fee is not None


def test_times_that_change_are_followed_by_their_events(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from clinic.directory import operations

    house, at = world.harbor, timezone.now() + timedelta(days=3)
    doctor = list_house(house)
    say_free(monkeypatch, {doctor.pk: at})
    with house.open():
        operations.set_hours(doctor, {"mon": [{"start": "08:00", "end": "12:00"}]}, actor=house.actor("owner"))
    outbox.run(house.hospital.pk)
    assert Listing.objects.get().next_free_at == at


def test_the_clock_asks_again_and_heals_what_a_lost_reaction_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctor, at = list_house(world.harbor), timezone.now() + timedelta(days=1)
    Listing.objects.update(name="Old name", words="")
    say_free(monkeypatch, {doctor.pk: at})
    assert tasks.follow_listings() == 1
    assert Listing.objects.get().name == doctor.name
    assert names(q="benali") == ["harbor"]
    assert tasks.follow_listings() == 0


def test_free_places_of_another_hospital_are_never_written(world: World) -> None:
    list_house(world.harbor)
    foreign = list_house(world.hilltop)
    before = Listing.objects.get(doctor_id=foreign.pk).next_free_at
    with world.harbor.open():
        listing.say_free({foreign.pk: timezone.now() + timedelta(minutes=1)}, actor=SYSTEM)
    assert Listing.objects.get(doctor_id=foreign.pk).next_free_at == before


def test_fees_order_with_the_unknown_last(world: World) -> None:
    list_house(world.harbor)
    list_house(world.hilltop, fee="90.00")
    assert names(ordering="fee") == ["hilltop", "harbor"]
    list_house(world.harbor, fee="20.00")
    assert names(ordering="fee") == ["harbor", "hilltop"]


def test_nobody_is_near_without_a_place(world: World) -> None:
    list_house(world.harbor)
    assert names(ordering="nearest") == ["harbor"]


def many(house: House, count: int) -> None:
    list_house(house)
    with house.open():
        for n in range(count):
            Doctor.objects.create(
                name=f"Dr. N{n:02}", department=house.department, listed=True, latitude=PARIS[0] + n / 1000,
                longitude=PARIS[1],
            )  # fmt: skip
        listing.publish(actor=SYSTEM)


@pytest.mark.parametrize(
    "query", [{}, {"ordering": "fee"}, {"latitude": PARIS[0], "longitude": PARIS[1]}, {"ordering": "soonest"}]
)
def test_pages_hold_everybody_once_forth_and_back(world: World, query: dict[str, Any]) -> None:
    many(world.harbor, 10)
    whole = [row["doctor"] for row in ask(**query)]
    address: str | None = "/api/v1/public/doctors/search"
    pages: list[list[str]] = []
    page: dict[str, Any] = {}
    while address:
        page = Client().get(address, {**query, "limit": 4} if address.endswith("search") else {}).json()
        pages.append([row["doctor"] for row in page["results"]])
        address = page["next"]
    assert [len(each) for each in pages] == [4, 4, 3]
    assert [key for each in pages for key in each] == whole
    back = Client().get(page["previous"]).json()
    assert [row["doctor"] for row in back["results"]] == pages[1]
    assert back["next"] is not None
    first = Client().get(back["previous"]).json()
    assert [row["doctor"] for row in first["results"]] == pages[0]
    assert first["previous"] is None


def test_a_cursor_of_another_question_is_refused(world: World) -> None:
    many(world.harbor, 4)
    page = Client().get("/api/v1/public/doctors/search", {"limit": 2}).json()
    answer = Client().get(page["next"] + "&city=Paris")
    assert answer.status_code == 400
    assert Client().get("/api/v1/public/doctors/search", {"cursor": "x"}).status_code == 400


def test_the_earlier_address_answers_the_same(world: World) -> None:
    list_house(world.harbor)
    both = [Client().get(f"/api/v1/{path}").json() for path in ("public/doctors/search", "doctors/search")]
    assert both[0] == both[1]


def test_a_search_costs_one_query_however_many_are_found(world: World, django_assert_num_queries: Any) -> None:
    many(world.harbor, 12)
    with django_assert_num_queries(1):
        assert len(find.search({"q": "dr"})) == 13
