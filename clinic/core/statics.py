"""Static files with hashed names are collected when one of their sources changed, not at every start."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

STAMP = ".collected"
IGNORED = ["CVS", ".*", "*~"]  # as collectstatic does


def collect_if_changed() -> bool:
    """Bring ``STATIC_ROOT`` up to date; answers whether there was something to do."""
    stamp, print_ = Path(settings.STATIC_ROOT) / STAMP, fingerprint()
    if stamp.exists() and stamp.read_text() == print_:
        return False
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(print_)
    return True


def fingerprint() -> str:
    """Names, sizes and times of all source files, and how they are stored."""
    total = hashlib.sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list(IGNORED):
            stat = Path(storage.path(name)).stat()
            total.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return total.hexdigest()
