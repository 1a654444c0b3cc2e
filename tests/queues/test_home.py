"""The first page: today in figures and what just happened, live, and only of the own departments."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from clinic.directory.models import Department
from clinic.tenants.models import Membership
from queues.models import Queue
from queues.operations import calls, moves
from queues.regions import home
from tests.elsewhere import second_department
from tests.live.helpers import assert_live
from tests.world import House, World

pytestmark = pytest.mark.django_db


def page(house: House, role: str) -> str:
    client = Client()
    client.force_login(house.users[role])
    answer = client.get(f"/h/{house.hospital.slug}/home/")
    assert answer.status_code == 200
    return answer.text


def test_home_shows_today_and_says_what_happened_in_words(world: World) -> None:
    house = world.harbor
    first, second = house.waiting(2)
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
    for role in ("owner", "receptionist", "doctor", "nurse", "biller"):
        text = page(house, role)
        assert f"{first.token} called by Dr. Leïla Benali" in text
        assert f"{second.token} came to Dr. Leïla Benali" in text
        assert "Waits" not in text  # no names of patients
    assert "called by" not in page(world.hilltop, "owner")


def test_links_are_those_of_the_role(world: World) -> None:
    assert "/h/harbor/admin/" in page(world.harbor, "owner")
    assert "/h/harbor/admin/" not in page(world.harbor, "nurse")


def test_home_is_live(world: World) -> None:
    house = world.harbor
    house.waiting(1)
    with house.open():
        assert_live(lambda: house.waiting(1), "home-day:today", "home-log:today")


@pytest.mark.rule("1.2")
def test_somebody_limited_to_a_department_sees_only_its_day(world: World) -> None:
    house = world.harbor
    with house.open():
        other = Department.objects.create(name="Skin", prefix="D")
        line = Queue.objects.create(department=other, sort=Queue.POOL, name=other.name)
    house.waiting(1)
    (theirs,) = house.waiting(1, line)
    Membership.objects.filter(pk=house.memberships["nurse"].pk).update(department_ids=[str(other.pk)])
    text = page(house, "nurse")
    assert f"{theirs.token} came to Skin" in text
    assert "came to Dr." not in text
    assert "<dd>1</dd>" in text


@pytest.mark.rule("1.2")
def test_somebody_sent_to_a_department_is_told_of_there(world: World) -> None:
    house = world.harbor
    skin = second_department(house)
    (visit,) = house.waiting(1)
    skin.limit("nurse")
    with house.open():
        moves.reassign(visit, skin.own, actor=house.desk)
    assert f"{visit.token} moved to another line" in page(house, "nurse")


def test_every_event_that_home_tells_of_is_one_that_happens() -> None:
    documented = (Path(settings.BASE_DIR) / "docs" / "events.md").read_text(encoding="utf-8")
    assert [name for name in home.SAID if f"`{name}`" not in documented] == []
