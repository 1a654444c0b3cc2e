"""Example calls of every operation, room by room."""

from tests.house.calls import directory, queues, records, tenants  # noqa: F401  each registers its own
