"""Visits over REST: the main job, every verb from every state, and what two people at once are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from clinic.live.models import Event
from clinic.records import operations as patients
from clinic.records.models import AccessLog, Patient
from queues.boards import Kept
from queues.models import (
    CALLED,
    CANCELLED,
    COMPLETED,
    IN_PROGRESS,
    LEFT,
    NO_SHOW,
    ON_HOLD,
    WAITING,
    Display,
    Leg,
    Visit,
)
from queues.operations import calls, ends, holds
from tests.api.client import Api, api
from tests.api.samples import called, calls_of, display_token
from tests.world import House, World

pytestmark = pytest.mark.django_db


def desk(house: House) -> Api:
    return api(house, "receptionist")


def line(house: House, caller: Api | None = None) -> dict[str, Any]:
    found: dict[str, Any] = (caller or desk(house)).get(f"queue/doctor/{house.doctor.pk}").json
    return found


def test_the_main_job(world: World) -> None:
    house = world.harbor
    front, doctor = desk(house), api(house, "doctor")
    person = {"given_name": "Priya", "family_name": "Raman", "phone": "+33 6 12 34 56 78"}
    taken = front.post("reception/intake", {"person": person, "doctor": str(house.doctor.pk), "reason": "Fever"})
    assert (taken.status, taken.json["token"], taken.json["status"]) == (201, "A-001", WAITING)
    assert [row["token"] for row in line(house)["waiting"]] == ["A-001"]
    phone = Api()
    place = phone.get(f"public/visits/{taken.json['status_token']}/status").json
    assert (place["status"], place["position"], place["ahead"], place["patient"]) == (WAITING, 1, 0, "Priya Raman")
    visit = doctor.post(f"queue/doctor/{house.doctor.pk}/next").json["visit"]
    assert (visit["token"], visit["status"], visit["room"]["name"]) == ("A-001", CALLED, "Room 4")
    assert doctor.post(f"queue/doctor/{house.doctor.pk}/start").json["status"] == IN_PROGRESS
    assert phone.get(f"public/visits/{taken.json['status_token']}/status").json["status"] == IN_PROGRESS
    assert [row["status"] for row in line(house)["now"]] == [IN_PROGRESS]
    ended = doctor.post(f"queue/doctor/{house.doctor.pk}/complete-and-call").json
    assert (ended["completed"]["status"], ended["called"]) == (COMPLETED, None)
    assert doctor.post(f"queue/doctor/{house.doctor.pk}/next").json == {"visit": None}
    assert front.get("receptionists/stats").json["completed"] == 1


def test_a_known_phone_answers_with_who_it_might_be_and_takes_nobody_in(world: World) -> None:
    house = world.harbor
    mother = house.patient("Ada", "Okafor", phone="+33 6 12 34 56 78")
    child = house.patient("Obi", "Okafor", phone="06 12 34 56 78".replace("06", "+33 6"))
    world.hilltop.patient("Not", "Ours", phone="+33 6 12 34 56 78")
    front = desk(house)
    body: dict[str, Any] = {"queue": str(house.own.pk)}
    person = {"given_name": "A", "family_name": "Okafor", "phone": "+33612345678"}
    refused = front.post("reception/intake", {**body, "person": person})
    assert (refused.status, refused.code) == (409, "PATIENT_KNOWN")
    candidates = refused.json["error"]["details"]["candidates"]
    assert {row["id"] for row in candidates} == {str(mother.pk), str(child.pk)}
    assert set(candidates[0]) == {"id", "name", "mrn", "birth_date", "birth_year", "sex", "phone"}
    with house.open():
        assert (Visit.objects.count(), Patient.objects.count()) == (0, 2)
    assert front.post("reception/intake", {**body, "patient": str(child.pk)}).json["patient"]["name"] == "Obi Okafor"
    assert front.post("reception/intake", {**body, "patient": str(child.pk)}).code == "VISIT_ALREADY_IN_LINE"
    again = front.post("reception/intake", {**body, "patient": str(child.pk), "again_reason": "Second doctor"})
    assert again.json["token"] == "A-002"
    forced = front.post("reception/intake", {**body, "person": {**person, "force_new": "Twin sister"}})
    assert forced.json["token"] == "A-003"
    with house.open():
        assert Patient.objects.count() == 3


def test_a_refused_line_registers_nobody(world: World) -> None:
    house = world.harbor
    front = desk(house)
    front.patch(f"queues/{house.own.pk}", {"open": False})
    body = {"person": {"family_name": "Nobody"}, "queue": str(house.own.pk)}
    assert front.post("reception/intake", body).code == "QUEUE_CLOSED"
    with house.open():
        assert Patient.objects.count() == 0


ACTS: dict[str, tuple[Callable[[House, Visit], tuple[str, str, Any]], frozenset[str]]] = {
    "start": (lambda h, v: ("POST", f"queue/doctor/{h.doctor.pk}/start", {"visit": str(v.pk)}),
              frozenset({CALLED, IN_PROGRESS})),
    "complete": (lambda h, v: ("POST", f"queue/doctor/{h.doctor.pk}/complete", {"visit": str(v.pk)}),
                 frozenset({CALLED, IN_PROGRESS, COMPLETED})),
    "complete-and-call": (
        lambda h, v: ("POST", f"queue/doctor/{h.doctor.pk}/complete-and-call", {"visit": str(v.pk)}),
        frozenset({CALLED, IN_PROGRESS, COMPLETED})),
    "recall": (lambda h, v: ("POST", f"queue/doctor/{h.doctor.pk}/recall", {"visit": str(v.pk)}), frozenset({CALLED})),
    "skip": (lambda h, v: ("POST", f"queue/doctor/{h.doctor.pk}/skip", {"visit": str(v.pk)}), frozenset({CALLED})),
    "no-show": (lambda h, v: ("POST", f"queue/doctor/{h.doctor.pk}/no-show", {"visit": str(v.pk)}),
                frozenset({NO_SHOW})),
    "call": (lambda h, v: ("POST", f"queue/doctor/{h.doctor.pk}/call", {"visit": str(v.pk), "reason": "x"}),
             frozenset({WAITING, CALLED})),
    "leave": (lambda h, v: ("POST", f"visits/{v.pk}/leave", {}), frozenset({WAITING, ON_HOLD, LEFT})),
    "hold": (lambda h, v: ("POST", f"visits/{v.pk}/hold", {"reason": "TESTS"}),
             frozenset({WAITING, CALLED, IN_PROGRESS, ON_HOLD})),
    "resume": (lambda h, v: ("POST", f"visits/{v.pk}/resume", {}), frozenset({WAITING, ON_HOLD})),
    "delay": (lambda h, v: ("POST", f"visits/{v.pk}/delay", {"places": 1, "reason": "x"}), frozenset({WAITING})),
    "rejoin": (lambda h, v: ("POST", f"visits/{v.pk}/rejoin", {}), frozenset({WAITING, NO_SHOW, LEFT})),
    "cancel": (lambda h, v: ("POST", f"visits/{v.pk}/cancel", {"reason": "x"}),
               frozenset({WAITING, CALLED, IN_PROGRESS, ON_HOLD, CANCELLED})),
    "status waiting": (lambda h, v: ("PATCH", f"visits/{v.pk}/status", {"status": "CHECKED_IN"}),
                       frozenset({WAITING, ON_HOLD, NO_SHOW, LEFT})),
    "status on_hold": (lambda h, v: ("PATCH", f"visits/{v.pk}/status", {"status": "ON_HOLD", "hold": "TESTS"}),
                       frozenset({WAITING, CALLED, IN_PROGRESS, ON_HOLD})),
    "status in_progress": (lambda h, v: ("PATCH", f"visits/{v.pk}/status", {"status": "IN_PROGRESS"}),
                           frozenset({CALLED, IN_PROGRESS})),
    "status completed": (lambda h, v: ("PATCH", f"visits/{v.pk}/status", {"status": "completed"}),
                         frozenset({CALLED, IN_PROGRESS, COMPLETED})),
    "status skipped": (lambda h, v: ("PATCH", f"visits/{v.pk}/status", {"status": "SKIPPED"}), frozenset({CALLED})),
    "status called": (lambda h, v: ("PATCH", f"visits/{v.pk}/status", {"status": "Called", "reason": "x"}),
                      frozenset({WAITING, CALLED})),
    "status left": (lambda h, v: ("PATCH", f"visits/{v.pk}/status", {"status": "left"}),
                    frozenset({WAITING, ON_HOLD, LEFT})),
    "status cancelled": (lambda h, v: ("PATCH", f"visits/{v.pk}/status", {"status": "cancelled", "reason": "x"}),
                         frozenset({WAITING, CALLED, IN_PROGRESS, ON_HOLD, CANCELLED})),
}  # fmt: skip
"""Act → how it is asked for, and the states from which it is done (or has been done already)."""


def in_state(house: House, state: str) -> Visit:
    """A visit in this state, reached by the operations themselves."""
    visit = house.waiting(1)[0] if state in (WAITING, LEFT) else called(house)
    with house.open():
        match state:
            case "in_progress":
                calls.start(visit, actor=house.medic)
            case "on_hold":
                holds.hold(visit, reason="tests", actor=house.medic)
            case "completed":
                ends.complete(visit, actor=house.medic)
            case "no_show":
                leg = calls_of(visit)
                first = timezone.now() - timedelta(minutes=5)
                Leg.objects.filter(pk=leg.pk).update(spaced_calls=2, first_called_at=first)
                ends.no_show(visit, actor=house.medic)
            case "left":
                ends.leave(visit, actor=house.desk)
            case "cancelled":
                ends.cancel(visit, reason="x", actor=house.desk)
    return visit


@pytest.mark.parametrize("state", [WAITING, CALLED, IN_PROGRESS, ON_HOLD, COMPLETED, NO_SHOW, LEFT, CANCELLED])
@pytest.mark.parametrize("act", ACTS)
def test_every_verb_from_every_state(world: World, act: str, state: str) -> None:
    house = world.harbor
    ask, allowed = ACTS[act]
    visit = in_state(house, state)
    with house.open():
        before = Event.objects.count()
    answer = desk(house).send(*ask(house, visit))
    if state in allowed:
        assert answer.status == 200, answer.content
        return
    expected = "VISIT_CALLS_NEEDED" if (act, state) == ("no-show", CALLED) else "VISIT_WRONG_STATE"
    assert (answer.status, answer.code) == (409, expected), answer.content
    if expected == "VISIT_WRONG_STATE":
        assert answer.json["error"]["details"]["state"] == state
    with house.open():
        assert Event.objects.count() == before


def test_two_people_press_the_same_button(world: World) -> None:
    house = world.harbor
    house.waiting(3)
    doctor, front = api(house, "doctor"), desk(house)
    first = doctor.post(f"queue/doctor/{house.doctor.pk}/next")
    second = front.post(f"queue/doctor/{house.doctor.pk}/next")
    assert first.json["visit"]["token"] == "A-001"
    assert (second.status, second.code) == (409, "DOCTOR_BUSY")
    assert second.json["error"]["details"]["token"] == "A-001"
    assert len(line(house)["waiting"]) == 2


def test_a_visit_with_another_doctor_is_not_this_ones(world: World) -> None:
    house = world.harbor
    visit = called(house)
    answer = desk(house).post(f"queue/doctor/{house.colleague.pk}/start", {"visit": str(visit.pk)})
    assert (answer.status, answer.code) == (409, "VISIT_OTHER_SERVER")


def test_a_doctor_acts_for_the_own_room_only(world: World) -> None:
    house = world.harbor
    house.waiting(1, house.pool)
    answer = api(house, "doctor").post(f"queue/doctor/{house.colleague.pk}/next")
    assert (answer.status, answer.code) == (403, "DOCTOR_NOT_YOURS")
    pool = f"queue/department/{house.department.pk}/next"
    assert api(house, "doctor").post(pool, {"doctor": str(house.colleague.pk)}).status == 403
    assert api(house, "doctor").post(pool, {"doctor": str(house.doctor.pk)}).json["visit"]["token"] == "A-001"


def test_a_break_is_ended_only_on_purpose(world: World) -> None:
    house = world.harbor
    house.waiting(1)
    doctor, path = api(house, "doctor"), f"queue/doctor/{house.doctor.pk}/next"
    assert doctor.patch(f"doctors/{house.doctor.pk}/status", {"status": "ON_BREAK"}).json["status"] == "on_break"
    assert doctor.post(path).code == "DOCTOR_PAUSED"
    assert doctor.post(path, {"resume": True}).json["visit"]["token"] == "A-001"
    assert doctor.get(f"doctors/{house.doctor.pk}").json["status"] == "on_time"


def test_undo_takes_back_the_last_act_and_only_that(world: World) -> None:
    house = world.harbor
    with time_machine.travel(timezone.now(), tick=False) as clock:
        visit = called(house)
        doctor = api(house, "doctor")
        undone = doctor.post(f"visits/{visit.pk}/undo")
        assert (undone.json["undone"], undone.json["visit"]["status"]) == (["visit.called"], WAITING)
        assert doctor.post(f"visits/{visit.pk}/undo").code in ("UNDO_NOTHING", "UNDO_TOUCHED")
        start = doctor.post(f"queue/doctor/{house.doctor.pk}/next").header("X-Seq")
        clock.shift(timedelta(seconds=61))
        late = doctor.post(f"visits/{visit.pk}/undo", {"seq": int(start)})
        assert (late.status, late.code) == (409, "UNDO_TOO_LATE")
    other = house.waiting(1)[0]
    assert doctor.post(f"visits/{other.pk}/undo", {"seq": int(start)}).status == 404, "an act of another visit"


def test_opening_a_record_is_written_down(world: World) -> None:
    house = world.harbor
    patient = house.patient()
    api(house, "biller").get(f"patients/{patient.pk}")
    with house.open():
        row = AccessLog.objects.get()
        assert (row.patient_id, row.user_id, row.page) == (patient.pk, house.users["biller"].pk, "api")


def test_if_match_meets_a_newer_version(world: World) -> None:
    house = world.harbor
    patient = house.patient()
    front = desk(house)
    tag = front.get(f"patients/{patient.pk}").header("ETag")
    first = front.patch(f"patients/{patient.pk}", {"phone": "+33 6 1"}, If_Match=tag)
    assert (first.status, first.header("ETag") != tag) == (200, True)
    stale = front.patch(f"patients/{patient.pk}", {"phone": "+33 6 2"}, If_Match=tag)
    assert (stale.status, stale.code) == (412, "REQUEST_STALE")
    assert front.get(f"patients/{patient.pk}").json["phone"] == "+33 6 1"
    for good in ("*", '"x", {}'):
        tag = good.format(first.header("ETag"))
        assert front.patch(f"patients/{patient.pk}", {"language": "fr"}, If_Match=tag).status == 200
        first = front.patch(f"patients/{patient.pk}", {"language": ""})
    for bad in ("x", 'W/"1"', ""):
        assert front.patch(f"patients/{patient.pk}", {"language": "fr"}, If_Match=bad).status == 412, bad


def test_a_race_behind_if_match_is_412_and_without_it_409(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    house = world.harbor
    patient = house.patient()
    real = patients.correct

    def slow(row: Patient, **fields: Any) -> Any:
        Patient.objects.filter(pk=row.pk).update(version=row.version + 1)  # somebody else was faster
        return real(row, **fields)

    monkeypatch.setattr(patients, "correct", slow)
    front = desk(house)
    assert front.patch(f"patients/{patient.pk}", {"phone": "1"}).code == "ROW_CHANGED"
    tag = front.get(f"patients/{patient.pk}").header("ETag")
    assert front.patch(f"patients/{patient.pk}", {"phone": "2"}, If_Match=tag).code == "REQUEST_STALE"


def test_a_line_is_its_documents_in_order_and_follows_every_act(world: World) -> None:
    house = world.harbor
    house.waiting(3)
    front, doctor = desk(house), api(house, "doctor")
    own = f"queue/doctor/{house.doctor.pk}"
    acts: list[Callable[[], object]] = [
        lambda: None, lambda: doctor.post(f"{own}/next"), lambda: house.waiting(1, klass="urgent"),
        lambda: doctor.post(f"{own}/skip"),
    ]  # fmt: skip
    for act in acts:
        act()
        shown = line(house)
        with house.open():
            order = [str(pk) for pk in Leg.objects.waiting().in_order().values_list("visit_id", flat=True)]
        assert [row["id"] for row in shown["waiting"]] == order
        assert shown["waiting"] == [front.get(f"visits/{key}").json for key in order]


def test_a_line_that_did_not_change_is_not_sent_again(world: World) -> None:
    house = world.harbor
    house.waiting(1)
    front, path = desk(house), f"queue/doctor/{house.doctor.pk}"
    tag = front.get(path).header("ETag")
    same = front.get(path, If_None_Match=tag)
    assert (same.status, same.content, same.header("ETag")) == (304, b"", tag)
    house.waiting(1)
    assert front.get(path, If_None_Match=tag).status == 200


def test_somebody_called_out_of_the_pool_stands_at_pool_and_doctor(world: World) -> None:
    house = world.harbor
    house.waiting(1, house.pool)
    api(house, "doctor").post(f"queue/doctor/{house.doctor.pk}/next")
    pool = desk(house).get(f"queue/department/{house.department.pk}").json
    assert [row["token"] for row in pool["now"]] == [row["token"] for row in line(house)["now"]] == ["A-001"]
    everything = desk(house).get("receptionists/queue").json
    assert {entry["queue"]["id"] for entry in everything["lines"]} >= {str(house.own.pk), str(house.pool.pk)}


def test_what_the_public_may_see_holds_no_person(world: World) -> None:
    house = world.harbor
    token = display_token(house)
    for name in ("Noor", "Zoe"):
        person = {"given_name": name, "family_name": "Unmistakable", "phone": "+33 6 77 66 55 44", "notes": "canary",
                  "birth_date": "1971-02-03", "force_new": "x"}  # fmt: skip
        desk(house).post("reception/intake", {"queue": str(house.own.pk), "person": person})
    api(house, "doctor").post(f"queue/doctor/{house.doctor.pk}/next")
    board = Api().get(f"public/waiting-room/{token}")
    assert [call["token"] for call in board.json["calls"]] == ["A-001"]
    text = board.content.decode()
    with house.open():
        for row in Patient.objects.all():
            for secret in (row.given_name, row.family_name, row.phone, str(row.pk), row.mrn, "1971", "canary"):
                assert secret not in text


def test_links_that_end_answer_as_if_they_had_never_been(world: World) -> None:
    house = world.harbor
    screen = display_token(house)
    with house.open():
        pk = Display.objects.get().pk
    assert Api().get(f"public/waiting-room/{screen}").status == 200
    desk(house).post(f"displays/{pk}/revoke")
    ended, never = Api().get(f"public/waiting-room/{screen}"), Api().get("public/waiting-room/never")
    assert (ended.status, ended.content) == (404, never.content)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        link = desk(house).post("reception/intake", {"queue": str(house.own.pk), "person": {"family_name": "A"}}).json
        assert Api().get(f"public/visits/{link['status_token']}/status").status == 200
        assert Api().get(f"public/waiting-room/{link['status_token']}").status == 404, "a link opens one thing"
        clock.shift(timedelta(days=2))
        assert Api().get(f"public/visits/{link['status_token']}/status").content == never.content


def test_kept_boards_are_bounded_and_of_one_seq() -> None:
    boards = Kept(most=100)
    made: list[str] = []

    def make(text: str) -> Callable[[], bytes]:
        return lambda: made.append(text) or text.encode() * 30  # type: ignore[func-returns-value]

    assert boards.get(("a",), 1, make("a")) == boards.get(("a",), 1, make("x"))
    assert boards.get(("a",), 2, make("b")) == b"b" * 30
    for key in ("c", "d", "e", "f"):
        boards.get((key,), 2, make(key))
    assert len(boards) == 3, "90 of 100 bytes"
    boards.get(("a",), 2, make("g"))
    assert made == ["a", "b", "c", "d", "e", "f", "g"]
