"""Samples of what is only read."""

from __future__ import annotations

from queues.operations.intake import status_link
from tests.api.samples.base import SAMPLES, Request, Sample, get, sample
from tests.api.samples.made import display, display_token
from tests.world import House

for _name, _path in {
    "absences_list": "absences", "closures_list": "closures", "doctor_departments_list": "doctor-departments",
    "doctor_visit_types_list": "doctor-visit-types",
    "visit_types_list": "visit-types", "api_keys_list": "api-keys", "auth_me": "auth/me",
    "departments_list": "departments", "displays_list": "displays",
    "doctors_list": "doctors", "hospital_retrieve": "hospital", "hospital_policies": "hospital/policies",
    "invitations_list": "invitations", "join_codes_list": "join-codes", "memberships_list": "memberships",
    "patients_list": "patients",
    "queue_estimates_calibration": "queue/estimates/calibration", "queues_list": "queues",
    "reception_queue": "receptionists/queue", "reception_stats": "receptionists/stats",
    "rooms_list": "rooms", "visits_list": "visits",
}.items():  # fmt: skip
    get(_name, lambda _, path=_path: path)  # type: ignore[misc]
SAMPLES["live_list"] = Sample(lambda _: Request("GET", "events?topics=reception"), frozenset({"biller"}))
get("departments_retrieve", lambda house: f"departments/{house.department.pk}")
get("rooms_retrieve", lambda house: f"rooms/{house.room.pk}")
get("doctors_retrieve", lambda house: f"doctors/{house.doctor.pk}")
get("memberships_retrieve", lambda house: f"memberships/{house.memberships['nurse'].pk}")
get("queues_retrieve", lambda house: f"queues/{house.own.pk}")
get("queue_doctor_retrieve", lambda house: f"queue/doctor/{house.doctor.pk}")
get("queue_department_retrieve", lambda house: f"queue/department/{house.department.pk}")
get("patients_retrieve", lambda house: f"patients/{house.patient().pk}")
get("visits_retrieve", lambda house: f"visits/{house.waiting()[0].pk}")
get("displays_retrieve", lambda house: f"displays/{display(house).pk}")


@sample("public_visit_status")
def visit_status(house: House) -> Request:
    visit = house.waiting()[0]
    return Request("GET", f"public/visits/{status_link(visit)}/status", role="")


@sample("public_appointment_status")
def public_appointment(house: House) -> Request:
    visit = house.waiting()[0]
    return Request("GET", f"public/appointments/{status_link(visit)}/status", role="")


@sample("public_waiting_room")
def waiting_room(house: House) -> Request:
    return Request("GET", f"public/waiting-room/{display_token(house)}", role="")
