from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from clinic.live import hub as hubs
from clinic.live import render
from tests.live import toys


@pytest.fixture(autouse=True)
def toy_regions(settings: Any) -> Iterator[None]:
    """The toys' regions and templates, and caches that hold nothing of another test."""
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [*templates[0]["DIRS"], Path(__file__).parent / "templates"]
    settings.TEMPLATES = templates
    toys.register()
    render.forget()
    yield
    render.forget()


@pytest.fixture
async def hub() -> AsyncIterator[hubs.Hub]:
    """The loop's hub, stopped before the database goes."""
    running = hubs.current()
    yield running
    await running.stop()
    await sync_to_async(connections.close_all)()  # of the thread that answered this loop's requests
