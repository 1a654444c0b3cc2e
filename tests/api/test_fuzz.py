"""The short fuzz of every run; the long one is tests/proof/test_api_fuzz.py."""

from __future__ import annotations

import os

import pytest

from tests.api.fuzz import fuzz, never_done, summary
from tests.world import World

SHORT, LONG = 300, 5_000


@pytest.mark.slow
@pytest.mark.django_db
def test_nothing_sent_makes_a_fault_or_shows_another_hospital(world: World) -> None:
    long = os.environ.get("PROOF") == "1"
    stage = fuzz(world, LONG if long else SHORT, derandomize=not long)
    statuses = summary(stage)
    print(statuses, sorted(never_done(stage)))
    assert sum(statuses.values()) >= (LONG if long else SHORT)
    assert sum(count for status, count in statuses.items() if status < 300) >= sum(statuses.values()) / 8
    if long:
        assert never_done(stage) <= {"auth_refresh"}  # a refresh token cannot be guessed: tests/api/test_auth.py
