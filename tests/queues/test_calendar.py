"""Calendar files and the doctor's feed (RFC 5545)."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client

from queues import ics
from queues.operations import secret_links
from tests.queues.helpers import at, signed_in
from tests.queues.public import MONDAY, booked, listed, newest
from tests.world import World, canary

pytestmark = pytest.mark.django_db


def unfolded(body: bytes) -> list[str]:
    return body.decode().replace("\r\n ", "").split("\r\n")


def test_lines_are_folded_between_letters_and_end_right() -> None:
    body = ics._folded("SUMMARY:" + "ñ" * 120)
    assert all(len(piece) <= ics.WIDE + 2 for piece in body.splitlines(keepends=True))
    assert body.endswith(b"\r\n")
    assert unfolded(body)[0] == "SUMMARY:" + "ñ" * 120
    for piece in body.split(b"\r\n"):
        piece.decode()


def test_what_has_a_meaning_in_calendars_is_escaped() -> None:
    assert ics._text("A, b; c\\d\r\ne\x07") == "A\\, b\\; c\\\\d\\ne"


def test_a_booking_goes_into_the_patients_calendar(world: World) -> None:
    house = world.harbor
    listed(house)
    with time_machine.travel(MONDAY, tick=False):
        url = booked(Client(), house)
        answer = Client().get(f"{url}appointment.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    lines = unfolded(answer.content)
    with house.open():
        row = newest()
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    assert f"DTSTART:{row.starts_at:%Y%m%dT%H%M%SZ}" in lines
    assert "VERSION:2.0" in lines and "STATUS:CONFIRMED" in lines
    assert any(line.startswith("UID:") for line in lines)
    assert any(house.doctor.name in line for line in lines if line.startswith("SUMMARY:"))


def test_a_sensitive_department_is_neutral_in_calendars(world: World) -> None:
    house = world.harbor
    listed(house)
    with house.open():
        type(house.department).objects.filter(pk=house.department.pk).update(sensitive=True, name="Psychiatry")
    with time_machine.travel(MONDAY, tick=False):
        body = Client().get(f"{booked(Client(), house)}appointment.ics").content.decode()
    assert "Psychiatry" not in body and house.doctor.name not in body


def test_a_doctor_makes_a_feed_and_takes_it_back(world: World) -> None:
    house = world.harbor
    listed(house)
    with time_machine.travel(MONDAY, tick=False):
        doctor = signed_in(house, "doctor")
        booked(Client(), house)
        assert doctor.post(at(house, "me/calendar/make/")).status_code == 303
        with house.open():
            token = secret_links.feed_of(house.doctor)
        assert f"/cal/{token}.ics" in doctor.get(at(house, "me/calendar/")).content.decode()
        answer = Client().get(f"/cal/{token}.ics")
        assert answer.status_code == 200
        assert answer.content.count(b"BEGIN:VEVENT") == 1
        for secret in ("Luc", "Ortega", "612", canary(house.hospital)):
            assert secret not in answer.content.decode()
        doctor.post(at(house, "me/calendar/make/"))
        assert Client().get(f"/cal/{token}.ics").status_code == 404
        with house.open():
            token = secret_links.feed_of(house.doctor)
        doctor.post(at(house, "me/calendar/end/"))
        assert Client().get(f"/cal/{token}.ics").status_code == 404


def test_a_feed_shows_the_doctors_own_appointments_only(world: World) -> None:
    house = world.harbor
    listed(house)
    with time_machine.travel(MONDAY, tick=False):
        booked(Client(), house)
        with house.open():
            type(house.doctor).objects.filter(pk=house.colleague.pk).update(membership=house.memberships["nurse"])
            row = newest()
            row.queue.appointments.update(queue=house.pool)
            token = secret_links.make_feed(house.doctor, actor=house.medic)
        assert b"BEGIN:VEVENT" not in Client().get(f"/cal/{token}.ics").content
