"""Statements whose plans PostgreSQL keeps for the session: those that run with every act.

Planning such a statement takes the server longer than running it. A kept plan is as old as the last ANALYZE or the
session, whichever is younger; sessions of the pool end after ten minutes (settings.POOL).
"""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

NEVER_BY_ITSELF = 1_000_000_000
"""psycopg prepares what it has run so often; here only what says so is."""


def cursor(connection: BaseDatabaseWrapper) -> CursorWrapper:
    """As ``connection.cursor()``; on PostgreSQL what it runs is prepared once per session (unless ``DB_PREPARE=0``)."""
    is_read = connection.queries_logged  # by somebody who wants to see the values in them
    if connection.vendor != "postgresql" or is_read or not settings.ENVIRONMENT.prepare:
        return connection.cursor()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw = _keeping()(cast(Any, connection.connection))
    return cast(CursorWrapper, cast(Any, connection)._prepare_cursor(raw))


_class: type[Any] | None = None


def _keeping() -> type[Any]:
    """Made late: without PostgreSQL nothing of psycopg is imported."""
    global _class
    if _class is None:
        from django.db.backends.postgresql.base import ServerBindingCursor

        class Keeping(ServerBindingCursor):
            def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
                return super().execute(query, params, prepare=True, **options)  # type: ignore[misc]

        _class = Keeping
    return _class


class Keeps:
    """A connection for one statement of a compiler: all its own, but that the cursor keeps the plan."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection

    def cursor(self) -> CursorWrapper:
        return cursor(self._connection)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)
