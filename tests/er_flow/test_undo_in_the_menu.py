"""The menu of a visit offers to take back exactly what can be taken back (R3.19)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from clinic.live import undoing
from er_flow import clock
from er_flow.models import EmergencyVisit
from er_flow.operations import newcomers, triage
from er_flow.operations.undo import HARMLESS
from tests.er_flow.pages import opened, posted
from tests.er_flow.ward import Ward, emergency, fresh, sheet
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("3.19")]


@pytest.fixture
def ward(world: World) -> Ward:
    with world.harbor.open():
        return emergency(world.harbor)


def offered(house: House, visit: EmergencyVisit) -> bool:
    """Whether the menu has the undo of the last act."""
    with house.open():
        seq = undoing.last_of(visit, HARMLESS)
    return f"er/undo/{seq}/" in opened(house, "nurse", f"er/visits/{visit.pk}/acts/")


def test_the_clock_takes_no_undo_away(world: World, ward: Ward) -> None:
    """Somebody becomes delayed a moment after the nurse looked again: nobody has acted since."""
    house, start = world.harbor, timezone.now()
    with time_machine.travel(start, tick=False) as travel:
        with house.open():
            visit = ward.triaged(4)
            travel.shift(timedelta(minutes=60))
            triage.reassess(visit, sheet(4), actor=ward.nurse)
            travel.shift(timedelta(seconds=1))
            assert clock.cross() == 1
        assert offered(house, visit)
        with house.open():
            seq = undoing.last_of(visit, HARMLESS)
        assert posted(house, "nurse", f"er/undo/{seq}/").status_code == 204
        with house.open():
            assert not visit.triages.filter(sort="reassessment", error_at=None).exists()


def test_an_act_of_somebody_and_too_long_a_while_do(world: World, ward: Ward) -> None:
    house, start = world.harbor, timezone.now()
    with time_machine.travel(start, tick=False) as travel:
        with house.open():
            visit = ward.triaged(4)
        assert offered(house, visit)
        travel.shift(timedelta(minutes=30))
        assert not offered(house, visit)
        with house.open():
            triage.start(arrived := ward.arrived(), actor=ward.nurse)
        assert offered(house, arrived)


def test_an_act_that_cannot_be_taken_back_is_not_skipped_for_one_before_it(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.triaged(4)
        wrong = visit.triages.get()
        triage.correct(wrong, sheet(2), 2, reason="wrong row", actor=ward.nurse)
    assert not offered(world.harbor, visit)
    assert "er/undo/" not in opened(world.harbor, "nurse", f"er/visits/{visit.pk}/acts/")


def test_a_name_is_taken_back_and_whoever_was_registered_by_it_stays_known(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.arrived()
        newcomers.identify(visit, {"given_name": "Lina", "family_name": "Berg"}, actor=ward.nurse)
        assert fresh(visit).patient_id is not None
    assert offered(world.harbor, visit)
