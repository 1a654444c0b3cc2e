"""The page of the end of a day, and the list of who is expected: by buttons, with the roles and rows they show."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.directory.models import Department
from clinic.tenants.models import Membership
from queues.models import CARRIED_OVER, LEFT, WAITING, Queue, Visit
from queues.operations import calls, close
from tests.house.calls.queues import expected_today
from tests.live.helpers import assert_live
from tests.queues.helpers import at, signed_in
from tests.queues.test_order import line
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("3.22")]


def test_the_desk_chooses_for_each(world: World) -> None:
    house = world.harbor
    first, second, third = house.waiting(3)
    client: Any = signed_in(house, "receptionist")
    page = client.get(at(house, "reception/close/"))
    assert page.status_code == 200
    text = page.content.decode()
    assert all(visit.token in text for visit in (first, second, third))
    assert text.count('value="carry" checked') == 3
    told = client.post(
        at(house, "reception/close/"),
        {f"choice-{first.pk}": "carry", f"choice-{second.pk}": "left", "choice-nonsense": "left"}, follow=True,
    )  # fmt: skip
    assert told.status_code == 200
    with house.open():
        states = [calls.leg_now(visit).state for visit in (first, second, third)]
        assert states == [CARRIED_OVER, LEFT, WAITING]
        assert Visit.objects.filter(carried_from=first).exists()


def test_only_who_may_close_the_day_sees_the_page(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    for role in ("doctor", "nurse", "biller"):
        client: Any = signed_in(house, role)
        assert client.get(at(house, "reception/close/")).status_code == 403
        assert client.post(at(house, "reception/close/"), {f"choice-{visit.pk}": "left"}).status_code == 403
    other: Any = signed_in(world.hilltop, "receptionist")
    assert other.post(at(world.hilltop, "reception/close/"), {f"choice-{visit.pk}": "left"}).status_code == 404
    with house.open():
        assert calls.leg_now(visit).state == WAITING


@pytest.mark.rule("1.2")
def test_a_visit_of_a_department_one_is_not_of_is_not_there(world: World) -> None:
    """404 as everywhere, and nothing of the form is done; on the page it is not listed."""
    house = world.harbor
    with house.open():
        other = Department.objects.create(name="Radiology", prefix="R")
        there = Queue.objects.create(department=other, sort=Queue.POOL, name="Radiology")
    foreign, own = house.waiting(1)[0], house.waiting(1, there)[0]
    Membership.objects.filter(pk=house.memberships["receptionist"].pk).update(department_ids=[str(other.pk)])
    client: Any = signed_in(house, "receptionist")
    page = client.get(at(house, "reception/close/")).content.decode()
    assert own.token in page
    assert foreign.token not in page
    form = {f"choice-{own.pk}": "left", f"choice-{foreign.pk}": "left"}
    assert client.post(at(house, "reception/close/"), form).status_code == 404
    with house.open():
        assert [calls.leg_now(visit).state for visit in (own, foreign)] == [WAITING, WAITING]


def test_somebody_expected_is_shown_and_comes_by_a_button(world: World) -> None:
    house = world.harbor
    with house.open():
        visit = expected_today(house)
    client: Any = signed_in(house, "receptionist")
    page = client.get(at(house, "reception/")).content.decode()
    assert f'id="expected-{visit.pk}"' in page
    assert visit.token in page
    assert client.post(at(house, f"visits/{visit.pk}/arrive/")).status_code in (204, 303)
    with house.open():
        assert line(house.own) == [visit.token]
    assert f'id="expected-{visit.pk}"' not in client.get(at(house, "reception/")).content.decode()
    foreign: Any = signed_in(world.hilltop, "receptionist")
    assert foreign.post(at(world.hilltop, f"visits/{visit.pk}/arrive/")).status_code == 404


def test_the_list_of_the_expected_is_live(world: World) -> None:
    house = world.harbor
    with house.open():
        visit = expected_today(house)
        assert_live(lambda: close.arrive_expected(visit, actor=house.desk), "expected:today", f"line:{house.own.pk}")
