"""The page on which anybody finds a doctor: without JavaScript, across hospitals, and with public words only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from clinic.core.access import SYSTEM
from clinic.directory import listing
from clinic.directory.models import Doctor, Listing
from clinic.tenants.operations import suspend_hospital
from tests.directory.test_find import refreshed, say_free
from tests.directory.test_listing import LYON, PARIS, list_house
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.8")]


def look(**query: Any) -> str:
    answer = Client().get("/find/", query)
    assert answer.status_code == 200
    return answer.text


def test_the_list_leads_to_each_clinics_own_booking(world: World) -> None:
    here = list_house(world.harbor, fee="35.00", languages=["French", "Arabic"])
    there = list_house(world.hilltop, LYON, name="Dr. Ada Okafor")
    page = look()
    assert f'href="/book/harbor/?doctor={here.pk}"' in page
    assert f'href="/book/hilltop/?doctor={there.pk}"' in page
    assert "Harbor Clinic" in page
    assert "French, Arabic" in page
    assert "35" in page
    assert "2 doctors" in page


def test_the_next_free_place_stands_in_the_clinics_own_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with time_machine.travel("2026-11-20T22:30:00Z", tick=False):
        paris, york = list_house(world.harbor), list_house(world.hilltop)
        at = timezone.now() + timedelta(hours=2)
        say_free(monkeypatch, {paris.pk: at, york.pk: at})
        refreshed(world.harbor)
        refreshed(world.hilltop)
        page = look(order="name")
        assert "Tomorrow 01:30" in page  # in Paris it is after midnight then
        assert "Today 19:30" in page
        say_free(monkeypatch, {paris.pk: at + timedelta(days=1), york.pk: at + timedelta(days=4)})
        refreshed(world.harbor)
        refreshed(world.hilltop)
        page = look(order="soonest")
        assert "Sun 22 Nov 01:30" in page
        assert "Tue 24 Nov 19:30" in page
        assert page.index("Sun 22 Nov") < page.index("Tue 24 Nov")


def test_fields_narrow_the_list(world: World) -> None:
    list_house(world.harbor, specialization="Cardiology", fee="80", languages=["French"])
    list_house(world.hilltop, LYON, name="Dr. Ada Okafor", specialization="Dermatology", fee="120")
    for query in (
        {"q": "cardio"}, {"most": "100"}, {"language": "French"}, {"lat": PARIS[0], "lng": PARIS[1], "km": "10"},
        {"q": "benali", "city": "paris"},
    ):  # fmt: skip
        page = look(**query)
        assert ("Benali" in page, "Okafor" in page) == (True, False), query
    assert "0.0 km" in look(lat=PARIS[0], lng=PARIS[1])
    assert "Nobody fits" in look(q="nobody")
    Listing.objects.update(next_free_at=timezone.now() + timedelta(days=2))
    assert "Nobody fits" in look(within="1")
    assert "Benali" in look(within="3")


@pytest.mark.parametrize(
    "query",
    [
        {"lat": "north"}, {"lat": "91", "lng": "0"}, {"lat": "nan", "lng": "inf"}, {"most": "-1"}, {"km": "7"},
        {"order": "x"}, {"language": "Klingon"}, {"page": "999"}, {"page": "x"}, {"q": "x" * 500}, {"within": "9"},
        {"q": "%_\\\x00"}, {"city": "\x00"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_left_out(world: World, query: dict[str, str]) -> None:
    list_house(world.harbor)
    look(**query)


def test_many_stand_on_several_pages_with_the_question_kept(world: World) -> None:
    house = world.harbor
    list_house(house)
    with house.open():
        for n in range(44):
            Doctor.objects.create(name=f"Dr. N{n:02}", department=house.department, listed=True)
        listing.publish(actor=SYSTEM)
    first = look(q="dr", order="name")
    assert first.count('class="find-row"') == 20
    assert "?q=dr&amp;order=name&amp;page=2" in first
    last = look(q="dr", order="name", page=3)
    assert last.count('class="find-row"') == 5
    assert 'start="41"' in last
    assert 'rel="next"' not in last


def test_nothing_of_a_hospital_but_its_public_words_is_shown(world: World) -> None:
    house = world.harbor
    secrets = ["canary-licence", "1234567890", "canary-7", "canary-bio", "canary-qualification", "M00001", "Waits"]
    list_house(
        house, licence_no=secrets[0], npi=secrets[1], employee_no=secrets[2], bio=secrets[3],
        qualifications=secrets[4], address="1 Quay",
    )  # fmt: skip
    house.waiting(2)
    page = look()
    for secret in [*secrets, str(house.hospital.pk), "canary-hilltop", "Dr. Kwame Mensah", "Hilltop"]:
        assert secret not in page
    for user in house.users.values():
        assert user.email not in page
        assert user.name not in page


def test_a_suspended_hospital_is_gone_at_once(world: World) -> None:
    list_house(world.harbor)
    assert "Benali" in look()
    with world.harbor.open():
        suspend_hospital(world.harbor.hospital, actor=world.harbor.actor("owner"))
    assert "Benali" not in look()
    assert "No clinic lists its doctors here yet" in look()


def test_new_doctors_of_the_city_are_followed_where_a_city_is_named(world: World) -> None:
    list_house(world.harbor)
    assert "data-feed" not in look()
    page = look(city="Paris")
    assert 'data-feed="/api/v1/public/feed?city=Paris&amp;since=' in page


def test_the_page_is_nobodys_staff_page_and_tells_no_other_site(world: World) -> None:
    answer = Client().get("/find/")
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
    client = Client()
    client.force_login(world.harbor.users["owner"])
    assert client.get("/h/harbor/find/").status_code == 404
    assert client.get("/find/").status_code == 200


def test_the_page_costs_the_same_however_many_are_shown(world: World, django_assert_max_num_queries: Any) -> None:
    list_house(world.harbor)
    list_house(world.hilltop)
    with django_assert_max_num_queries(3):
        look()
