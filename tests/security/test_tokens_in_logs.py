"""A link is a key: no line of the log holds one, however its address is written."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from clinic.core import logs
from queues.operations import intake
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def written() -> Iterator[Any]:
    logs.configure({"level": "INFO", "json": True})
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(held := io.StringIO())
    yield held.getvalue
    logs.configure(settings.LOGGING)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/public/visits/{}/status"),  # 405, and the link is good
        ("POST", "/api/v1/public/waiting-room/{}"),
        ("GET", "/api/v1/sse/waiting-room/{}"),
        ("GET", "/s/{}/leave/"),
        ("GET", "/s//{}/"),
        ("GET", "/S/{}/"),
        ("GET", "/h/harbor/s/{}/nope"),
        ("POST", "/api/v1/public/appointments/{}/status"),
        ("POST", "/api/v1/public/appointments/{}/check-in"),
        ("GET", "/b/{}/"),
        ("GET", "/b/{}/cancel/"),
        ("GET", "/b/{}/appointment.ics"),
        ("GET", "/m/{}/"),
        ("GET", "/k/{}/"),
        ("GET", "/cal/{}.ics"),
    ],
)
def test_no_line_holds_a_link(world: World, written: Any, method: str, path: str) -> None:
    visit = world.harbor.waiting(1)[0]
    with world.harbor.open():
        token = intake.status_link(visit)
    answer = Client().generic(method, path.format(token))
    assert answer.status_code in (302, 404, 405)
    lines = [json.loads(line) for line in written().splitlines()]
    assert answer.status_code == 302 or any(line["logger"] == "django.request" for line in lines)
    assert token not in written()
