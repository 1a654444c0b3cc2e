"""Doctors' figures: what was seen, waited and booked, in a period of service days; the own ones for doctors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from clinic.directory.models import Department, Doctor
from clinic.tenants.auth import tokens_for
from queues import analytics
from queues.models import Leg
from queues.operations import calls, ends
from tests.world import House, World

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


def ask(house: House, role: str = "owner", status: int = 200, **query: Any) -> Any:
    raw = str(tokens_for(house.users[role], house.hospital).access_token)
    answer = Client().get("/api/v1/doctors/analytics", query, headers={"Authorization": f"Bearer {raw}"})
    assert answer.status_code == status, answer.content
    return answer.json()


def seen(house: House, at: datetime, wait: int, service: int) -> None:
    """Somebody waits, is called and seen."""
    with time_machine.travel(at, tick=False) as clock:
        visit = house.waiting(1)[0]
        with house.open():
            clock.shift(timedelta(minutes=wait))
            calls.call_next(house.doctor, actor=house.medic)
            calls.start(visit, actor=house.medic)
            clock.shift(timedelta(minutes=service))
            ends.complete(visit, actor=house.medic)


def test_figures_of_a_period(world: World) -> None:
    house = world.harbor
    seen(house, NOON - timedelta(days=40), 30, 30)
    seen(house, NOON - timedelta(days=1), 10, 20)
    seen(house, NOON, 20, 10)
    with time_machine.travel(NOON + timedelta(hours=2), tick=False):
        day, week, year = (ask(house, period=period)["doctors"] for period in ("day", "WEEK", "year"))
        own = {row["name"]: row for row in week}["Dr. Leïla Benali"]
        assert (own["seen"], own["wait_minutes"], own["service_minutes"]) == (2, 15.0, 15.0)
        assert own["days"] == [{"date": "2026-11-19", "seen": 1}, {"date": "2026-11-20", "seen": 1}]
        assert own["appointments"] == {"booked": 0, "kept": 0, "cancelled": 0, "missed": 0}
        assert {row["name"]: row["seen"] for row in day} == {"Dr. Leïla Benali": 1, "Dr. Kwame Mensah": 0}
        assert {row["name"]: row["seen"] for row in year}["Dr. Leïla Benali"] == 3


def test_who_left_and_who_took_very_long_count_as_what_they_are(world: World) -> None:
    house = world.harbor
    seen(house, NOON, 10, 20)
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        visit = house.waiting(1)[0]
        with house.open():
            ends.leave(visit, actor=house.desk)
    seen(house, NOON + timedelta(hours=2), 10, 90)
    with house.open():
        Leg.objects.filter(started_at__gt=NOON + timedelta(hours=2)).update(overlong_at=NOON + timedelta(hours=4))
    with time_machine.travel(NOON + timedelta(hours=5), tick=False):
        own = ask(house, doctor=house.doctor.pk, period="day")["doctors"]
    assert [(row["seen"], row["left"], row["service_minutes"]) for row in own] == [(2, 1, 20.0)]


def test_doctors_get_their_own_and_the_desk_none(world: World) -> None:
    house = world.harbor
    assert [row["name"] for row in ask(house, "doctor")["doctors"]] == ["Dr. Leïla Benali"]
    ask(house, "doctor", 404, doctor=house.colleague.pk)
    ask(house, "owner", 404, doctor=world.hilltop.doctor.pk)
    for role in ("receptionist", "nurse", "biller"):
        ask(house, role, 403)
    ask(house, "owner", 400, period="decade")


def test_a_manager_of_one_department_sees_its_doctors_only(world: World) -> None:
    house = world.harbor
    with house.open():
        other = Department.objects.create(name="Skin", prefix="D")
        Doctor.objects.create(name="Dr. Skin", department=other)
        member = house.memberships["manager"]
        member.department_ids = [str(other.pk)]
        member.save()
    assert [row["name"] for row in ask(house, "manager")["doctors"]] == ["Dr. Skin"]
    assert "Dr. Skin" in [row["name"] for row in ask(house)["doctors"]]


def test_it_costs_the_same_however_many(world: World, django_assert_max_num_queries: Any) -> None:
    house = world.harbor
    seen(house, NOON, 5, 5)
    with house.open(), time_machine.travel(NOON + timedelta(hours=2), tick=False):
        first, last = analytics.span("month")
        doctors = list(Doctor.objects.all())
        with django_assert_max_num_queries(4):
            analytics.of(doctors, first, last)
