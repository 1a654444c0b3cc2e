"""Numbers that are none, and characters a database refuses, are answered, never a fault."""

from __future__ import annotations

import pytest

from queues.operations import calls
from tests.queues.helpers import HTMX, at, signed_in
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seq", ["²", "9" * 40, "٣", "-1", ""])
def test_a_conflict_with_a_strange_seq_is_still_a_conflict(world: World, seq: str) -> None:
    house = world.harbor
    patient = house.patient()
    form = {"given_name": "Priya", "family_name": "Raman", "sex": "unknown", "version": "99", "seq": seq}
    answer = signed_in(house, "nurse").post(at(house, f"patients/{patient.pk}/edit/"), form)
    assert answer.status_code in (409, 422)


@pytest.mark.parametrize("path", ["patients/", "patients/found/", "visits/found/"])
def test_a_search_for_half_a_character_finds_nobody(world: World, path: str) -> None:
    world.harbor.patient()
    for text in ("a%00b", "%00%00", "%ED%A0%80x", "%FF%FE"):
        answer = signed_in(world.harbor, "receptionist").get(at(world.harbor, f"{path}?q={text}"))
        assert answer.status_code == 200


@pytest.mark.parametrize("seq", ["0", "9223372036854775808", "9" * 40])
def test_undoing_what_never_was_is_not_there(world: World, seq: str) -> None:
    answer = signed_in(world.harbor, "receptionist").post(at(world.harbor, f"undo/{seq}/"))
    assert answer.status_code == 404


@pytest.mark.parametrize("act", ["skip", "leave", "cancel"])
def test_a_reason_with_a_character_no_database_keeps(world: World, act: str) -> None:
    house = world.harbor
    visit, _other = house.waiting(2)
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
    path = at(house, f"visits/{visit.pk}/{act}/")
    answer = signed_in(house, "receptionist").post(path, {"reason": "a\0b"}, headers=HTMX)
    assert answer.status_code in (204, 400, 409)
