from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests import world as worlds


@pytest.fixture
def world(db: None) -> worlds.World:
    return worlds.build()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs PostgreSQL or Redis is left out where they are not; in CI that would hide it, so there it fails."""
    missing = {"postgres": connection.vendor != "postgresql", "redis": not settings.REDIS_URL}
    for item in items:
        for name, absent in missing.items():
            if absent and item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=f"needs {name}"))


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = Path(settings.DATA_DIR)
    if folder.name.startswith("clinicflow-test-") and not os.environ.get("DATA_DIR"):
        shutil.rmtree(folder, ignore_errors=True)
