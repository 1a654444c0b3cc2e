"""What tests of bookings begin with, where they ask for it: eight on a Monday, and visits of half an hour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from clinic.tenants.models import HospitalConfig
from tests.queues.places import EIGHT
from tests.world import House, World


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(EIGHT, tick=False) as told:
        yield told


@pytest.fixture
def house(world: World) -> House:
    with world.harbor.open():
        HospitalConfig.objects.update(default_minutes=25, buffer_minutes=5)
    return world.harbor
