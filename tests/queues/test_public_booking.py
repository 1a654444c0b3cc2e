"""Booking without an account: three steps by plain links and forms, a page of one's own, a kiosk."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client, override_settings

from clinic.directory.models import Department, Doctor, VisitType
from clinic.live.models import Event
from clinic.records.models import Patient
from clinic.tenants.models import HospitalConfig
from queues.models import CALLED_OFF, CHECKED_IN, CONFIRMED, HELD, RESCHEDULED, Appointment
from queues.operations import appointments, calls, one_time, secret_links, waitlist
from tests.queues.public import (
    MONDAY,
    PERSON,
    at_of,
    booked,
    first_slot,
    held,
    listed,
    newest,
    path,
    words,
)
from tests.world import World, canary

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    cache.clear()


@pytest.fixture
def monday() -> Any:
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


def test_three_steps_lead_to_a_booking(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    first = words(client.get(path(house)))
    assert house.doctor.name in first and "$ 35" in first and "Today 10:00" in first
    assert f"line={house.own.pk}" in first
    third = held(client, house)
    page = words(client.get(third))
    assert "is kept for you" in page
    with house.open():
        row = newest()
        assert (row.state, row.patient) == (HELD, None)
    done = client.post(third, {"at": at_of(third), **PERSON, "reason": "Palpitations"})
    assert done.status_code == 303
    page = words(client.get(done["Location"]))
    assert "10:00" in page and house.doctor.name in page and "Lucía" in page
    assert "Ortega" not in page and "Palpitations" not in page and "612" not in page
    with house.open():
        row = newest()
        assert (row.state, row.source, row.reason) == (CONFIRMED, Appointment.ONLINE, "Palpitations")
        assert row.patient is not None and row.patient.family_name == "Ortega" and row.patient.language == "es"


def test_doctors_are_found_by_words_and_sorted(world: World, monday: Any) -> None:
    house = world.harbor
    listed(house)
    with house.open():
        Doctor.objects.filter(pk=house.colleague.pk).update(specialization="Cardiology", fee=20)
    client = Client()
    both = words(client.get(path(house), {"sort": "fee"}))
    assert both.index(house.colleague.name) < both.index(house.doctor.name)
    only = words(client.get(path(house), {"q": "cardio"}))
    assert house.colleague.name in only and house.doctor.name not in only
    chosen = words(client.get(path(house), {"speciality": "Cardiology"}))
    assert house.doctor.name not in chosen
    assert "Nobody found" in words(client.get(path(house), {"q": "dentist"}))
    there = client.get(path(house), {"doctor": str(house.doctor.pk)})
    assert (there.status_code, there["Location"]) == (303, f"{path(house, 'time/')}?line={house.own.pk}")


def test_nobody_books_with_whom_the_hospital_has_not_listed(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    page = words(client.get(path(house)))
    assert house.doctor.name not in page and canary(house.hospital) not in page
    assert client.get(path(house, "time/"), {"line": str(house.own.pk)}).status_code == 404
    listed(house)
    for line in (str(world.hilltop.own.pk), "nonsense", ""):
        assert client.get(path(house, "time/"), {"line": line}).status_code == 404
    with house.open():
        Department.objects.update(sort=Department.EMERGENCY)
    assert client.get(path(house, "time/"), {"line": str(house.own.pk)}).status_code == 404
    assert client.get("/book/nowhere/").status_code == 404


@pytest.mark.rule("2.2")
def test_a_time_that_was_taken_meanwhile_is_answered_with_free_ones(world: World, monday: Any) -> None:
    house, one, two = world.harbor, Client(), Client()
    listed(house)
    slot = first_slot(one, house)
    held(one, house, slot)
    answer = two.post(path(house, "time/"), {"line": str(house.own.pk), "slot": slot})
    assert answer.status_code == 409
    offered = re.findall(r'name="slot" value="([^"|]+\|[^"]+)"', words(answer))
    assert offered
    assert two.post(path(house, "time/"), {"line": str(house.own.pk), "slot": offered[0]}).status_code == 303


@pytest.mark.rule("2.3")
def test_another_choice_gives_the_first_place_back(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    slot = first_slot(client, house)
    third = held(client, house, slot)
    again = client.get(path(house, "time/"), {"line": str(house.own.pk), "at": at_of(third)})
    other = re.findall(r'name="slot" value="([^"|]+)"', words(again))[0]
    chosen = {"line": str(house.own.pk), "slot": other, "at": at_of(third)}
    assert client.post(path(house, "time/"), chosen).status_code == 303
    with house.open():
        assert Appointment.objects.filter(state=HELD).count() == 1
    assert held(Client(), house, slot)


@pytest.mark.rule("2.3")
def test_a_hold_that_is_over_sends_back_to_the_times(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    third = held(client, house)
    monday.shift(timedelta(minutes=7))
    with house.open():
        from queues import appointment_clock

        appointment_clock.expire_due()
    answer = client.post(third, {"at": at_of(third), **PERSON})
    assert answer.status_code == 409
    assert f"line={house.own.pk}" in words(answer)
    assert client.post(third, {"at": "forged", **PERSON}).status_code == 409
    monday.shift(timedelta(hours=2))
    assert client.get(third).status_code == 409


def test_wrong_details_are_said_beside_the_field(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    third = held(client, house)
    answer = client.post(third, {"at": at_of(third), **PERSON, "phone": "12", "birth_year": "1802"})
    assert answer.status_code == 422
    page = words(answer)
    assert page.count('aria-invalid="true"') == 2 and "Lucía" in page
    with house.open():
        assert not Patient.objects.exists()


@pytest.mark.rule("2.13")
def test_known_and_unknown_people_get_the_same_answer(world: World, monday: Any) -> None:
    house = world.harbor
    listed(house)
    with house.open():
        from clinic.records.operations import register

        register(given_name="Lucía", family_name="Ortega", phone=PERSON["phone"], birth_year=1991, actor=house.desk)
    told = []
    for person in ({}, {"given_name": "Nobody", "family_name": "Known", "phone": "+34 600 999 999"}):
        client = Client()
        url = booked(client, house, **person)
        page = words(client.get(url))
        client.post(f"{url}cancel/")
        page = re.sub(r"/b/[\w-]+/", "", page)
        page = re.sub(r'(data-region="(booking|status):[^"]*" data-digest="[^"]*"|data-row="[\w-]{36}")', "", page)
        page = re.sub(r'name="(csrfmiddlewaretoken|next)" value="[^"]*"', "", page)
        told.append(page.replace("Lucía", "X").replace("Nobody", "X"))
    assert told[0] == told[1]


@pytest.mark.parametrize("policy", ["mail", "sms"])
def test_whoever_books_is_checked_where_the_policy_says(world: World, monday: Any, policy: str) -> None:
    house, client = world.harbor, Client()
    listed(house)
    with house.open():
        HospitalConfig.objects.update(public_verification=policy)
    third = held(client, house)
    given = {"at": at_of(third), **PERSON}
    page = client.post(third, given)
    assert page.status_code == 200
    nonce = words(page).partition('name="nonce" value="')[2].partition('"')[0]
    assert client.post(third, {**given, "nonce": nonce, "code": "12"}).status_code == 409
    moved = {"email": "other@example.org", "phone": "+34 611 111 111"}
    code = one_time.code_of(nonce)
    assert client.post(third, {**given, **moved, "nonce": nonce, "code": code}).status_code == 409
    assert client.post(third, {**given, "nonce": nonce, "code": code}).status_code == 303


def test_a_number_is_booked_without_a_time(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    with house.open():
        HospitalConfig.objects.update(booking_mode="token")
        Doctor.objects.update(daily_capacity=20)
    page = words(client.get(path(house, "time/"), {"line": str(house.own.pk)}))
    assert 'name="slot"' not in page
    day = re.search(r'name="day" value="([^"]+)"', page)
    assert day is not None
    third = client.post(path(house, "time/"), {"line": str(house.own.pk), "day": day[1]})["Location"]
    done = client.post(third, {"at": at_of(third), **PERSON})
    assert done.status_code == 303, words(done)
    with house.open():
        row = newest()
    assert row.token and row.token in words(client.get(done["Location"]))


def test_kinds_that_are_not_bookable_are_not_offered(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    with house.open():
        VisitType.objects.create(name="Check-up", minutes=20)
        VisitType.objects.create(name="Surgery", minutes=120, bookable=False)
        VisitType.objects.create(name="Vaccination", minutes=10)
    page = words(client.get(path(house, "time/"), {"line": str(house.own.pk)}))
    assert "Check-up" in page and "Vaccination" in page and "Surgery" not in page


# --- the page of a booking -------------------------------------------------------------------------------------------


def test_a_booking_is_cancelled_by_its_link(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    url = booked(client, house)
    assert client.post(f"{url}cancel/", {"reason": "better"}).status_code == 303
    with house.open():
        assert newest().state == CALLED_OFF
    page = words(client.get(url))
    assert "Cancelled" in page and "Cancel the booking" not in page and "better" not in page


@pytest.mark.rule("2.5")
def test_a_booking_is_moved_by_its_link_and_the_old_one_leads_to_the_new(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    url = booked(client, house)
    page = words(client.get(f"{url}move/"))
    slot = re.findall(r'name="slot" value="([^"|]+)"', page)[3]
    answer = client.post(f"{url}move/", {"slot": slot})
    assert answer.status_code == 303 and answer["Location"] != url
    with house.open():
        states = sorted(Appointment.objects.values_list("state", flat=True))
    assert states == [CONFIRMED, RESCHEDULED]
    assert client.get(url)["Location"] == answer["Location"]


@pytest.mark.rule("2.7")
def test_the_phone_checks_in_from_the_arrival_window_on(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    url = booked(client, house)
    closed = re.compile(r'action="check-in/" data-from-show="2026-11-23T09:45:00\+01:00" hidden>')
    assert closed.search(words(client.get(url)))
    client.post(f"{url}check-in/")
    with house.open():
        assert newest().state == CONFIRMED
    monday.move_to(MONDAY + timedelta(hours=2, minutes=50))
    page = words(client.get(url))
    assert "I am here: check in" in page and not closed.search(page)
    answer = client.post(f"{url}check-in/")
    assert answer["Location"].startswith("/s/")
    with house.open():
        assert newest().state == CHECKED_IN
    assert client.get(url)["Location"] == answer["Location"]


def test_the_clinic_is_told_of_somebody_late(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    url = booked(client, house)
    assert client.post(f"{url}late/", {"minutes": "20"}).status_code == 303
    with house.open():
        assert newest().delay_minutes == 20
    for wrong in ("", "-5", "٣", "9999"):
        assert client.post(f"{url}late/", {"minutes": wrong}).status_code == 303
    with house.open():
        assert newest().delay_minutes == 20


@pytest.mark.rule("3.41")
def test_links_of_bookings_that_are_unknown_ended_or_of_another_kind_are_one_answer(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    url = booked(client, house)
    with house.open():
        feed = secret_links.make_feed(house.doctor, actor=house.medic)
    status = url.replace("/b/", "/s/")
    monday.shift(timedelta(days=10))
    for gone in (url, "/b/nothing/", f"/b/{feed}/", status, f"/k/{feed}/", "/cal/nothing.ics"):
        answer = client.get(gone)
        assert (answer.status_code, answer["Referrer-Policy"]) == (404, "no-referrer"), gone
    assert client.get(f"/h/harbor{url}").status_code in (302, 404)


def test_the_code_of_a_booking_needs_an_address_phones_can_open(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    url = booked(client, house)
    with override_settings(PUBLIC_URL="http://127.0.0.1:8000"):
        assert "Show this at the desk" not in words(client.get(url))
    with override_settings(PUBLIC_URL="https://harbor.example"):
        assert "Show this at the desk" in words(client.get(url))


def test_a_place_from_the_waiting_list_is_taken_or_left_by_its_link(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    wait = path(house, "wait/")
    days = {"first_day": "2026-11-23", "last_day": "2026-12-01", "part": "any"}
    assert "on the waiting list" in words(client.post(wait, {"line": str(house.own.pk), **PERSON, **days}))
    again = client.post(wait, {"line": str(house.own.pk), **PERSON, **days})
    assert again.status_code == 200
    with house.open():
        from queues.availability import book
        from queues.models import WaitlistEntry

        entry = WaitlistEntry.objects.get()
        free = [slot for each in book.days(house.own, MONDAY.date(), MONDAY.date()) for slot in each.slots]
        place = waitlist.offer(entry, free[0].starts_at, actor=house.desk)
        link = appointments.booking_link(place)
    assert "Take this place" in words(client.get(f"/b/{link}/"))
    assert client.post(f"/b/{link}/take/").status_code == 303
    with house.open():
        assert newest().state == CONFIRMED


def test_a_video_visit_is_joined_when_the_doctor_calls(world: World, monday: Any) -> None:
    house, client = world.harbor, Client()
    listed(house)
    with house.open():
        HospitalConfig.objects.update(video_link="https://meet.example/{room}")
        VisitType.objects.create(name="By video", minutes=20, video=True)
    url = booked(client, house)
    monday.move_to(MONDAY + timedelta(hours=2, minutes=55))
    assert client.post(f"{url}check-in/")["Location"] == url  # stays: the room opens here
    assert "Join the video visit" not in words(client.get(url))
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
        room = newest().video_room
    assert "Join the video visit" in words(client.get(url))
    page = words(client.post(f"{url}join/"))
    assert f"https://meet.example/{room}" in page
    with house.open():
        assert Event.objects.filter(name="video.joined", reason="patient").count() == 1
    assert client.post(f"{url}leave-video/").status_code == 303


@pytest.mark.parametrize("slot", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_no_calendar_has_is_not_there(world: World, slot: str) -> None:
    listed(world.harbor)
    answer = Client().post(path(world.harbor, "time/"), {"line": str(world.harbor.own.pk), "slot": slot})
    assert answer.status_code == 404
