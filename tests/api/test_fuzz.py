"""The short fuzz of every run; 5,000 cases are sent by tests/proof/test_api_fuzz.py."""

from __future__ import annotations

import pytest

from tests.api.fuzz import fuzz, summary
from tests.world import World

CASES = 300


@pytest.mark.slow
@pytest.mark.django_db
def test_nothing_sent_makes_a_fault_or_shows_another_hospital(world: World) -> None:
    statuses = summary(fuzz(world, CASES, derandomize=True))
    assert sum(statuses.values()) >= CASES
    assert sum(count for status, count in statuses.items() if status < 300) >= CASES / 5, (
        "it must not only meet refusals"
    )
