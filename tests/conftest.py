from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import translation
from pytest_django import DjangoDbBlocker
from pytest_django.plugin import blocking_manager_key

from tests import flush
from tests import world as worlds

flush.install()
# A commit that a crash of the machine would lose is good enough here, and takes a fiftieth of the time; the processes
# that tests start have it from here, too.
os.environ.setdefault("PGOPTIONS", "-c synchronous_commit=off")


@pytest.fixture
def world(db: None) -> worlds.World:
    return worlds.build()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """A test with transactions of its own ends by emptying all tables: what the migrations put in comes back."""
    yield
    if nextitem is None:
        return  # and the database is gone
    marker = item.get_closest_marker("django_db")
    if (marker is not None and marker.kwargs.get("transaction")) or "transactional_db" in getattr(
        item, "fixturenames", ()
    ):
        with item.config.stash[blocking_manager_key].unblock():
            worlds.platform()


@pytest.fixture(scope="session")
def tables(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Path:  # fmt: skip
    """A SQLite file with all tables and nobody in them: installations begin as its copy, not by migrating.

    It is the test database as it is between two tests.
    """
    file = tmp_path_factory.mktemp("tables") / "clinic.sqlite3"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(file)])
    return file


TRAVEL = pytest.StashKey[time_machine.travel]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """The suite runs at one hour of one day, a Friday morning, whenever it is run: what is free depends on it.

    ``TEST_CLOCK=now`` runs it now, ``TEST_CLOCK=2026-03-29T00:40Z`` at that moment. Browsers have their own clock.
    """
    moment = os.environ.get("TEST_CLOCK", "2026-11-20T09:30Z")
    if moment != "now" and not any("browser" in argument for argument in session.config.args):
        session.config.stash[TRAVEL] = travel = time_machine.travel(moment, tick=True)
        travel.start()


@pytest.fixture(autouse=True)
def the_real_clock(request: pytest.FixtureRequest) -> Iterator[None]:
    """For a test that is marked so: it looks at what has the machine's time, as files and other processes have."""
    travel = request.config.stash.get(TRAVEL, None)
    if travel is None or request.node.get_closest_marker("real_clock") is None:
        yield
        return
    travel.stop()
    yield
    travel.start()


class _Faults(logging.Handler):
    """What the product itself logged as an error: reactions and clocks go on after one, so no test would see it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in {"clinic", "queues", "er_flow", "billing"}:
            self.seen.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def no_fault_unseen(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that wants a fault says so with `@pytest.mark.faults`."""
    faults = _Faults()
    logging.getLogger().addHandler(faults)
    yield
    logging.getLogger().removeHandler(faults)
    if request.node.get_closest_marker("faults") is None:
        assert not faults.seen


@pytest.fixture(autouse=True)
def no_language_of_another_test() -> Iterator[None]:
    """A page in Hindi leaves its language active in the thread; the next test begins in its own."""
    yield
    translation.deactivate()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs PostgreSQL or Redis runs only in the run that has them; `make check` does both runs."""
    on_postgresql = connection.vendor == "postgresql"
    missing = {"postgres": not on_postgresql, "redis": not settings.REDIS_URL}
    if on_postgresql:  # what looks at no database of the settings has run with the other one
        items[:] = [item for item in items if item.get_closest_marker("once") is None]
    for item in items:
        for name, absent in missing.items():
            if absent and item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=f"needs {name}"))


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end: looking through it again and again cost a tenth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
