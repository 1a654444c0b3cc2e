"""Test databases: their companions go with them."""

from __future__ import annotations

from pathlib import Path

from django.db.backends.sqlite3 import creation

COMPANIONS = ("-wal", "-shm", ".lock", ".gate")


class DatabaseCreation(creation.DatabaseCreation):
    """A WAL left beside a new file by a killed run would be read into it: companions are removed on both ends."""

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        name: str = super()._create_test_db(verbosity, autoclobber, keepdb)  # type: ignore[misc]
        if not keepdb:
            self._remove_companions(name)
        return name

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        super()._destroy_test_db(test_database_name, verbosity)  # type: ignore[misc]
        self._remove_companions(test_database_name)

    def _remove_companions(self, name: str) -> None:
        if not self.is_in_memory_db(name):
            for ending in COMPANIONS:
                Path(f"{name}{ending}").unlink(missing_ok=True)
