"""Prepared queries are as late-bound and as sealed as any other; only their SQL is written once."""

from __future__ import annotations

import itertools
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from clinic.core import plans, prepared
from clinic.core.prepared import Given, Prepared
from clinic.core.tenancy import HospitalRequired, WrongHospital, every_hospital
from clinic.directory.models import Doctor, Room
from clinic.tenants.models import User
from queues.models import Display, Queue
from queues.operations import order
from tests.world import World

pytestmark = pytest.mark.django_db


def by_name() -> Prepared[Doctor]:
    return Prepared(lambda: Doctor.objects.filter(name=Given("name", models.CharField())).select_related("room"))


def test_it_follows_the_open_hospital_and_needs_one(world: World) -> None:
    doctors = by_name()
    for house in (*world.both(), world.harbor):
        with house.open():
            found = doctors.rows(name=house.doctor.name)
            assert [row.pk for row in found] == [house.doctor.pk]
            assert found[0].room == house.room
    with pytest.raises(HospitalRequired):
        doctors.rows(name=world.harbor.doctor.name)


def test_it_can_be_written_before_any_hospital_is_open(world: World) -> None:
    doctors = by_name()
    with pytest.raises(HospitalRequired):
        doctors.rows(name="x")
    with world.hilltop.open():
        assert doctors.first(name=world.hilltop.doctor.name) == world.hilltop.doctor


def test_it_is_the_same_query_as_the_queryset(world: World) -> None:
    with world.harbor.open():
        doctors = by_name()
        for name in ("Dr. Leïla Benali", "'; DROP TABLE x; --", "100 %s"):
            assert doctors.rows(name=name) == list(Doctor.objects.filter(name=name))
        pairs = Prepared[tuple[object, str]](lambda: Queue.objects.order_by("name").values_list("pk", "sort"))
        assert pairs.rows() == list(Queue.objects.order_by("name").values_list("pk", "sort"))
        flat = Prepared[object](lambda: Queue.objects.order_by("name").values_list("pk", flat=True)[:1])
        assert flat.first() == Queue.objects.order_by("name").first().pk


def test_a_missing_value_is_an_error(world: World) -> None:
    with world.harbor.open(), pytest.raises(KeyError):
        by_name().rows()


@pytest.mark.django_db(transaction=True)
def test_threads_share_the_sql_and_nothing_else(world: World) -> None:
    doctors = by_name()
    found: list[bool] = []
    failed: list[Exception] = []

    def look(n: int) -> None:
        house = world.both()[n % 2]
        try:
            with house.open():
                found.extend(doctors.rows(name=house.doctor.name) == [house.doctor] for _ in range(10))
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=look, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert found == [True] * 60


def test_update_writes_one_row_at_its_version(world: World) -> None:
    house, late = world.harbor, datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    with house.open():
        values = {"status": Doctor.ON_BREAK, "status_until": late, "room": None, "late_minutes": 5, "version": 2}
        where = {"id": house.doctor.pk, "version": 1}
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert prepared.update(Doctor, where, values) == 1
        assert len(queries) == 1
        row = Doctor.objects.get(pk=house.doctor.pk)
        assert (row.status, row.status_until, row.room, row.late_minutes, row.version) == (
            Doctor.ON_BREAK, late, None, 5, 2,
        )  # fmt: skip
        assert prepared.update(Doctor, where, values) == 0


def test_update_keeps_json_and_rows_without_hospital(world: World) -> None:
    with world.harbor.open():
        display = Display.objects.create(name="Hall", paired_at=datetime(2026, 11, 20, tzinfo=UTC))
        prepared.update(Display, {"id": display.pk}, {"languages": ["en", "ar"]})
        display.refresh_from_db()
        assert display.languages == ["en", "ar"]
    user = world.harbor.users["owner"]
    assert prepared.update(User, {"id": user.pk}, {"name": "Someone Else"}) == 1
    user.refresh_from_db()
    assert user.name == "Someone Else"


def test_update_cannot_reach_or_point_to_another_hospital(world: World) -> None:
    ours, theirs = world.both()
    with ours.open():
        assert prepared.update(Doctor, {"id": theirs.doctor.pk}, {"name": "x"}) == 0
        for value in (theirs.room, theirs.room.pk):
            with pytest.raises(WrongHospital):
                prepared.update(Doctor, {"id": ours.doctor.pk}, {"room": value})
        with pytest.raises(WrongHospital):
            prepared.update(Doctor, {"id": ours.doctor.pk}, {"hospital": theirs.hospital})
        assert prepared.update(Doctor, {"id": ours.doctor.pk}, {"room": ours.room.pk}) == 1
    with pytest.raises(HospitalRequired):
        prepared.update(Room, {"id": ours.room.pk}, {"name": "x"})
    with every_hospital("looking"):
        assert Doctor.across_hospitals.get(pk=theirs.doctor.pk).name == theirs.doctor.name


