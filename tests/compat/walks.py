"""Each row of the table, walked: our call in our form, and what it did. A walk raises if it is not so."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.test import Client

from clinic.live.models import Event
from clinic.records.models import Patient
from queues.models import CARRIED_OVER, Leg, Visit
from queues.operations import calls, close
from queues.operations.intake import status_link
from tests.api.client import Answer, Api, api
from tests.api.samples import SAMPLES, called
from tests.world import House

Walk = Callable[[House], None]
WALKS: dict[str, Walk] = {}


def walk(fn: Walk) -> Walk:
    WALKS[fn.__name__] = fn
    return fn


def send(house: House, name: str) -> Answer:
    """The working request of a route, sent; it must be answered as the route says."""
    request = SAMPLES[name].make(house)
    caller = api(house, request.role) if request.role else Api()
    answer = caller.send(request.method, request.path, request.body)
    assert answer.status == request.status, (name, answer.content)
    return answer


def state(house: House, visit: Visit) -> str:
    with house.open():
        return calls.leg_now(visit).state


def last(house: House) -> str:
    with house.open():
        return Event.objects.latest("seq").name


def sends(route: str, event: str = "", *, shows: str = "") -> Walk:
    """A call whose sample works, writes this event last, and answers with this field."""

    def run(house: House) -> None:
        answer = send(house, route)
        if event:
            assert last(house) == event
        if shows:
            assert shows in answer.json

    return run


SENT: dict[str, tuple[str, str, str]] = {
    "register": ("auth_register", "", ""), "login": ("auth_login", "", "access"), "refresh": ("auth_refresh", "", ""),
    "logout": ("auth_logout", "", ""), "me": ("auth_me", "", ""),
    "receptionist": ("join_codes_receptionist", "join_code.created", "code"),
    "find_doctors": ("public_doctors_search", "", "results"),
    "doctor_status": ("doctors_set_status", "doctor.status_changed", "status"),
    "change_doctor": ("doctors_partial_update", "doctor.changed", "version"),
    "departments": ("departments_list", "", ""),
    "add_patient": ("patients_create", "patient.registered", "mrn"),
    "change_patient": ("patients_partial_update", "patient.corrected", "mrn"),
    "merge_patients": ("patients_merge", "patient.merged", "kept"),
    "intake": ("reception_intake", "visit.arrived", "token"), "take_in": ("visits_create", "visit.arrived", "token"),
    "visit": ("visits_retrieve", "", "token"),
    "next": ("queue_doctor_call_next", "visit.called", "visit"),
    "skip": ("queue_doctor_skip", "visit.skipped", ""), "recall": ("queue_doctor_recall", "", ""),
    "no_show": ("queue_doctor_no_show", "visit.no_showed", ""),
    "stats": ("reception_stats", "", "waiting"), "reception_queue": ("reception_queue", "", "lines"),
    "cancel": ("visits_cancel", "visit.cancelled", ""),
    "public_status": ("public_appointment_status", "", "position"),
    "waiting_room": ("public_waiting_room", "", ""),
}  # fmt: skip
"""Walk → route, the event it writes last, a field of its answer."""
for _name, (_route, _event, _shows) in SENT.items():
    WALKS[_name] = sends(_route, _event, shows=_shows)


@walk
def search_patients(house: House) -> None:
    house.patient("Grace", "Okafor", phone="+33 6 12 34 56 78")
    answer = api(house, "receptionist").get("patients?q=okafro")
    assert [row["family_name"] for row in answer.json["results"]] == ["Okafor"]


@walk
def queue_of_doctor(house: House) -> None:
    visit = house.waiting(1)[0]
    answer = api(house, "doctor").get(f"queue/doctor/{house.doctor.pk}")
    assert [row["token"] for row in answer.json["waiting"]] == [visit.token]


@walk
def queue_of_department(house: House) -> None:
    visit = house.waiting(1, house.pool)[0]
    answer = api(house, "doctor").get(f"queue/department/{house.department.pk}")
    assert [row["token"] for row in answer.json["waiting"]] == [visit.token]


@walk
def complete_without_start(house: House) -> None:
    visit = called(house)
    answer = api(house, "doctor").post(f"queue/doctor/{house.doctor.pk}/complete", {})
    assert answer.status == 200, answer.content
    assert state(house, visit) == "completed"
    with house.open():
        leg = calls.leg_now(visit)
        assert leg.start_derived
        assert leg.started_at == leg.called_at


@walk
def status_word(house: House) -> None:
    visit = called(house)
    assert api(house, "doctor").patch(f"visits/{visit.pk}/status", {"status": "IN_PROGRESS"}).status == 200
    assert state(house, visit) == "in_progress"


@walk
def reassign(house: House) -> None:
    visit = house.waiting(1)[0]
    answer = api(house, "receptionist").post(f"visits/{visit.pk}/reassign", {"queue": str(house.pool.pk)})
    assert (answer.status, answer.json["queue"]["id"]) == (200, str(house.pool.pk)), answer.content


@walk
def send_on(house: House) -> None:
    visit = called(house)
    answer = api(house, "receptionist").post(f"visits/{visit.pk}/send-on", {"queue": str(house.pool.pk)})
    assert answer.status == 200, answer.content
    assert (answer.json["token"], answer.json["status"]) == (visit.token, "waiting")
    with house.open():
        assert Leg.objects.filter(visit=visit).count() == 2


@walk
def hold(house: House) -> None:
    visit = house.waiting(1)[0]
    answer = api(house, "receptionist").post(f"visits/{visit.pk}/hold", {"reason": "tests"})
    assert (answer.status, answer.json["status"], answer.json["hold"]["reason"]) == (200, "on_hold", "tests")


@walk
def resume(house: House) -> None:
    visit = house.waiting(1)[0]
    desk = api(house, "receptionist")
    desk.post(f"visits/{visit.pk}/hold", {"reason": "tests"})
    answer = desk.post(f"visits/{visit.pk}/resume", {})
    assert (answer.status, answer.json["status"], answer.json["hold"]) == (200, "waiting", None)


@walk
def rejoin(house: House) -> None:
    visit = house.waiting(1)[0]
    desk = api(house, "receptionist")
    desk.post(f"visits/{visit.pk}/leave", {"reason": "Train"})
    assert desk.post(f"visits/{visit.pk}/rejoin", {}).status == 200
    assert state(house, visit) == "waiting"


@walk
def priority(house: House) -> None:
    first, second = house.waiting(2)
    answer = api(house, "receptionist").post(f"visits/{second.pk}/priority", {"class": "urgent", "reason": "Pale"})
    assert (answer.status, answer.json["class"]) == (200, "urgent"), answer.content
    line = api(house, "doctor").get(f"queue/doctor/{house.doctor.pk}").json["waiting"]
    assert [row["token"] for row in line] == [second.token, first.token]


@walk
def public_delay(house: House) -> None:
    first, second = house.waiting(2)
    with house.open():
        link = status_link(first)
    answer = Api().post(f"public/appointments/{link}/delay", {"places": 1})
    assert (answer.status, answer.json["position"]) == (200, 2), answer.content
    assert second.token != first.token


@walk
def health(house: House) -> None:
    assert Client().get("/health").json()["status"] == "ok"


# --- live ------------------------------------------------------------------------------------------------------------


def told(house: House, topic: str, act: Callable[[], object]) -> list[dict[str, Any]]:
    """What ``GET events?since=`` says of a topic after an act: the same messages as the stream's."""
    with house.open():
        newest = Event.objects.order_by("-seq").first()
        since = newest.seq if newest else 0
        act()
    answer = api(house, "manager").get(f"events?topics={topic}&since={since}")
    assert answer.status == 200, answer.content
    found: list[dict[str, Any]] = answer.json["messages"]
    return found


