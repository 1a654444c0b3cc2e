"""What samples are made of."""

from __future__ import annotations

from typing import Any

from clinic.core.tenancy import hospital
from clinic.tenants.links import hashed
from clinic.tenants.models import CODE_LETTERS, PublicToken
from clinic.tenants.operations.keys import create_key
from queues.models import Display, Leg, Visit
from queues.operations import calls, displays, ends
from tests.world import House


def called(house: House) -> Visit:
    """A visit that the doctor has called, with others behind it; whoever was there before has gone."""
    house.waiting(3)
    with house.open():
        for before in Leg.objects.with_server().filter(server=house.doctor).select_related("visit"):
            ends.cancel(before.visit, reason="test", actor=house.desk)
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        visit: Visit = leg.visit
        return visit


def calls_of(visit: Visit) -> Any:
    with hospital(visit.hospital_id):
        return calls.leg_now(visit)


def screen_code() -> str:
    """The code that a fresh screen shows."""
    token = displays.put_up()
    code = PublicToken.objects.get(hash=hashed(token)).code
    assert set(code) <= set(CODE_LETTERS)
    return code


def display_token(house: House) -> str:
    """The link of a paired screen that shows the doctor's line and the pool."""
    token = displays.put_up()
    code = PublicToken.objects.get(hash=hashed(token)).code
    with house.open():
        displays.pair(code, name="Hall", queues=[house.own, house.pool], actor=house.desk)
    return token


def display(house: House) -> Display:
    display_token(house)
    with house.open():
        found: Display = Display.objects.order_by("-id")[0]
        return found


def key(house: House, *abilities: str) -> tuple[Any, str]:
    """An API key with these abilities: its row and the key itself."""
    with house.open():
        return create_key(name="Kiosk", abilities=abilities, actor=house.actor("owner"))
