"""An act on a bed is about whoever lies in it, also when a colleague is quicker (R4.32)."""

from __future__ import annotations

import pytest

from er_flow.api import find
from er_flow.models import Bed, EmergencyVisit
from er_flow.operations import beds
from tests.api.client import api
from tests.api.samples import er_made as made
from tests.er_flow.asking import refused
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.rule("4.32")
@pytest.mark.parametrize("act", ["free", "transfer", "swap", "swapped", "status"])
def test_whoever_was_moved_meanwhile_is_left_where_they_are(
    world: World, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """Between the look at the bed and the lock a colleague moved them."""
    house = world.harbor
    nurse = api(house, "nurse")
    one, other, aside, spare = made.bedded(house), made.bedded(house), made.bed(house), made.bed(house)
    first, second = made.bed_of(one, house), made.bed_of(other, house)
    moved = other if act == "swapped" else one
    look = find.occupant

    def look_and_be_late(bed: Bed) -> EmergencyVisit:
        visit = look(bed)
        if visit.pk == moved.pk:
            beds.assign(visit, aside, actor=house.actor("charge_nurse"))
        return visit

    monkeypatch.setattr(find, "occupant", look_and_be_late)
    of = f"er/beds/{first.pk}"
    asked = {
        "free": lambda: nurse.patch(f"{of}/free"),
        "status": lambda: nurse.patch(f"{of}/status", {"status": "cleaning"}),
        "transfer": lambda: nurse.post(f"{of}/transfer", {"to": str(spare.pk)}),
        "swap": lambda: nurse.post(f"{of}/swap", {"bed": str(second.pk)}),
        "swapped": lambda: nurse.post(f"{of}/swap", {"bed": str(second.pk)}),
    }
    refused(asked[act](), 409, "ROW_CHANGED")
    with house.open():
        assert made.bed_of(moved, house) == aside
        unmoved = one if act == "swapped" else other
        assert made.bed_of(unmoved, house) == (first if act == "swapped" else second)
