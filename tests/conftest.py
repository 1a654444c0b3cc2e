from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection

from tests import world as worlds


@pytest.fixture
def world(db: None) -> worlds.World:
    return worlds.build()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs PostgreSQL or Redis runs only in the run that has them; `make check` does both runs."""
    missing = {"postgres": connection.vendor != "postgresql", "redis": not settings.REDIS_URL}
    for item in items:
        for name, absent in missing.items():
            if absent and item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=f"needs {name}"))
