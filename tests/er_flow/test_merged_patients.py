"""Two records made one while the person is in the emergency department (R1.7, R4.5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinic.core.errors import DomainError
from clinic.live import outbox
from clinic.records import operations as records
from clinic.records.models import Patient, PatientMerge
from er_flow import faces
from er_flow.models import EmergencyVisit
from tests.api.samples import er_made as made
from tests.er_flow.test_stream import follows
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.7")]


def ages(house: House) -> list[Any]:
    with house.open():
        keys = [str(pk) for pk in EmergencyVisit.objects.values_list("pk", flat=True)]
        return [doc["age"] for doc in faces.visits(keys).values()]


def test_a_birth_date_that_comes_with_a_merge_reaches_whoever_follows_the_visit(world: World) -> None:
    house = world.harbor
    visit = made.arrived(house)
    kept = visit.patient
    assert kept is not None
    with house.open():
        gone = Patient.objects.create(
            mrn="M-77", given_name="Ida", family_name="Other", birth_date=timezone.localdate() - timedelta(days=400)
        )
        Patient.objects.filter(pk=kept.pk).update(birth_date=None)
        outbox.run(house.hospital.pk)
    before = ages(house)
    follows(house, "er", visit.ref)(lambda: records.merge(kept, gone, reason="twice", actor=house.desk))
    merged = ages(house)
    assert merged != before
    with house.open():
        told = PatientMerge.objects.get()
    follows(house, "er", visit.ref)(lambda: records.unmerge(told, actor=house.desk))
    assert ages(house) == before


def test_two_who_are_both_inside_are_not_made_one(world: World) -> None:
    house = world.harbor
    one, other = made.arrived(house), made.arrived(house)
    assert one.patient is not None
    assert other.patient is not None
    with house.open():
        with pytest.raises(DomainError) as refused:
            records.merge(one.patient, other.patient, reason="twice", actor=house.desk)
        assert refused.value.code == "er.inside"
        assert not PatientMerge.objects.exists()
        other.refresh_from_db()
        assert not other.patient.is_merged
