"""Taking back a level while the clock tells of targets: who is delayed follows the level that holds then (R4.21)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from clinic.core.access import SYSTEM
from clinic.live.record import done
from er_flow.operations import delays, triage, undo
from tests.er_flow.ward import emergency, fresh, policies, sheet
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("3.19"), pytest.mark.rule("4.21")]
NOON = "2026-11-20T12:00:00Z"


def act() -> int:
    seq = done().seq
    assert seq is not None
    return seq


def test_whoever_was_late_for_the_wrong_level_only_is_not_late_any_more(world: World) -> None:
    """Level 1 is late after two minutes, without a level after ten."""
    with world.harbor.open(), time_machine.travel(NOON, tick=False) as clock:
        ward = emergency(world.harbor)
        visit = ward.arrived()
        clock.shift(timedelta(seconds=100))
        triage.assess(visit, sheet(1), 1, actor=ward.nurse)
        seq = act()
        clock.shift(timedelta(seconds=30))
        assert delays.cross(visit, actor=SYSTEM)
        undo.undo(seq, actor=ward.nurse)
        assert (fresh(visit).level, fresh(visit).crossed_at) == (None, None)
        clock.shift(timedelta(minutes=9))
        assert delays.cross(visit, actor=SYSTEM)


def test_a_level_is_taken_back_though_the_clock_told_of_its_target_too(world: World) -> None:
    """Late for triage, then late again for the level: that is nobody's act."""
    with world.harbor.open(), time_machine.travel(NOON, tick=False) as clock:
        ward = emergency(world.harbor)
        policies(world.harbor, undo_seconds=600)
        visit = ward.arrived()
        clock.shift(timedelta(minutes=11))
        assert delays.cross(visit, actor=SYSTEM)
        late_since = fresh(visit).crossed_at
        triage.assess(visit, sheet(1), 1, actor=ward.nurse)
        seq = act()
        clock.shift(timedelta(minutes=1))
        assert delays.cross(visit, actor=SYSTEM)
        undo.undo(seq, actor=ward.nurse)
        assert (fresh(visit).level, fresh(visit).crossed_at) == (None, late_since)
