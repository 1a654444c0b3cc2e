"""A calendar feed ends with its doctor, when its doctor says so, and a year after its use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from clinic.directory import operations as directory
from clinic.live import outbox
from clinic.tenants import links, operations
from clinic.tenants.models import Membership, PublicToken, User
from queues.operations import secret_links
from tests.queues.helpers import at, signed_in
from tests.queues.public import MONDAY
from tests.world import House, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def monday() -> Any:
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


def made(house: House) -> str:
    with house.open():
        return f"/cal/{secret_links.make_feed(house.doctor, actor=house.medic)}.ics"


def status(url: str) -> int:
    return Client().get(url).status_code


def follow(house: House) -> None:
    while outbox.run(house.hospital.pk):
        pass


def test_a_feed_lasts_a_year_from_its_last_use(world: World, monday: Any) -> None:
    house = world.harbor
    used, unused = made(house), made(world.hilltop)
    monday.shift(timedelta(days=300))
    assert status(used) == 200
    monday.shift(timedelta(days=300))
    assert (status(used), status(unused)) == (200, 404)
    monday.shift(timedelta(days=366))
    assert status(used) == 404
    assert links.forget_old() == 2


def test_the_doctor_sees_when_it_was_used_last(world: World, monday: Any) -> None:
    house = world.harbor
    url, doctor = made(house), signed_in(house, "doctor")
    page = doctor.get(at(house, "me/calendar/")).content.decode()
    assert "no calendar has asked for it yet" in page
    status(url)
    monday.shift(timedelta(minutes=10))
    status(url)  # noted once an hour
    page = doctor.get(at(house, "me/calendar/")).content.decode()
    assert "asked for it last on 23 Nov 2026 07:00" in page and "It ends on 23 Nov 2027" in page
    assert "End the feed" in page


def _revoke(house: House) -> None:
    operations.revoke_member(house.memberships["doctor"], actor=house.actor("owner"))


def _restore(house: House) -> None:
    operations.restore_member(Membership.objects.get(pk=house.memberships["doctor"].pk), actor=house.actor("owner"))


def _take_off(house: House) -> None:
    directory.change_doctor(_fresh(house), is_active=False, actor=house.actor("manager"))


def _put_on(house: House) -> None:
    directory.change_doctor(_fresh(house), is_active=True, actor=house.actor("manager"))


def _other_person(house: House) -> None:
    directory.change_doctor(_fresh(house), membership=house.memberships["nurse"], actor=house.actor("manager"))


def _back(house: House) -> None:
    directory.change_doctor(_fresh(house), membership=house.memberships["doctor"], actor=house.actor("manager"))


def _other_role(house: House) -> None:
    operations.change_roles(house.memberships["doctor"], ["nurse"], actor=house.actor("owner"))


def _doctor_again(house: House) -> None:
    member = Membership.objects.get(pk=house.memberships["doctor"].pk)
    operations.change_roles(member, ["doctor"], actor=house.actor("owner"))


def _fresh(house: House) -> Any:
    return type(house.doctor).objects.get(pk=house.doctor.pk)


@pytest.mark.parametrize(
    ("ends", "comes_back"),
    [(_revoke, _restore), (_take_off, _put_on), (_other_person, _back), (_other_role, _doctor_again)],
)
def test_it_ends_with_the_doctor_and_does_not_come_back(world: World, ends: Any, comes_back: Any) -> None:
    house = world.harbor
    url = made(house)
    assert status(url) == 200
    with house.open():
        ends(house)
    if ends is not _other_person:
        assert status(url) == 404, "at once, before anything follows"
    follow(house)
    assert status(url) == 404
    with house.open():
        comes_back(house)
    follow(house)
    assert status(url) == 404
    assert not PublicToken.objects.filter(purpose=PublicToken.CALENDAR).exists()


def test_an_account_that_is_closed_has_no_feed(world: World) -> None:
    house = world.harbor
    url = made(house)
    User.objects.filter(pk=house.users["doctor"].pk).update(is_active=False)
    assert status(url) == 404


def test_a_suspended_hospital_shows_no_feed(world: World) -> None:
    house = world.harbor
    url = made(house)
    with house.open():
        operations.suspend_hospital(house.hospital, reason="unpaid", actor=house.actor("owner"))
    answer = Client().get(url)
    assert answer.status_code == 503 and b"BEGIN:VCALENDAR" not in answer.content
