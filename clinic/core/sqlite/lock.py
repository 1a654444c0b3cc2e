"""One writer at a time on a SQLite file, in turn, across threads and processes.

SQLite's own busy handler sleeps and tries again, so whoever slept longest loses (measured: 0.5 to 2.4 s in the worst
case); a lock inside one process starves the other process. Here a thread first takes a lock of its process, then two
locks on files beside the database:

- ``<name>.gate``: whose turn is next. Held only while waiting for the second.
- ``<name>.lock``: the right to write. Held from BEGIN to the end of the transaction.

A process that has just written must pass the gate again, where the other process already stands: so they alternate.
The kernel lets go of both when their holder dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections import deque
from dataclasses import dataclass

QUICK_TRIES = 200  # of 0.05 ms: a write is over in less; afterwards look once a millisecond


@dataclass(frozen=True, slots=True)
class Hold:
    """The right to write, taken by one process. A forked child inherits the object but not the right."""

    lock: WriteLock
    pid: int

    def release(self) -> None:
        if self.pid == os.getpid():
            self.lock.release()


class Turn:
    """A lock of this process that is handed on in the order of asking; threading.Lock goes to whoever is awake."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, timeout: float) -> bool:
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        try:
            if called.acquire(timeout=timeout):
                return True
        except BaseException:  # Ctrl-C while waiting
            if not self._give_up(called):
                self.release()
            raise
        return not self._give_up(called)  # called in the very moment in which patience ended: then it is ours

    def _give_up(self, called: threading.Lock) -> bool:
        """Leave the queue; False if the turn has come already."""
        with self._guard:
            if called in self._waiting:
                self._waiting.remove(called)
                return True
            return False

    def release(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class WriteLock:
    """The write lock of one database; ``path`` is "" for a database in memory, which no other process can see."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._forget()

    def _forget(self) -> None:
        self._turn = Turn()
        self._gate = self._file = -1

    def take(self, timeout: float) -> Hold:
        """Wait for the right to write, at most ``timeout`` seconds; then sqlite3.OperationalError, as SQLite itself."""
        deadline = time.monotonic() + timeout
        if not self._turn.acquire(timeout=max(timeout, 0)):
            raise sqlite3.OperationalError("database is locked")
        try:
            if self.path:
                self._take_file(deadline)
            return Hold(self, os.getpid())
        except BaseException:
            self._turn.release()
            raise

    def _take_file(self, deadline: float) -> None:
        if self._file < 0:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._gate = os.open(self.path + ".gate", flags, 0o600)
            self._file = os.open(self.path + ".lock", flags, 0o600)
        try:
            _wait_for(self._gate, deadline)
            _wait_for(self._file, deadline)
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    def release(self) -> None:
        """Let the next one write."""
        if self._file >= 0:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._turn.release()

    def after_fork(self) -> None:
        """In the child: its copies of the files share their lock with the parent, so they are closed, not unlocked."""
        for handle in (self._gate, self._file):
            if handle >= 0:
                os.close(handle)
        self._forget()


def _wait_for(handle: int, deadline: float) -> None:
    # A blocking flock() has no timeout, and a writer that hangs in another process would hang everybody for ever.
    tries = 0
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise sqlite3.OperationalError("database is locked") from None
        tries += 1
        time.sleep(0.00005 if tries < QUICK_TRIES else 0.001)


_locks: dict[str, WriteLock] = {}
_guard = threading.Lock()


def lock_of(name: str, in_memory: bool) -> WriteLock:
    """The lock of a database: one per process, whatever the number of connections."""
    key = name if in_memory else os.path.realpath(name)
    with _guard:
        if key not in _locks:
            _locks[key] = WriteLock("" if in_memory else key)
        return _locks[key]


def _after_fork() -> None:
    global _guard
    _guard = threading.Lock()
    for lock in _locks.values():
        lock.after_fork()


os.register_at_fork(after_in_child=_after_fork)
