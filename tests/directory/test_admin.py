"""The owner sets a hospital up in the admin: policies by groups, errors at the field, nothing of another hospital."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from clinic.directory.models import Closure, Department, DepartmentConfig, Doctor, Room, VisitType, WorkingHours
from clinic.live import outbox
from clinic.tenants import days
from clinic.tenants.models import DAYS, HospitalConfig
from clinic.tenants.week import of_words
from queues.models import Queue
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.9")]


def owner(house: House) -> Client:
    client = Client()
    client.force_login(house.users["owner"])
    return client


def post(house: House, path: str, **fields: Any) -> Any:
    return owner(house).post(f"/h/{house.hospital.slug}/admin/{path}", fields)


def shown(house: House, path: str) -> dict[str, Any]:
    """The form as it stands on the page: what a browser would send back."""
    page = owner(house).get(f"/h/{house.hospital.slug}/admin/{path}")
    assert page.status_code == 200
    form = page.context["adminform"].form
    found: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        if bound.name in ("hours", "weekly"):
            found.update(
                zip((f"{bound.name}_{day}" for day in DAYS), bound.field.widget.decompress(value), strict=True)
            )
        elif value not in (None, False, ""):
            found[bound.name] = value
    return found


def policies(house: House) -> HospitalConfig:
    with house.open():
        return days.policies()


def policy_path(house: House) -> str:
    return f"tenants/hospitalconfig/{policies(house).pk}/change/"


def test_the_policies_page_shows_and_saves_every_policy(world: World) -> None:
    house = world.harbor
    form = shown(house, policy_path(house))
    assert form["hours_mon"] == "10:00-18:00"
    changed = {**form, "hours_fri": "8-12, 13:30-24:00", "hours_sat": "", "on_leave": "pool", "late_minutes": 25,
               "languages": ["en", "es"], "mute_from": "12:00", "mute_until": "13:00"}  # fmt: skip
    answer = post(house, policy_path(house), **changed)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    now = policies(house)
    assert (now.on_leave, now.late_minutes, now.languages) == ("pool", 25, ["en", "es"])
    assert now.hours["fri"] == [{"start": "08:00", "end": "12:00"}, {"start": "13:30", "end": "24:00"}]
    assert "sat" not in now.hours
    assert policies(world.hilltop).on_leave == "ask"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("hours", {"hours_mon": "late"}),
        ("hours", {"hours_mon": "12:00-08:00"}),
        ("hours", {"hours_mon": "08:00-25:00"}),
        ("hours", {"hours_mon": "08:00-12:00, 11:00-13:00"}),
        ("languages", {"languages": []}),
        ("languages", {"languages": ["xx"]}),
        ("queue_soft_limit", {"queue_soft_limit": 9, "queue_hard_limit": 5}),
        ("aged_vip", {"aged_vip": 90}),
        ("mute_until", {"mute_from": "12:00"}),
        ("late_minutes", {"late_minutes": 0}),
        ("call_gap", {"call_gap": 99999}),
        ("skip_places", {"skip_places": "many"}),
    ],
)
def test_what_is_wrong_stands_at_its_field(world: World, field: str, wrong: dict[str, Any]) -> None:
    house = world.harbor
    before = policies(house).version
    answer = post(house, policy_path(house), **{**shown(house, policy_path(house)), **wrong})
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert policies(house).version == before


@pytest.mark.parametrize("text", ["08:00-12:00", "8-12", "8:00 – 12:00", "08.00-12.00"])
def test_hours_are_read_as_people_write_them(text: str) -> None:
    assert of_words(text) == [{"start": "08:00", "end": "12:00"}]


def test_an_owner_sets_an_empty_hospital_up(world: World) -> None:
    """Department, room, doctor, hours, closure, visit type, the department's own policies: all by the admin's pages."""
    house = world.harbor
    made: list[tuple[str, dict[str, Any]]] = [
        ("directory/department/add/", {"name": "Skin", "prefix": "D", "sort": "clinic", "is_active": "on"}),
        ("directory/visittype/add/", {"name": "Vaccination", "minutes": 15, "buffer_minutes": 0, "whom": "everybody",
                                      "is_active": "on"}),
        ("directory/closure/add/", {"name": "Holidays", "first_day": "2026-12-24", "last_day": "2026-12-26"}),
    ]  # fmt: skip
    for path, fields in made:
        answer = post(house, path, **fields)
        assert answer.status_code == 302, (path, answer.context["adminform"].form.errors)
    with house.open():
        skin = Department.objects.get(name="Skin")
    doctor: dict[str, Any] = {
        "name": "Dr. New", "sort": "doctor", "department": skin.pk, "is_active": "on", "parallel_rooms": 1,
        "slot_capacity": 1, "services": "Acne, Moles", "languages": "en, fr", "fee": "80.00", "serves_pool": "on",
    }  # fmt: skip
    more: list[tuple[str, dict[str, Any]]] = [
        ("directory/room/add/", {"name": "Room 9", "department": skin.pk, "is_active": "on"}),
        ("directory/doctor/add/", doctor),
        ("directory/departmentconfig/add/", {"department": skin.pk, "token_reset": "weekly"}),
    ]
    for path, fields in more:
        answer = post(house, path, **fields)
        assert answer.status_code == 302, (path, answer.context["adminform"].form.errors)
    outbox.run(house.hospital.pk)
    with house.open():
        fresh = Doctor.objects.get(name="Dr. New")
        assert (fresh.services, fresh.languages, str(fresh.fee)) == (["Acne", "Moles"], ["en", "fr"], "80.00")
        assert Queue.objects.filter(department=skin).count() == 2
        assert Room.objects.filter(department=skin).exists()
        assert DepartmentConfig.objects.get().token_reset == "weekly"
        assert VisitType.objects.filter(name="Vaccination").exists()
        assert Closure.objects.exists()
    hours = {f"weekly_{day}": "" for day in DAYS}
    answer = post(house, "directory/workinghours/add/", doctor=fresh.pk, **{**hours, "weekly_mon": "8-12"})
    assert answer.status_code == 302
    with house.open():
        assert WorkingHours.objects.get().weekly == {"mon": [{"start": "08:00", "end": "12:00"}]}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("directory/room/add/", "department"),
        ("directory/doctor/add/", "department"),
        ("directory/doctor/add/", "room"),
        ("directory/doctor/add/", "membership"),
        ("directory/doctordepartment/add/", "doctor"),
        ("directory/doctordepartment/add/", "department"),
        ("directory/workinghours/add/", "doctor"),
        ("directory/absence/add/", "doctor"),
        ("directory/closure/add/", "department"),
        ("directory/departmentconfig/add/", "department"),
    ],
)
def test_only_rows_of_the_own_hospital_can_be_chosen(world: World, path: str, field: str) -> None:
    theirs = {
        "department": world.hilltop.department, "room": world.hilltop.room, "doctor": world.hilltop.doctor,
        "membership": world.hilltop.memberships["nurse"],
    }[field]  # fmt: skip
    page = owner(world.harbor).get(f"/h/harbor/admin/{path}")
    form = page.context["adminform"].form
    with world.harbor.open():
        offered = {str(value) for value, _label in form.fields[field].choices}
    assert str(theirs.pk) not in offered
    assert len(offered) > 1
    answer = post(world.harbor, path, **{field: theirs.pk})
    assert field in answer.context["adminform"].form.errors
