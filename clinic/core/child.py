"""The Celery child of ``manage.py serve``: kept running, and never left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

THREADS = 2
SHORT_LIFE = 10.0  # seconds; a child that ends sooner is started again more and more slowly
LONGEST_PAUSE = 30.0
FAREWELL = 8.0  # seconds for a running task; more than the child gives it itself

COMMAND = [
    *(sys.executable, "-m", "celery", "--quiet", "-A", "clinic", "worker"),
    *("--pool", "threads", "--concurrency", str(THREADS), "--loglevel", "WARNING"),
    *("--without-mingle", "--without-gossip", "--without-heartbeat"),
]


class Child:
    """Starts the worker, starts it again when it ends, ends it when told.

    The parent keeps the writing end of a pipe and the child reads the other: when the parent dies, even by kill -9,
    the kernel closes its end and the child ends itself (clinic/celery.py). The child has a session of its own, so a
    Ctrl-C in the terminal reaches the parent only, which then ends it in order.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self._stop = threading.Event()
        self._reading, self._writing = os.pipe()
        self._thread = threading.Thread(target=self._keep, name="child-keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the child: in order if it can, else by force. Returns when it is gone."""
        self._stop.set()
        os.close(self._writing)
        self._thread.join(FAREWELL)
        if self._thread.is_alive() and self.process is not None:
            self.process.kill()
            self._thread.join()
        os.close(self._reading)

    def _keep(self) -> None:
        pause = 1.0
        while not self._stop.is_set():
            begun = time.monotonic()
            self.process = self._spawn()
            code = self.process.wait()
            pause = 1.0 if time.monotonic() - begun > SHORT_LIFE else min(pause * 2, LONGEST_PAUSE)
            if not self._stop.is_set():
                log.warning("worker.ended", code=code, again_in=pause)
            self._stop.wait(pause)

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            COMMAND,
            cwd=self.folder,
            env={**os.environ, "EMBEDDED_PIPE": str(self._reading)},
            pass_fds=[self._reading],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