@walk
def event_of_queue(house: House) -> None:
    house.waiting(1)
    messages = told(house, f"queue:{house.own.pk}", lambda: calls.call_next(house.doctor, actor=house.medic))
    assert {"visit.called"} == {message["event"] for message in messages}
    assert any(message.get("doc", {}).get("status") == "called" for message in messages)


@walk
def event_of_visit(house: House) -> None:
    visit = house.waiting(1)[0]
    messages = told(house, f"visit:{visit.pk}", lambda: calls.call_next(house.doctor, actor=house.medic))
    assert "visit.called" in {message["event"] for message in messages}


@walk
def event_of_doctor(house: House) -> None:
    from clinic.directory import operations as directory

    messages = told(
        house, f"doctor:{house.doctor.pk}",
        lambda: directory.set_status(house.doctor, "running_late", actor=house.desk),
    )  # fmt: skip
    assert "doctor.status_changed" in {message["event"] for message in messages}


@walk
def shape_of_delta(house: House) -> None:
    visit = house.waiting(1)[0]
    messages = told(house, f"visit:{visit.pk}", lambda: calls.call_next(house.doctor, actor=house.medic))
    assert {"type", "op", "doc", "seq", "event"} <= messages[0].keys()
    assert ("visit", "update") in {(message["type"], message["op"]) for message in messages}


