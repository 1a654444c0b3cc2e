"""A socket that was opened with rights acts with the rights of now."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from clinic.live import hub as hubs
from clinic.live.doors import Guest
from clinic.live.stream import run_command
from clinic.tenants.models import Membership
from queues.models import Leg
from tests.live.streams import opened
from tests.live.wire import elsewhere
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def hub() -> AsyncIterator[hubs.Hub]:
    running = hubs.current()
    yield running
    await running.stop()


async def test_a_command_after_the_rights_ended_does_nothing(world: World, hub: hubs.Hub) -> None:
    house = world.harbor
    visit = (await elsewhere(lambda: house.waiting(1)))[0]
    client = await opened(house, "receptionist")
    await client.send({"command": "visit.leave", "id": 1, "args": {"visit": "0" * 8, "reason": ""}})
    assert "error" in await client.hear()  # it is in, and the hub knows it
    # Without a bell: as when the command comes before the news of the revocation.
    await elsewhere(lambda: Membership.objects.filter(pk=house.memberships["receptionist"].pk).update(is_active=False))
    await client.send({"command": "visit.leave", "id": 2, "args": {"visit": str(visit.pk), "reason": "x"}})
    assert await client.closed() == 4401

    def state() -> str:
        with house.open():
            return Leg.objects.get(visit=visit).state

    assert await elsewhere(state) == "waiting"


@pytest.mark.parametrize("name", ["kind", "run", "self", "given", "actor"])
def test_a_command_with_a_strange_argument_is_refused_and_breaks_nothing(world: World, name: str) -> None:
    visit = world.harbor.waiting(1)[0]
    guest = Guest(world.harbor.hospital.pk, world.harbor.desk)
    told = run_command(guest, "visit.leave", {"visit": str(visit.pk), "reason": "", name: 1})
    assert told["error"]["code"] in ("REQUEST_INVALID", "LIVE_BAD_ARGUMENTS")
