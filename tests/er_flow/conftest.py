from __future__ import annotations

import pytest

from clinic.live import render
from tests.er_flow.ward import Ward, emergency
from tests.world import World


@pytest.fixture(autouse=True)
def no_old_rows() -> None:
    render.forget()


@pytest.fixture
def ward(world: World) -> Ward:
    with world.harbor.open():
        return emergency(world.harbor)
