"""What a doctor does otherwise for one kind of visit (R2.1): said by doctors of themselves, or by the office."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from clinic.core.errors import DomainError, Forbidden
from clinic.directory import operations
from clinic.directory.models import DoctorVisitType, VisitType
from clinic.live.models import Event
from clinic.live.record import done
from tests.world import House, World

pytestmark = pytest.mark.django_db


def kind(house: House, name: str = "Vaccination") -> VisitType:
    return VisitType.objects.create(name=name, minutes=15)


def test_what_is_left_out_stays_as_it_was(world: World) -> None:
    house = world.harbor
    with house.open():
        of = kind(house)
        operations.set_own_type(house.doctor, of, minutes=40, actor=house.medic)
        operations.set_own_type(house.doctor, of, capacity=3, actor=house.actor("owner"))
        row = DoctorVisitType.objects.get()
        assert (row.minutes, row.capacity, row.offered) == (40, 3, True)
        operations.set_own_type(house.doctor, of, minutes=None, offered=False, actor=house.medic)
        row.refresh_from_db()
        assert (row.minutes, row.capacity, row.offered) == (None, 3, False)
        operations.set_own_type(house.doctor, of, offered=False, actor=house.medic)
        assert done().seq is None  # the same again is nothing
        operations.drop_own_type(row, actor=house.medic)
        assert not DoctorVisitType.objects.exists()
        names = list(Event.objects.order_by("seq").values_list("name", flat=True))
        assert names == ["doctor.own_type_changed"] * 4


def test_only_the_doctor_and_the_office_say_it(world: World) -> None:
    house = world.harbor
    with house.open():
        of = kind(house)
        for actor, doctor in ((house.medic, house.colleague), (house.desk, house.doctor)):
            with pytest.raises(Forbidden):
                operations.set_own_type(doctor, of, minutes=40, actor=actor)
        assert not DoctorVisitType.objects.exists()


@pytest.mark.parametrize("fields", [{"minutes": 2}, {"minutes": 481}, {"capacity": 0}, {"capacity": 51}, {"type": 1}])
def test_what_cannot_be_is_refused(world: World, fields: dict[str, Any]) -> None:
    house = world.harbor
    with house.open():
        of = kind(house)
        with pytest.raises((DomainError, TypeError)):
            operations.set_own_type(house.doctor, of, actor=house.medic, **fields)
        assert not DoctorVisitType.objects.exists()


def test_the_office_sets_it_in_the_admin(world: World) -> None:
    house = world.harbor
    with house.open():
        of = kind(house)
    client = Client()
    client.force_login(house.users["owner"])
    made = client.post(
        "/h/harbor/admin/directory/doctorvisittype/add/",
        {"doctor": str(house.doctor.pk), "type": str(of.pk), "minutes": "25", "capacity": "", "offered": "on"},
    )
    assert made.status_code == 302, made.text
    with house.open():
        row = DoctorVisitType.objects.get()
        assert (row.doctor_id, row.minutes, row.capacity, row.offered) == (house.doctor.pk, 25, None, True)
    where = f"/h/harbor/admin/directory/doctorvisittype/{row.pk}"
    assert client.post(f"{where}/change/", {"minutes": "", "capacity": "2"}).status_code == 302
    with house.open():
        row.refresh_from_db()
        assert (row.minutes, row.capacity, row.offered) == (None, 2, False)
    assert client.post(f"{where}/delete/", {"post": "yes"}).status_code == 302
    with house.open():
        assert not DoctorVisitType.objects.exists()
