"""Limiting a member to departments (R1.2): who may, whom not, and what ends with it (R1.5)."""

from __future__ import annotations

import pytest

from clinic.core.errors import Forbidden, NotAllowed, NotFound, NotSignedIn
from clinic.live import outbox
from clinic.live.models import Event
from clinic.tenants import auth, operations, people
from clinic.tenants.models import PLATFORM_ID, Membership
from tests.api.client import api
from tests.elsewhere import second_department
from tests.tenants.test_sign_in import signed_in
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.2")]


def test_a_member_is_limited_and_let_go_again(world: World) -> None:
    house = world.harbor
    skin, member = second_department(house), house.memberships["nurse"]
    with house.open():
        for _ in range(2):
            operations.change_departments(member, [skin.department.pk], actor=house.actor("manager"))
        assert people.actor_of(member).departments == skin.limits
        operations.change_departments(member, [], actor=house.actor("manager"))
        events = list(Event.objects.filter(name="membership.departments_changed").order_by("seq"))
    assert people.actor_of(member).departments is None
    told = [event.changes[member.ref]["fields"]["department_ids"] for event in events]
    assert told == [[[], [str(skin.department.pk)]], [[str(skin.department.pk)], []]]


@pytest.mark.rule("1.5")
def test_other_departments_end_sessions_and_tokens(world: World) -> None:
    house = world.harbor
    skin, user = second_department(house), house.users["nurse"]
    browser = signed_in(world, "nurse")
    raw = str(auth.tokens_for(user, house.hospital).access_token)
    with house.open():
        operations.change_departments(house.memberships["nurse"], skin.limits, actor=house.actor("owner"))
    assert browser.get(f"/h/harbor/doctors/{house.doctor.pk}/").status_code in (403, 404)  # from the next click on
    outbox.run(house.hospital.pk)
    outbox.run(PLATFORM_ID)
    assert browser.get("/h/harbor/me/").status_code == 302
    with pytest.raises(NotSignedIn):
        auth.actor_from_token(raw)


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_whoever_runs_the_hospital_is_not_limited(world: World, role: str) -> None:
    house = world.harbor
    other = Membership.objects.create(user=world.hilltop.users["nurse"], hospital=house.hospital, roles=[role])
    with house.open(), pytest.raises(NotAllowed) as refused:
        operations.change_departments(other, [house.department.pk], actor=house.actor("owner"))
    assert refused.value.code == "membership.runs_all"


def test_a_limited_member_does_not_come_to_run_the_hospital_unseen(world: World) -> None:
    house, member = world.harbor, world.harbor.memberships["nurse"]
    owner = house.actor("owner")
    with house.open():
        operations.change_departments(member, [house.department.pk], actor=owner)
        with pytest.raises(NotAllowed):
            operations.change_roles(member, ["manager"], actor=owner)
        changed = operations.change_member(member, roles=["manager"], departments=[], actor=owner)
        assert (changed.roles, changed.department_ids) == (["manager"], [])
        back = operations.change_member(member, roles=["nurse"], departments=[house.department.pk], actor=owner)
    assert (back.roles, back.department_ids) == (["nurse"], [str(house.department.pk)])


def test_only_departments_of_the_hospital_and_only_by_those_who_may(world: World) -> None:
    house, member = world.harbor, world.harbor.memberships["nurse"]
    with house.open():
        for foreign in (world.hilltop.department.pk, world.hilltop.hospital.pk):
            with pytest.raises(NotFound):
                operations.change_departments(member, [foreign], actor=house.actor("owner"))
        with pytest.raises(Forbidden):
            operations.change_departments(member, [], actor=house.desk)
        with pytest.raises(NotAllowed):
            operations.change_departments(house.memberships["manager"], [], actor=house.actor("manager"))
        with pytest.raises(NotFound):
            operations.change_departments(world.hilltop.memberships["nurse"], [], actor=house.actor("owner"))


def test_the_api_limits_and_shows(world: World) -> None:
    house = world.harbor
    path = f"memberships/{house.memberships['nurse'].pk}"
    manager = api(house, "manager")
    told = manager.send("PATCH", path, {"departments": [str(house.department.pk)]})
    assert (told.status, told.json["departments"], told.json["roles"]) == (200, [str(house.department.pk)], ["nurse"])
    assert manager.send("PATCH", path, {"roles": ["manager"]}).code == "MEMBERSHIP_RUNS_ALL"
    told = manager.send("PATCH", path, {"roles": ["biller"], "departments": []})
    assert (told.json["departments"], told.json["roles"]) == ([], ["biller"])


def test_a_join_code_for_running_the_hospital_ends_a_limit(world: World) -> None:
    house, user = world.harbor, world.harbor.users["nurse"]
    owner = house.actor("owner")
    with house.open():
        operations.change_departments(house.memberships["nurse"], [house.department.pk], actor=owner)
        code = operations.create_join_code("manager", actor=owner).code
    with people.platform():
        member = operations.join(code, user=user, actor=people.person(user))
    assert (member.roles, member.department_ids) == (["manager", "nurse"], [])
