"""Registering, joining, passwords and signing out everywhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from clinic.core.access import SYSTEM, VISITOR
from clinic.core.errors import Conflict, Forbidden, Invalid, NotAllowed, NotFound, NotSignedIn
from clinic.core.tenancy import hospital
from clinic.directory.models import Department
from clinic.live import outbox
from clinic.live.models import Event
from clinic.tenants import auth, operations, people
from clinic.tenants.models import PLATFORM_ID, HospitalConfig, JoinCode, Membership, User
from clinic.tenants.passwords import Password, new_password
from queues.models import Queue
from tests.world import World

pytestmark = pytest.mark.django_db
WORD = "a long new password"


def newcomer(email: str = "nia@example.org") -> Membership:
    with people.platform():
        return operations.register(
            email=email, name="Nia Adeyemi", password=new_password(WORD), hospital="Baobab Clinic",
            time_zone="Africa/Lagos", actor=VISITOR,
        )  # fmt: skip


@pytest.mark.rule("1.3")
def test_registering_makes_an_owner_a_hospital_and_its_defaults(world: World) -> None:
    membership = newcomer("Nia@Example.org ")
    here = membership.hospital
    assert (membership.roles, here.slug, here.time_zone, membership.user.email) == (
        ["owner"], "baobab-clinic", "Africa/Lagos", "nia@example.org",
    )  # fmt: skip
    outbox.run(here.pk)
    outbox.run(here.pk)
    with hospital(here):
        assert HospitalConfig.objects.get().idle_minutes == 15
        assert list(Department.objects.values_list("name", "prefix")) == [("General practice", "A")]
        assert Queue.objects.get().sort == Queue.POOL
        first = Event.objects.get(seq=1)
        assert first.name == "hospital.registered"
        assert here.ref in first.changes
    with people.platform():
        event = Event.objects.get(name="user.registered")
        assert event.subjects == [membership.user.ref, here.ref]
        assert event.changes[membership.user.ref]["personal"] == ["email", "name"]
        assert event.changes[membership.user.ref]["fields"]["password"] == [None, "•"]


def test_a_second_hospital_of_the_same_name_gets_another_address(world: World) -> None:
    first, second = newcomer("one@example.org"), newcomer("two@example.org")
    assert first.hospital.slug != second.hospital.slug
    assert second.hospital.slug.startswith("baobab-clinic-")


def test_a_name_in_other_letters_still_has_an_address(world: World) -> None:
    user = world.harbor.users["owner"]
    with people.platform():
        made = operations.open_hospital(user, hospital="مستشفى النور", actor=people.person(user))
    assert made.hospital.slug == "hospital"
    assert made.roles == ["owner"]


def test_a_taken_address_makes_nothing(world: World) -> None:
    before = User.objects.count()
    with pytest.raises(Conflict) as refused:
        newcomer("OWNER@harbor.example")
    assert refused.value.code == "user.email_taken"
    assert User.objects.count() == before
    with people.platform():
        assert not Event.objects.filter(name="user.registered").exists()


@pytest.mark.parametrize("field", ["email", "hospital", "time_zone", "currency", "language", "name"])
def test_registering_names_the_field_that_is_wrong(world: World, field: str) -> None:
    given = {"email": "x@example.org", "name": "X", "hospital": "X", "time_zone": "UTC", "currency": "EUR"}
    wrong = {"email": "no address", "time_zone": "Mars/Olympus", "currency": "euro", "language": "xx"}
    with people.platform(), pytest.raises(Invalid) as refused:
        operations.register(**{**given, field: wrong.get(field, " ")}, password=Password("x"), actor=VISITOR)
    assert field in refused.value.details or (field == "hospital" and "name" in refused.value.details)


@pytest.mark.parametrize("word", ["short", "password123", "1234567890123", "x" * 300, "nul\0nul\0nul\0"])
def test_a_weak_password_is_refused_before_anything(word: str) -> None:
    with pytest.raises(Invalid) as refused:
        new_password(word, email="nia@example.org")
    assert refused.value.details["password"]


def code_of(world: World, role: str = "nurse", **options: int) -> JoinCode:
    with world.harbor.open():
        return operations.create_join_code(role, actor=world.harbor.actor("manager"), **options)


@pytest.mark.rule("1.3")
def test_a_newcomer_joins_by_code_with_its_one_role(world: World) -> None:
    code = code_of(world)
    with people.platform():
        made = operations.join_as_new(
            code.code.lower().replace("-", " "), email="new@example.org", name="New", password=Password("x"),
            actor=VISITOR,
        )  # fmt: skip
    assert (made.hospital, made.roles) == (world.harbor.hospital, ["nurse"])
    with world.harbor.open():
        event = Event.objects.get(name="membership.joined")
        assert set(event.subjects) == {made.ref, code.ref}
        assert code.code not in str(event.changes)


@pytest.mark.rule("1.3")
def test_a_code_works_once_but_twice_for_the_same_person_is_once(world: World) -> None:
    code, user = code_of(world), world.hilltop.users["nurse"]
    with people.platform():
        made = operations.join(code.code, user=user, actor=people.person(user))
        again = operations.join(code.code, user=user, actor=people.person(user))
        other = world.hilltop.users["biller"]
        with pytest.raises(NotAllowed):
            operations.join(code.code, user=other, actor=people.person(other))
    assert made == again
    with world.harbor.open():
        assert Event.objects.filter(name="membership.joined").count() == 1


def test_an_expired_unknown_or_revoked_code_is_one_answer(world: World) -> None:
    code = code_of(world, days=1)
    gone = code_of(world)
    with world.harbor.open():
        operations.revoke_join_code(gone, actor=world.harbor.actor("owner"))
    user = world.hilltop.users["nurse"]
    with people.platform(), time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        for raw in (code.code, gone.code, "AAA-AAA-AAA", "", "x" * 500):
            with pytest.raises(NotAllowed) as refused:
                operations.join(raw, user=user, actor=people.person(user))
            assert refused.value.code == "join_code.unknown"


def test_a_code_of_a_suspended_hospital_does_not_work(world: World) -> None:
    code, user = code_of(world), world.hilltop.users["nurse"]
    with world.harbor.open():
        operations.suspend_hospital(world.harbor.hospital, actor=world.harbor.actor("owner"))
    with people.platform(), pytest.raises(NotAllowed):
        operations.join(code.code, user=user, actor=people.person(user))


def test_a_member_gets_the_role_besides_and_a_revoked_one_nothing_else(world: World) -> None:
    house = world.harbor
    manager, member = house.actor("manager"), house.memberships["doctor"]
    with people.platform():
        made = operations.join(code_of(world).code, user=member.user, actor=people.person(member.user))
    assert made.roles == ["doctor", "nurse"]
    with house.open():
        operations.revoke_member(made, actor=manager)
    with people.platform():
        back = operations.join(code_of(world, "biller").code, user=member.user, actor=people.person(member.user))
    assert (back.pk, back.is_active, back.roles) == (member.pk, True, ["biller"])


def test_only_the_holder_of_a_code_learns_of_taken_addresses(world: World) -> None:
    for raw, code in (("AAA-AAA-AAA", "join_code.unknown"), (code_of(world).code, "user.email_taken")):
        with people.platform(), pytest.raises((NotAllowed, Conflict)) as refused:
            operations.join_as_new(raw, email="owner@harbor.example", name="X", password=Password("x"), actor=VISITOR)
        assert refused.value.code == code
    assert JoinCode.objects.filter(used_at=None).count() == 1


def test_nobody_changes_another_account(world: World) -> None:
    user, other = world.harbor.users["nurse"], people.person(world.harbor.users["owner"])
    with people.platform():
        for act in (
            lambda: operations.change_profile(user, name="X", actor=other),
            lambda: operations.change_password(user, password=Password("x"), actor=other),
            lambda: operations.sign_out_everywhere(user, actor=other),
            lambda: operations.end_session(user, 1, actor=other),
            lambda: operations.note_sign_in(user, actor=other),
        ):
            with pytest.raises(Forbidden):
                act()
        with pytest.raises(NotFound):
            operations.end_session(user, 999, actor=people.person(user))


def test_the_profile_is_personal_and_unknown_fields_are_refused(world: World) -> None:
    user = world.harbor.users["nurse"]
    with people.platform():
        operations.change_profile(user, name="Ana", language="es", actor=people.person(user))
        event = Event.objects.get(name="user.changed")
        assert event.changes[user.ref]["fields"] == {"language": ["", "es"]}
        assert event.changes[user.ref]["personal"] == ["name"]
        for wrong in ({"is_superadmin": "1"}, {"language": "xx"}, {"name": ""}, {"email": "a@b.example"}):
            with pytest.raises(Invalid):
                operations.change_profile(user, actor=people.person(user), **wrong)


@pytest.mark.rule("1.5")
def test_signing_out_everywhere_ends_tokens_and_twice_is_once(world: World) -> None:
    user = world.harbor.users["nurse"]
    raw = str(auth.tokens_for(user).access_token)
    assert auth.actor_from_token(raw).hospital == world.harbor.hospital
    with people.platform():
        at = timezone.now()
        operations.sign_out_everywhere(user, at=at, actor=SYSTEM)
        operations.sign_out_everywhere(user, at=at, actor=SYSTEM)
        assert Event.objects.filter(name="user.signed_out_everywhere").count() == 1
    with pytest.raises(NotSignedIn):
        auth.actor_from_token(raw)
    assert auth.actor_from_token(str(auth.tokens_for(user).access_token)).hospital == world.harbor.hospital


@pytest.mark.rule("1.5")
def test_revoking_a_member_ends_their_tokens_by_reaction(world: World) -> None:
    house, member = world.harbor, world.harbor.memberships["nurse"]
    before = member.user.signed_out_at
    with house.open():
        operations.revoke_member(member, actor=house.actor("owner"))
    outbox.run(house.hospital.pk)
    outbox.run(PLATFORM_ID)
    member.user.refresh_from_db()
    assert before is None
    assert member.user.signed_out_at is not None
    with people.platform():
        assert Event.objects.get(name="user.signed_out_everywhere").actor["kind"] == "system"
