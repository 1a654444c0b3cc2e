"""Whoever is shown a record through the API is written down, and needs the ability to see it (R6.10)."""

from __future__ import annotations

from uuid import UUID

import pytest

from clinic.records.models import AccessLog
from clinic.tenants import auth
from clinic.tenants.models import ApiKey
from tests.api.client import Api, api
from tests.world import House, World

pytestmark = pytest.mark.django_db


def by_key(house: House, *abilities: str) -> Api:
    raw = f"cfk_{'-'.join(abilities)}"
    ApiKey.objects.create(
        hospital=house.hospital, name="Lab", prefix=raw[:10], hash=auth.hashed_key(raw), abilities=list(abilities)
    )
    return Api(f"Api-Key {raw}")


def opened(house: House) -> set[UUID]:
    with house.open():
        return set(AccessLog.objects.values_list("patient_id", flat=True))


def test_who_may_only_edit_is_not_shown_the_record(world: World) -> None:
    patient = world.harbor.patient()
    answer = by_key(world.harbor, "patients.edit").patch(f"patients/{patient.pk}", {})
    assert answer.status == 403
    assert b"Raman" not in answer.content


def test_who_may_not_look_patients_up_is_not_told_who_is_alike(world: World) -> None:
    house = world.harbor
    house.patient("Priya", "Raman", phone="+33 6 12 34 56 78")
    person = {"given_name": "P", "family_name": "X", "phone": "+33 6 12 34 56 78"}
    register = by_key(house, "patients.edit").post("patients", person)
    intake = by_key(house, "patients.edit", "queues.intake").post(
        "reception/intake", {"person": person, "queue": str(house.own.pk)}
    )
    for answer in (register, intake):
        assert answer.code == "PATIENT_KNOWN"
        assert b"Raman" not in answer.content


@pytest.mark.parametrize("query", ["", "?q=Raman", "?limit=1"])
def test_a_list_that_shows_records_writes_each_down(world: World, query: str) -> None:
    patient = world.harbor.patient()
    answer = api(world.harbor, "biller").get(f"patients{query}")
    assert [row["notes"] for row in answer.json["results"]] == ["canary-harbor"]
    assert opened(world.harbor) == {patient.pk}


def test_an_answer_to_a_correction_is_written_down(world: World) -> None:
    patient = world.harbor.patient()
    assert "canary-harbor" in api(world.harbor, "nurse").patch(f"patients/{patient.pk}", {}).json["notes"]
    assert opened(world.harbor) == {patient.pk}


def test_what_the_log_tells_of_a_patient_is_written_down(world: World) -> None:
    patient = world.harbor.patient()
    answer = api(world.harbor, "biller").get(f"events?topics=patient:{patient.pk}")
    assert b"canary-harbor" in answer.content
    assert opened(world.harbor) == {patient.pk}
