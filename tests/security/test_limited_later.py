"""R1.2: whoever is limited to departments after they had worked elsewhere keeps nothing of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clinic.core.errors import NotFound
from clinic.directory.models import Doctor
from clinic.live import outbox
from clinic.live.models import Event
from clinic.records.models import PatientMerge
from clinic.tenants import people
from clinic.tenants.models import Membership
from clinic.tenants.operations import change_departments
from queues.models import SignOn, Visit
from queues.operations import calls, close, holds, moves, posts, undo
from tests.elsewhere import Skin, second_department
from tests.ledger import stored
from tests.queues.helpers import signed_in
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.2")]


def limit(house: House, role: str, skin: Skin) -> None:
    with house.open():
        change_departments(house.memberships[role], [skin.department.pk], actor=house.actor("manager"))
        while outbox.run(house.hospital.pk):
            pass


def again(house: House, role: str) -> Membership:
    return Membership.objects.select_related("user", "hospital").get(pk=house.memberships[role].pk)


@pytest.mark.parametrize("role", ["nurse", "receptionist"])
def test_a_post_in_another_department_ends_with_the_limit(world: World, role: str) -> None:
    house = world.harbor
    skin = second_department(house)
    with house.open():
        kept = posts.sign_on(skin.pool, actor=house.actor(role))
        posts.sign_on(house.pool, actor=people.actor_of(again(house, role)))
    limit(house, role, skin)
    with house.open():
        assert list(SignOn.objects.filter(ended_at=None).values_list("pk", flat=True)) == [kept.pk]


@pytest.mark.parametrize("role", ["nurse", "receptionist"])
def test_a_row_made_at_a_post_widens_no_limit(world: World, role: str) -> None:
    house = world.harbor
    skin = second_department(house)
    with house.open():
        posts.sign_on(house.pool, actor=house.actor(role))
    limit(house, role, skin)
    actor = people.actor_of(again(house, role))
    assert actor.departments == skin.limits
    visit = skin.waiting()
    with house.open():
        server = posts.sign_on(skin.own, actor=actor).server
        called = calls.call_next(server, actor=actor)
        assert called is not None
        assert called.visit_id == visit.pk
        assert Doctor.objects.get(pk=server.pk).department_id == skin.department.pk


def test_an_act_in_another_departments_line_is_not_taken_back(world: World) -> None:
    house = world.harbor
    skin = second_department(house)
    (visit,) = house.waiting(1)
    limited = replace(house.desk, departments=frozenset({house.department.pk}))
    with house.open():
        moves.reassign(visit, skin.own, actor=house.desk)
        holds.hold(visit, reason="tests", actor=house.desk)
        seq = Event.objects.latest("seq").seq
        before = stored()
        with pytest.raises(NotFound):
            undo.undo(seq, actor=limited)
        assert stored() == before


def test_whoever_is_expected_elsewhere_does_not_lapse_by_a_limited_hand(world: World) -> None:
    house = world.harbor
    skin = second_department(house)
    visit = skin.waiting()
    with house.open():
        expected = close.close(visit, close.CARRY, actor=house.desk)
        assert expected is not None
        with pytest.raises(NotFound):
            close.lapse(expected, actor=replace(house.desk, departments=frozenset({house.department.pk})))
        assert Visit.objects.get(pk=expected.pk).ended_at is None


def test_a_reason_for_a_merge_holds_no_character_that_a_database_refuses(world: World) -> None:
    house = world.harbor
    kept, gone = house.patient(), house.patient()
    path = f"/h/harbor/patients/{kept.pk}/merge/"
    answer = signed_in(house, "receptionist").post(path, {"gone": str(gone.pk), "reason": "tw\0ice"})
    assert answer.status_code == 303
    with house.open():
        assert PatientMerge.objects.get().reason == "twice"
