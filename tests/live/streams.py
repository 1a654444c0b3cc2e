"""A client of the JSON stream, for its tests."""

from __future__ import annotations

import json
from typing import Any

from clinic.tenants import auth
from tests.live.wire import Page, elsewhere
from tests.world import House

PATH = "/ws/v1/stream"


def token_of(house: House, role: str) -> str:
    return str(auth.tokens_for(house.users[role], house.hospital).access_token)


class Client(Page):
    """A stream client that keeps what it was told."""

    def __init__(self, path: str = PATH, cookie: bytes = b"", origin: bytes | None = None, **headers: str) -> None:
        super().__init__(path, cookie, origin, **headers)
        self.docs: dict[str, Any] = {}
        self.seq = 0
        self.messages: list[dict[str, Any]] = []

    async def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.line.receive_from(timeout=5))
        self.messages.append(message)
        self.apply(message)
        return message

    def apply(self, message: dict[str, Any]) -> None:
        if "snapshot" in message:
            self.docs, self.seq = dict(message["snapshot"]), message["seq"]
        elif "ref" in message:
            if message["op"] == "delete":
                self.docs.pop(message["ref"], None)
            else:
                self.docs[message["ref"]] = message["doc"]
            self.seq = message["seq"] if message["last"] else self.seq

    async def upto(self, seq: int) -> None:
        while self.seq < seq:
            await self.hear()


async def opened(house: House, role: str = "manager", path: str = PATH) -> Client:
    raw = await elsewhere(lambda: token_of(house, role))
    client = Client(path, authorization=f"Bearer {raw}")
    assert await client.open()
    return client


async def fresh(house: House, *topics: str, role: str = "manager") -> dict[str, Any]:
    client = await opened(house, role)
    await client.send({"subscribe": list(topics)})
    await client.hear()
    await client.leave()
    return client.docs
