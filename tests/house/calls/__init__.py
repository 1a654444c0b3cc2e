"""Example calls of every operation, room by room."""

from tests.house.calls import (  # noqa: F401  each registers its own
    appointments,
    arrivals,
    book,
    directory,
    er,
    estimates,
    inbox,
    leaves,
    moves,
    public_booking,
    queues,
    records,
    tenants,
    waitlist,
)
