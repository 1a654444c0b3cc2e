"""The small demo hospital, made once for all tests of a file, for that takes seconds; each test rolls back to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction
from pytest_django import DjangoDbBlocker

from clinic.core.tenancy import hospital
from clinic.demo import stage
from clinic.demo.cast import HILLTOP
from clinic.demo.management.commands.demo import PASSWORD
from clinic.live import render
from clinic.live.models import Event
from clinic.records.models import Patient
from clinic.tenants.models import Hospital
from clinic.tenants.passwords import new_password
from queues.models import Visit

MORNING = "2026-11-20T10:42:00Z"


@pytest.fixture(scope="module")
def _made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Hospital]:
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around._from_testcase = True  # type: ignore[attr-defined]  # durable blocks may begin inside, as in every test
        with around:
            with time_machine.travel(MORNING, tick=False):
                here = stage.make(HILLTOP, new_password(PASSWORD), past=False).hospital
            yield here
            transaction.set_rollback(True)


@pytest.fixture
def hilltop(_made: Hospital, db: None) -> Iterator[Hospital]:
    """As it was made at 10:42; a test that asks for it asks for no ``world``, which has the same names."""
    render.forget()  # what another test's log led to
    yield Hospital.objects.get(pk=_made.pk)
    render.forget()


def rows_of(here: Hospital) -> tuple[int, int, int]:
    with hospital(here):
        return Event.objects.count(), Visit.objects.count(), Patient.objects.count()
