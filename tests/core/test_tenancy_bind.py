"""The hook of the second wall: called before a connection's first statement under another hospital."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from clinic.core import tenancy
from clinic.core.tenancy import current_hospital_id
from clinic.directory.models import Department
from clinic.tenants.models import Hospital
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def bound() -> Iterator[list[UUID | None]]:
    """The hospitals the binder was called for, in order."""
    seen: list[UUID | None] = []

    def binder(connection: BaseDatabaseWrapper) -> None:
        with connection.cursor() as cursor:  # its own statement must not call it again
            cursor.execute("SELECT 1")
        seen.append(current_hospital_id())

    tenancy.binders.append(binder)
    yield seen
    tenancy.binders.remove(binder)


def look() -> None:
    Department.objects.count()


def test_it_is_called_when_the_hospital_changes_and_only_then(world: World, bound: list[UUID | None]) -> None:
    harbor, hilltop = world.harbor.hospital.pk, world.hilltop.hospital.pk
    with world.harbor.open():
        assert bound == []  # opening costs nothing; the first statement does it
        look()
        look()
        with world.hilltop.open():
            look()
        look()
    Hospital.objects.count()
    with world.harbor.open():
        look()
    assert bound == [harbor, hilltop, harbor, None, harbor]


def test_a_binder_that_fails_stops_the_statement_and_is_called_again(world: World) -> None:
    calls: list[str] = []

    def broken(connection: BaseDatabaseWrapper) -> None:
        calls.append("called")
        raise ZeroDivisionError

    tenancy.binders.append(broken)
    try:
        with world.harbor.open():
            for _ in range(2):
                with pytest.raises(ZeroDivisionError):
                    look()
    finally:
        tenancy.binders.remove(broken)
    assert calls == ["called", "called"]
    with world.harbor.open():
        look()


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_is_bound_again(world: World, bound: list[UUID | None]) -> None:
    harbor = world.harbor.hospital.pk
    with world.harbor.open():
        look()
        connection.close()
        look()
    assert bound == [harbor, harbor]


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_is_bound_without_a_hospital_too(world: World, bound: list[UUID | None]) -> None:
    """A session out of a pool may still hold the hospital it served before, also when nobody's hospital is open."""
    with world.harbor.open():
        look()
        connection.close()
    Hospital.objects.count()
    assert bound == [world.harbor.hospital.pk, None]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_pooled_session_never_serves_the_hospital_before(world: World) -> None:
    """With the binder row-level security will use: what the session holds is what is open, on every checkout."""

    def set_config(connection: BaseDatabaseWrapper) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('clinic.hospital', %s, false)", [str(current_hospital_id() or "")])

    def held() -> str:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT current_setting('clinic.hospital', true), pg_backend_pid()")
            value, pid = cursor.fetchone()
        sessions.append(pid)
        return str(value)

    sessions: list[int] = []
    tenancy.binders.append(set_config)
    try:
        # More often than the pool can have sessions: others in this process may have made it grow.
        for house in (world.harbor, world.hilltop, None, world.harbor, None) * 5:
            if house is None:
                assert held() == ""
            else:
                with house.open():
                    assert held() == str(house.hospital.pk)
            connections["default"].close()  # back into the pool
    finally:
        tenancy.binders.remove(set_config)
    assert len(set(sessions)) < len(sessions), "no session was used twice: the pool was not tried"


def test_without_binders_nothing_is_called(world: World, django_assert_num_queries: Callable[..., Any]) -> None:
    assert tenancy.binders == []
    with world.harbor.open(), django_assert_num_queries(1):
        look()
