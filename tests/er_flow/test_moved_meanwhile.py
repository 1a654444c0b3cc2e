"""An act on a bed is about whoever lies in it, also when a colleague is quicker (R4.32)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from er_flow.api import find
from er_flow.models import Bed, EmergencyVisit
from er_flow.operations import beds
from tests.api.client import api
from tests.api.samples import er_made as made
from tests.er_flow.asking import ok, refused
from tests.er_flow.pages import opened, posted
from tests.world import House, World

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


def kept_for_another_now(house: House) -> tuple[Bed, EmergencyVisit, EmergencyVisit]:
    """A bed that was kept for the first when somebody looked, and is kept for the second now."""
    bed, one = made.reserved(house)
    other, nurse = made.triaged(house), house.actor("charge_nurse")
    with house.open():
        beds.release(bed, actor=nurse)
        beds.reserve(bed, other, actor=nurse)
        bed.refresh_from_db()
    return bed, one, other


@pytest.mark.rule("4.32")
def test_an_old_screen_does_not_release_what_is_kept_for_somebody_else_now(world: World) -> None:
    house = world.harbor
    bed, one, other = kept_for_another_now(house)
    path = f"er/beds/{bed.pk}/release/"
    answer = posted(house, "nurse", path, {"visit": str(one.pk)})
    assert answer.status_code == 409 and "kept for somebody else" in answer.headers["HX-Trigger"]
    assert posted(house, "nurse", path).status_code == 400, "a button always says for whom"
    with house.open():
        assert Bed.objects.get(pk=bed.pk).reserved_for_id == other.pk
    menu = opened(house, "nurse", f"er/beds/{bed.pk}/acts/")
    assert re.search(rf'formaction="[^"]*{path}" name="visit" value="{other.pk}"', menu)
    assert posted(house, "nurse", path, {"visit": str(other.pk)}).status_code == 204
    with house.open():
        assert Bed.objects.get(pk=bed.pk).state == "available"


@pytest.mark.rule("4.32")
def test_the_api_does_not_either(world: World) -> None:
    house = world.harbor
    bed, one, other = kept_for_another_now(house)
    nurse, path = api(house, "nurse"), f"er/beds/{bed.pk}/release"
    told = refused(nurse.post(path, {"visit": str(one.pk)}), 409, "BED_RESERVED")
    assert told["visit"] == str(other.pk)
    assert ok(nurse.post(path, {"visit": str(other.pk)}))["status"] == "available"


@pytest.mark.rule("4.32")
@pytest.mark.parametrize("act", ["free", "release"])
def test_nor_what_is_kept_for_another_between_the_look_and_the_lock(
    world: World, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    house = world.harbor
    bed, _one = made.reserved(house)
    other, charge = made.triaged(house), house.actor("charge_nurse")
    look = find.bed

    def look_and_be_late(pk: Any) -> Bed:
        found = look(pk)
        beds.release(found, actor=charge)
        beds.reserve(found, other, actor=charge)
        return found

    monkeypatch.setattr(find, "bed", look_and_be_late)
    nurse = api(house, "nurse")
    send = nurse.patch if act == "free" else nurse.post
    refused(send(f"er/beds/{bed.pk}/{act}"), 409, "BED_RESERVED")
    with house.open():
        assert Bed.objects.get(pk=bed.pk).reserved_for_id == other.pk
