"""5,000 cases from the API's own description, as three roles and from the other hospital, both full of markers."""

from __future__ import annotations

import os

import pytest

from tests.api.fuzz import fuzz, never_done, summary
from tests.world import World

CASES = 5_000
OWN = 150
"""So many operations must have worked in cases that drew them, not only when they were brought on as never tried."""


@pytest.mark.skipif(
    os.environ.get("PROOF") != "1", reason="the long fuzz runs by make proof; 100 cases run in tests/api"
)
@pytest.mark.django_db
def test_nothing_sent_makes_a_fault_or_shows_another_hospital(world: World) -> None:
    stage = fuzz(world, CASES, derandomize=False)
    statuses = summary(stage)
    print(statuses, len(stage.varied))
    assert sum(statuses.values()) >= CASES
    assert never_done(stage) == set(), "every operation must have worked, or too little was tried"
    assert len(stage.varied) >= OWN