def kept() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [row[0] for row in cursor.fetchall() if "directory_doctor" in row[0]]


@pytest.mark.postgres
def test_its_plan_is_kept_once_for_all_values_and_hospitals(world: World) -> None:
    doctors = by_name()
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    connection.connection._prepared.clear()
    for house in (*world.both(), world.harbor):
        for doctor in (house.doctor, house.colleague):
            with house.open():
                assert [row.pk for row in doctors.rows(name=doctor.name)] == [doctor.pk]
                assert len(kept()) == 1


@pytest.mark.postgres
def test_a_query_that_reads_much_is_written_once_and_planned_each_time(world: World) -> None:
    doctors = Prepared(lambda: Doctor.objects.filter(name=Given("name", models.CharField())), plan=False)
    with world.harbor.open():
        before = kept()
        for _ in range(2):
            assert [row.pk for row in doctors.rows(name=world.harbor.doctor.name)] == [world.harbor.doctor.pk]
        assert kept() == before


@pytest.mark.postgres
def test_plans_are_not_kept_behind_a_pooler(world: World, settings: Settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, prepare=False)
    with plans.cursor(connection) as cursor:
        cursor.execute("SELECT 23")
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 23'")
        assert cursor.fetchone() == (0,)


def test_a_new_row_is_as_save_writes_it(world: World) -> None:
    with world.harbor.open():
        ours, theirs = (
            Doctor(
                name="Dr. Ngozi Okafor", department=world.harbor.department, languages=["fr", "ar"], sort=Doctor.DOCTOR
            )
            for _ in range(2)
        )
        prepared.insert(ours)
        theirs.save(force_insert=True)
        assert (ours._state.adding, ours._state.db) == (False, "default")
        one, other = Doctor.objects.get(pk=ours.pk), Doctor.objects.get(pk=theirs.pk)
        same = [field.attname for field in Doctor._meta.concrete_fields if field.attname != "id"]
        assert [getattr(one, name) for name in same] == [getattr(other, name) for name in same]
        assert one.hospital_id == world.harbor.hospital.pk
        with pytest.raises(IntegrityError), transaction.atomic():
            prepared.insert(ours)


def test_a_new_row_points_to_nobody_elses(world: World) -> None:
    with world.harbor.open():
        with pytest.raises(WrongHospital):
            prepared.insert(Doctor(name="Dr. Ngozi Okafor", department=world.hilltop.department))
        with pytest.raises(WrongHospital):
            prepared.insert(
                Doctor(name="Dr. Ngozi Okafor", department=world.harbor.department, hospital=world.hilltop.hospital)
            )
    with pytest.raises(HospitalRequired):
        prepared.insert(Doctor(name="Dr. Ngozi Okafor", department=world.harbor.department))


def test_words_of_the_query_itself_stand_in_its_sql() -> None:
    sql, late = prepared._spelled_out("a = %s AND b LIKE '%%x' AND c = %s AND d = %s", ("waiting", "it's", 3))
    assert sql == "a = 'waiting' AND b LIKE '%%x' AND c = %s AND d = %s" and late == ("it's", 3)


@pytest.mark.postgres
def test_a_kept_plan_of_the_claim_uses_the_index_of_who_waits(world: World) -> None:
    # Otherwise a year of ended visits makes the kept plan dear, and each call is planned anew (0.37 → 0.66 ms).
    with world.harbor.open():
        assert order.claim(world.harbor.doctor) is None
    written = order._FREE._written[connection.vendor][1]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute("SELECT current_setting('plan_cache_mode')")
        assert cursor.fetchone() == ("force_generic_plan",)
        places = itertools.count(1)
        numbered = re.sub(r"%s", lambda _: f"${next(places)}", written.sql)
        cursor.execute(f"PREPARE claim AS {numbered}")
        nothing = ", ".join(["NULL"] * len(written.params))
        cursor.execute(f"EXPLAIN EXECUTE claim({nothing})")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE claim")
    assert "on leg_line" in plan or "using leg_line" in plan, plan
