"""Samples of patients and the desk."""

from __future__ import annotations

from tests.api.samples.base import Request, sample
from tests.api.samples.made import display, screen_code
from tests.world import House


@sample("patients_create")
def add_patient(house: House) -> Request:
    body = {"given_name": "Noor", "family_name": "Haddad", "phone": "+33 6 00 00 00 01", "birth_date": "1988-03-14"}
    return Request("POST", "patients", body, 201)


@sample("patients_partial_update")
def change_patient(house: House) -> Request:
    return Request("PATCH", f"patients/{house.patient().pk}", {"phone": "+33 6 00 00 00 02"})


@sample("visits_create")
def take_in(house: House) -> Request:
    body = {"patient": str(house.patient().pk), "queue": str(house.own.pk), "class": "VIP", "reason": "Fever"}
    return Request("POST", "visits", body, 201, role="receptionist")


@sample("reception_intake")
def intake(house: House) -> Request:
    person = {"given_name": "Noor", "family_name": "Haddad", "phone": "+33 6 00 00 00 01"}
    body = {"person": person, "department": str(house.department.pk)}
    return Request("POST", "reception/intake", body, 201, role="receptionist")


@sample("queues_partial_update")
def close_line(house: House) -> Request:
    return Request("PATCH", f"queues/{house.own.pk}", {"open": False}, role="receptionist")


@sample("displays_pair")
def pair_display(house: House) -> Request:
    body = {"code": screen_code(), "name": "Hall", "queues": [str(house.own.pk), str(house.pool.pk)],
            "languages": ["en", "es"], "names": "TOKEN"}  # fmt: skip
    return Request("POST", "displays", body, 201, role="receptionist")


@sample("displays_partial_update")
def change_screen(house: House) -> Request:
    body = {"name": "Stairs", "queues": [str(house.own.pk)], "languages": ["ar"], "sound": False}
    return Request("PATCH", f"displays/{display(house).pk}", body, role="receptionist")


@sample("displays_revoke")
def revoke_display(house: House) -> Request:
    return Request("POST", f"displays/{display(house).pk}/revoke", {}, role="receptionist")