@walk
def public_called(house: House) -> None:
    visit = called(house)
    with house.open():
        link = status_link(visit)
    place = Api().get(f"public/appointments/{link}/status").json
    assert (place["status"], place["room"]) == ("called", house.room.name)


# --- fields ----------------------------------------------------------------------------------------------------------


@walk
def error_shape(house: House) -> None:
    answer = api(house, "receptionist").post(f"visits/{house.waiting(1)[0].pk}/cancel", {})
    assert answer.status in (400, 409)
    assert set(answer.json["error"]) == {"code", "message", "details"}


@walk
def tenant_header(house: House) -> None:
    caller = api(house, "receptionist")
    assert caller.get("queues", X_Tenant_Id=house.hospital.slug).status == 200
    assert caller.get("queues", X_Tenant_Id="somebody-else").status == 404
    known = {"family_name": "Okafor", "birth_year": 1980}
    refused = caller.post("patients", {**known, "tenantId": str(house.hospital.pk)})
    assert refused.status == 400
    with house.open():
        assert not Patient.objects.filter(family_name="Okafor").exists()


@walk
def token_field(house: House) -> None:
    visit = house.waiting(1)[0]
    assert re.fullmatch(r"[A-Z]{1,3}-\d{3}", api(house, "doctor").get(f"visits/{visit.pk}").json["token"])


@walk
def wait_field(house: House) -> None:
    visit = house.waiting(1)[0]
    with house.open():
        link = status_link(visit)
    place = Api().get(f"public/appointments/{link}/status").json
    assert {"wait", "paused"} <= place.keys()
    assert place["wait"] is None or {"low", "high", "text"} <= place["wait"].keys()


@walk
def position_field(house: House) -> None:
    _first, second = house.waiting(2)
    with house.open():
        link = status_link(second)
    place = Api().get(f"public/appointments/{link}/status").json
    assert (place["position"], place["ahead"]) == (2, 1)


@walk
def stats_fields(house: House) -> None:
    visit = called(house)
    api(house, "doctor").post(f"queue/doctor/{house.doctor.pk}/complete", {})
    assert state(house, visit) == "completed"
    numbers = api(house, "receptionist").get("receptionists/stats").json
    assert (numbers["completed"], numbers["waiting"]) == (1, 2)
    assert {"in_progress", "cancelled", "no_show"} <= numbers.keys()


# --- words -----------------------------------------------------------------------------------------------------------


@walk
def upper_case(house: House) -> None:
    visit = called(house)
    doctor = api(house, "doctor")
    for word, now in (("IN_PROGRESS", "in_progress"), ("COMPLETED", "completed")):
        answer = doctor.patch(f"visits/{visit.pk}/status", {"status": word})
        assert (answer.status, answer.json["status"]) == (200, now), answer.content


@walk
def checked_in(house: House) -> None:
    visit = house.waiting(1)[0]
    rows = api(house, "receptionist").get("visits?status=CHECKED_IN")
    assert rows.status == 200, rows.content
    assert [row["id"] for row in rows.json["results"]] == [str(visit.pk)]


@walk
def skipped(house: House) -> None:
    visit = called(house)
    answer = api(house, "doctor").patch(f"visits/{visit.pk}/status", {"status": "SKIPPED"})
    assert answer.status == 200, answer.content
    assert (answer.json["status"], last(house)) == ("waiting", "visit.skipped")


@walk
def on_hold(house: House) -> None:
    visit = house.waiting(1)[0]
    answer = api(house, "receptionist").patch(f"visits/{visit.pk}/status", {"status": "ON_HOLD", "hold": "PAPERS"})
    assert (answer.status, answer.json["status"], answer.json["hold"]["reason"]) == (200, "on_hold", "papers")


@walk
def carried_over(house: House) -> None:
    visit = house.waiting(1)[0]
    with house.open():
        fresh = close.close(visit, close.CARRY, actor=house.desk)
        assert fresh is not None
        assert fresh.klass == CARRIED_OVER
    assert api(house, "receptionist").get(f"visits/{visit.pk}").json["status"] == "carried_over"


@walk
def doctor_words(house: House) -> None:
    desk = api(house, "receptionist")
    for word in ("running_late", "on_break", "off_duty", "on_time"):
        answer = desk.patch(f"doctors/{house.doctor.pk}/status", {"status": word.upper()})
        assert (answer.status, answer.json["status"]) == (200, word), answer.content
