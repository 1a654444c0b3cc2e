"""Measures of a period of which not all days are counted yet, as after an import of years (R4.41)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from clinic.core import clock
from er_flow import measures
from er_flow.measures import behind, keep
from tests.er_flow.test_measures import DAY, EIGHT, Course
from tests.er_flow.ward import Ward, emergency
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("4.41")]


@pytest.fixture
def ward(world: World) -> Iterator[Ward]:
    with world.harbor.open(), clock.at(EIGHT):
        yield emergency(world.harbor)


def test_after_an_import_a_question_reads_the_newest_days_and_says_which_are_still_to_be_counted(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(5):
        for n in range(2):
            minute = day * 24 * 60 + n
            Course(ward, minute).triage(minute + 3, 3).see(minute + 9).go(minute + 20 + 40 * (day == 0), "eloped")
    first, last, of = DAY, DAY + timedelta(days=6), [ward.department.pk]

    def told() -> dict[str, Any]:
        return measures.of(of, first, last)

    def behind_it() -> int:
        return len(behind.of("visits", of, first, last).visits)

    with clock.at(EIGHT + timedelta(days=6)):
        whole = told()
        assert (whole["status"], whole["pending"], whole["visits"]) == (measures.COMPLETE, None, 10)
        monkeypatch.setattr(keep, "READ_AT_ONCE", 5)
        part = told()
        assert part["status"] == measures.PENDING
        assert part["pending"] == {"days": 3, "first": DAY.isoformat(), "last": (DAY + timedelta(days=2)).isoformat()}
        assert part["visits"] == part["length_of_stay"]["n"] == behind_it() == 4, "whole days, and the same patients"
        monkeypatch.setattr(keep, "READ_AT_ONCE", 0)
        assert told()["pending"]["days"] == 5, "days without visits cost nothing"
        assert measures.of(of, first, DAY + timedelta(days=4))["visits"] == 2, "the newest day is always counted"
        monkeypatch.setattr(keep, "AT_ONCE", 2)
        assert keep.catch_up(0) == 2, "a tick does something, however little time it has"
        kept = told()
        assert (kept["visits"], kept["pending"]["days"]) == (2, 4), "the newest were counted first"
        assert behind_it() == 2
        assert keep.catch_up(60) == 4
        assert told() == whole and behind_it() == 10
        assert keep.catch_up(60) == 0
