"""Cache values are JSON on both backends, so that what works embedded works on Redis, and nothing is unpickled."""

import json
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache


class JSONSerializer:
    """For Django's Redis cache; integers stay bare so that ``incr`` works."""

    def dumps(self, value: Any) -> bytes | int:
        if type(value) is int:
            return value
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


class LocalCache(LocMemCache):
    """In the memory of one process; refuses what Redis would refuse."""

    def set(self, key: Any, value: Any, *args: Any, **options: Any) -> None:
        super().set(key, json.loads(json.dumps(value)), *args, **options)

    def add(self, key: Any, value: Any, *args: Any, **options: Any) -> bool:
        return super().add(key, json.loads(json.dumps(value)), *args, **options)


class SharedCache(RedisCache):
    """In a Redis that may hold more than this cache: the broker's letters, another installation, another test."""

    def clear(self) -> None:
        """Let go of the keys under our own prefix; Django's would empty the database."""
        client = self._cache.get_client(None, write=True)
        ours = list(client.scan_iter(match=f"{self.key_prefix}:*", count=1000))
        if ours:
            client.unlink(*ours)
