"""Doctors, visit types and the policies of departments: who may change what, and what follows."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.core.errors import Conflict, DomainError, Forbidden, Invalid
from clinic.core.tenancy import WrongHospital
from clinic.directory import operations, policies
from clinic.directory.models import Department, Doctor, DoctorDepartment, VisitType
from clinic.tenants import days
from clinic.tenants.operations import change_policies
from queues.models import Queue
from queues.operations import calls, ends
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.9")]


def owner(house: House) -> Any:
    return house.actor("owner")


def test_running_late_adds_what_the_policy_says(world: World) -> None:
    house = world.harbor
    with house.open():
        assert operations.set_status(house.doctor, Doctor.RUNNING_LATE, actor=house.medic).late_minutes == 10
        operations.set_status(house.doctor, Doctor.ON_TIME, actor=house.medic)
        change_policies(days.policies(), late_minutes=25, actor=owner(house))
        assert operations.set_status(house.doctor, Doctor.RUNNING_LATE, actor=house.medic).late_minutes == 25
        said = operations.set_status(house.doctor, Doctor.RUNNING_LATE, late_minutes=7, actor=house.medic)
        assert said.late_minutes == 7
    with world.hilltop.open():
        late = operations.set_status(world.hilltop.doctor, Doctor.RUNNING_LATE, actor=world.hilltop.medic)
        assert late.late_minutes == 10


def test_minutes_are_the_doctors_else_the_departments_else_the_hospitals(world: World) -> None:
    house = world.harbor
    with house.open():
        assert policies.expected_minutes(house.doctor) == 20
        assert policies.between_minutes(house.doctor) == 5
        change_policies(days.policies(), default_minutes=30, buffer_minutes=10, actor=owner(house))
        assert (policies.expected_minutes(house.doctor), policies.between_minutes(house.department)) == (30, 10)
        operations.change_department_policies(
            house.department, default_minutes=12, buffer_minutes=0, actor=owner(house)
        )
        doctor = Doctor.objects.select_related("department__config").get(pk=house.doctor.pk)
        assert (policies.expected_minutes(doctor), policies.between_minutes(doctor)) == (12, 0)
        operations.change_doctor(doctor, minutes=45, actor=owner(house))
        assert policies.expected_minutes(doctor) == 45
        assert policies.expected_minutes(doctor.department) == 12
        operations.change_department_policies(house.department, default_minutes=None, actor=owner(house))
        fresh = Department.objects.get(pk=house.department.pk)
        assert policies.expected_minutes(fresh) == 30


@pytest.mark.rule("3.2")
def test_a_department_resets_its_tokens_by_its_own_policy(world: World) -> None:
    house = world.harbor
    with house.open():
        other = Department.objects.create(name="Skin", prefix="D")
        line = Queue.objects.create(department=other, sort=Queue.POOL, name=other.name)
        operations.change_department_policies(other, token_reset="never", actor=owner(house))
    (mine,), (theirs,) = house.waiting(1), house.waiting(1, line)
    assert mine.token_period == mine.service_day
    assert theirs.token_period == days.period_start("never", theirs.service_day)
    with house.open():
        operations.change_department_policies(other, token_reset=None, actor=owner(house))
    (later,) = house.waiting(1, line)
    assert later.token_period == later.service_day


def test_a_line_warns_before_it_is_full_in_a_department_too(world: World) -> None:
    house = world.harbor
    with house.open():
        change_policies(days.policies(), queue_hard_limit=10, actor=owner(house))
        with pytest.raises(Invalid) as refused:
            operations.change_department_policies(house.department, queue_soft_limit=11, actor=owner(house))
        assert list(refused.value.details) == ["queue_soft_limit"]
        assert policies.of(house.department).queue_soft_limit is None
        own = operations.change_department_policies(house.department, queue_soft_limit=8, actor=owner(house))
        assert own.queue_soft_limit == 8


@pytest.mark.parametrize(
    "wrong",
    [{"token_reset": "hourly"}, {"default_minutes": 1}, {"queue_hard_limit": 0}, {"on_leave": "pool"}, {"id": 1}],
)
def test_policies_of_a_department_are_checked(world: World, wrong: dict[str, Any]) -> None:
    with world.harbor.open(), pytest.raises(Invalid) as refused:
        operations.change_department_policies(world.harbor.department, actor=owner(world.harbor), **wrong)
    assert set(refused.value.details) == set(wrong)


def test_a_doctor_changes_the_own_profile_and_only_what_is_theirs(world: World) -> None:
    house = world.harbor
    with house.open():
        changed = operations.change_own_profile(house.doctor, bio="Hearts", languages=["fr"], actor=house.medic)
        assert (changed.bio, changed.languages) == ("Hearts", ["fr"])
        for field in ("listed", "department", "npi", "is_active", "serves_pool"):
            with pytest.raises(Forbidden):
                operations.change_own_profile(house.doctor, actor=house.medic, **{field: True})
        with pytest.raises(Forbidden):
            operations.change_own_profile(house.colleague, bio="x", actor=house.medic)
        with pytest.raises(Forbidden):
            operations.set_hours(house.colleague, {"mon": []}, actor=house.medic)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"npi": "12"}, "npi"),
        ({"latitude": "48.8"}, "longitude"),
        ({"fee": "-1"}, "fee"),
        ({"services": ["a", "a"]}, "services"),
        ({"minutes": 1}, "minutes"),
        ({"name": ""}, "name"),
        ({"version": 7}, "version"),
    ],
)
def test_a_profile_is_checked_field_by_field(world: World, wrong: dict[str, Any], field: str) -> None:
    with world.harbor.open(), pytest.raises(Invalid) as refused:
        operations.change_doctor(world.harbor.doctor, actor=owner(world.harbor), **wrong)
    assert field in refused.value.details


def test_numbers_and_members_belong_to_one_doctor(world: World) -> None:
    house = world.harbor
    with house.open():
        operations.change_doctor(house.doctor, employee_no="7", actor=owner(house))
        with pytest.raises(Conflict):
            operations.change_doctor(house.colleague, employee_no="7", actor=owner(house))
        with pytest.raises(DomainError):
            operations.change_doctor(house.colleague, membership=house.memberships["doctor"], actor=owner(house))
        with pytest.raises(DomainError):
            operations.change_doctor(house.colleague, membership=world.hilltop.memberships["nurse"], actor=owner(house))


@pytest.mark.rule("3.7")
def test_a_doctor_takes_from_further_departments_while_serving_them(world: World) -> None:
    house = world.harbor
    with house.open():
        other = Department.objects.create(name="Skin", prefix="D")
        line = Queue.objects.create(department=other, sort=Queue.POOL, name=other.name)
        further = operations.join_department(house.doctor, other, actor=owner(house))
        with pytest.raises(Conflict):
            operations.join_department(house.doctor, house.department, actor=owner(house))
    house.waiting(2, line)
    with house.open():
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        assert leg.queue_id == line.pk
        ends.complete(leg.visit, actor=house.medic)
        operations.leave_department(DoctorDepartment.objects.get(pk=further.pk), actor=owner(house))
        assert calls.call_next(house.doctor, actor=house.medic) is None


def test_a_new_hospital_has_the_six_shipped_visit_types(world: World) -> None:
    house = world.harbor
    with house.open():
        assert not VisitType.objects.exists()
        from clinic.directory.reactions import bring_visit_types
        from clinic.live.models import Event

        for _ in range(2):
            bring_visit_types(Event(name="hospital.registered"))
        shipped = dict(VisitType.objects.values_list("name", "minutes"))
    assert shipped == {
        "Initial consultation": 60, "Follow-up": 30, "Consultation": 45, "Procedure": 90, "Telehealth": 20,
        "Lab review": 30,
    }  # fmt: skip


def test_another_hospitals_department_has_no_policies_here(world: World) -> None:
    with world.harbor.open(), pytest.raises(WrongHospital):
        operations.change_department_policies(world.hilltop.department, token_reset="never", actor=owner(world.harbor))
    with world.hilltop.open():
        assert policies.of(Department.objects.get(pk=world.hilltop.department.pk)).token_reset == "daily"
