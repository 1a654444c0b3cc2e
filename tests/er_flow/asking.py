"""What the tests of the department's API ask, and what they take for an answer."""

from __future__ import annotations

from typing import Any

from tests.api.client import Answer


def ok(answer: Answer, status: int = 200) -> Any:
    assert answer.status == status, answer.content
    return answer.json


def refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    assert (answer.status, answer.code) == (status, code), answer.content
    details: dict[str, Any] = answer.json["error"]["details"]
    return details
