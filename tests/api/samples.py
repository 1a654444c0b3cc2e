"""One working request for every route: what the tables of tests/api are made of. A house test for completeness:
``test_matrix.test_every_route_has_a_sample``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from clinic.core.tenancy import hospital
from clinic.tenants import auth, operations
from clinic.tenants.links import hashed
from clinic.tenants.models import CODE_LETTERS, PublicToken
from clinic.tenants.operations.keys import create_key
from queues.models import Display, Leg, Visit
from queues.operations import calls, displays, ends
from queues.operations.intake import status_link
from tests.world import PASSWORD, House

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Request:
    """One request; ``role`` is whose token it carries, '' for none."""

    method: str
    path: str
    body: Any = None
    status: int = 200
    role: str = "owner"

    @property
    def text(self) -> str:
        """Path and body as one text, in which ids can be swapped."""
        return json.dumps([self.path, self.body])

    def with_ids_of(self, other: Request) -> list[Request]:
        """This request with each of its ids in turn taken from ``other``, which has the same form."""
        own, theirs = list(UUID.finditer(self.text)), UUID.findall(other.text)
        assert len(own) == len(theirs), (self.text, other.text)
        swapped = []
        for found, foreign in zip(own, theirs, strict=True):
            path, body = json.loads(self.text[: found.start()] + foreign + self.text[found.end() :])
            swapped.append(Request(self.method, path, body, self.status, self.role))
        return swapped


@dataclass
class Sample:
    """How to make a request that works in a house."""

    make: Callable[[House], Request]
    forbidden: frozenset[str] = field(default_factory=frozenset)
    """Roles that have the route's ability and are still refused this very request, by its operation."""


SAMPLES: dict[str, Sample] = {}


def sample(name: str, *, forbidden: frozenset[str] = frozenset()) -> Callable[[Any], Any]:
    def note(make: Callable[[House], Request]) -> Callable[[House], Request]:
        SAMPLES[name] = Sample(make, forbidden)
        return make

    return note


def get(name: str, path: Callable[[House], str], role: str = "owner") -> None:
    SAMPLES[name] = Sample(lambda house: Request("GET", path(house), role=role))


# --- reading ---------------------------------------------------------------------------------------------------------

