"""The JSON stream: signing in, snapshots, deltas and commands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clinic.core.access import SYSTEM, Actor
from clinic.core.acts import done
from clinic.core.errors import NotAllowed
from clinic.directory import operations
from clinic.directory.models import Department, Room
from clinic.live import feed, registry, sockets, stream
from clinic.live.hub import Hub
from clinic.live.record import operation, record
from clinic.live.render import head_of
from clinic.tenants import auth
from clinic.tenants.models import ApiKey
from queues.operations import calls, intake
from tests.live.streams import PATH, Client, fresh, opened, token_of
from tests.live.test_consumers import revoke, set_roles
from tests.live.wire import elsewhere, sign_in
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def harbor(world: World) -> House:
    return world.harbor


@pytest.fixture
def token(harbor: House) -> str:
    return token_of(harbor, "manager")


@pytest.fixture(autouse=True)
def commands(monkeypatch: pytest.MonkeyPatch) -> None:
    def add_room(department: str, name: str, *, actor: Actor) -> Room:
        here = Department.objects.get(pk=department)
        return operations.add_room(department=here, name=name, actor=actor)

    def refuse(*, actor: Actor) -> None:
        raise NotAllowed("room.not_empty", room="4")

    def fail(*, actor: Actor) -> None:
        raise RuntimeError("secret detail")

    for name, run in {"room.add": add_room, "room.refuse": refuse, "room.fail": fail}.items():
        monkeypatch.setitem(registry._commands, name, run)


# --- signing in ------------------------------------------------------------------------------------------------------


async def test_a_token_in_the_header_the_subprotocol_or_the_first_message(harbor: House, token: str, hub: Hub) -> None:
    header = Client(authorization=f"Bearer {token}")
    subprotocol = Client()
    subprotocol.line.scope["subprotocols"] = ["bearer", token]
    first = Client()
    for client in (header, subprotocol, first):
        connected, chosen = await client.line.connect(timeout=5)
        assert connected
        assert chosen == ("bearer" if client is subprotocol else None)
        if client is first:
            await client.send({"auth": f"Bearer {token}"})
        await client.send({"subscribe": ["hospital"]})
        assert f"hospital:{harbor.hospital.pk}" in (await client.hear())["snapshot"]
        await client.leave()


async def test_a_key_signs_in_and_its_abilities_decide(harbor: House, hub: Hub) -> None:
    def make() -> ApiKey:
        return ApiKey.objects.create(
            hospital=harbor.hospital, name="Lab", prefix="cfk_x", hash=auth.hashed_key("cfk_x1"),
            abilities=["queues.view"],
        )  # fmt: skip

    await elsewhere(make)
    client = Client(authorization="Api-Key cfk_x1")
    await client.open()
    await client.send({"subscribe": ["reception"]})
    assert "snapshot" in await client.hear()
    await client.send({"subscribe": ["hospital"]})
    assert (await client.hear())["error"]["code"] == "ACCESS_DENIED"
    await client.send({"subscribe": ["me"]})
    assert "error" in await client.hear()
    await client.leave()


async def test_a_session_needs_an_origin_of_ours(harbor: House, hub: Hub) -> None:
    cookie = await elsewhere(lambda: sign_in(harbor, "manager"))
    assert not await Client(cookie=cookie).open()
    assert not await Client(cookie=cookie, origin=b"https://evil.example").open()
    client = Client(cookie=cookie, origin=b"http://testserver")
    assert await client.open()
    await client.send({"subscribe": ["hospital"]})
    assert "snapshot" in await client.hear()
    await client.leave()


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Api-Key cfk_none", "Bearer a.b.c"])
async def test_a_forged_token_is_out(world: World, hub: Hub, header: str) -> None:
    client = Client(authorization=header)
    await client.open()
    if header.endswith(" "):
        await client.send({"auth": header})
    assert await client.closed() == sockets.SIGNED_OUT


async def test_a_token_in_the_address_is_not_looked_at(harbor: House, token: str, hub: Hub) -> None:
    client = Client(f"{PATH}?access={token}")
    await client.open()
    await client.send({"subscribe": ["hospital"]})
    assert await client.closed() == sockets.SIGNED_OUT


async def test_who_does_not_sign_in_is_closed(world: World, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SIGN_IN_WITHIN", 0.1)
    client = Client()
    await client.open()
    assert await client.closed() == sockets.NO_SIGN_IN


async def test_another_hospital_by_name_is_out(world: World, hub: Hub) -> None:
    raw = await elsewhere(lambda: token_of(world.harbor, "manager"))
    for client in (
        Client(f"/ws/tenant/{world.hilltop.hospital.pk}", authorization=f"Bearer {raw}"),
        Client(authorization=f"Bearer {raw}", x_tenant_id="hilltop"),
    ):
        await client.open()
        assert await client.closed() == sockets.SIGNED_OUT
    same = Client("/ws/tenant/harbor", authorization=f"Bearer {raw}")
    assert await same.open()
    await same.leave()


# --- topics ----------------------------------------------------------------------------------------------------------


async def test_deltas_lead_to_what_a_reload_gives(harbor: House, hub: Hub) -> None:
    await elsewhere(lambda: harbor.waiting(3))
    topics = [f"queue:{harbor.own.pk}", "reception"]
    client = await opened(harbor)
    await client.send({"subscribe": topics})
    await client.hear()
    assert len([ref for ref in client.docs if ref.startswith("visit:")]) == 3

    def act() -> int:
        with harbor.open():
            calls.call_next(harbor.doctor, actor=harbor.medic)
            intake.arrive(harbor.own, harbor.patient("New"), actor=harbor.desk)
            return done().seq or 0

    await client.upto(await elsewhere(act))
    assert client.docs == await fresh(harbor, *topics)
    called = [message for message in client.messages if message.get("event") == "visit.called"]
    assert called[0]["actor"]["kind"] == "member"
    assert called[0]["type"] in ("visit", "queue")
    await client.leave()


async def test_who_left_the_topic_comes_as_delete(harbor: House, hub: Hub) -> None:
    visit = (await elsewhere(lambda: harbor.waiting(1)))[0]
    client = await opened(harbor)
    await client.send({"subscribe": [f"queue:{harbor.own.pk}"]})
    await client.hear()
    assert visit.ref in client.docs

    def act() -> int:
        with harbor.open():
            from queues.operations import ends

            calls.call_next(harbor.doctor, actor=harbor.medic)
            ends.complete(visit, actor=harbor.medic)
            return done().seq or 0

    await client.upto(await elsewhere(act))
    assert visit.ref not in client.docs
    assert [each["op"] for each in client.messages if each.get("ref") == visit.ref][-1] == "delete"
    await client.leave()


async def test_since_tells_what_was_missed(harbor: House, hub: Hub) -> None:
    client = await opened(harbor)
    await client.send({"subscribe": ["reception"]})
    await client.hear()
    await client.leave()
    await elsewhere(lambda: harbor.waiting(2))
    again = await opened(harbor)
    again.docs, again.seq = client.docs, client.seq
    await again.send({"subscribe": ["reception"], "since": client.seq})
    head = await elsewhere(lambda: head_of(harbor.hospital.pk))
    await again.upto(head)
    assert "snapshot" not in again.messages[0]
    assert again.docs == await fresh(harbor, "reception")
    await again.leave()


async def test_since_that_is_not_held_any_more_gives_a_snapshot(
    harbor: House, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await elsewhere(lambda: harbor.waiting(3))
    monkeypatch.setattr(feed, "HELD", 1)
    client = await opened(harbor)
    for since in (0, 10**9):
        await client.send({"subscribe": ["reception"], "since": since})
        assert "snapshot" in await client.hear(), "too long ago, or out of a log that was put back"
    await client.leave()


async def test_a_bulk_import_gives_a_snapshot(harbor: House, hub: Hub) -> None:
    @operation("directory.manage")
    def load(*, actor: Actor) -> None:
        record("hospital.resynced", harbor.hospital)

    client = await opened(harbor)
    await client.send({"subscribe": ["hospital"]})
    await client.hear()

    def act() -> None:
        with harbor.open():
            load(actor=SYSTEM)

    await elsewhere(act)
    message = await client.hear()
    assert "snapshot" in message
    assert message["seq"] > client.messages[0]["seq"]
    await client.leave()


async def test_another_hospitals_topic_is_empty(world: World, hub: Hub) -> None:
    client = await opened(world.harbor)
    await client.send({"subscribe": [f"queue:{world.hilltop.own.pk}"]})
    assert (await client.hear())["snapshot"] == {}
    await elsewhere(lambda: world.hilltop.waiting(1))
    assert await client.line.receive_nothing(timeout=0.3)
    await client.leave()


@pytest.mark.parametrize("topic", ["nothing", "queue:\n", "me:7", 7, "", "x" * 100])
async def test_unknown_topics_are_refused_and_the_line_stays(harbor: House, hub: Hub, topic: Any) -> None:
    client = await opened(harbor)
    await client.send({"subscribe": ["reception", topic]})
    assert (await client.hear())["error"]["code"] == "LIVE_NO_TOPIC"
    await client.send({"ping": 1})
    assert (await client.hear())["beat"] == 1
    await client.leave()


async def test_unsubscribing(harbor: House, hub: Hub) -> None:
    client = await opened(harbor)
    await client.send({"subscribe": ["reception"]})
    await client.hear()
    await client.send({"unsubscribe": ["reception", "other"]})
    await client.send({"ping": 1})
    await client.hear()
    await elsewhere(lambda: harbor.waiting(1))
    assert await client.line.receive_nothing(timeout=0.3)
    await client.leave()


# --- rights ----------------------------------------------------------------------------------------------------------


async def test_a_revoked_member_is_out(harbor: House, hub: Hub) -> None:
    client = await opened(harbor)
    await client.send({"subscribe": ["me"]})
    await client.hear()

    def out() -> None:
        with harbor.open():
            revoke(harbor.memberships["manager"], actor=SYSTEM)

    await elsewhere(out)
    assert await client.closed() == sockets.SIGNED_OUT


async def test_a_changed_role_takes_topics_away(harbor: House, hub: Hub) -> None:
    client = await opened(harbor)
    await client.send({"subscribe": ["members", "hospital"]})
    await client.hear()

    def demote() -> None:
        with harbor.open():
            set_roles(harbor.memberships["manager"], ["biller"], actor=SYSTEM)

    await elsewhere(demote)
    while "error" not in (last := await client.hear()):
        pass
    assert last["topics"] == ["members"]
    await client.leave()


async def test_a_token_that_ends_closes_and_a_new_one_renews(
    harbor: House, token: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await elsewhere(lambda: token_of(harbor, "doctor"))
    client = Client(authorization=f"Bearer {token}")
    await client.open()
    await client.send({"auth": f"Bearer {await elsewhere(lambda: token_of(harbor, 'manager'))}"})
    await client.send({"ping": 1})
    assert (await client.hear())["beat"] == 1
    await client.send({"auth": f"Bearer {other}"})
    assert await client.closed() == sockets.SIGNED_OUT, "somebody else's token does not take over a line"


# --- commands --------------------------------------------------------------------------------------------------------


async def test_a_command_is_one_operation(harbor: House, hub: Hub) -> None:
    client = await opened(harbor)
    args = {"department": str(harbor.department.pk), "name": "Attic"}
    await client.send({"command": "room.add", "id": "c1", "args": args})
    answer = await client.hear()
    head = await elsewhere(lambda: head_of(harbor.hospital.pk))
    assert answer == {"ack": "c1", "seq": head}
    await client.leave()


@pytest.mark.faults
async def test_refused_commands_say_why(harbor: House, hub: Hub) -> None:
    client = await opened(harbor, "receptionist")
    args = {"department": str(harbor.department.pk), "name": "Attic"}
    told = {}
    for mark, (name, given) in enumerate({
        "room.add": args, "room.refuse": {}, "room.fail": {}, "room.none": {}, "room.refuse ": {"x": 1},
    }.items()):  # fmt: skip
        await client.send({"command": name.strip(), "id": mark, "args": given})
        answer = await client.hear()
        assert answer["id"] == mark
        told[name] = answer["error"]["code"]
    assert told == {
        "room.add": "ACCESS_DENIED", "room.refuse": "ROOM_NOT_EMPTY", "room.fail": "SERVER_FAULT",
        "room.none": "LIVE_NO_COMMAND", "room.refuse ": "LIVE_BAD_ARGUMENTS",
    }  # fmt: skip
    assert "secret" not in json.dumps(client.messages)
    await client.send({"command": "room.refuse", "id": "\ud800", "args": {"actor": 1}})
    assert (await client.hear())["error"]["code"] == "LIVE_BAD_ARGUMENTS"
    await client.leave()


async def test_the_lines_own_commands_check_what_they_take(harbor: House, hub: Hub) -> None:
    await elsewhere(lambda: harbor.waiting(1))
    client = await opened(harbor, "doctor")
    await client.send({"command": "visit.call_next", "id": 1, "args": {"doctor": "no id", "x": 1}})
    assert (await client.hear())["error"]["code"] == "REQUEST_INVALID"
    await client.send({"command": "visit.call_next", "id": 2, "args": {"doctor": str(harbor.doctor.pk)}})
    assert (await client.hear())["ack"] == 2
    await client.leave()
