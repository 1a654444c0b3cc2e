"""The short fuzz of every run; 5,000 cases are sent by tests/proof/test_api_fuzz.py."""

from __future__ import annotations

import pytest

from tests.api.fuzz import fuzz, summary
from tests.world import World

CASES = 100


@pytest.mark.slow
@pytest.mark.django_db
def test_nothing_sent_makes_a_fault_or_shows_another_hospital(world: World) -> None:
    stage = fuzz(world, CASES, derandomize=True)
    statuses = summary(stage)
    assert sum(statuses.values()) >= CASES
    worked = sum(count for status, count in statuses.items() if status < 300)
    assert worked >= CASES / 3, "it must not only meet refusals"
    assert CASES - worked >= CASES / 5, "and be refused where it sends what is wrong"
    assert len(stage.done()) >= CASES / 4, "nor do the same thing again and again"
