"""Faces: bounded queries, nobody else's documents, and deltas that need no reload."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.live import outbox, registry
from clinic.live.models import Event
from clinic.records import operations as patients
from queues.models import Leg
from queues.operations import calls
from tests.world import House, World

pytestmark = pytest.mark.django_db


def face(kind: str, ids: list[str]) -> dict[str, Any]:
    return dict(registry.faces()[kind][1](ids))


def ids_of_everything(house: House) -> dict[str, list[str]]:
    with house.open():
        return {
            kind: [str(pk) for pk in registry.kinds()[kind]._base_manager.values_list("pk", flat=True)]
            for kind in registry.faces()
        }


def test_a_face_costs_the_same_for_one_and_for_many(world: World) -> None:
    house = world.harbor
    house.waiting(12)
    everything = ids_of_everything(house)
    with house.open():
        for kind, ids in everything.items():
            counts = []
            for asked in (ids[:1], ids):
                with CaptureQueriesContext(connection) as seen:
                    face(kind, asked)
                counts.append(len(seen))
            assert counts[0] == counts[1] <= 3, kind


def test_no_face_shows_another_hospital(world: World) -> None:
    for house in world.both():
        house.waiting(2)
    foreign = ids_of_everything(world.hilltop)
    with world.harbor.open():
        own = str(world.harbor.hospital.pk)
        for kind, ids in foreign.items():
            found = face(kind, ids)
            if kind in ("hospital", "membership", "join_code", "api_key"):  # these tables hold both hospitals' rows
                assert set(found) <= {own, *(str(m.pk) for m in world.harbor.memberships.values())}
            else:
                assert found == {}, kind


def test_ids_that_are_none_are_left_out(world: World) -> None:
    with world.harbor.open():
        for kind in registry.faces():
            assert face(kind, ["", "7", "'; --", "0" * 400]) == {}


def test_the_order_of_a_line_can_be_read_from_the_documents(world: World) -> None:
    house = world.harbor
    visits = house.waiting(6)
    house.waiting(1, klass="urgent")
    house.waiting(1, klass="vip")
    with house.open():
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        calls.skip(leg.visit, actor=house.medic)
        in_order = [str(pk) for pk in Leg.objects.waiting().in_order().values_list("visit_id", flat=True)]
        docs = face("visit", in_order)
        assert sorted(in_order, key=lambda key: docs[key]["order"]) == in_order
        assert docs[str(visits[0].pk)]["status"] == "waiting"


def test_a_new_name_reaches_the_visits_that_show_it(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        patients.correct(visit.patient, given_name="Zora", actor=house.desk)
        outbox.run(house.hospital.pk)
        last = Event.objects.order_by("-seq")[0]
        assert last.name == "visit.relabelled"
        assert visit.ref in last.subjects
        assert f"visit:{visit.pk}" in last.topics
        assert face("visit", [str(visit.pk)])[str(visit.pk)]["patient"]["name"].startswith("Zora")
        patients.correct(visit.patient, phone="+49 30 1", actor=house.desk)
        before = Event.objects.count()
        outbox.run(house.hospital.pk)
        assert Event.objects.count() == before
