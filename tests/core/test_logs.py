"""Log lines carry the hospital's id, and neither tokens nor what people typed."""

import io
import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.test import Client

from clinic.core import logs
from clinic.core.tenancy import hospital


@pytest.fixture
def lines() -> Iterator[Any]:
    """What the product's own configuration writes in production, line by line."""
    logs.configure({"level": "INFO", "json": True})
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written := io.StringIO())
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logs.configure(settings.LOGGING)


def test_a_line_names_its_hospital_by_id(lines: Any) -> None:
    which = uuid.uuid4()
    with hospital(which):
        structlog.get_logger("clinic.a").info("visit.called", seq=7)
        logging.getLogger("django.b").warning("something")
    structlog.get_logger("clinic.a").info("outside")
    first, second, third = lines()
    assert (first["event"], first["seq"], first["hospital"]) == ("visit.called", 7, str(which))
    assert (first["level"], first["logger"]) == ("info", "clinic.a")
    assert second["hospital"] == str(which)
    assert "hospital" not in third
    assert first["timestamp"].endswith("Z")


def test_a_line_holds_no_token_and_no_query(lines: Any) -> None:
    logging.getLogger("django.request").warning("Not Found: %s", "/s/AbC123secret/?q=Smith")
    logging.getLogger("django.request").warning("Not Found: %s", "/d/AbC123secret/regions")
    written = json.dumps(lines())
    assert "AbC123secret" not in written
    assert "Smith" not in written
    assert "/s/…" in lines()[0]["event"]


def test_a_trace_does_not_quote_the_row(lines: Any) -> None:
    try:
        raise ValueError("duplicate key\nDETAIL:  Key (email)=(ann@example.org) already exists.")
    except ValueError:
        structlog.get_logger("clinic.a").exception("failed")
    written = json.dumps(lines())
    assert "duplicate key" in written
    assert "ann@example.org" not in written


def test_a_request_has_an_id_in_its_answer(client: Client) -> None:
    one, two = client.get("/health"), client.get("/health")
    assert one["X-Request-ID"] != two["X-Request-ID"]
