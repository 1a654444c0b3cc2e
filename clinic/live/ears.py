"""How a hub hears of commits of other processes: bells through Redis, and its own looks at the clock rows.

A bell may be lost and the embedded mode has no Redis, so the looks are what correctness rests on; both only make a
ward read the log.
"""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connections

from clinic.live import bell
from clinic.live.models import Clock

if TYPE_CHECKING:
    import psycopg

    from clinic.live.hub import Hub

SQLITE_EVERY = 0.01
POSTGRESQL_EVERY = 0.1
AGAIN_AFTER_FAULT = 1.0

TABLE = Clock._meta.db_table
log = structlog.get_logger(__name__)


async def look(hub: Hub) -> None:
    """Look for new events for as long as somebody watches."""
    connection = connections["default"]
    looking = _look_at_sqlite if connection.vendor == "sqlite" else _look_at_postgresql
    while True:
        try:
            await looking(hub, connection)
        except Exception as error:  # noqa: BLE001 (whatever ails the database: look again when it may be back)
            log.warning("hub.look_failed", error=type(error).__name__)
        await asyncio.sleep(AGAIN_AFTER_FAULT)


async def _look_at_sqlite(hub: Hub, connection: Any) -> None:
    """``PRAGMA data_version`` costs 4 µs and moves with every commit of any other connection, in any process.

    On a connection of its own that never writes, in autocommit, fetched to the end: with a read open it hears nothing.
    """
    name = str(connection.settings_dict["NAME"])
    raw = sqlite3.connect(name, uri=name.startswith("file:"), isolation_level=None, timeout=0)
    try:
        version = -1
        while True:
            await hub.busy.wait()
            now = raw.execute("PRAGMA data_version").fetchall()[0][0]
            if now != version and _clocks_read(hub, raw):
                version = now
            await asyncio.sleep(SQLITE_EVERY)
    finally:
        raw.close()


def _clocks_read(hub: Hub, raw: sqlite3.Connection) -> bool:
    watched = [hospital_id.hex for hospital_id in hub.wards]
    marks = ",".join("?" * len(watched))
    try:
        rows = raw.execute(f"SELECT hospital_id, seq FROM {TABLE} WHERE hospital_id IN ({marks})", watched).fetchall()  # noqa: S608 (our own table's name)
    except sqlite3.OperationalError:  # locked for this moment: the version is not taken, so the next look asks again
        return False
    for hospital_id, seq in rows:
        hub.heard(UUID(hospital_id), seq)
    return True


async def _look_at_postgresql(hub: Hub, connection: Any) -> None:
    """One query for all watched hospitals, on a connection of its own outside the pool."""
    import psycopg

    link = await psycopg.AsyncConnection.connect(**_link_parameters(connection), autocommit=True)
    try:
        while True:
            await hub.busy.wait()
            await _clocks_asked(hub, link)
            await asyncio.sleep(POSTGRESQL_EVERY)
    finally:
        await link.close()


async def _clocks_asked(hub: Hub, link: psycopg.AsyncConnection[Any]) -> None:
    query = f"SELECT hospital_id, seq FROM {TABLE} WHERE hospital_id = ANY(%s)"  # noqa: S608 (our own table's name)
    cursor = await link.execute(query, [list(hub.wards)])
    for hospital_id, seq in await cursor.fetchall():
        hub.heard(hospital_id, seq)


def _link_parameters(connection: Any) -> dict[str, Any]:
    """What libpq takes of Django's connection parameters."""
    ours = {"cursor_factory", "context", "prepare_threshold", "pool", "server_side_binding", "isolation_level"}
    known = {name: value for name, value in connection.get_connection_params().items() if name not in ours}
    return known | {"application_name": "clinicflow-hub"}


async def listen_to_redis(hub: Hub) -> None:
    """Hear the bells of other processes, if there is a Redis; come back to it whenever it was away."""
    url = getattr(settings, "REDIS_URL", None)
    if not url:
        return
    from redis.asyncio import Redis

    task = asyncio.current_task()
    assert task is not None
    while not task.cancelling():  # asked, and not only awaited: Redis' client may swallow the cancelling as it connects
        try:
            async with Redis.from_url(url, socket_connect_timeout=2) as client, client.pubsub() as channel:
                await channel.subscribe(bell.CHANNEL)
                hub.look_everywhere()
                while not task.cancelling():
                    message = await channel.get_message(ignore_subscribe_messages=True, timeout=1)
                    rung = bell.decode(message["data"]) if message else None
                    if rung is not None:
                        hub.heard(rung.hospital_id, rung.seq)
        except Exception as error:  # noqa: BLE001 (Redis away: the looks at the clock carry on)
            log.warning("hub.redis_lost", error=type(error).__name__)
        await asyncio.sleep(AGAIN_AFTER_FAULT)
