"""Two people at the same moment: one code, the last two owners."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from clinic.core.errors import DomainError
from clinic.live.models import Event
from clinic.tenants import operations, people
from clinic.tenants.models import Membership
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
