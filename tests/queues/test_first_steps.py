"""From sign-up to the first called patient, with the page alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from clinic.core.tenancy import hospital
from clinic.directory.models import Doctor
from clinic.tenants.models import Hospital
from queues.models import CALLED, Leg, Queue
from tests.queues.helpers import at, signed_in
from tests.world import World

pytestmark = pytest.mark.django_db


def test_a_newcomer_goes_from_sign_up_to_the_first_called_patient(world: World) -> None:
    client = Client()
    answer: Any = client.post(
        "/register/",
        {"name": "Ines Prado", "email": "ines@prado.example", "password": "a very long sentence",
         "hospital": "Prado Clinic", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "en"}, follow=True,
    )  # fmt: skip
    where = answer.redirect_chain[-1][0]
    assert where.endswith("/home/"), answer.content[-800:]
    assert "I see patients myself" in answer.content.decode()
    here = Hospital.objects.get(name="Prado Clinic")
    base = f"/h/{here.slug}/"
    client.post(f"{base}home/i-see-patients/")
    with hospital(here):
        doctor = Doctor.objects.get()
        line = Queue.objects.get(doctor=doctor)
        assert (doctor.name, doctor.is_paused, line.is_open) == ("Ines Prado", False, True)
    ana = {"given_name": "Ana", "family_name": "Ruiz", "birth_year": "1980", "klass": "normal"}
    client.post(f"{base}visits/", {**ana, "queue": str(line.pk)})
    screen = client.get(f"{base}doctor/").content.decode()
    assert "A-001" in screen
    client.post(f"{base}doctors/{doctor.pk}/call-next/")
    with hospital(here):
        assert Leg.objects.get().state == CALLED
    assert "First steps" not in client.get(f"{base}home/").content.decode(), "the first patient has been called"


def test_the_button_is_for_whoever_manages_and_works_once(world: World) -> None:
    house = world.harbor
    for role in ("receptionist", "nurse", "doctor"):
        client: Any = signed_in(house, role)
        assert client.post(at(house, "home/i-see-patients/")).status_code == 403
        assert "First steps" not in client.get(at(house, "home/")).content.decode()
    owner: Any = signed_in(house, "owner")
    assert owner.post(at(house, "home/i-see-patients/")).status_code == 303
    with house.open():
        count = Doctor.objects.count()
    assert owner.post(at(house, "home/i-see-patients/")).status_code in (303, 409)
    with house.open():
        assert Doctor.objects.count() == count
