"""Event streams over HTTP, the log for pullers, and the plain refresh of regions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client
from django.utils import timezone

from clinic.core.access import SYSTEM
from clinic.live.hub import Hub
from clinic.live.render import head_of
from clinic.tenants import links
from queues.models import Display, DisplayLine
from queues.operations import calls
from tests.live.helpers import Reducer, assert_told
from tests.live.streams import Client as StreamClient
from tests.live.streams import fresh, token_of
from tests.live.test_consumers import revoke
from tests.live.test_hub import add_room, reload, rooms_of
from tests.live.wire import elsewhere
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)


class Source:
    """An EventSource: reads messages, remembers the last id."""

    def __init__(self, answer: Any) -> None:
        assert isinstance(answer, StreamingHttpResponse), answer.content
        self._answer = answer
        self._chunks: AsyncIterator[bytes] = aiter(answer)
        self.state = StreamClient()
        self.last_id = ""

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            text = (await anext(self._chunks)).decode()
        fields = dict(line.split(": ", 1) for line in text.strip().split("\n"))
        self.last_id = fields.get("id", self.last_id)
        message: dict[str, Any] = json.loads(fields["data"])
        self.state.apply(message)
        return message

    async def ended(self) -> bool:
        try:
            async with asyncio.timeout(5):
                async for _ in self._chunks:
                    pass
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """As Django does when the client has gone."""
        await elsewhere(self._answer.close)
        await asyncio.sleep(0)


async def follow(house: House, path: str, role: str = "manager", **headers: str) -> Any:
    raw = await elsewhere(lambda: token_of(house, role))
    return await AsyncClient().get(path, headers={"Authorization": f"Bearer {raw}", **headers})


async def test_a_source_gets_snapshot_and_deltas_and_goes_on_where_it_was(world: World, hub: Hub) -> None:
    house = world.harbor
    await elsewhere(lambda: house.waiting(2))
    answer = await follow(house, "/api/v1/sse/reception/harbor")
    assert answer["Content-Type"].startswith("text/event-stream")
    assert answer["Cache-Control"] == "no-store"
    source = Source(answer)
    assert "snapshot" in await source.next()

    def call() -> None:
        with house.open():
            calls.call_next(house.doctor, actor=house.medic)

    await elsewhere(call)
    head = await elsewhere(lambda: head_of(house.hospital.pk))
    while source.state.seq < head:
        await source.next()
    assert source.last_id == str(head)
    await source.close()
    await elsewhere(lambda: house.waiting(1))
    again = Source(await follow(house, "/api/v1/sse/reception/harbor", **{"Last-Event-ID": source.last_id}))
    again.state = source.state
    head = await elsewhere(lambda: head_of(house.hospital.pk))
    while again.state.seq < head:
        assert "snapshot" not in await again.next()
    assert again.state.docs == await fresh(house, "reception")
    await again.close()
    assert not hub.ward(house.hospital.pk).streams


async def test_a_source_ends_when_the_server_does(world: World, hub: Hub) -> None:
    source = Source(await follow(world.harbor, f"/api/v1/sse/doctor/{world.harbor.doctor.pk}"))
    await source.next()
    hub.end_all()
    assert await source.ended()


async def test_a_source_ends_with_the_rights(world: World, hub: Hub) -> None:
    house = world.harbor
    source = Source(await follow(house, "/api/v1/sse?topics=me,reception"))
    await source.next()

    def out() -> None:
        with house.open():
            revoke(house.memberships["manager"], actor=SYSTEM)

    await elsewhere(out)
    assert await source.ended()


async def test_who_may_not_follow_gets_the_envelope(world: World, hub: Hub) -> None:
    path = "/api/v1/sse/reception/harbor"
    assert (await AsyncClient().get(path)).status_code == 401
    assert (await AsyncClient().get(path, headers={"Authorization": "Bearer x"})).status_code == 401
    other = await follow(world.hilltop, path)
    assert other.status_code == 401
    biller = await follow(world.harbor, path, "biller")
    assert biller.status_code == 403
    assert json.loads(biller.content)["error"]["code"] == "ACCESS_DENIED"
    assert (await follow(world.harbor, "/api/v1/sse?topics=nothing")).status_code == 404
    assert (await follow(world.harbor, "/api/v1/sse")).status_code == 404


async def test_a_waiting_room_follows_by_its_own_link(world: World, hub: Hub) -> None:
    house = world.harbor
    await elsewhere(lambda: house.waiting(2))
    token = await elsewhere(lambda: paired_display(house))
    answer = await AsyncClient().get(f"/api/v1/sse/waiting-room/{token}")
    assert answer["Referrer-Policy"] == "no-referrer"
    source = Source(answer)
    first = await source.next()
    assert first["doc"] == (await AsyncClient().get(f"/api/v1/public/waiting-room/{token}")).json()

    def call() -> None:
        with house.open():
            calls.call_next(house.doctor, actor=house.medic)

    await elsewhere(call)
    second = await source.next()
    assert [shown["token"] for shown in second["doc"]["calls"]] == ["A-001"]
    told = json.dumps([first, second])
    for patient in house.people:
        assert patient.family_name not in told
        assert str(patient.pk) not in told
    await source.close()
    assert (await AsyncClient().get("/api/v1/sse/waiting-room/none")).status_code == 404


def paired_display(house: House) -> str:
    """The token of a paired screen that shows the doctor's line."""
    with house.open():
        display = Display.objects.create(name="Wall", paired_at=timezone.now())
        DisplayLine.objects.create(display=display, queue=house.own)
    return links.issue("display", display.ref, house.hospital.pk, None)


