"""The embedded database: one writer at a time, in turn, whatever happens to a writer."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections, transaction
from pytest_django import DjangoDbBlocker

from clinic.core.sqlite.lock import WriteLock, lock_of

WRITER = Path(__file__).with_name("sqlite_writer.py")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    """A SQLite file of its own under the alias "probe", whatever database the suite runs on."""
    path = tmp_path / "probe.sqlite3"
    entry = connections.configure_settings({"default": {}, "probe": settings_of(path)})["probe"]
    connections.databases["probe"] = entry
    with django_db_blocker.unblock():
        with connections["probe"].cursor() as cursor:
            cursor.execute("CREATE TABLE t (id integer PRIMARY KEY, x integer NOT NULL)")
            cursor.execute("INSERT INTO t VALUES (1, 0)")
        yield path
        connections["probe"].close()
        del connections["probe"]
    del connections.databases["probe"]


def settings_of(path: Path | str, timeout: float = 5.0) -> dict[str, Any]:
    return {"ENGINE": "clinic.core.sqlite", "NAME": str(path), "OPTIONS": {"timeout": timeout}}


def run(sql: str, *params: Any) -> list[Any]:
    with connections["probe"].cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def value() -> int:
    return int(run("SELECT x FROM t WHERE id = 1")[0][0])


def is_free(path: Path) -> bool:
    """Whether somebody else, who knows nothing of this process, could write now."""
    stranger = WriteLock(str(path.resolve()))
    try:
        stranger.take(timeout=0).release()
    except sqlite3.OperationalError:
        return False
    else:
        return True
    finally:
        stranger.after_fork()


def in_thread(work: Callable[[], Any]) -> Any:
    found: list[Any] = []

    def job() -> None:
        try:
            found.append(work())
        except Exception as wrong:
            found.append(wrong)
        finally:
            connections["probe"].close()

    thread = threading.Thread(target=job)
    thread.start()
    thread.join(20)
    return found[0]


def test_it_writes_ahead_and_syncs_fully(file: Path) -> None:
    assert run("PRAGMA journal_mode") == [("wal",)]
    assert run("PRAGMA synchronous") == [(2,)]
    assert run("PRAGMA foreign_keys") == [(1,)]
    assert run("PRAGMA busy_timeout") == [(5000,)]


def test_the_lock_is_held_from_begin_to_commit(file: Path) -> None:
    assert is_free(file)
    with transaction.atomic(using="probe"):
        assert not is_free(file)
        with transaction.atomic(using="probe"):
            run("UPDATE t SET x = 1")
        assert not is_free(file), "a savepoint is not the end"
    assert is_free(file)
    assert value() == 1


def test_it_is_let_go_after_an_exception(file: Path) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(using="probe"):
        run("UPDATE t SET x = 9")
        raise ZeroDivisionError
    assert is_free(file)
    assert value() == 0


def test_a_refused_savepoint_keeps_it_and_the_end_lets_go(file: Path) -> None:
    with transaction.atomic(using="probe"):
        run("UPDATE t SET x = 3")
        with pytest.raises(ZeroDivisionError), transaction.atomic(using="probe"):
            run("UPDATE t SET x = 4")
            raise ZeroDivisionError
        assert not is_free(file)
    assert is_free(file)
    assert value() == 3


def test_it_is_let_go_when_the_connection_closes_inside(file: Path) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(using="probe"):
        run("UPDATE t SET x = 9")
        connections["probe"].close()
        assert is_free(file)
        raise ZeroDivisionError
    assert value() == 0


def test_it_is_let_go_when_sqlite_itself_rolls_back(file: Path) -> None:
    with pytest.raises(Exception, match="UNIQUE"), transaction.atomic(using="probe"):
        try:
            run("INSERT OR ROLLBACK INTO t VALUES (1, 1)")
        finally:
            assert is_free(file)
    assert is_free(file)
    with transaction.atomic(using="probe"):
        run("UPDATE t SET x = 2")
    assert value() == 2


def test_it_is_let_go_when_begin_is_refused(file: Path) -> None:
    connections["probe"].close()
    connections["probe"].settings_dict["OPTIONS"]["timeout"] = 0.1
    foreign = sqlite3.connect(file, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")  # a stranger who does not know our lock
    try:
        with pytest.raises(OperationalError, match="locked"), transaction.atomic(using="probe"):
            raise AssertionError("not reached")
        assert is_free(file)
    finally:
        foreign.close()
    run("UPDATE t SET x = 1")
    assert value() == 1


def test_a_single_write_takes_its_turn_and_lets_go(file: Path) -> None:
    seen: list[bool] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        seen.append(is_free(file))
        return result

    with connections["probe"].execute_wrapper(look):
        run("UPDATE t SET x = 1")
    assert seen == [True]

    with transaction.atomic(using="probe"):
        result = in_thread(lambda: _impatient("UPDATE t SET x = 2"))
    assert isinstance(result, OperationalError)
    in_thread(lambda: run("UPDATE t SET x = 2"))
    assert value() == 2


def _impatient(sql: str) -> list[Any]:
    connections["probe"].settings_dict["OPTIONS"]["timeout"] = 0.05
    return run(sql)


def test_with_returning_it_is_held_until_the_cursor_closes(file: Path) -> None:
    with connections["probe"].cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (2, 5) RETURNING id")
        assert not is_free(file)
        assert cursor.fetchone() == (2,)
    assert is_free(file)


def test_an_open_returning_cursor_does_not_wait_for_itself(file: Path) -> None:
    cursor = connections["probe"].cursor()
    cursor.execute("INSERT INTO t VALUES (3, 5) RETURNING id")
    cursor.fetchall()
    with transaction.atomic(using="probe"):
        run("UPDATE t SET x = 6 WHERE id = 3")
    assert is_free(file)
    cursor.close()
    assert is_free(file)
    assert run("SELECT x FROM t WHERE id = 3") == [(6,)]


def test_readers_do_not_wait(file: Path) -> None:
    with transaction.atomic(using="probe"):
        run("UPDATE t SET x = 7")
        begun = time.monotonic()
        assert in_thread(value) == 0
        assert time.monotonic() - begun < 1
    assert in_thread(value) == 7


def test_a_second_writer_waits_and_then_writes(file: Path) -> None:
    entered = threading.Event()

    found: list[int] = []

    def second() -> None:
        entered.set()
        with transaction.atomic(using="probe"):
            found.append(value())
            run("UPDATE t SET x = x + 10")
        connections["probe"].close()

    with transaction.atomic(using="probe"):
        thread = threading.Thread(target=second)
        thread.start()
        entered.wait(5)
        run("UPDATE t SET x = 1")
    thread.join(10)
    assert found == [1]
    assert value() == 11


def test_an_endless_holder_is_an_error_not_a_hang(file: Path) -> None:
    with transaction.atomic(using="probe"):
        begun = time.monotonic()
        result = in_thread(_impatient_atomic)
    assert isinstance(result, OperationalError)
    assert time.monotonic() - begun < 3


def _impatient_atomic() -> None:
    connections["probe"].settings_dict["OPTIONS"]["timeout"] = 0.2
    with transaction.atomic(using="probe"):
        raise AssertionError("not reached")


def test_threads_write_in_the_order_in_which_they_asked(file: Path) -> None:
    order: list[int] = []

    def later(number: int) -> threading.Thread:
        def work() -> None:
            with transaction.atomic(using="probe"):
                order.append(number)
            connections["probe"].close()

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    lock = lock_of(str(file), in_memory=False)
    with transaction.atomic(using="probe"):
        threads = []
        for number in range(8):
            threads.append(later(number))
            until(partial(is_waiting, lock, number + 1))
        run("UPDATE t SET x = 1")
    for thread in threads:
        thread.join(10)
    assert order == list(range(8))


def is_waiting(lock: WriteLock, threads: int) -> bool:
    return len(lock._turn._waiting) == threads


def until(truth: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not truth():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_who_gave_up_waiting_is_not_called(file: Path) -> None:
    lock = lock_of(str(file), in_memory=False)
    hold = lock.take(0)
    with pytest.raises(sqlite3.OperationalError):
        lock.take(0.01)
    hold.release()
    lock.take(0).release()


def test_a_forked_child_neither_has_the_lock_nor_takes_it_away(file: Path) -> None:
    with transaction.atomic(using="probe"):
        run("UPDATE t SET x = 5")
        child = os.fork()
        if child == 0:
            hold = connections["probe"].hold  # type: ignore[attr-defined]
            hold.release()  # inherited, so without effect
            os._exit(0 if not is_free(file) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert not is_free(file)
    assert is_free(file)
    assert value() == 5


def test_a_forked_child_can_write_on_its_own(file: Path) -> None:
    run("UPDATE t SET x = 1")
    connections["probe"].close()
    child = os.fork()
    if child == 0:
        try:
            with transaction.atomic(using="probe"):
                run("UPDATE t SET x = x + 1")
            os._exit(0)
        except BaseException:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert value() == 2


def test_a_database_in_memory_has_no_files(django_db_blocker: DjangoDbBlocker, tmp_path: Path) -> None:
    os.chdir(tmp_path)
    name = "file:probe?mode=memory&cache=shared"
    connections.databases["memory"] = connections.configure_settings({"default": {}, "memory": settings_of(name)})[
        "memory"
    ]
    try:
        with django_db_blocker.unblock(), transaction.atomic(using="memory"):
            connections["memory"].cursor().execute("CREATE TABLE t (x integer)")
        assert lock_of(name, in_memory=True).path == ""
        assert list(tmp_path.iterdir()) == []
        lock_of(name, in_memory=True).take(0).release()
    finally:
        os.chdir(ROOT)
        del connections["memory"], connections.databases["memory"]


def start(file: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WRITER), str(file), *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_two_processes_write_in_turn_and_lose_nothing(file: Path) -> None:
    connections["probe"].close()
    web, child = start(file, "write", "2", "4"), start(file, "write", "2", "2")
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in (web, child)]
    assert value() == sum(answer["writes"] for answer in answers)
    for answer in answers:
        assert answer["writes"] > 20, answers
        # Counted, not timed, so that a busy computer changes little: how many wrote between asking and writing.
        # Of six writers five, and some before the asking had got as far as the lock; SQLite's own waiting: about 300.
        assert answer["worst"] < 250, answers


@pytest.mark.slow
def test_a_killed_holder_holds_nobody_up(file: Path) -> None:
    holder = start(file, "hold")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "holding\n"
    assert not is_free(file)
    holder.kill()
    holder.wait(5)
    begun = time.monotonic()
    with transaction.atomic(using="probe"):
        assert value() == 0, "what the killed one wrote is gone"
        run("UPDATE t SET x = 1")
    assert time.monotonic() - begun < 2
    assert value() == 1
