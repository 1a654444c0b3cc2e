"""The page on which two records become one, and the details a patient may have."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.records.models import Patient, PatientMerge
from tests.queues.helpers import at, signed_in
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.7")]


def test_who_might_be_the_same_is_offered_and_merged_by_a_button(world: World) -> None:
    house = world.harbor
    kept = house.patient("Anna", "Meyer", birth_year=1980, sound_key="M600")
    gone = house.patient("Ana", "Meyer", birth_year=1980, sound_key="M600")
    house.patient("Paul", "Kowalski", birth_year=1980)
    client: Any = signed_in(house, "receptionist")
    page = client.get(at(house, f"patients/{kept.pk}/merge/")).content.decode()
    assert str(gone.pk) in page
    assert "Kowalski" not in page
    assert "Kowalski" in client.get(at(house, f"patients/{kept.pk}/merge/?q=kowal")).content.decode()
    for body in ({"gone": "nonsense", "reason": "x"}, {"gone": str(kept.pk), "reason": "x"}, {"gone": str(gone.pk)}):
        assert client.post(at(house, f"patients/{kept.pk}/merge/"), body).status_code == 422
    told = client.post(at(house, f"patients/{kept.pk}/merge/"), {"gone": str(gone.pk), "reason": "Twice"}, follow=True)
    assert gone.mrn in told.content.decode()
    assert client.get(at(house, f"patients/{gone.pk}/"), follow=True).redirect_chain[-1][0].endswith(f"{kept.pk}/")
    with house.open():
        merged = PatientMerge.objects.get()
    client.post(at(house, f"merges/{merged.pk}/take-back/"))
    with house.open():
        assert not Patient.objects.exclude(merged_into=None).exists()


def test_contacts_are_shown_and_taken_only_where_they_are_ticked(world: World) -> None:
    house = world.harbor
    kept = house.patient("Anna", "Meyer", birth_year=1980, sound_key="M600", phone="+33 6 12 34 56 78")
    alike = {"birth_year": 1980, "sound_key": "M600"}
    gone = house.patient("Ana", "Meyer", phone="+33 6 99 88 77 66", email="ana@example.org", **alike)
    other = house.patient("Ana", "Maier", email="other@example.org", **alike)
    client: Any = signed_in(house, "receptionist")
    url = at(house, f"patients/{kept.pk}/merge/")
    page = client.get(url).content.decode()
    assert f'value="{gone.pk}:email"' in page and "ana@example.org" in page
    assert ':phone"' not in page, "the record has a phone of its own"
    ticked = [f"{other.pk}:email", f"{gone.pk}:phone", f"{gone.pk}:notes", "nonsense"]
    told = client.post(url, {"gone": str(gone.pk), "reason": "Twice", "take": ticked})
    assert told.status_code == 303
    with house.open():
        kept.refresh_from_db()
        assert (kept.phone, kept.email) == ("+33 6 12 34 56 78", "")
    assert client.post(url, {"gone": str(other.pk), "reason": "Twice", "take": ticked}).status_code == 303
    with house.open():
        kept.refresh_from_db()
        assert kept.email == "other@example.org"


def test_other_roles_and_other_hospitals_merge_nothing(world: World) -> None:
    house, other = world.both()
    kept, gone, foreign = house.patient("Anna", "Meyer"), house.patient("Ana", "Meyer"), other.patient("Ana", "Meyer")
    for role in ("doctor", "nurse", "biller"):
        client: Any = signed_in(house, role)
        answer = client.post(at(house, f"patients/{kept.pk}/merge/"), {"gone": str(gone.pk), "reason": "x"})
        assert answer.status_code == 403
    desk: Any = signed_in(house, "receptionist")
    refused = desk.post(at(house, f"patients/{kept.pk}/merge/"), {"gone": str(foreign.pk), "reason": "x"})
    assert refused.status_code == 422
    assert desk.get(at(house, f"patients/{foreign.pk}/merge/")).status_code == 404
    with house.open():
        assert not PatientMerge.objects.exists()


def test_everything_a_patient_has_can_be_typed(world: World) -> None:
    house = world.harbor
    patient = house.patient("Anna", "Meyer")
    client: Any = signed_in(house, "receptionist")
    address = at(house, f"patients/{patient.pk}/edit/")
    seen = client.get(address).context["form"]
    typed = {name: str(seen[name].value() or (0 if name == "seq" else "")) for name in seen.fields}
    typed = {name: value for name, value in typed.items() if name not in ("display_opt_out", "birth_estimated")}
    typed |= {
        "gender": "other", "phone_other": "+33 1 11 22 33 44", "allergies": "Penicillin", "preconditions": "Asthma",
        "contact_0_name": "Paul Meyer", "contact_0_phone": "+33 1 99", "contact_0_relation": "Brother",
    }  # fmt: skip
    answer = client.post(address, typed)
    assert answer.status_code == 303, answer.context["form"].errors
    with house.open():
        patient.refresh_from_db()
    assert (patient.gender, patient.allergies, patient.preconditions) == ("other", "Penicillin", "Asthma")
    assert patient.contacts == [{"name": "Paul Meyer", "phone": "+33 1 99", "relation": "Brother"}]
    page = client.get(at(house, f"patients/{patient.pk}/")).content.decode()
    assert all(text in page for text in ("Penicillin", "Asthma", "Paul Meyer", "Brother", "+33 1 11 22 33 44"))