# --- pulling ---------------------------------------------------------------------------------------------------------


def pull(house: House, role: str = "manager", **query: Any) -> Any:
    return Client().get("/api/v1/events", query, headers={"Authorization": f"Bearer {token_of(house, role)}"})


def test_pulling_leads_to_what_a_reload_gives(world: World) -> None:
    house = world.harbor
    house.waiting(2)
    state = StreamClient()
    first = pull(house, topics="reception").json()
    assert [list(message) for message in first["messages"]] == [["snapshot", "seq", "topics"]]
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
    house.waiting(1)
    second = pull(house, topics="reception", since=first["seq"]).json()
    for message in [*first["messages"], *second["messages"]]:
        state.apply(message)
    assert second["seq"] == second["head"] == state.seq
    assert state.docs == pull(house, topics="reception").json()["messages"][0]["snapshot"]
    assert pull(house, topics="reception", since=second["seq"]).json()["messages"] == []


def test_what_is_told_is_what_a_reload_gives(world: World) -> None:
    house = world.harbor
    visits = house.waiting(3)
    topics = ("reception", f"queue:{house.own.pk}", f"doctor:{house.doctor.pk}", f"visit:{visits[0].pk}")
    with house.open():
        leg = assert_told(lambda: calls.call_next(house.doctor, actor=house.medic), *topics)
        assert leg is not None
        assert_told(lambda: calls.skip(leg.visit, actor=house.medic), *topics)
        assert_told(lambda: calls.call_next(house.doctor, actor=house.medic), *topics)
        with pytest.raises(AssertionError, match="reload"):
            assert_told(lambda: type(leg).objects.filter(pk=leg.pk).update(calls=9), *topics, changed=False)


def test_bad_pulls(world: World) -> None:
    house = world.harbor
    assert Client().get("/api/v1/events", {"topics": "reception"}).status_code == 401
    assert pull(house, topics="nothing").status_code == 404
    assert pull(house, topics="").status_code == 400
    assert pull(house, since="x", topics="reception").status_code == 400
    assert pull(house, topics="reception", other=1).status_code == 400
    assert pull(house, "biller", topics="reception").status_code == 403
    assert pull(house, topics=",".join(f"queue:{n}" for n in range(101))).status_code == 400


# --- the plain refresh of regions ------------------------------------------------------------------------------------


def browser(house: House, role: str = "manager") -> Client:
    client = Client()
    client.force_login(house.users[role], backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_page_without_a_socket_gets_the_same_frames(world: World) -> None:
    house = world.harbor
    rooms, card = rooms_of(house), f"toy-card:{house.department.pk}"
    client, path = browser(house), "/h/harbor/live/regions"
    first = client.get(path, {"r": [rooms, card, "x:1"]})
    assert first["Cache-Control"] == "no-store"
    told = first.json()
    assert [frame.get("region") for frame in told["frames"]] == [rooms, card, "x:1"]
    assert told["frames"][2]["error"]["code"] == "access.not_here"
    page = Reducer(told["frames"][0]["html"])
    page.shows(reload(house, frozenset({"directory.manage"})))
    same = client.get(path, {"r": [rooms, card], "d": [page.digest, ""]}).json()
    assert [frame["region"] for frame in same["frames"]] == [card], "what is shown already is left out"
    add_room(house, "Attic")
    later = client.get(path, {"r": rooms, "d": page.digest}).json()
    assert page.apply(later["frames"][0])
    page.shows(reload(house, frozenset({"directory.manage"})))


def test_the_plain_refresh_asks_the_same_rights(world: World) -> None:
    card = f"toy-card:{world.harbor.department.pk}"
    told = browser(world.harbor, "biller").get("/h/harbor/live/regions", {"r": card}).json()
    assert told["frames"] == [{"error": {"code": "access.denied"}, "region": card}]
    assert browser(world.hilltop).get("/h/harbor/live/regions", {"r": card}).status_code == 404
    assert Client().get("/h/harbor/live/regions", {"r": card}).status_code == 302
    assert browser(world.harbor).post("/h/harbor/live/regions").status_code == 405
    foreign = browser(world.harbor).get("/h/harbor/live/regions", {"r": rooms_of(world.hilltop)}).json()
    assert foreign["frames"][0]["error"]["code"] == "access.not_here"


def test_the_plain_refresh_by_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from clinic.live import doors

    house = world.harbor
    monkeypatch.setitem(doors._opens, "display", lambda target: [f"toy-rooms:{target}"])
    token = links.issue("display", str(house.department.pk), house.hospital.pk, None)
    answer = Client().get(f"/d/{token}/regions", {"r": [rooms_of(house), f"toy-card:{house.department.pk}"]})
    assert answer["Referrer-Policy"] == "no-referrer"
    rooms, card = answer.json()["frames"]
    assert "html" in rooms
    assert card["error"]["code"] == "access.denied"
    assert Client().get(f"/s/{token}/regions", {"r": rooms_of(house)}).status_code == 404
    assert Client().get("/d/none/regions").status_code == 404
