"""The same application under both servers, with real sockets: frames, refused origins, and an end in good order."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import websockets
from django.conf import settings
from django.db import connection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.live.helpers import Reducer
from tests.live.streams import token_of
from tests.live.wire import elsewhere, sign_in
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.real_clock]

PREPARE = """
import os, sys
from django.conf import settings
settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
port = int(os.environ["PORT"])
"""
SERVERS = {
    "uvicorn": PREPARE + "import uvicorn; uvicorn.run('clinic.asgi:application', host='127.0.0.1', port=port, "
    "ws='websockets-sansio', lifespan='off', log_level='error', timeout_graceful_shutdown=3)",
    "daphne": PREPARE + "from daphne.cli import CommandLineInterface; CommandLineInterface().run("
    "['-b', '127.0.0.1', '-p', str(port), '-v', '0', 'clinic.asgi:application'])",
}


@asynccontextmanager
async def serving(which: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A server over the test's database, on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "clinic.settings", "CLINIC_ENV": "test", "PORT": str(port),
        "SECRET_KEY": settings.SECRET_KEY, "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "JWT_SIGNING_KEY": settings.SIMPLE_JWT["SIGNING_KEY"],
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-X", "faulthandler", "-c", SERVERS[which], env=environment
    )
    try:
        for _ in range(600):
            if await answers(port):
                break
            await asyncio.sleep(0.1)
        yield process, f"127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def until_beat(line: Any, page: dict[str, Reducer]) -> None:
    while "beat" not in (message := json.loads(await line.recv())):
        for frame in message.get("frames", [message]):
            page[frame["region"]] = Reducer(frame["html"])


@pytest.mark.parametrize("which", SERVERS)
async def test_frames_and_streams_under_a_real_server(world: World, which: str) -> None:
    house = world.harbor
    await elsewhere(lambda: house.waiting(2))
    cookie = (await elsewhere(lambda: sign_in(house, "receptionist"))).decode()
    token = await elsewhere(lambda: token_of(house, "receptionist"))
    region = f"line:{house.own.pk}"
    async with serving(which) as (process, where), asyncio.timeout(120):
        url, headers = f"ws://{where}/ws/h/harbor/live", {"Cookie": cookie}
        for origin in (None, "http://evil.example", f"https://{where}"):
            with pytest.raises(InvalidStatus) as refused:
                await websockets.connect(url, additional_headers=headers, origin=origin)  # type: ignore[arg-type]
            assert refused.value.response.status_code == 403
        page: dict[str, Reducer] = {}
        line = await websockets.connect(url, additional_headers=headers, origin=f"http://{where}")  # type: ignore[arg-type]
        await line.send(json.dumps({"watch": {region: ""}, "lang": "en"}))
        await until_beat(line, page)
        await elsewhere(lambda: house.waiting(1))
        frame = json.loads(await line.recv())
        assert page[region].apply(frame)
        assert len(page[region].rows) == 3
        bare = await websockets.connect(f"ws://{where}/ws/v1/stream", subprotocols=["bearer", token])  # type: ignore[list-item]
        assert bare.subprotocol == "bearer"
        await bare.send(json.dumps({"subscribe": ["reception"]}))
        assert "snapshot" in json.loads(await bare.recv())
        async with httpx.AsyncClient(base_url=f"http://{where}", timeout=20) as client:
            stream = client.stream("GET", "/api/v1/sse/reception/harbor", headers={"Authorization": f"Bearer {token}"})
            async with stream as answer:
                chunks = answer.aiter_text()
                assert "snapshot" in await anext(chunks)
                if which == "uvicorn":  # daphne leaves Django's own tasks behind when an answer is open at its end
                    process.send_signal(signal.SIGTERM)
                    async for _ in chunks:  # it ends, else the test's own time does
                        pass
        if which == "daphne":
            process.send_signal(signal.SIGTERM)
        assert await process.wait() in (0, -signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await line.recv()
        assert which == "daphne" or (closed.value.rcvd is not None and closed.value.rcvd.code == 1012)