for _name, _path in {
    "api_keys_list": "api-keys", "auth_me": "auth/me", "departments_list": "departments", "displays_list": "displays",
    "doctors_list": "doctors", "hospital_retrieve": "hospital", "hospital_policies": "hospital/policies",
    "join_codes_list": "join-codes", "memberships_list": "memberships", "patients_list": "patients",
    "queues_list": "queues", "reception_queue": "receptionists/queue", "reception_stats": "receptionists/stats",
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


@sample("public_waiting_room")
def waiting_room(house: House) -> Request:
    return Request("GET", f"public/waiting-room/{display_token(house)}", role="")


# --- accounts --------------------------------------------------------------------------------------------------------


@sample("auth_register")
def register(house: House) -> Request:
    body = {"email": f"new@{house.hospital.slug}.example", "name": "New Person", "password": PASSWORD,
            "hospital": "Third Clinic"}  # fmt: skip
    return Request("POST", "auth/register", body, 201, role="")


@sample("auth_login")
def login(house: House) -> Request:
    body = {"email": house.users["nurse"].email, "password": PASSWORD}
    return Request("POST", "auth/login", body, role="")


@sample("auth_refresh")
def refresh(house: House) -> Request:
    return Request("POST", "auth/refresh", {"refresh": str(auth.tokens_for(house.users["nurse"]))}, role="")


@sample("auth_logout")
def logout(house: House) -> Request:
    return Request("POST", "auth/logout", {}, 204)


# --- the hospital and its people -------------------------------------------------------------------------------------


@sample("hospital_partial_update")
def change_hospital(house: House) -> Request:
    return Request("PATCH", "hospital", {"phone": "+33 1 23 45 67 89"})


@sample("hospital_change_policies")
def change_policies(house: House) -> Request:
    return Request("PATCH", "hospital/policies", {"skip_places": 5})


@sample("memberships_partial_update")
def change_roles(house: House) -> Request:
    return Request("PATCH", f"memberships/{house.memberships['biller'].pk}", {"roles": ["biller", "nurse"]})


@sample("memberships_revoke")
def revoke_member(house: House) -> Request:
    return Request("POST", f"memberships/{house.memberships['biller'].pk}/revoke", {"reason": "Left"})


@sample("memberships_restore")
def restore_member(house: House) -> Request:
    member = house.memberships["biller"]
    with house.open():
        operations.revoke_member(member, actor=house.actor("owner"))
    return Request("POST", f"memberships/{member.pk}/restore", {})


@sample("join_codes_create")
def create_join_code(house: House) -> Request:
    return Request("POST", "join-codes", {"role": "nurse", "days": 3}, 201)


@sample("join_codes_receptionist")
def receptionist_code(house: House) -> Request:
    return Request("POST", "receptionists", {}, 201)


@sample("join_codes_destroy")
def revoke_join_code(house: House) -> Request:
    with house.open():
        code = operations.create_join_code("nurse", actor=house.actor("owner"))
    return Request("DELETE", f"join-codes/{code.pk}", None, 204)


@sample("api_keys_create")
def create_api_key(house: House) -> Request:
    until = (timezone.now() + timedelta(days=30)).isoformat()
    return Request("POST", "api-keys", {"name": "Kiosk", "abilities": ["queues.view"], "expires_at": until}, 201)


@sample("api_keys_revoke")
def revoke_api_key(house: House) -> Request:
    return Request("POST", f"api-keys/{key(house, 'queues.view')[0].pk}/revoke", {})


# --- directory -------------------------------------------------------------------------------------------------------


@sample("departments_create")
def add_department(house: House) -> Request:
    return Request("POST", "departments", {"name": "Dermatology", "prefix": "D", "kind": "CLINIC"}, 201)


@sample("departments_partial_update")
def change_department(house: House) -> Request:
    return Request("PATCH", f"departments/{house.department.pk}", {"public_name": "Clinic 2", "sensitive": True})


@sample("rooms_create")
def add_room(house: House) -> Request:
    return Request("POST", "rooms", {"name": "Room 5", "department": str(house.department.pk)}, 201)


@sample("rooms_partial_update")
def change_room(house: House) -> Request:
    return Request("PATCH", f"rooms/{house.room.pk}", {"place": "First floor", "department": str(house.department.pk)})


@sample("doctors_create")
def add_doctor(house: House) -> Request:
    body = {"name": "Dr. Ada Okafor", "department": str(house.department.pk), "room": str(house.room.pk),
            "membership": str(house.memberships["nurse"].pk)}  # fmt: skip
    return Request("POST", "doctors", body, 201)


@sample("doctors_partial_update")
def change_doctor(house: House) -> Request:
    body = {"specialization": "Cardiology", "room": str(house.room.pk), "department": str(house.department.pk)}
    return Request("PATCH", f"doctors/{house.doctor.pk}", body)


@sample("doctors_set_status", forbidden=frozenset({"nurse", "biller"}))
def set_doctor_status(house: House) -> Request:
    return Request("PATCH", f"doctors/{house.doctor.pk}/status", {"status": "RUNNING_LATE", "late_minutes": 20})


# --- patients and the desk -------------------------------------------------------------------------------------------


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


@sample("displays_revoke")
def revoke_display(house: House) -> Request:
    return Request("POST", f"displays/{display(house).pk}/revoke", {}, role="receptionist")


# --- calling ---------------------------------------------------------------------------------------------------------


@sample("visits_set_status", forbidden=frozenset({"nurse"}))
def set_visit_status(house: House) -> Request:
    return Request("PATCH", f"visits/{called(house).pk}/status", {"status": "IN_PROGRESS"}, role="doctor")


@sample("visits_cancel")
def cancel(house: House) -> Request:
    return Request("POST", f"visits/{house.waiting()[0].pk}/cancel", {"reason": "Twice"}, role="receptionist")


@sample("visits_leave")
def leave(house: House) -> Request:
    return Request("POST", f"visits/{house.waiting()[0].pk}/leave", {"reason": "Train"}, role="receptionist")


@sample("visits_undo", forbidden=frozenset({"doctor", "nurse"}))
def undo(house: House) -> Request:
    return Request("POST", f"visits/{house.waiting()[0].pk}/undo", {}, role="receptionist")


@sample("queue_doctor_call_next")
def call_next(house: House) -> Request:
    house.waiting(2)
    return Request("POST", f"queue/doctor/{house.doctor.pk}/next", {}, role="doctor")


@sample("queue_department_call_next")
def call_from_pool(house: House) -> Request:
    house.waiting(1, house.pool)
    body = {"doctor": str(house.doctor.pk)}
    return Request("POST", f"queue/department/{house.department.pk}/next", body, role="doctor")


@sample("queue_doctor_call")
def call(house: House) -> Request:
    visit = house.waiting(2)[1]
    body = {"visit": str(visit.pk), "reason": "In pain"}
    return Request("POST", f"queue/doctor/{house.doctor.pk}/call", body, role="doctor")


for _word in ("recall", "start", "skip", "complete", "complete-and-call"):

    @sample(f"queue_doctor_{_word.replace('-', '_')}")
    def act(house: House, word: str = _word) -> Request:
        visit = called(house)
        path = f"queue/doctor/{house.doctor.pk}/{word}"
        return Request("POST", path, {"visit": str(visit.pk)}, role="doctor")


@sample("queue_doctor_no_show")
def no_show(house: House) -> Request:
    visit = called(house)
    leg = calls_of(visit)
    with house.open():  # the calls of R3.12, without waiting for them
        first = timezone.now() - timedelta(minutes=5)
        type(leg).objects.filter(pk=leg.pk).update(spaced_calls=2, first_called_at=first)
    return Request("POST", f"queue/doctor/{house.doctor.pk}/no-show", {"visit": str(visit.pk)}, role="doctor")


# --- what they are made of -------------------------------------------------------------------------------------------


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
        return calls.leg_of(visit, lock=False)


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
