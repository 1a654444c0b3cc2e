"""Starting the real commands as processes, in a folder of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = (
    "CLINIC_ENV",
    "DATABASE_URL",
    "REDIS_URL",
    "CELERY_BROKER_URL",
    "PUBLIC_URL",
    "HOST",
    "PORT",
    "DATA_DIR",
    "DEBUG",
    "EMAIL_URL",
    "MAIL_FROM",
    "SMS_URL",
    "VAPID_PRIVATE_KEY",
    "PUSH_SERVICES",
)


def environment(data_dir: Path, **extra: str) -> dict[str, str]:
    """This process's environment without what configures the product, and then what the test says."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**kept, "DATA_DIR": str(data_dir), **extra}


def manage(*words: str, env: Mapping[str, str], timeout: float = 60) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=dict(env), capture_output=True, text=True, timeout=timeout)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """``manage.py serve`` as a process."""

    def __init__(self, data_dir: Path, *words: str, **extra: str) -> None:
        self.port = free_port()
        self.env = environment(data_dir, PORT=str(self.port), **extra)
        self.log = data_dir / "serve.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", *words], cwd=ROOT, env=self.env, stdout=log, stderr=log
            )

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def wait_until_up(self, seconds: float = 30) -> None:
        self.wait_for(lambda: bool(self.get("/health")), seconds)

    def wait_for(self, truth: object, seconds: float = 20) -> None:
        assert callable(truth)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if truth():
                    return
            except (urllib.error.URLError, ConnectionError, OSError):
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def child(self) -> int | None:
        """The worker's process id."""
        found = children_of(self.process.pid)
        return found[0] if found else None

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for task in tasks for word in task.read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] not in "ZX"
    except OSError:
        return False


def ends(pid: int, within: float) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if not is_running(pid):
            return True
        time.sleep(0.05)
    return False
