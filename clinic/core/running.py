"""Whether a server works on a data folder: ``serve`` holds a lock there, and a restore must not pull it away."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class AlreadyRunning(Exception):
    """Another server works on the same data folder."""


def claim(data_dir: Path) -> int:
    """Take the folder for this process until it ends or closes the answered handle; the kernel lets go on a crash."""
    handle = os.open(data_dir / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise AlreadyRunning(f"A server is running on {data_dir}.") from None
    return handle
