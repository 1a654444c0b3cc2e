"""The doorbell: tells every process that a hospital's log has grown. The log is the letter; a lost bell loses nothing.

``ring`` is called after the commit, from any thread, and never raises: neither a closed loop nor a dead Redis fails a
visit. What passes is ids and topics, never a name.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.conf import settings

CHANNEL = "clinicflow.bell"
REST_AFTER_FAULT = 2.0
"""Seconds without a further try after Redis failed: a hanging one must not cost every act its timeout."""
TIMEOUT = 0.25
_START = uuid4().hex

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bell:
    """Up to ``seq`` there is something to read; ``topics`` and ``refs`` are what it is about."""

    hospital_id: UUID
    seq: int
    topics: frozenset[str] = frozenset()
    refs: frozenset[str] = frozenset()


Listener = Callable[[Bell], None]

_listeners: set[Listener] = set()
_lock = threading.Lock()
_rest_until = 0.0


def listen(listener: Listener) -> None:
    """Have ``listener`` called for each bell rung in this process, in the thread that rings: it only passes it on."""
    with _lock:
        _listeners.add(listener)


def forget(listener: Listener) -> None:
    with _lock:
        _listeners.discard(listener)


def ring(hospital_id: UUID, seq: int, topics: Iterable[str] = (), refs: Iterable[str] = ()) -> None:
    """Wake every hub: those of this process directly, those of other processes through Redis if there is one."""
    bell = Bell(hospital_id, seq, frozenset(topics), frozenset(refs))
    with _lock:
        listeners = list(_listeners)
    for listener in listeners:
        try:
            listener(bell)
        except Exception as error:  # noqa: BLE001 (a hub whose loop has closed: its look at the log replaces the bell)
            log.warning("bell.listener_failed", error=type(error).__name__, hospital=str(hospital_id))
            forget(listener)
    _publish(bell)


def _publish(bell: Bell) -> None:
    global _rest_until
    url: str = getattr(settings, "REDIS_URL", None) or ""
    if not url or time.monotonic() < _rest_until:
        return
    try:
        _redis(url).publish(CHANNEL, encode(bell))
    except Exception as error:  # noqa: BLE001 (the visit is committed, and the hubs look at the log themselves)
        _rest_until = time.monotonic() + REST_AFTER_FAULT
        log.warning("bell.redis_lost", error=type(error).__name__, hospital=str(bell.hospital_id))


@lru_cache(maxsize=1)
def _redis(url: str) -> Any:
    """One pooled synchronous client per process (0.65 ms a bell; a new connection per bell measured 23 ms)."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    once_more = Retry(NoBackoff(), 1)  # a connection the server closed while it idled
    return Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=once_more)


def process() -> str:
    """Tells the bells of this process from others': its own hubs have heard them already, without Redis.

    With the process id, because a server that forks its workers copies everything else.
    """
    return f"{_START}:{os.getpid()}"


def encode(bell: Bell) -> str:
    return json.dumps(
        {"from": process(), "h": str(bell.hospital_id), "seq": bell.seq, "topics": sorted(bell.topics),
         "refs": sorted(bell.refs)}
    )  # fmt: skip


def decode(payload: bytes | str) -> Bell | None:
    """The bell of another process; None for one of our own or for anything that is not a bell."""
    try:
        told = json.loads(payload)
        if told["from"] == process():
            return None
        return Bell(UUID(told["h"]), int(told["seq"]), frozenset(told["topics"]), frozenset(told["refs"]))
    except (ValueError, KeyError, TypeError):
        return None
