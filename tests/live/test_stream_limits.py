"""The JSON stream's limits: what is no message, who is too slow, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from clinic.live import sockets, stream
from clinic.live.hub import Hub
from clinic.live.render import head_of
from tests.live.streams import Client, fresh, opened, token_of
from tests.live.wire import elsewhere
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def harbor(world: World) -> House:
    return world.harbor


@pytest.fixture
def token(harbor: House) -> str:
    return token_of(harbor, "manager")


BAD = ["{", "[]", '{"x": 1}', '{"subscribe": "reception"}', '{"subscribe": [], "since": "1"}',
       '{"subscribe": [], "since": -1}', '{"command": "x"}', '{"command": "x", "id": null}']  # fmt: skip


@pytest.mark.parametrize("text", BAD)
async def test_what_is_no_message_ends_it(harbor: House, hub: Hub, text: str) -> None:
    client = await opened(harbor)
    await client.send(text)
    assert await client.closed() == sockets.NOT_UNDERSTOOD


async def test_a_client_that_cannot_keep_up_is_told_where_to_resume(
    harbor: House, token: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each message takes a while to get rid of; what was told before the cut and what comes after meet."""
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    client = Client()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            text = json.loads(message["text"])
            client.messages.append(text)
            client.apply(text)
            if "ref" in text:
                await asyncio.sleep(0.05)
        elif message["type"] == "websocket.close":
            client.messages.append(message)

    scope = {"type": "websocket", "url_route": {"kwargs": {}},
             "headers": [(b"authorization", f"Bearer {token}".encode())]}  # fmt: skip
    task = asyncio.create_task(stream.stream(scope, incoming.get, send))
    await incoming.put({"type": "websocket.connect"})
    client.docs = await fresh(harbor, "reception")
    since = await elsewhere(lambda: head_of(harbor.hospital.pk))
    await elsewhere(lambda: harbor.waiting(12))
    monkeypatch.setattr(stream, "LATE", 0.2)
    await incoming.put({"type": "websocket.receive", "text": json.dumps({"subscribe": ["reception"], "since": since})})
    async with asyncio.timeout(10):
        await task
    assert client.messages[-1]["code"] == sockets.TOO_SLOW
    resume = next(message["resume"] for message in client.messages if "resume" in message)
    assert resume == client.seq > 0
    monkeypatch.setattr(stream, "LATE", 30)
    again = await opened(harbor)
    again.docs, again.seq = client.docs, resume
    await again.send({"subscribe": ["reception"], "since": resume})
    await again.upto(await elsewhere(lambda: head_of(harbor.hospital.pk)))
    assert again.docs == await fresh(harbor, "reception")
    await again.leave()


async def test_nothing_is_left_behind(harbor: House, hub: Hub) -> None:
    client = await opened(harbor)
    await client.send({"subscribe": ["reception"]})
    await client.hear()
    await client.leave()
    ward = hub.ward(harbor.hospital.pk)
    assert not ward.streams
    assert not ward.members
