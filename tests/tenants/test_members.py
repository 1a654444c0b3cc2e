"""Roles, revoking, join codes, keys, the hospital's own row: who may, who may not, and never the last owner away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinic.core.access import MATRIX, Actor
from clinic.core.errors import Forbidden, Invalid, NotAllowed, NotFound, NotSignedIn
from clinic.live.models import Event
from clinic.tenants import auth, operations, people
from clinic.tenants.models import Hospital, HospitalConfig, JoinCode, Membership
from tests.world import ROLES, World

pytestmark = pytest.mark.django_db
OTHERS = [role for role in ROLES if role not in ("owner", "manager")]


def second_owner(world: World) -> Membership:
    house = world.harbor
    with house.open():
        return operations.change_roles(house.memberships["nurse"], ["owner"], actor=house.actor("owner"))


@pytest.mark.rule("1.1")
def test_roles_are_changed_and_told(world: World) -> None:
    house = world.harbor
    member = house.memberships["nurse"]
    with house.open():
        operations.change_roles(member, ["nurse", "biller"], actor=house.actor("manager"))
        operations.change_roles(member, ["biller", "nurse"], actor=house.actor("manager"))
        events = list(Event.objects.filter(name="membership.roles_changed"))
    assert len(events) == 1
    assert events[0].changes[member.ref]["fields"]["roles"] == [["nurse"], ["biller", "nurse"]]
    assert f"user:{member.user_id}" in events[0].topics


@pytest.mark.rule("1.1")
@pytest.mark.parametrize("role", ["owner", "manager"])
def test_nobody_chooses_an_own_role(world: World, role: str) -> None:
    house = world.harbor
    acts: list[Callable[[], object]] = [
        lambda: operations.change_roles(house.memberships[role], ["owner", "doctor"], actor=house.actor(role)),
        lambda: operations.revoke_member(house.memberships[role], actor=house.actor(role)),
        lambda: operations.restore_member(house.memberships[role], actor=house.actor(role)),
    ]
    for act in acts:
        with house.open(), pytest.raises(NotAllowed) as refused:
            act()
        assert refused.value.code == "membership.own"


@pytest.mark.rule("1.1")
def test_only_an_owner_names_and_removes_owners(world: World) -> None:
    house, manager = world.harbor, world.harbor.actor("manager")
    with house.open():
        for act in (
            lambda: operations.change_roles(house.memberships["nurse"], ["owner"], actor=manager),
            lambda: operations.change_roles(house.memberships["owner"], ["nurse"], actor=manager),
            lambda: operations.revoke_member(house.memberships["owner"], actor=manager),
            lambda: operations.create_join_code("owner", actor=manager),
            lambda: operations.suspend_hospital(house.hospital, actor=manager),
        ):
            with pytest.raises(Forbidden):
                act()
        assert operations.create_join_code("owner", actor=house.actor("owner")).role == "owner"


@pytest.mark.rule("1.1")
def test_the_last_owner_stays(world: World) -> None:
    house = world.harbor
    other = second_owner(world)
    helper = people.actor_of(other)
    with house.open():
        operations.change_roles(house.memberships["owner"], ["nurse"], actor=helper)
        # ``house.actor("owner")`` still has the abilities of a moment ago: the rule, not the ability, must refuse.
        former = Actor(kind="member", id="x", name="x", abilities=frozenset(MATRIX), user_id=house.users["owner"].pk)
        acts: list[Callable[[], object]] = [
            lambda: operations.change_roles(other, ["nurse"], actor=former),
            lambda: operations.revoke_member(other, actor=former),
        ]
        for act in acts:
            with pytest.raises(NotAllowed) as refused:
                act()
            assert refused.value.code == "membership.last_owner"


def test_a_revoked_owner_does_not_count_as_the_one_who_stays(world: World) -> None:
    house = world.harbor
    other = second_owner(world)
    with house.open():
        operations.revoke_member(other, actor=house.actor("owner"))
        stranger = Actor(kind="key", id="k", name="k", abilities=frozenset(MATRIX))
        with pytest.raises(NotAllowed):
            operations.revoke_member(house.memberships["owner"], actor=stranger)


def test_revoking_and_restoring_twice_is_once(world: World) -> None:
    house, member = world.harbor, world.harbor.memberships["doctor"]
    owner = house.actor("owner")
    with house.open():
        for _ in range(2):
            operations.revoke_member(member, reason="left us", actor=owner)
        assert people.membership_of(member.user_id, house.hospital.pk) is None
        for _ in range(2):
            operations.restore_member(member, actor=owner)
        names = list(Event.objects.order_by("seq").values_list("name", flat=True))
    assert names == ["membership.revoked", "membership.restored"]
    assert people.membership_of(member.user_id, house.hospital.pk) is not None


@pytest.mark.parametrize("roles", [[], ["superadmin"], ["king"], ["nurse", "king"]])
def test_roles_come_from_the_list(world: World, roles: list[str]) -> None:
    house = world.harbor
    with house.open(), pytest.raises(Invalid):
        operations.change_roles(house.memberships["nurse"], roles, actor=house.actor("owner"))


@pytest.mark.parametrize("days", [0, -1, 31])
def test_a_code_lives_one_to_thirty_days(world: World, days: int) -> None:
    with world.harbor.open(), pytest.raises(Invalid):
        operations.create_join_code("nurse", days=days, actor=world.harbor.actor("owner"))


def test_a_used_code_cannot_be_taken_back(world: World) -> None:
    house, user = world.harbor, world.hilltop.users["nurse"]
    with house.open():
        code = operations.create_join_code("nurse", actor=house.actor("owner"))
    with people.platform():
        operations.join(code.code, user=user, actor=people.person(user))
    code.refresh_from_db()
    with house.open(), pytest.raises(NotAllowed):
        operations.revoke_join_code(code, actor=house.actor("owner"))
    assert JoinCode.objects.filter(pk=code.pk).exists()


@pytest.mark.parametrize("role", OTHERS)
def test_other_roles_manage_nothing(world: World, role: str) -> None:
    house, actor = world.harbor, world.harbor.actor(role)
    with house.open():
        config = HospitalConfig.objects.get()
        for act in (
            lambda: operations.create_join_code("nurse", actor=actor),
            lambda: operations.change_roles(house.memberships["owner"], ["nurse"], actor=actor),
            lambda: operations.revoke_member(house.memberships["owner"], actor=actor),
            lambda: operations.restore_member(house.memberships["owner"], actor=actor),
            lambda: operations.change_hospital(house.hospital, name="X", actor=actor),
            lambda: operations.change_policies(config, skip_max=1, actor=actor),
            lambda: operations.suspend_hospital(house.hospital, actor=actor),
            lambda: operations.reopen_hospital(house.hospital, actor=actor),
            lambda: operations.create_key(name="x", abilities=["queues.view"], actor=actor),
        ):
            with pytest.raises(Forbidden):
                act()
        assert not Event.objects.exists()


def test_the_other_hospitals_rows_are_not_there(world: World) -> None:
    house, other = world.harbor, world.hilltop
    owner = house.actor("owner")
    with other.open():
        code = operations.create_join_code("nurse", actor=other.actor("owner"))
        key, _raw = operations.create_key(name="x", abilities=["queues.view"], actor=other.actor("owner"))
        config = HospitalConfig.objects.get()
    with house.open():
        for act in (
            lambda: operations.change_roles(other.memberships["nurse"], ["biller"], actor=owner),
            lambda: operations.revoke_member(other.memberships["nurse"], actor=owner),
            lambda: operations.restore_member(other.memberships["nurse"], actor=owner),
            lambda: operations.revoke_join_code(code, actor=owner),
            lambda: operations.revoke_key(key, actor=owner),
            lambda: operations.change_hospital(other.hospital, name="Taken", actor=owner),
            lambda: operations.change_policies(config, skip_max=1, actor=owner),
            lambda: operations.suspend_hospital(other.hospital, actor=owner),
            lambda: operations.reopen_hospital(other.hospital, actor=owner),
        ):
            with pytest.raises(NotFound):
                act()
    other.hospital.refresh_from_db()
    assert other.hospital.name == "Hilltop Hospital"
    assert JoinCode.objects.filter(pk=code.pk).exists()


def test_a_key_holds_no_more_than_its_creator(world: World) -> None:
    house = world.harbor
    manager = house.actor("manager")
    with house.open():
        for abilities in (
            ["members.name_owner"],
            ["platform.account"],
            ["no.such"],
            [],
            ["queues.view", "hospital.close"],
        ):
            with pytest.raises(Invalid):
                operations.create_key(name="till", abilities=abilities, actor=manager)
        with pytest.raises(Invalid):
            past = timezone.now() - timedelta(days=1)
            operations.create_key(name="till", abilities=["queues.view"], expires_at=past, actor=manager)
        key, raw = operations.create_key(name="till", abilities=["queues.view", "queues.call"], actor=manager)
        event = Event.objects.get(name="api_key.created")
    assert raw not in str(event.changes)
    assert key.hash not in str(event.changes)
    assert raw not in (key.hash, key.prefix)
    entry = auth.actor_from_key(raw)
    assert (entry.hospital, entry.actor.kind) == (house.hospital, "key")
    assert entry.actor.abilities == {"queues.view", "queues.call"}


def test_a_key_ends_by_revoking_expiry_or_its_hospital(world: World) -> None:
    house, owner = world.harbor, world.harbor.actor("owner")
    with house.open():
        keys = [operations.create_key(name=f"k{n}", abilities=["queues.view"], actor=owner) for n in range(3)]
        operations.revoke_key(keys[0][0], actor=owner)
        operations.revoke_key(keys[0][0], actor=owner)
        assert Event.objects.filter(name="api_key.revoked").count() == 1
    keys[1][0].__class__.objects.filter(pk=keys[1][0].pk).update(expires_at=timezone.now())
    for raw in (keys[0][1], keys[1][1], "cfk_unknown", ""):
        with pytest.raises(NotSignedIn):
            auth.actor_from_key(raw)
    assert auth.actor_from_key(keys[2][1], house.hospital.slug).key == keys[2][0]
    with pytest.raises(NotFound):
        auth.actor_from_key(keys[2][1], world.hilltop.hospital.slug)
    with house.open():
        operations.suspend_hospital(house.hospital, actor=owner)
    with pytest.raises(NotSignedIn):
        auth.actor_from_key(keys[2][1])


@pytest.mark.rule("1.4")
def test_a_suspended_hospital_lets_only_its_owners_in(world: World) -> None:
    house = world.harbor
    with house.open():
        for _ in range(2):
            operations.suspend_hospital(house.hospital, reason="unpaid", actor=house.actor("owner"))
        assert Event.objects.filter(name="hospital.suspended").count() == 1
    entered = {role for role in ROLES if people.membership_of(house.users[role].pk, house.hospital.pk)}
    assert entered == {"owner"}
    assert people.memberships_of(house.users["nurse"]) == []
    with house.open():
        operations.reopen_hospital(house.hospital, actor=house.actor("owner"))
    assert people.memberships_of(house.users["nurse"]) != []
    assert Hospital.objects.get(pk=house.hospital.pk).is_open


def test_the_hospital_and_its_policies_change_by_their_own_rules(world: World) -> None:
    house, manager = world.harbor, world.harbor.actor("manager")
    with house.open():
        config = HospitalConfig.objects.get()
        operations.change_hospital(house.hospital, name="Harbour", time_zone="Asia/Kolkata", actor=manager)
        operations.change_policies(config, idle_minutes=5, actor=manager)
        bad: list[dict[str, Any]] = [
            {"time_zone": "Mars"},
            {"slug": "other"},
            {"status": "active"},
            {"language": "xx"},
            {"name": ""},
        ]
        for fields in bad:
            with pytest.raises(Invalid):
                operations.change_hospital(house.hospital, actor=manager, **fields)
        wrongs: list[dict[str, Any]] = [
            {"idle_minutes": 0},
            {"skip_places": 0},
            {"display_names": "full"},
            {"hospital": house.hospital},
        ]
        for wrong in wrongs:
            with pytest.raises(Invalid):
                operations.change_policies(config, actor=manager, **wrong)
        names = list(Event.objects.order_by("seq").values_list("name", flat=True))
    assert names == ["hospital.changed", "hospital.policies_changed"]


@pytest.mark.rule("1.5")
def test_who_belongs_to_several_hospitals_must_name_one(world: World) -> None:
    house, user = world.harbor, world.hilltop.users["nurse"]
    Membership.objects.create(user=user, hospital=house.hospital, roles=["biller"])
    raw = str(auth.tokens_for(user).access_token)
    with pytest.raises(Invalid) as refused:
        auth.actor_from_token(raw)
    assert refused.value.status == 400
    assert set(refused.value.details["hospitals"]) == {"harbor", "hilltop"}
    for name in (house.hospital.slug, str(house.hospital.pk)):
        entry = auth.actor_from_token(raw, name)
        assert entry.hospital == house.hospital
        assert entry.actor.roles == {"biller"}
    named = str(auth.tokens_for(user, world.hilltop.hospital).access_token)
    assert auth.actor_from_token(named).hospital == world.hilltop.hospital
    with pytest.raises(NotFound):
        auth.actor_from_token(raw, "nowhere")
    with pytest.raises(NotFound):
        auth.actor_from_token(str(auth.tokens_for(house.users["nurse"]).access_token), "hilltop")


def test_forged_expired_and_refresh_tokens_are_refused(world: World) -> None:
    user = world.harbor.users["nurse"]
    family = auth.tokens_for(user)
    access = str(family.access_token)
    header, body, signature = access.split(".")
    for raw in (f"{header}.{body}.{signature[::-1]}", str(family), "x.y.z", "", access + "x"):
        with pytest.raises(NotSignedIn):
            auth.actor_from_token(raw)
    bare = type(family.access_token).for_user(user)  # made without our claims
    with pytest.raises(NotSignedIn):
        auth.actor_from_token(str(bare))
    user.set_password("another long one")
    user.save()
    with pytest.raises(NotSignedIn):
        auth.actor_from_token(access)
