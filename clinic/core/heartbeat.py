"""The worker's sign of life: written by a task of the clock, so it proves beat, broker and worker at once."""

from __future__ import annotations

import time
from pathlib import Path

from django.conf import settings
from django.core.cache import cache

EVERY = 10.0  # seconds between two beats
DEAD_AFTER = 45.0  # seconds without one
KEY = "worker:heartbeat"


def _file() -> Path:
    return Path(settings.DATA_DIR) / "worker.heartbeat"


def beat() -> None:
    """In the worker. Redis when there is one, for the worker may be another machine; else a file beside the data."""
    if settings.REDIS_URL:
        cache.set(KEY, time.time(), timeout=3600)
    else:
        _file().touch()


def age() -> float | None:
    """Seconds since the last beat; None if there never was one."""
    if settings.REDIS_URL:
        last = cache.get(KEY)
    else:
        last = _file().stat().st_mtime if _file().exists() else None
    return None if last is None else max(0.0, time.time() - float(last))


def is_alive() -> bool:
    seen = age()
    return seen is not None and seen < DEAD_AFTER
