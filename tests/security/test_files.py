"""The database file holds every patient: nobody else on this computer may read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from clinic.core.sqlite.base import DatabaseWrapper


@pytest.mark.django_db
def test_a_new_database_is_its_owners_alone_in_a_folder_that_is_open(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    name = tmp_path / "clinic.sqlite3"
    before = os.umask(0o022)
    try:
        made = DatabaseWrapper({
            "NAME": str(name), "OPTIONS": {}, "TIME_ZONE": None, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False,
            "AUTOCOMMIT": True, "ATOMIC_REQUESTS": False, "TEST": {"NAME": None},
        }, "private")  # fmt: skip
        made.ensure_connection()
        made.connection.execute("CREATE TABLE t (a)")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        made.connection.close()
    finally:
        os.umask(before)
    assert "clinic.sqlite3-wal" in modes
    assert set(modes.values()) == {0o600}, modes
