"""An emergency department with patients inside stays one: they would vanish from board, map of beds and paper."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from clinic.core.errors import DomainError
from clinic.directory import operations as directory
from clinic.directory.models import Department
from clinic.live.record import done
from er_flow.models import EmergencyVisit
from er_flow.operations import moves, undo
from er_flow.regions import facts
from tests.api.client import api
from tests.api.samples import er_made as made
from tests.er_flow.asking import ok, refused
from tests.er_flow.ward import emergency
from tests.queues.crowd import at_once, codes
from tests.queues.helpers import at
from tests.world import House, World

pytestmark = pytest.mark.django_db
CLOSING: list[dict[str, Any]] = [{"active": False}, {"kind": "clinic"}, {"kind": "counter"}]


@pytest.mark.parametrize("body", CLOSING, ids=str)
def test_with_patients_inside_it_stays_and_says_how_many_they_are(world: World, body: dict[str, Any]) -> None:
    house = world.harbor
    made.arrived(house)
    visit = made.bedded(house)
    path, owner = f"departments/{visit.department_id}", api(house, "owner")
    told = refused(owner.patch(path, body), 409, "DEPARTMENT_NOT_EMPTY")
    assert told["inside"] == 2
    ok(owner.patch(path, {"name": "Casualty"}))
    with house.open():
        assert [row.pk for row in facts.wards()[visit.department_id].visits].count(visit.pk) == 1


@pytest.mark.parametrize("body", CLOSING, ids=str)
def test_an_empty_one_is_closed_and_its_beds_are_listed_no_more_until_it_is_open_again(
    world: World, body: dict[str, Any]
) -> None:
    house = world.harbor
    bed = made.bed(house)
    path, owner = f"departments/{bed.section.department_id}", api(house, "owner")

    def listed() -> tuple[int, int]:
        return tuple(len(ok(owner.get(name))["results"]) for name in ("er/beds", "er/sections"))  # type: ignore[return-value]

    assert listed() == (1, 1)
    ok(owner.patch(path, body))
    assert listed() == (0, 0)
    refused(owner.post("er/patients", {"unknown": True, "age": {"amount": 30}, "complaint": "Burns",
                                       "department": str(bed.section.department_id)}),
            409, "ER_NOT_AN_EMERGENCY_DEPARTMENT")  # fmt: skip
    ok(owner.patch(path, {"active": True, "kind": "emergency"}))
    assert listed() == (1, 1)


def test_the_admin_says_why_in_the_form(world: World) -> None:
    house = world.harbor
    visit = made.arrived(house)
    with house.open():
        row = Department.objects.get(pk=visit.department_id)
    answer = _save(house, row, sort="emergency")  # without "is_active": the box is not ticked
    assert answer.status_code == 200
    assert "People still in Emergency: 1." in answer.context["adminform"].form.non_field_errors()[0]
    with house.open():
        assert Department.objects.get(pk=row.pk).is_active


def _save(house: House, row: Department, **fields: Any) -> Any:
    client = Client()
    client.force_login(house.users["owner"])
    told = {"name": row.name, "prefix": row.prefix, "row_version": row.version, **fields}
    return client.post(at(house, f"admin/directory/department/{row.pk}/change/"), told)


def test_people_who_wait_in_the_lines_of_a_clinic_keep_it_open_too(world: World) -> None:
    house = world.harbor
    house.waiting(3)
    path, owner = f"departments/{house.department.pk}", api(house, "owner")
    for body in ({"active": False}, {"kind": "emergency"}):
        assert refused(owner.patch(path, body), 409, "DEPARTMENT_NOT_EMPTY")["inside"] == 3
    ok(owner.patch(path, {"active": True, "kind": "clinic", "public_name": "Clinic 1"}))


def test_nobody_comes_back_into_a_closed_one_by_an_undo(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit = ward.seen()
        moves.depart(visit, "eloped", actor=ward.medic)
        left = done().seq
        assert left is not None
        directory.change_department(ward.department, is_active=False, actor=world.harbor.actor("owner"))
        with pytest.raises(DomainError) as refusal:
            undo.undo(left, actor=ward.medic)
        assert refusal.value.code == "er.not_an_emergency_department"
        assert not EmergencyVisit.objects.open().exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_somebody_who_comes_while_it_is_closed_is_either_inside_or_refused(world: World) -> None:
    house = world.harbor
    with house.open():
        ward = emergency(house)
    owner, key = house.actor("owner"), ward.department.pk

    def close() -> Any:
        return directory.change_department(Department.objects.get(pk=key), is_active=False, actor=owner)

    for _ in range(4):
        codes(at_once(house, [close, ward.arrived, ward.arrived]))
        with house.open():
            row = Department.objects.get(pk=key)
            inside = list(EmergencyVisit.objects.open())
            assert row.is_active or not inside
            for visit in inside:
                moves.depart(visit, "lwbs", actor=ward.nurse)
            if not row.is_active:
                directory.change_department(row, is_active=True, actor=owner)
