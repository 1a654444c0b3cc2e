from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from queues.boards import kept


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """Limits and boards that hold nothing of another test."""
    cache.clear()
    kept.clear()
    yield
    cache.clear()
