"""The backend itself; Django loads it by the name ``clinic.core.sqlite``."""

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite."""
