"""Opening and posting pages of the emergency department in tests."""

from __future__ import annotations

from typing import Any

from er_flow.models import EmergencyVisit
from tests.er_flow.ward import Ward
from tests.queues.helpers import at, signed_in
from tests.world import House

HX = {"HX-Request": "true"}


def opened(house: House, role: str, path: str) -> str:
    answer = signed_in(house, role).get(at(house, path))
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


def posted(house: House, role: str, path: str, told: Any = None, *, script: bool = True) -> Any:
    headers = HX if script else {}
    return signed_in(house, role).post(at(house, path), told or {}, headers=headers)


def one(ward: Ward) -> EmergencyVisit:
    with ward.house.open():
        found: EmergencyVisit = EmergencyVisit.objects.get()
        return found
