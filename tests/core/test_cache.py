"""The cache is one guest of its Redis among others."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.cache import cache


@pytest.mark.redis
def test_clearing_takes_nothing_of_others() -> None:
    from redis import Redis

    with Redis.from_url(settings.REDIS_URL) as shared:
        shared.set("somebody:else", "kept", ex=60)
        cache.set("ours", 1)
        cache.clear()
        assert cache.get("ours") is None
        assert shared.get("somebody:else") == b"kept"
        shared.delete("somebody:else")
    cache.clear()  # of nothing
