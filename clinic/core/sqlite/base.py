"""The backend itself; Django loads it by the name ``clinic.core.sqlite``.

What happens with each kind of write:

- ``atomic()``: the lock is taken before BEGIN IMMEDIATE and let go when SQLite has left the transaction: at commit,
  rollback or close, after an exception, or when SQLite itself rolled back. Savepoints happen inside and change nothing.
- A single write outside ``atomic()``: the lock is held for that statement; with RETURNING until its cursor is closed,
  for only then does SQLite commit.
- ``set_autocommit(False)``: Python's sqlite3 begins a transaction at the first write, without the lock; SQLite's own
  busy handler then waits. Nothing in this project does that.
- Reads never wait: WAL shows them the last commit.

``select_for_update`` does nothing on SQLite; what must not be written twice is compared and set.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from django.db.backends.sqlite3 import base

from clinic.core.sqlite.creation import DatabaseCreation
from clinic.core.sqlite.lock import Hold, lock_of

# FULL, not NORMAL: after a power cut the last commit must still be there, for this may be the only copy.
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY"
TIMEOUT = 30.0  # seconds; afterwards "database is locked", which is an answer, where waiting for ever is none

WRITE = re.compile(
    r"\s*(insert|update|delete|replace|create|alter|drop|reindex|analyze|vacuum(?!\s+(?:\S+\s+)?into)"
    r"|with\b.*\b(insert|update|delete|replace)\b)\b",
    re.IGNORECASE | re.DOTALL,
)


class Cursor(base.SQLiteCursorWrapper):
    """Holds the write lock around a write that stands alone, and lets go when SQLite has left its transaction."""

    database: DatabaseWrapper
    hold: Hold | None = None

    def execute(self, query: str, params: Any = None) -> Any:
        return self._run(query, lambda: super(Cursor, self).execute(query, params))

    def executemany(self, query: str, param_list: Iterable[Sequence[Any] | Mapping[str, Any]]) -> Any:  # type: ignore[override]
        return self._run(query, lambda: super(Cursor, self).executemany(query, param_list))

    def _run(self, query: str, statement: Callable[[], Any]) -> Any:
        self._let_go()
        alone = not self.connection.in_transaction and self.connection.isolation_level is None
        if alone and WRITE.match(query):
            self.hold = self.database.take_over() or self.database.take_lock()
            self.database.alone = self
        try:
            result = statement()
        except BaseException:
            self._let_go()
            raise
        finally:
            self.database.let_go_if_done()
        # With RETURNING the statement ends, and SQLite commits, when its rows are fetched or the cursor is closed.
        if self.description is None:
            self._let_go()
        return result

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._let_go()

    def __del__(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if self.hold is not None:
            self.database.alone = None
            hold, self.hold = self.hold, None
            hold.release()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite with WAL, immediate transactions, full synchronisation and the write lock."""

    creation_class = DatabaseCreation
    hold: Hold | None = None
    alone: Cursor | None = None  # the last cursor that wrote outside a transaction

    def __del__(self) -> None:
        # A thread that ended inside a transaction without leaving it: SQLite rolls back, the others may go on.
        if self.hold is not None:
            self.hold.release()

    def get_connection_params(self) -> dict[str, Any]:
        options = self.settings_dict["OPTIONS"]
        options.setdefault("transaction_mode", "IMMEDIATE")
        options.setdefault("timeout", TIMEOUT)
        options.setdefault("init_command", PRAGMAS)
        params: dict[str, Any] = super().get_connection_params()
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """SQLite makes files that everybody may read; its -wal and -shm take the mode of the database."""
        if not self.is_in_memory_db():
            with suppress(OSError):  # it is there, or cannot be made: then SQLite says why
                os.close(os.open(self.settings_dict["NAME"], os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Cursor:
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        cursor.database = self
        return cursor

    @contextmanager
    def in_a_hurry(self) -> Iterator[None]:
        """Commits inside do not wait for the disk: a power failure may lose the last ones, and damages nothing (WAL).

        For filling an installation that is still empty, and for nothing else.
        """
        self.ensure_connection()
        if self.in_atomic_block:  # SQLite does not change it there
            yield
            return
        self.connection.execute("PRAGMA synchronous=NORMAL")
        try:
            yield
        finally:
            self.connection.execute("PRAGMA synchronous=FULL")

    def take_lock(self) -> Hold:
        """The right to write to this database, in turn with every other thread and process."""
        lock = lock_of(str(self.settings_dict["NAME"]), self.is_in_memory_db())
        return lock.take(float(self.settings_dict["OPTIONS"].get("timeout", TIMEOUT)))

    def take_over(self) -> Hold | None:
        """The right to write from a cursor with RETURNING that was left open: waiting for oneself has no end."""
        cursor, self.alone = self.alone, None
        if cursor is None:
            return None
        hold, cursor.hold = cursor.hold, None
        return hold

    def let_go_if_done(self) -> None:
        """Let go of the lock if SQLite has left the transaction, by whatever way."""
        if self.hold is not None and not self._in_sqlite_transaction():
            hold, self.hold = self.hold, None
            hold.release()

    def _in_sqlite_transaction(self) -> bool:
        try:
            return self.connection is not None and bool(self.connection.in_transaction)
        except sqlite3.ProgrammingError:  # closed
            return False

    def _start_transaction_under_autocommit(self) -> None:
        with self.wrap_database_errors:
            self.hold = self.take_over() or self.take_lock()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        finally:
            self.let_go_if_done()

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self.let_go_if_done()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self.let_go_if_done()

    def _close(self) -> None:
        connection = self.connection
        try:
            super()._close()  # type: ignore[misc]
        finally:
            # Closing ends the transaction; if even that failed, the next one must not wait for this one.
            if self.hold is not None and connection is not None:
                hold, self.hold = self.hold, None
                hold.release()
