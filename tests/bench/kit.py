"""What the benchmarks share: a database of their own, processes that begin together, and a table at the end.

A benchmark is a module run as ``python -m tests.bench.bench_…``. It measures the things it compares in one run, one
after the other on the same machine, and prints their ratio: absolute figures depend on the machine, ratios hardly.
Django is set up by ``start``, so modules that import models are imported after it.
"""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkContext, ForkProcess
from statistics import median
from typing import Any
from urllib.parse import urlsplit, urlunsplit

_URL = os.environ.get("BENCH_DATABASE_URL") or os.environ.get("DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/"
SERVER = urlunsplit(urlsplit(_URL)._replace(path="/postgres"))
"""A PostgreSQL on which databases may be made; each benchmark makes its own and drops it at the end."""

FORK: ForkContext = multiprocessing.get_context("fork")


def start(name: str, *, sqlite: bool = False) -> None:
    """Set Django up on a new, empty, migrated database that goes away when the process ends."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ.pop("REDIS_URL", None)
    folder = tempfile.mkdtemp(prefix=f"clinicflow-{name}-")
    os.environ["DATA_DIR"] = folder
    atexit.register(_remove, folder, os.getpid())
    if sqlite:
        # "embedded", with the real file and its pragmas; the broker's folder is in there too.
        os.environ["CLINIC_ENV"] = "embedded"
        os.environ.pop("DATABASE_URL", None)
    else:
        os.environ["CLINIC_ENV"], os.environ["TMPDIR"] = "test", folder
        tempfile.tempdir = folder
        os.environ["DATABASE_URL"] = new_database(f"bench_{name}_{os.getpid()}")
    import django
    from django.core.management import call_command

    django.setup()
    from django.conf import settings

    settings.REGIONS_HOLD_SECONDS = 2  # as in an installation; tests look at rows that no event told of
    call_command("migrate", verbosity=0)


def new_database(name: str) -> str:
    """Make an empty database of this name on ``SERVER``, dropped at the end of the process; its address."""
    _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    atexit.register(_drop, name, os.getpid())
    return urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))


def _on_server(*statements: str) -> None:
    import psycopg

    with psycopg.connect(SERVER, autocommit=True) as link:
        for statement in statements:
            link.execute(statement)  # type: ignore[call-overload]


def _drop(name: str, owner: int) -> None:
    if os.getpid() == owner:
        _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Run:
    """What several processes did together, from the moment all were ready until the last had ended."""

    seconds: float
    results: list[Any]


def together(
    work: Callable[[int], Any], processes: int, *, rounds: int = 1, before: Callable[[], None] | None = None
) -> list[Run]:
    """Run ``work(n)`` in so many forked processes, all released at once, so many times; an exception is raised here.

    The processes live through all rounds, as a server's do, with a first one that is not counted; ``before`` runs in
    this process ahead of each round.
    """
    let_go_of_connections()
    ready, answers = FORK.Barrier(processes + 1), FORK.SimpleQueue()
    children: list[ForkProcess] = [
        FORK.Process(target=_child, args=(work, n, rounds + 1, ready, answers), daemon=True) for n in range(processes)
    ]
    for child in children:
        child.start()
    runs = []
    for _ in range(rounds + 1):
        if before is not None:
            before()
        ready.wait(120)
        begun = time.perf_counter()
        told = {n: (fault, value) for n, fault, value in (answers.get() for _ in children)}
        seconds = time.perf_counter() - begun
        for n, (fault, _value) in told.items():
            if fault:
                raise RuntimeError(f"process {n}: {fault}")
        runs.append(Run(seconds, [told[n][1] for n in range(processes)]))
    for child in children:
        child.join(30)
    return runs[1:]


def _child(work: Callable[[int], Any], n: int, rounds: int, ready: Any, answers: Any) -> None:
    import traceback

    from django.db import connection

    try:
        with connection.cursor() as cursor:  # the connection is made before the start, as in a running server
            cursor.execute("SELECT 1")
        for _ in range(rounds):
            ready.wait(120)
            answers.put((n, "", work(n)))
    except BaseException:
        answers.put((n, traceback.format_exc(), None))


def let_go_of_connections() -> None:
    """Before a fork: a socket or a pool's threads must not be shared with the child."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        close_pool = getattr(connection, "close_pool", None)
        if close_pool is not None and connection.settings_dict["OPTIONS"].get("pool"):
            close_pool()


@contextlib.contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    """``with stopwatch() as seconds: …; seconds()``."""
    begun = time.perf_counter()
    ended: list[float] = []
    yield lambda: (ended[0] if ended else time.perf_counter()) - begun
    ended.append(time.perf_counter())


def middle(values: Sequence[float]) -> float:
    return median(values) if values else 0.0


def centile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0–1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table with aligned columns."""
    texts = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[n]) for row in texts) for n in range(len(head))]
    print(f"\n{title}")
    for row in texts:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def ratio(what: str, value: float, target: str) -> None:
    print(f"  → {what}: {value:.2f} (target {target})")
