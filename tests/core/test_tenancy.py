"""A query without a hospital cannot run, and one with a hospital sees that hospital only: every way to read."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections
from django.db.models import Count, Exists, OuterRef, Prefetch, Subquery

from clinic.core.tenancy import HospitalRequired, current_hospital_id, every_hospital, hospital
from clinic.directory.models import Department, Doctor, Room
from clinic.records.models import Patient
from queues.models import Leg, Queue, Visit
from tests.core import toys
from tests.world import World

pytestmark = pytest.mark.django_db

READS: dict[str, Callable[[], Any]] = {
    "list": lambda: list(Patient.objects.all()),
    "values": lambda: list(Patient.objects.values_list("mrn")),
    "count": Patient.objects.count,
    "exists": Patient.objects.exists,
    "first": Patient.objects.first,
    "get": lambda: Patient.objects.get(mrn="M00001"),
    "in_bulk": Patient.objects.in_bulk,
    "iterator": lambda: list(Patient.objects.iterator()),
    "aggregate": lambda: Patient.objects.aggregate(n=Count("pk")),
    "dates": lambda: list(Patient.objects.dates("birth_date", "year")),
    "union": lambda: list(Patient.objects.filter(sex="male").union(Patient.objects.filter(sex="unknown"))),
    "explain": Patient.objects.explain,
    "or": lambda: list(Patient.objects.filter(sex="male") | Patient.objects.filter(sex="unknown")),
    "first of a proxy": toys.Person.objects.first,
    "base manager": Patient._base_manager.first,
    "own queryset": lambda: list(Leg.objects.waiting().in_order()),
}
WRITES: dict[str, Callable[[], Any]] = {
    "create": lambda: Department.objects.create(name="New", prefix="N"),
    "save": lambda: Department(name="New", prefix="N").save(),
    "get_or_create": lambda: Department.objects.get_or_create(name="New", prefix="N"),
    "update_or_create": lambda: Department.objects.update_or_create(name="New", defaults={"prefix": "N"}),
    "bulk_create": lambda: Department.objects.bulk_create([Department(name="New", prefix="N")]),
    "update": lambda: Patient.objects.update(notes="x"),
    "delete": lambda: Patient.objects.all().delete(),
    "validation": lambda: Department(name="New", prefix="N").full_clean(),
}


@pytest.mark.parametrize("way", [*READS, *WRITES])
def test_nothing_runs_without_a_hospital(world: World, way: str) -> None:
    world.harbor.patient()
    with pytest.raises(HospitalRequired):
        (READS | WRITES)[way]()


@pytest.mark.parametrize("way", READS)
def test_every_way_to_read_works_inside_a_hospital(world: World, way: str) -> None:
    patient = world.harbor.patient()
    with world.harbor.open():
        patient.mrn = "M00001"
        patient.save()
        READS[way]()


def test_rows_in_hand_need_a_hospital_too(world: World) -> None:
    visit = world.harbor.waiting(1)[0]
    department = world.harbor.department
    acts: list[Callable[[], Any]] = [
        visit.refresh_from_db, visit.save, visit.delete,
        lambda: list(visit.legs.all()), lambda: list(department.rooms.all()),
        lambda: Visit.objects.none().union(Visit.objects.all()).count(),
        lambda: department.rooms.create(name="x"), lambda: Department.objects.bulk_update([department], ["name"]),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(HospitalRequired):
            act()


def test_a_queryset_follows_the_hospital_that_is_open_when_it_runs(world: World) -> None:
    imported = Patient.objects.order_by("pk")  # as in a class body, at import
    for house in world.both():
        house.patient()
    with world.harbor.open():
        under_harbor = Patient.objects.order_by("pk")
        assert [row.hospital_id for row in imported.all()] == [world.harbor.hospital.pk]
    with world.hilltop.open():
        assert [row.hospital_id for row in under_harbor.all()] == [world.hilltop.hospital.pk]
        assert [row.hospital_id for row in imported.all()] == [world.hilltop.hospital.pk]
    with pytest.raises(HospitalRequired):
        list(under_harbor.all())


def test_the_inner_hospital_wins_and_is_undone_by_an_error(world: World) -> None:
    with world.harbor.open():
        with pytest.raises(ZeroDivisionError), hospital(world.hilltop.hospital.pk):
            assert current_hospital_id() == world.hilltop.hospital.pk
            raise ZeroDivisionError
        assert current_hospital_id() == world.harbor.hospital.pk
    assert current_hospital_id() is None


def test_each_part_of_a_query_sees_its_own_hospital(world: World) -> None:
    for house in world.both():
        house.waiting(2)
    for house in world.both():
        mine = house.hospital.pk
        with house.open():
            legs = Leg.objects.filter(visit=OuterRef("pk"))
            assert Visit.objects.filter(Exists(legs)).count() == 2
            assert {v.state for v in Visit.objects.annotate(state=Subquery(legs.values("state")[:1]))} == {"waiting"}
            assert Leg.objects.filter(visit__in=Visit.objects.all()).count() == 2
            assert Visit.objects.aggregate(n=Count("legs"))["n"] == 2
            both = Visit.objects.filter(klass="normal").union(Visit.objects.filter(klass="vip"))
            assert len(both) == 2
            assert both.intersection(Visit.objects.all()).count() == 2
            assert {v.hospital_id for v in both} == {mine}
            chosen = Visit.objects.select_related("patient", "department").prefetch_related(
                "legs", Prefetch("patient__visits", queryset=Visit.objects.order_by("pk"))
            )
            for visit in chosen:
                assert visit.patient.hospital_id == visit.department.hospital_id == mine
                assert [leg.hospital_id for leg in visit.legs.all()] == [mine]
                assert [other.hospital_id for other in visit.patient.visits.all()] == [mine]


def test_a_row_of_another_hospital_is_not_there(world: World) -> None:
    visit = world.harbor.waiting(1)[0]
    with world.harbor.open():
        loaded = Visit.objects.get(pk=visit.pk)
    with world.hilltop.open():
        assert Visit.objects.filter(pk=visit.pk).first() is None
        assert not Visit.objects.filter(patient_id=visit.patient_id).exists()
        assert Visit.objects.in_bulk([visit.pk]) == {}
        assert list(loaded.legs.all()) == []
        for foreign in (lambda: loaded.patient, loaded.refresh_from_db):
            with pytest.raises((Patient.DoesNotExist, Visit.DoesNotExist)):
                foreign()
        assert Doctor.objects.filter(department=world.harbor.department).count() == 0


def test_reverse_one_to_one_and_related_managers_stay_inside(world: World) -> None:
    harbor, hilltop = world.both()
    with hilltop.open():
        assert list(harbor.department.rooms.all()) == []
        assert harbor.department.rooms.count() == 0
        doctor = Doctor.objects.get(pk=hilltop.doctor.pk)
        assert doctor.queue == hilltop.own
        fresh = harbor.memberships["doctor"]
        fresh.refresh_from_db()  # a table without hospital
        assert not hasattr(fresh, "doctor")


def test_a_proxy_that_forgot_its_meta_is_sealed(world: World) -> None:
    for house in world.both():
        house.patient()
    with world.harbor.open():
        assert [person.hospital_id for person in toys.Person.objects.all()] == [world.harbor.hospital.pk]
        assert toys.Person._base_manager.count() == toys.Person._default_manager.count() == 1


def test_across_hospitals_needs_its_reason(world: World) -> None:
    for house in world.both():
        house.patient()
    with pytest.raises(HospitalRequired):
        Patient.across_hospitals.count()
    with world.harbor.open(), pytest.raises(HospitalRequired):
        Patient.across_hospitals.count()
    with every_hospital("a test counts"):
        assert Patient.across_hospitals.count() == 2
    with pytest.raises(HospitalRequired):
        Patient.across_hospitals.count()


def test_threads_and_executors_see_no_hospital(world: World) -> None:
    def look() -> object:
        try:
            return (current_hospital_id(), Patient.objects.all().query.sql_with_params())
        except HospitalRequired:
            return "refused"

    async def through_the_loop() -> object:
        return await asyncio.get_running_loop().run_in_executor(None, look)

    with world.harbor.open(), ThreadPoolExecutor(1) as pool:
        assert look() != "refused"
        assert pool.submit(look).result() == "refused"
        assert asyncio.run(through_the_loop()) == "refused"


def test_async_iteration_needs_a_hospital(world: World) -> None:
    async def walk() -> list[Any]:
        return [row async for row in Patient.objects.all()]

    with pytest.raises(HospitalRequired):
        asyncio.run(walk())


@pytest.mark.django_db(transaction=True)
def test_async_iteration_stays_inside(world: World) -> None:
    for house in world.both():
        house.patient()

    async def walk() -> list[Any]:
        try:
            with world.harbor.open():
                found = [row.hospital_id async for row in Patient.objects.all()]
                return [*found, await Patient.objects.acount(), (await Patient.objects.afirst()).hospital_id]
        finally:
            await sync_to_async(connections.close_all)()  # that thread's connection is none of the test's

    mine = world.harbor.hospital.pk
    assert asyncio.run(walk()) == [mine, 1, mine]


def test_dumpdata_shows_one_hospital_at_a_time(world: World) -> None:
    for house in world.both():
        house.patient()
    with pytest.raises((HospitalRequired, CommandError)):
        call_command("dumpdata", "records.patient", stdout=io.StringIO())
    written = io.StringIO()
    with world.harbor.open():
        call_command("dumpdata", "records.patient", "queues.queue", stdout=written)
    rows = json.loads(written.getvalue())
    assert {row["fields"]["hospital"] for row in rows} == {str(world.harbor.hospital.pk)}
    assert {row["model"] for row in rows} == {"records.patient", "queues.queue"}


def test_the_filter_is_in_the_sql_once_per_table(world: World) -> None:
    with world.harbor.open():
        sql, params = Queue.objects.filter(department__rooms__name="x").query.sql_with_params()
    mine = world.harbor.hospital.pk
    assert sum(str(value).replace("-", "") == mine.hex for value in params) == 1
    assert connection.ops.quote_name("hospital_id") in sql
    assert Room._meta.db_table in sql
