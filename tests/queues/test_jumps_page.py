"""The page of the jump ledger: who went out of order, why and by whom, and how many calls went in order (R3.6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.directory.models import Department
from clinic.live.record import done
from clinic.tenants import days
from clinic.tenants.models import Membership
from queues import jumps, move_serializers
from queues.models import URGENT, VIP, Leg, Queue
from queues.operations import calls, ends, undo
from queues.views.jumps import CAUSES
from tests.queues.helpers import at, called, signed_in
from tests.world import ROLES, House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("3.6")]


def page(house: House, query: str = "", role: str = "owner") -> Any:
    return signed_in(house, role).get(at(house, f"jumps/{query}"))


def a_day(house: House) -> None:
    """Three come in order, one urgent; one is chosen by hand and one called in turn."""
    visits = house.waiting(3)
    house.waiting(1, klass=URGENT, class_reason="39.2 degrees")
    with house.open():
        calls.call(visits[2], house.doctor, reason="in pain", actor=house.medic)
        calls.start(visits[2], actor=house.medic)
        ends.complete(visits[2], actor=house.medic)
        called(house)


def test_the_page_tells_each_jump_and_how_many_calls_went_in_order(world: World) -> None:
    house = world.harbor
    a_day(house)
    answer = page(house)
    text = " ".join(answer.content.decode().split())
    assert answer.status_code == 200
    assert "Of 2 calls 1 went to whoever was first in line (50 %)." in text
    assert "1 was chosen out of order." in text
    assert "A-003" in text
    assert "in pain" in text
    assert house.users["doctor"].name in text
    assert "Called out of order" in text
    assert "39.2" not in text, "the reason of a class is personal, and in no event"


def test_the_page_has_words_for_every_cause_of_the_api() -> None:
    assert list(CAUSES) == move_serializers.CAUSES


def test_by_day_line_and_cause(world: World) -> None:
    house = world.harbor
    a_day(house)
    with house.open():
        before = days.service_day(house.hospital) - timedelta(days=1)
    assert "A-004" not in page(house, "?cause=manual_call").content.decode()
    assert "A-003" not in page(house, "?cause=class").content.decode()
    assert "A-003" in page(house, f"?line={house.own.pk}").content.decode()
    other = page(house, f"?line={house.pool.pk}").content.decode()
    assert "A-003" not in other
    assert "Nobody was called" in other
    assert "Everybody stood in order" in page(house, f"?day={before}").content.decode()
    for nonsense in ("?day=friday", "?day=0001-01-01", "?day=9999-12-31", "?line=x&cause=y", "?day=%00"):
        answer = page(house, nonsense)
        assert (answer.status_code, "A-003" in answer.content.decode()) == (200, True), nonsense


def test_who_may_read_the_log_reads_it_and_home_leads_there(world: World) -> None:
    house = world.harbor
    for role in ROLES:
        may = role in ("owner", "manager")
        assert page(house, role=role).status_code == (200 if may else 403), role
        assert (at(house, "jumps/") in signed_in(house, role).get(at(house, "home/")).content.decode()) is may


def test_no_other_hospital_and_no_other_department(world: World) -> None:
    a_day(world.harbor)
    assert "A-003" not in page(world.hilltop).content.decode()
    house = world.harbor
    with house.open():
        other = Department.objects.create(name="Radiology", prefix="R")
        there = Queue.objects.create(department=other, sort=Queue.POOL, name="Radiology")
    house.waiting(1, there, klass=VIP)
    manager = house.memberships["manager"]
    Membership.objects.filter(pk=manager.pk).update(department_ids=[str(other.pk)])
    text = page(house, role="manager").content.decode()
    assert "R-001" in text
    assert "A-003" not in text
    assert house.own.name not in text
    assert "Nobody was called" in text


def test_calls_that_were_taken_back_do_not_count(world: World) -> None:
    house = world.harbor
    visits = house.waiting(2)
    with house.open():
        today = days.service_day(house.hospital)
        calls.call(visits[1], house.doctor, reason="in pain", actor=house.medic)
        undo.undo(done().seq or 0, actor=house.medic)
        assert jumps.calls_of_day(today) == jumps.Calls(0, 0)
        called(house)
        told = jumps.calls_of_day(today)
        assert (told.total, told.in_order, told.percent) == (1, 1, 100)
        assert jumps.calls_of_day(today, queue=str(house.pool.pk)).total == 0
        assert jumps.calls_of_day(today - timedelta(days=1)).percent == 100


def test_the_page_costs_the_same_however_long_the_day(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "owner")
    client.get(at(house, "jumps/"))  # what is read once in a process is read now
    counts = []
    for _round in range(2):
        a_day(house)
        with house.open():
            inside = Leg.objects.with_server().select_related("visit").get(server=house.doctor)
            ends.complete(inside.visit, actor=house.medic)
        with CaptureQueriesContext(connection) as seen:
            client.get(at(house, "jumps/"))
        counts.append(len(seen))
    assert counts[0] == counts[1]
