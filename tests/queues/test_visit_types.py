"""What kind of visit somebody comes for: said at the desk and over REST, and kept by the visit."""

from __future__ import annotations

from uuid import uuid4

import pytest

from clinic.directory.models import VisitType
from queues.models import Visit
from tests.api.client import api
from tests.queues.helpers import HTMX, at, signed_in
from tests.world import House, World

pytestmark = pytest.mark.django_db


def kind(house: House, **more: object) -> VisitType:
    with house.open():
        found: VisitType = VisitType.objects.create(name="Vaccination", minutes=10, **more)
        return found


def test_the_desk_chooses_the_kind_of_visit(world: World) -> None:
    house, other = world.both()
    mine, foreign = kind(house), kind(other)
    desk = signed_in(house, "receptionist")
    assert f'value="{mine.pk}"' in desk.get(at(house, "reception/")).content.decode()
    new = {"given_name": "Vera", "family_name": "Vaccine", "birth_year": "1990", "queue": str(house.own.pk)}
    told = desk.post(at(house, "visits/"), {**new, "type": str(mine.pk)}, headers=HTMX)
    assert told.status_code == 204, told.content
    with house.open():
        assert Visit.objects.get().type == mine
    told = desk.post(at(house, "visits/"), {**new, "given_name": "V", "type": str(foreign.pk)}, headers=HTMX)
    assert told.status_code == 422


def test_rest_says_the_kind_of_visit(world: World) -> None:
    house, other = world.both()
    mine, foreign, gone = kind(house), kind(other), None
    with house.open():
        gone = VisitType.objects.create(name="Acupuncture", minutes=30, is_active=False)
    desk = api(house, "receptionist")
    body = {"patient": str(house.patient().pk), "doctor": str(house.doctor.pk)}
    taken = desk.post("visits", {**body, "type": str(mine.pk)})
    assert (taken.status, taken.json["type"], taken.json["appointment"], taken.json["due"]) == (
        201, str(mine.pk), None, True
    )  # fmt: skip
    body["patient"] = str(house.patient().pk)
    for wrong, status in ((str(foreign.pk), 404), (str(uuid4()), 404), ("x", 400), (str(gone.pk), 400)):
        assert desk.post("visits", {**body, "type": wrong}).status == status
    assert desk.post("visits", {**body, "type": None}).json["type"] is None
    new = {"given_name": "Vera", "family_name": "Vaccine", "phone": "+33 6 12 34 56 99"}
    taken = desk.post("reception/intake", {"person": new, "doctor": str(house.doctor.pk), "type": str(mine.pk)})
    assert taken.json["type"] == str(mine.pk)
