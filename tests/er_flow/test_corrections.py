"""A correction is less urgent than what was decided only by a second nurse, whichever entry it falls below (R4.14)."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.core.errors import DomainError
from er_flow.models import EmergencyVisit, Triage
from er_flow.operations import triage
from tests.api.client import api
from tests.er_flow.asking import refused
from tests.er_flow.ward import Ward, emergency, fresh, sheet
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("4.14")]
WHY: dict[str, Any] = {"what_changed": "grey", "what_was_done": "ECG"}


def raised(ward: Ward, by: str) -> tuple[EmergencyVisit, Triage]:
    """Level 3 by the nurse, and then level 2 by somebody, which was meant for another patient."""
    visit = ward.triaged(3)
    return visit, triage.reassess(visit, sheet(2), level=2, actor=ward.by(by), **WHY)


def test_below_an_earlier_entry_needs_somebody_else_than_who_made_that_one(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit, wrong = raised(ward, by="charge_nurse")
        with pytest.raises(DomainError) as refusal:  # another person than the charge nurse, but the first entry's own
            triage.correct(wrong, sheet(4), 4, reason="next bed", actor=ward.nurse)
        assert (refusal.value.code, refusal.value.details["by"]) == ("er.second_nurse", ward.nurse.name)
        assert fresh(visit).level == 2
        triage.correct(wrong, sheet(3), 3, reason="next bed", actor=ward.nurse)
        assert fresh(visit).level == 3, "back to the entry that stands: no lower than it"


def test_somebody_who_made_neither_entry_may(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit, wrong = raised(ward, by="nurse")
        triage.correct(wrong, sheet(4), 4, reason="both were of the next bed", actor=ward.by("charge_nurse"))
        assert fresh(visit).level == 4


def test_an_entry_that_was_struck_through_binds_nobody(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit, charge = ward.triaged(2), ward.by("charge_nurse")
        right = triage.correct(Triage.objects.get(), sheet(4), 4, reason="next bed", actor=charge)
        triage.correct(right, sheet(4), 4, reason="a word was missing", actor=ward.nurse)
        assert fresh(visit).level == 4


def test_the_api_says_who_it_must_not_be(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit, _wrong = raised(ward, by="charge_nurse")
    body = {"answers": {"resources": ["labs"]}, "vitals": {"hr": 80, "rr": 16}, "level": 4, "reason": "next bed"}
    told = refused(
        api(world.harbor, "nurse").post(f"er/patients/{visit.pk}/correct-triage", body), 409, "ER_SECOND_NURSE"
    )
    assert told["by"] == ward.nurse.name
