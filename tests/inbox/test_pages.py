"""What staff sees of messages, sends again, and the page behind the link that stops them."""

from __future__ import annotations

import pytest
from django.test import Client

from clinic.core.access import SYSTEM
from clinic.inbox import operations
from clinic.inbox.models import PENDING, PatientMessage
from clinic.records.models import AccessLog, Patient
from clinic.tenants import links
from tests.api.client import api
from tests.house.calls.inbox import failed, queued
from tests.world import House, World

pytestmark = pytest.mark.django_db


def entered(house: House, role: str) -> Client:
    client = Client()
    client.force_login(house.users[role], backend="django.contrib.auth.backends.ModelBackend")
    return client


def stop_path(house: House, who: Patient) -> str:
    with house.open():
        operations.tell(who, "booked", about=f"somewhere:{who.pk}", facts={}, actor=SYSTEM)
    return f"/m/{links.token_for(operations.STOP, who.ref)}/"


def test_the_patients_page_shows_what_was_said_and_what_came_of_it(world: World) -> None:
    with world.harbor.open():
        row = failed(world.harbor)
    desk = entered(world.harbor, "receptionist")
    page = desk.get(f"/h/harbor/patients/{row.patient_id}/").content.decode()
    assert "Your appointment is booked." in page
    assert "not sent" in page
    assert "SMTPDataError 550" in page
    assert f"/h/harbor/messages/{row.pk}/resend/" in page
    nurse = entered(world.harbor, "nurse")
    assert "Your appointment is booked." not in nurse.get(f"/h/harbor/patients/{row.patient_id}/").content.decode()


def test_what_failed_is_shown_to_the_desk_and_sent_again_once(world: World) -> None:
    with world.harbor.open():
        row = failed(world.harbor)
    desk = entered(world.harbor, "receptionist")
    assert "Zebulon Quux" in desk.get("/h/harbor/messages/").content.decode()
    for _ in range(2):
        assert desk.post(f"/h/harbor/messages/{row.pk}/resend/").status_code == 303
    with world.harbor.open():
        assert PatientMessage.objects.filter(state=PENDING, copy=1).count() == 1
    page = desk.get("/h/harbor/messages/").content.decode()
    assert f"/h/harbor/messages/{row.pk}/resend/" not in page
    theirs = entered(world.hilltop, "receptionist")
    assert theirs.post(f"/h/hilltop/messages/{row.pk}/resend/").status_code == 404


def test_whoever_is_limited_to_departments_sees_the_messages_of_theirs(world: World) -> None:
    house = world.harbor
    with house.open():
        row = failed(house)
        PatientMessage.objects.filter(pk=row.pk).update(department=house.department)
        member = house.memberships["receptionist"]
        member.department_ids = ["00000000-0000-7000-8000-000000000000"]
        member.save()
    desk = entered(house, "receptionist")
    assert "Zebulon" not in desk.get("/h/harbor/messages/").content.decode()
    assert desk.post(f"/h/harbor/messages/{row.pk}/resend/").status_code == 404


def test_the_link_in_each_message_stops_them_by_a_button(world: World) -> None:
    house = world.harbor
    who = house.patient(email="priya@patients.example", language="es")
    path = stop_path(house, who)
    phone = Client(enforce_csrf_checks=True)
    page = phone.get(path)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "no-referrer"
    assert 'lang="es"' in page.content.decode()
    assert who.given_name not in page.content.decode(), "a link may be in anybody's hands"
    with house.open():
        assert not Patient.objects.get(pk=who.pk).message_opt_out, "opening a link does nothing"
    assert phone.post(path).status_code == 303
    assert phone.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 303
    with house.open():
        assert Patient.objects.get(pk=who.pk).message_opt_out
    assert phone.post(path, {"again": "yes"}).status_code == 303
    with house.open():
        assert not Patient.objects.get(pk=who.pk).message_opt_out
    assert phone.get("/m/nothing-of-ours/").status_code == 404
    assert phone.post("/m/nothing-of-ours/").status_code == 404


def test_a_patients_messages_by_rest(world: World) -> None:
    house = world.harbor
    with house.open():
        row, more = failed(house), queued(world.harbor)
    desk = api(house, "receptionist")
    listed = desk.get(f"patients/{row.patient_id}/messages")
    assert listed.status == 200
    (told,) = listed.json["results"]
    assert (told["state"], told["channel"], told["occasion"]) == ("failed", "mail", "booked")
    assert "secret" not in told
    with house.open():
        assert AccessLog.objects.filter(patient_id=row.patient_id, why="messages").exists()
    again = desk.post(f"messages/{row.pk}/resend", {})
    assert (again.status, again.json["copy"], again.json["state"]) == (201, 1, "pending")
    assert desk.post(f"messages/{row.pk}/resend", {}).json["id"] == again.json["id"]
    refused = desk.post(f"messages/{more.pk}/resend", {})
    assert (refused.status, refused.code) == (409, "MESSAGE_NOT_TO_RESEND")
    assert api(house, "nurse").get(f"patients/{row.patient_id}/messages").status == 403
