"""Patients' pages: the look-up, one person, and two people who correct at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from clinic.records.models import AccessLog, Patient
from tests.queues.helpers import at, signed_in
from tests.world import House, World

pytestmark = pytest.mark.django_db


def test_opening_a_patient_is_written_down(world: World) -> None:
    house = world.harbor
    patient = house.patient("Grace", "Okafor")
    signed_in(house, "doctor").get(at(house, f"patients/{patient.pk}/"))
    with house.open():
        row = AccessLog.objects.get()
        assert (row.patient_id, row.user_id, row.page) == (patient.pk, house.users["doctor"].pk, "patient")


def test_an_mrn_leads_to_its_patient(world: World) -> None:
    house = world.harbor
    patient = house.patient("Grace", "Okafor")
    answer = signed_in(house, "doctor").get(at(house, f"patients/?q={patient.mrn.lower()}"))
    assert answer["Location"] == at(house, f"patients/{patient.pk}/")


def edit(client: Client, house: House, patient: Patient, typed: dict[str, str], seen: str) -> Any:
    hidden = dict(re.findall(r'name="(version|seq)" value="(\d+)"', seen))
    form = {"family_name": patient.family_name, "given_name": patient.given_name, "sex": "unknown", **hidden, **typed}
    return client.post(at(house, f"patients/{patient.pk}/edit/"), form)


def test_a_conflict_says_who_changed_what_and_keeps_what_was_typed(world: World) -> None:
    house = world.harbor
    patient = house.patient("Grace", "Okafor", phone="555 0101")
    path = at(house, f"patients/{patient.pk}/edit/")
    mine, theirs = signed_in(house, "receptionist"), signed_in(house, "nurse")
    seen = mine.get(path).content.decode()
    assert edit(theirs, house, patient, {"phone": "555 0202"}, theirs.get(path).content.decode()).status_code == 303
    answer = edit(mine, house, patient, {"phone": "555 0101", "notes": "hard of hearing"}, seen)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Nurse harbor changed “phone” from 555 0101 to 555 0202" in page
    assert "hard of hearing" in page
    with house.open():
        assert Patient.objects.get(pk=patient.pk).phone == "555 0202"
    assert edit(mine, house, patient, {"phone": "555 0202", "notes": "hard of hearing"}, page).status_code == 303
    with house.open():
        assert Patient.objects.get(pk=patient.pk).notes == "hard of hearing"


def test_a_bad_date_comes_back_with_its_field(world: World) -> None:
    house = world.harbor
    patient = house.patient("Grace", "Okafor")
    desk = signed_in(house, "receptionist")
    seen = desk.get(at(house, f"patients/{patient.pk}/edit/")).content.decode()
    answer = edit(desk, house, patient, {"birth_date": "2999-01-01"}, seen)
    assert answer.status_code == 422
    assert "In the future." in answer.content.decode()
