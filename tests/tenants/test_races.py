"""Two people at the same moment: one code, the last two owners."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from clinic.core.errors import DomainError
from clinic.live.models import Event
from clinic.tenants import links, operations, people
from clinic.tenants.models import Membership, PublicToken
from clinic.tenants.passwords import new_password
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Run each in a thread of its own, together; "" for what went through, else the code it was refused with."""
    barrier, answers = threading.Barrier(len(acts)), ["never ran"] * len(acts)

    def run(place: int) -> None:
        try:
            barrier.wait(timeout=10)
            acts[place]()
            answers[place] = ""
        except DomainError as error:
            answers[place] = error.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


@pytest.mark.rule("1.3")
def test_two_people_cannot_both_use_a_code(world: World) -> None:
    house = world.harbor
    with house.open():
        code = operations.create_join_code("nurse", actor=house.actor("owner")).code

    def join(role: str) -> Callable[[], object]:
        user = world.hilltop.users[role]

        def act() -> object:
            with people.platform():
                return operations.join(code, user=user, actor=people.person(user))

        return act

    answers = at_once(*(join(role) for role in ("owner", "nurse", "biller", "doctor")))
    assert sorted(answers) == ["", "join_code.unknown", "join_code.unknown", "join_code.unknown"]
    newcomers = Membership.objects.filter(hospital=house.hospital, user__email__endswith="hilltop.example")
    assert newcomers.count() == 1
    with house.open():
        assert Event.objects.filter(name="membership.joined").count() == 1


@pytest.mark.rule("1.1")
def test_two_owners_cannot_remove_each_other_at_the_same_moment(world: World) -> None:
    house = world.harbor
    with house.open():
        operations.change_roles(house.memberships["nurse"], ["owner"], actor=house.actor("owner"))
    actors = {role: house.actor(role) for role in ("owner", "nurse")}

    def revoke(who: str, whom: str) -> Callable[[], object]:
        def act() -> object:
            with house.open():
                return operations.revoke_member(
                    Membership.objects.get(pk=house.memberships[whom].pk), actor=actors[who]
                )

        return act

    answers = at_once(revoke("owner", "nurse"), revoke("nurse", "owner"))
    assert sorted(answers) == ["", "membership.last_owner"]
    owners = [row for row in Membership.objects.filter(hospital=house.hospital, is_active=True) if "owner" in row.roles]
    assert len(owners) == 1


@pytest.mark.rule("1.3")
def test_an_invitation_is_accepted_by_one_of_two_at_the_same_moment(world: World) -> None:
    house = world.harbor
    with house.open():
        row = operations.invite("noor@new.example", roles=["nurse"], actor=house.actor("owner"))
    token = links.sent_once(PublicToken.INVITE, row.ref) or ""
    word = new_password("a long new password")

    def accept(name: str) -> Callable[[], object]:
        def act() -> object:
            with people.platform():
                return operations.accept_as_new(token, name=name, password=word, actor=people.visitor(name))

        return act

    answers = at_once(accept("Noor"), accept("Noor too"))
    assert sorted(answers) == ["", "link.unknown"]
    assert Membership.objects.filter(user__email="noor@new.example").count() == 1


@pytest.mark.rule("1.3")
def test_a_new_password_is_set_by_one_of_two_at_the_same_moment(world: World) -> None:
    user = world.harbor.users["nurse"]
    with people.platform():
        operations.ask_reset(user.email, actor=people.visitor(""))
    token = links.sent_once(PublicToken.RESET, user.ref) or ""
    words = [new_password(f"a long new password {n}") for n in range(2)]

    def reset(place: int) -> Callable[[], object]:
        def act() -> object:
            with people.platform():
                return operations.reset_password(token, password=words[place], actor=people.visitor(""))

        return act

    answers = at_once(reset(0), reset(1))
    assert sorted(answers) == ["", "link.unknown"]
    user.refresh_from_db()
    assert user.password == words[answers.index("")].hash


@pytest.mark.rule("1.3")
def test_one_address_is_invited_once_at_the_same_moment(world: World) -> None:
    house, owner = world.harbor, world.harbor.actor("owner")

    def invite() -> object:
        with house.open():
            return operations.invite("noor@new.example", roles=["nurse"], actor=owner)

    assert sorted(at_once(invite, invite)) == ["", "invitation.exists"]
