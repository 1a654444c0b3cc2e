"""No write reaches another hospital's row, and no row is made to point to one: every way to write and delete."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.utils import NestedObjects
from django.core.management import call_command
from django.db import IntegrityError, models, transaction
from django.db.models import F, ProtectedError, RestrictedError, Subquery, Value
from django.db.models.functions import Coalesce

from clinic.core.errors import from_integrity_error
from clinic.core.tenancy import HospitalRequired, TenantModel, WrongHospital, every_hospital
from clinic.directory.models import Department, Doctor, Room
from clinic.records.models import AccessLog, Patient
from queues.models import DisplayLine, Queue, Visit
from tests.core import toys
from tests.world import House, World

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def toy_tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        toys.create()
    with toys.installed():
        yield


def everything() -> dict[type[models.Model], list[dict[str, Any]]]:
    """Every row of every hospital in the tables these tests touch."""
    with every_hospital("a test compares"):
        return {
            model: list(model.across_hospitals.order_by("pk").values())  # type: ignore[attr-defined]
            for model in (Department, Room, Doctor, Patient, Visit, Queue, DisplayLine, AccessLog, *toys.TABLES)
        }


def refused(act: Callable[[], Any], *kinds: type[Exception]) -> None:
    """The act fails with one of these and changes no row of any hospital."""
    before = everything()
    with pytest.raises(kinds or WrongHospital), transaction.atomic():
        act()
    assert everything() == before


def access_log(house: House) -> AccessLog:
    with house.open():
        row: AccessLog = AccessLog.objects.create(actor="x", patient_id=house.hospital.pk, page="record")
        return row


def boxed(house: House) -> tuple[toys.Box, toys.Label]:
    with house.open():
        box, label = toys.Box.objects.create(name="box"), toys.Label.objects.create(name="label")
        box.labels.add(label)
    return box, label


def test_fast_delete_stays_inside(world: World) -> None:
    for house in world.both():
        access_log(house)
    refused(lambda: AccessLog.objects.all().delete(), HospitalRequired)
    with world.harbor.open():
        assert AccessLog.objects.all().delete()[0] == 1
        assert AccessLog.objects.count() == 0
    with world.hilltop.open():
        assert AccessLog.objects.count() == 1


def test_a_row_in_hand_is_not_saved_or_deleted_under_another_hospital(world: World) -> None:
    row = access_log(world.harbor)
    with world.hilltop.open():
        refused(row.save)
        refused(row.delete)
        refused(lambda: AccessLog.objects.bulk_update([row], ["page"]))
        refused(lambda: AccessLog.objects.bulk_create([AccessLog(hospital=world.harbor.hospital, page="x")]))
        refused(lambda: row.save_base(raw=True))
        refused(row.in_hospital)
        assert AccessLog.objects.filter(pk=row.pk).update(page="x") == 0
        assert AccessLog.objects.filter(pk=row.pk).delete()[0] == 0


def test_a_key_of_another_hospital_overwrites_nothing(world: World) -> None:
    theirs = world.hilltop.patient()
    with world.harbor.open():
        refused(lambda: Patient(pk=theirs.pk, mrn="STOLEN", name_key="").save(), IntegrityError)
        refused(lambda: Patient.objects.create(pk=theirs.pk, mrn="STOLEN", name_key=""), IntegrityError)
        for upsert in (
            lambda: Patient.objects.bulk_create(
                [Patient(pk=theirs.pk, mrn="STOLEN")],
                update_conflicts=True,
                update_fields=["mrn"],
                unique_fields=["id"],
            ),
            lambda: Patient.objects.bulk_create(
                [Patient(pk=theirs.pk, mrn="STOLEN")], None, False, True, ["mrn"], ["id"]
            ),
        ):
            refused(upsert)
        Patient.objects.bulk_create([Patient(pk=theirs.pk, mrn="STOLEN", name_key="")], ignore_conflicts=True)
        made, created = Patient.objects.update_or_create(mrn=theirs.mrn, defaults={"name_key": "mine"})
        assert created
        assert made.hospital_id == world.harbor.hospital.pk
    with world.hilltop.open():
        theirs.refresh_from_db()
        assert theirs.mrn == "M00001"
        assert theirs.name_key != "mine"


def test_rows_do_not_change_hospital(world: World) -> None:
    harbor, hilltop = world.both()
    with harbor.open():
        refused(lambda: Room.objects.update(hospital=hilltop.hospital))
        refused(lambda: Room.objects.update(hospital_id=hilltop.hospital.pk))
        harbor.room.hospital = hilltop.hospital
        refused(harbor.room.save)
        refused(lambda: Room.objects.bulk_update([harbor.room], ["hospital"]))


FOREIGN: dict[str, Callable[[House, House], Any]] = {
    "an instance": lambda mine, theirs: Room.objects.update(department=theirs.department),
    "a key": lambda mine, theirs: Room.objects.update(department=theirs.department.pk),
    "the column": lambda mine, theirs: Room.objects.update(department_id=theirs.department.pk),
    "a value": lambda mine, theirs: Room.objects.update(department=Value(theirs.department.pk)),
    "a function": lambda mine, theirs: Room.objects.update(department=Coalesce(Value(theirs.department.pk), "id")),
    "a column of another row": lambda mine, theirs: Room.objects.update(department=F("id")),
    "a subquery": lambda mine, theirs: Room.objects.update(department=Subquery(Doctor.objects.values("pk")[:1])),
    "create with an instance": lambda mine, theirs: Room.objects.create(department=theirs.department, name="x"),
    "create with a key": lambda mine, theirs: Room.objects.create(department_id=theirs.department.pk, name="x"),
    "save": lambda mine, theirs: Room(department_id=theirs.department.pk, name="x").save(),
    "bulk_create": lambda mine, theirs: Room.objects.bulk_create([Room(department=theirs.department, name="x")]),
    "get_or_create": lambda mine, theirs: Room.objects.get_or_create(
        name="x", defaults={"department": theirs.department}
    ),
    "update_or_create": lambda mine, theirs: Room.objects.update_or_create(
        name=mine.room.name, defaults={"department": theirs.department}
    ),
    "the manager of their row": lambda mine, theirs: theirs.department.rooms.create(name="x"),
    "their row into mine": lambda mine, theirs: mine.department.rooms.add(theirs.room, bulk=False),
    "my row into theirs": lambda mine, theirs: theirs.department.rooms.add(mine.room, bulk=False),
    "my row into theirs at once": lambda mine, theirs: theirs.department.rooms.add(mine.room),
    "set": lambda mine, theirs: theirs.department.rooms.set([mine.room]),
}


@pytest.mark.parametrize("way", FOREIGN)
def test_no_row_is_made_to_point_to_another_hospital(world: World, way: str) -> None:
    with world.harbor.open():
        refused(lambda: FOREIGN[way](world.harbor, world.hilltop))


def test_bulk_update_checks_every_pointer_and_works_for_own_ones(world: World) -> None:
    mine, theirs = world.both()
    with mine.open():
        other = Department.objects.create(name="Other", prefix="B")
        mine.room.department = theirs.department
        refused(lambda: Room.objects.bulk_update([mine.room], ["department"]))
        mine.room.department_id = theirs.department.pk
        refused(lambda: Room.objects.bulk_update([mine.room], ["department"]))
        mine.room.department_id = Value(theirs.department.pk)  # type: ignore[assignment]
        refused(lambda: Room.objects.bulk_update([mine.room], ["department"]))
        mine.room.department_id = other.pk
        assert Room.objects.bulk_update([mine.room], ["department"]) == 1
        assert Room.objects.get().department_id == other.pk


def test_their_rows_are_out_of_reach_of_their_own_managers(world: World) -> None:
    mine, theirs = world.both()
    before = everything()
    with mine.open():
        assert theirs.department.rooms.update(name="hacked") == 0
        assert theirs.department.rooms.all().delete()[0] == 0
        mine.department.rooms.add(theirs.room)  # an UPDATE that finds no row of this hospital
        assert list(mine.department.rooms.all()) == [mine.room]
    assert everything() == before


def test_a_many_to_many_is_sealed_by_its_through(world: World) -> None:
    box, label = boxed(world.harbor)
    their_box, their_label = boxed(world.hilltop)
    with pytest.raises(HospitalRequired):
        toys.BoxLabel.objects.count()
    with world.harbor.open():
        for act in (
            lambda: box.labels.add(their_label), lambda: box.labels.add(their_label.pk),
            lambda: box.labels.set([their_label]), lambda: their_box.labels.add(label),
            lambda: box.labels.add(their_label, through_defaults={}),
        ):  # fmt: skip
            refused(act)
        before = everything()
        their_box.labels.clear()
        their_box.labels.remove(their_label)
        assert list(their_box.labels.all()) == [] == list(their_label.boxes.all())  # type: ignore[attr-defined]
        assert everything() == before
        assert list(box.labels.all()) == [label]
        assert [b.pk for b in toys.Box.objects.prefetch_related("labels")] == [box.pk]
        box.labels.clear()
    with world.hilltop.open():
        assert list(their_box.labels.all()) == [their_label]


def test_cascades_stay_inside(world: World) -> None:
    box, _label = boxed(world.harbor)
    boxed(world.hilltop)
    with world.hilltop.open():
        refused(box.delete)
    with world.harbor.open():
        assert toys.Box.objects.all().delete()[1] == {"toys.BoxLabel": 1, "toys.Box": 1}
    with world.hilltop.open():
        assert toys.Box.objects.count() == toys.BoxLabel.objects.count() == 1


def test_hospitals_and_people_with_rows_are_not_deleted(world: World) -> None:
    mine, theirs = world.both()
    kept = (ProtectedError, RestrictedError, HospitalRequired, IntegrityError)
    for member in (theirs.memberships["doctor"], theirs.users["doctor"], theirs.hospital):
        refused(member.delete, *kept)
        with mine.open():
            refused(lambda row=member: _delete_now(row), *kept)
    with theirs.open():
        refused(theirs.hospital.delete, *kept)


def _delete_now(row: models.Model) -> None:
    """With foreign keys checked at once: PostgreSQL and SQLite look at them at the end of the transaction."""
    row.delete()
    from django.db import connection

    connection.check_constraints()


def test_the_admin_collects_nothing_of_another_hospital(world: World) -> None:
    mine, theirs = world.both()
    with mine.open():
        collector = NestedObjects(using="default")
        collector.collect([theirs.department])
        found = {row for rows in collector.data.values() for row in rows} | set(collector.protected)
        assert {row for row in found if isinstance(row, TenantModel)} <= {theirs.department}


def test_loaddata_is_checked_like_any_other_save(world: World, tmp_path: Path) -> None:
    rows = [{"model": "records.accesslog", "pk": 777, "fields": {
        "hospital": str(world.hilltop.hospital.pk), "at": "2026-11-20T10:00:00Z", "actor": "x", "page": "x",
        "patient_id": str(world.hilltop.hospital.pk)}}]  # fmt: skip
    fixture = tmp_path / "rows.json"
    fixture.write_text(json.dumps(rows))

    def load() -> None:
        call_command("loaddata", str(fixture), verbosity=0)

    refused(load, HospitalRequired)
    with world.harbor.open():
        refused(load)
    with world.hilltop.open():
        load()
        assert AccessLog.objects.filter(pk=777).exists()


def test_unique_per_hospital_means_the_same_name_may_stand_in_both(world: World) -> None:
    mine, theirs = world.both()
    assert mine.department.name == theirs.department.name
    with mine.open():
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            Department.objects.create(name=mine.department.name, prefix="Z")
        assert from_integrity_error(caught.value).code == "department.name_taken"
        for field in ("validate_unique", "validate_constraints"):
            fresh = Department(name=theirs.department.name + " 2", prefix="Q")
            getattr(fresh, field)(exclude={"hospital"})
