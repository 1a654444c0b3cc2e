"""R1.2 on live connections: topics, snapshots, deltas and regions hold nothing of other departments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from clinic.core.errors import NotFound
from clinic.live import feed, regions, render
from clinic.live import hub as hubs
from clinic.live.regions import Name
from clinic.live.render import Want
from clinic.tenants.models import Membership
from queues.operations import calls, ends, holds, moves
from queues.regions import KINDS
from tests.elsewhere import Skin, second_department
from tests.live.streams import opened
from tests.live.wire import Page, elsewhere, sign_in
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("1.2")]


@pytest.fixture
async def hub() -> AsyncIterator[hubs.Hub]:
    running = hubs.current()
    yield running
    await running.stop()


def snapshot(world: World, skin: Skin, *topics: str) -> dict[str, Any]:
    actor, here = skin.actor("receptionist"), world.harbor.hospital.pk
    subs = list(feed.subscriptions(topics, actor).values())
    feed.opened(here, subs, actor)
    found: dict[str, Any] = feed.snapshot(here, subs, actor.abilities, actor.departments).body["snapshot"]
    return found


def test_a_topic_of_another_department_is_not_there(world: World) -> None:
    house = world.harbor
    skin, visit = second_department(house), house.waiting(1)[0]
    for name in (f"queue:{house.own.pk}", f"doctor:{house.doctor.pk}", visit.ref, f"department:{house.department.pk}"):
        with pytest.raises(NotFound):
            snapshot(world, skin, name)
    assert snapshot(world, skin, f"queue:{skin.own.pk}")


def test_snapshots_hold_the_own_department_only(world: World) -> None:
    house = world.harbor
    skin = second_department(house)
    theirs, own = house.waiting(1)[0], skin.waiting()
    shown = snapshot(world, skin, "reception")
    assert set(shown) == {skin.own.ref, skin.pool.ref, own.ref}
    patient = snapshot(world, skin, f"patient:{theirs.patient_id}")
    assert theirs.ref not in patient


def test_deltas_tell_of_the_own_department_only(world: World) -> None:
    house = world.harbor
    skin = second_department(house)
    actor, here = skin.actor("receptionist"), house.hospital.pk
    subs = list(feed.subscriptions(["reception"], actor).values())
    theirs, own = house.waiting(1)[0], skin.waiting()
    with house.open():
        calls.call_next(house.doctor, actor=house.desk)
        ends.leave(own, actor=house.desk)
    told = feed.missed(here, subs, actor.abilities, 0, actor.departments).messages
    text = "".join(message.text for message in told)
    assert str(own.pk) in text
    assert str(theirs.pk) not in text
    assert str(house.own.pk) not in text
    assert [message.body["op"] for message in told if message.body["ref"] == own.ref][-1] == "delete"


def test_deltas_tell_of_everybody_in_the_own_lines_whatever_their_token(world: World) -> None:
    """Somebody sent here by another department has a token of theirs, and stands in a line of ours."""
    house = world.harbor
    skin = second_department(house)
    (visit,) = house.waiting(1)
    with house.open():
        moves.reassign(visit, skin.own, actor=house.desk)
        holds.hold(visit, reason="tests", actor=house.desk)
    actor = skin.actor("receptionist")
    for topic in (skin.own.ref, "reception"):
        subs = list(feed.subscriptions([topic], actor).values())
        told = feed.missed(house.hospital.pk, subs, actor.abilities, 0, actor.departments).messages
        heard = {message.body["event"] for message in told if message.body["ref"] == visit.ref}
        assert {"visit.reassigned", "visit.held"} <= heard


def test_every_region_is_closed_to_other_departments(world: World) -> None:
    """Each kind is asked for with everything it could be keyed by: nothing of the first department comes out."""
    house = world.harbor
    skin = second_department(house)
    visit = house.waiting(1)[0]
    actor = skin.actor("receptionist")
    keys = [str(row.pk) for row in (house.own, house.pool, house.doctor, house.department, house.room, visit)]
    keys += [str(visit.patient_id), "today"]
    for kind in (region for region in KINDS if not region.public):
        names = [Name(kind.kind, key) for key in keys] + [Name(kind.kind, f"{key}@{actor.id}") for key in keys]
        seen = [name for name in names if regions.may_watch(actor, name)]
        wants = [Want(name.kind, name.key, regions.audience_of(actor, name.kind)) for name in seen]
        Membership.objects.filter(pk=actor.id).update(department_ids=[str(skin.department.pk)])
        with house.open():
            found = render.render(house.hospital.pk, "en", wants)
        for shown in found.values():
            assert visit.token not in shown.html, shown.name
            assert house.doctor.name not in shown.html, shown.name


async def test_a_page_is_refused_other_lines_and_told_of_its_own(world: World, hub: hubs.Hub) -> None:
    house = world.harbor
    skin = await elsewhere(lambda: second_department(house))
    await elsewhere(lambda: skin.limit("receptionist"))
    page = Page("/ws/h/harbor/live", await elsewhere(lambda: sign_in(house, "receptionist")))
    assert await page.open()
    theirs, own = f"line:{house.own.pk}", f"line:{skin.own.pk}"
    await page.watch(theirs, own)
    assert own in page.regions
    assert theirs not in page.regions
    assert [error["region"] for error in page.errors] == [theirs]
    await page.leave()


async def test_a_stream_follows_its_own_department(world: World, hub: hubs.Hub) -> None:
    house = world.harbor
    skin = await elsewhere(lambda: second_department(house))
    await elsewhere(lambda: skin.limit("receptionist"))
    client = await opened(house, "receptionist")
    await client.send({"subscribe": [f"queue:{house.own.pk}"]})
    assert (await client.hear())["error"]["code"] == "LIVE_NO_TOPIC"
    await client.send({"subscribe": ["reception"]})
    assert set((await client.hear())["snapshot"]) == {skin.own.ref, skin.pool.ref}
    await elsewhere(lambda: house.waiting(1))
    visit = await elsewhere(skin.waiting)
    while visit.ref not in client.docs:
        await client.hear()
    assert all(message["ref"] in {visit.ref, skin.own.ref} for message in client.messages if "ref" in message)
    await client.leave()


@pytest.mark.rule("1.5")
async def test_other_departments_close_sockets_at_once(world: World, hub: hubs.Hub) -> None:
    from clinic.live import outbox
    from clinic.tenants import operations
    from clinic.tenants.models import PLATFORM_ID

    house = world.harbor
    skin = await elsewhere(lambda: second_department(house))
    client = await opened(house, "receptionist")
    await client.send({"subscribe": ["reception"]})
    assert house.own.ref in (await client.hear())["snapshot"]

    def limit() -> None:
        with house.open():
            operations.change_departments(house.memberships["receptionist"], skin.limits, actor=house.actor("owner"))

    await elsewhere(limit)
    told = await client.hear()
    assert (told["error"]["code"], told["topics"]) == ("ACCESS_DENIED", ["reception"])
    await elsewhere(lambda: (outbox.run(house.hospital.pk), outbox.run(PLATFORM_ID)))
    assert await client.closed() == 4401
