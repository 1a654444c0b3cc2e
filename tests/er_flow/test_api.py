"""REST of the emergency department: the story of a patient, and every refusal on the way (domain/4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinic.core.access import Actor
from clinic.directory.models import Department
from clinic.live import feed
from clinic.live.models import Event
from clinic.records.models import AccessLog, Patient
from clinic.tenants.operations.keys import create_key
from er_flow.models import Triage
from tests.api.client import Api, api
from tests.api.samples import er_made as made
from tests.er_flow.asking import ok, refused
from tests.world import House, World

pytestmark = pytest.mark.django_db
CALM = made.CALM_BODY


@pytest.fixture
def house(world: World) -> House:
    made.department(world.harbor)
    return world.harbor


@pytest.fixture
def nurse(house: House) -> Api:
    return api(house, "nurse")


def arrive(caller: Api, **more: Any) -> Any:
    body = {"unknown": True, "age": {"amount": 45}, "complaint": "Chest pain", **more}
    return ok(caller.post("er/patients", body), 201)


# --- the story -------------------------------------------------------------------------------------------------------


def test_a_patient_goes_from_the_door_to_the_ward(house: House, nurse: Api) -> None:
    place = made.bed(house, features=["cardiac_monitor"])
    desk = api(house, "receptionist")
    body = {"person": {"given_name": "Priya", "family_name": "Raman"}, "age": {"amount": 45}, "complaint": "Chest pain"}
    here = ok(desk.post("er/patients", body), 201)
    assert (here["status"], here["level"], here["label"], here["patient"]["name"]) == (
        "arrived", None, f"E-{here['number']}", "Priya Raman",
    )  # fmt: skip
    assert here["age"] == {"months": 540, "days": 16436, "text": "45 y"}
    assert here["target"]["minutes"] == 10
    of = f"er/patients/{here['id']}"
    assert ok(nurse.post(f"{of}/start-triage"))["triage_started_at"]
    noted = ok(nurse.post(f"{of}/triage", {**CALM, "level": 3, "override_reason": "Pale and sweating"}))
    assert (noted["visit"]["status"], noted["visit"]["level"], noted["triage"]["suggested"]) == ("triaged", 3, 4)
    assert noted["visit"]["target"] == {
        "set": "ats", "version": "ats-2013", "minutes": 30, "since": here["arrived_at"],
        "due_at": noted["visit"]["target"]["due_at"],
    }  # fmt: skip
    risen = ok(nurse.post(f"{of}/reassess", {**CALM, "level": 2, "what_changed": "Sweats", "what_was_done": "ECG"}))
    assert (risen["visit"]["level"], risen["triage"]["kind"]) == (2, "reassessment")
    best = ok(nurse.post(f"{of}/best-bed", {"needs": ["cardiac_monitor"]}))
    assert [fit["bed"]["name"] for fit in best["suggestions"]] == [place.name]
    assert (best["suggestions"][0]["has"], best["assigned"]) == (["cardiac_monitor"], False)
    assert best["suggestions"][0]["why"] == "has Monitor"
    taken = ok(nurse.post(f"{of}/best-bed", {"assign": True}))["visit"]
    assert (taken["status"], taken["bed"]["id"]) == ("bedded", str(place.pk))
    doctor = api(house, "doctor")
    seen = ok(doctor.patch(f"{of}/status", {"status": "in_treatment"}))
    assert (seen["target"], seen["reassess_at"], seen["provider"]["id"]) == (None, None, str(house.doctor.pk))
    decided = ok(doctor.post(f"{of}/disposition", {"disposition": "admit", "note": "Cardiology"}))
    assert (decided["status"], decided["waiting_for"], decided["admit_at"]) == (
        "disposition", ["ward_bed"], decided["decided_at"],
    )  # fmt: skip
    assert ok(nurse.patch(f"{of}/status", {"status": "boarding"}))["bed"]["id"] == str(place.pk)
    gone = ok(nurse.patch(f"{of}/status", {"status": "ADMITTED"}))
    assert (gone["status"], gone["bed"], bool(gone["departed_at"])) == ("admitted", None, True)
    bed = ok(nurse.get(f"er/beds/{place.pk}"))
    assert (bed["status"], bed["visit"]) == ("cleaning", None)
    told = ok(nurse.get(of))
    assert [stage["status"] for stage in told["stages"]] == [
        "arrived", "triaged", "bedded", "in_treatment", "disposition", "boarding",
    ]  # fmt: skip
    assert [stay["bed"]["name"] for stay in told["stays"]] == [place.name]
    assert [row["level"] for row in told["triages"]] == [3, 2]
    assert ok(nurse.get("er/patients"))["results"] == []
    assert [row["id"] for row in ok(nurse.get("er/patients?active=false"))["results"]] == [here["id"]]
    assert [row["id"] for row in ok(nurse.get("er/patients?status=ADMITTED"))["results"]] == [here["id"]]


def test_triages_are_for_whoever_may_triage_and_opening_a_visit_is_noted(house: House) -> None:
    visit = made.triaged(house)
    desk = api(house, "receptionist")
    assert ok(desk.get(f"er/patients/{visit.pk}"))["triages"] == []
    assert len(ok(api(house, "nurse").get(f"er/patients/{visit.pk}"))["triages"]) == 1
    with house.open():
        assert set(AccessLog.objects.values_list("patient_id", flat=True)) == {visit.patient_id}


def test_a_key_that_may_read_visits_and_no_records_is_written_down_too(house: House) -> None:
    visit, nobody = made.triaged(house), made.arrived(house, known=False)
    with house.open():
        row, raw = create_key(name="Board", abilities=["er.view"], actor=house.actor("owner"))
        who = Actor(kind="key", id=str(row.pk), name="Board", abilities=frozenset({"er.view"}))
    reader = Api(f"Api-Key {raw}")
    assert ok(reader.get(f"er/patients/{visit.pk}"))["patient"]["name"]
    assert ok(reader.get(f"er/patients/{nobody.pk}"))["patient"]["id"] is None
    feed.opened(house.hospital.pk, feed.subscriptions([visit.ref], who).values(), who)
    with house.open():
        told = list(AccessLog.objects.order_by("id").values_list("actor", "patient_id", "page", "why"))
    of = f"E-{visit.number}"
    assert told == [(f"key:{row.pk}", visit.patient_id, page, of) for page in ("api", "stream")]


# --- coming in -------------------------------------------------------------------------------------------------------


def test_whoever_is_unknown_is_called_by_the_number_and_named_later(house: House, nurse: Api) -> None:
    here = arrive(nurse, age={"amount": 7, "unit": "months"}, reported_level=1, arrival_mode="AMBULANCE")
    assert here["patient"] == {"id": None, "name": f"Unknown {here['number']}"}
    assert (here["age"]["text"], here["reported_level"], here["level"]) == ("7 mo", 1, None)
    person = {"given_name": "Lina", "family_name": "Berg", "birth_date": "2026-04-01"}
    named = ok(nurse.post(f"er/patients/{here['id']}/identify", {"person": person}))
    assert (named["patient"]["name"], named["label"]) == ("Lina Berg", here["label"])
    other = house.patient("Somebody", "Else")
    again = nurse.post(f"er/patients/{here['id']}/identify", {"patient": str(other.pk), "age": {"amount": 3}})
    assert refused(again, 400, "ER_WHY_ANOTHER") == {"reason": ["required"]}


def test_somebody_new_who_was_born_after_the_arrival_is_not_registered_either(house: House, nurse: Api) -> None:
    came = timezone.now() - timedelta(days=3)
    here = arrive(nurse, arrived_at=came.isoformat(), entered_later=True)
    person = {"given_name": "Ida", "family_name": "Lee", "birth_date": (came + timedelta(days=2)).date().isoformat()}
    answer = nurse.post(f"er/patients/{here['id']}/identify", {"person": person})
    assert list(refused(answer, 400, "ER_BORN_LATER")) == ["person"]
    with house.open():
        assert not Patient.objects.filter(given_name="Ida").exists()


def test_somebody_alike_is_shown_before_there_are_two(house: House, nurse: Api) -> None:
    person = {"given_name": "Priya", "family_name": "Raman", "birth_year": 1981}
    known = ok(nurse.post("patients", person), 201)
    body = {"person": {"given_name": "Priya", "family_name": "Raman"}, "age": {"amount": 45}, "complaint": "Chest pain"}
    details = refused(nurse.post("er/patients", body), 409, "PATIENT_KNOWN")
    assert [row["id"] for row in details["candidates"]] == [known["id"]]
    body["person"] = {**body["person"], "force_new": "Her cousin"}  # type: ignore[dict-item]
    ok(nurse.post("er/patients", body), 201)
    with house.open():
        made_new = Patient.objects.latest("id")
    assert (made_new.birth_year, made_new.birth_estimated) == (1981, True)


def test_nobody_is_in_the_department_twice(house: House, nurse: Api) -> None:
    visit = made.arrived(house)
    body = {"patient": str(visit.patient_id), "age": {"amount": 45}, "complaint": "Again"}
    assert refused(nurse.post("er/patients", body), 409, "ER_ALREADY_HERE")["visit"] == str(visit.pk)
    people = [{"unknown": True, "age": {"amount": 30}, "complaint": "Burns"}, body]
    before = ok(nurse.get("er/patients"))["results"]
    refused(nurse.post("er/patients/bulk", {"people": people}), 409, "ER_ALREADY_HERE")
    assert ok(nurse.get("er/patients"))["results"] == before
    many = ok(nurse.post("er/patients/bulk", {"people": people[:1] * 3}), 201)["results"]
    assert [row["number"] - many[0]["number"] for row in many] == [0, 1, 2]


def test_who_came_earlier_needs_a_reason_or_a_downtime_sheet(house: House, nurse: Api) -> None:
    at = (timezone.now() - timedelta(hours=3)).isoformat()
    body = {"unknown": True, "age": {"amount": 45}, "complaint": "Fall", "arrived_at": at}
    refused(nurse.post("er/patients", body), 400, "ER_WHY_THEN")
    told = ok(nurse.post("er/patients", {**body, "entered_later": True}), 201)
    assert told["entered_later"]
    assert told["arrived_at"] < told["registered_at"]
    future = {**body, "arrived_at": (timezone.now() + timedelta(hours=1)).isoformat(), "reason": "x"}
    refused(nurse.post("er/patients", future), 400, "ER_IN_THE_FUTURE")


def test_one_of_several_departments_is_named(house: House, nurse: Api) -> None:
    with house.open():
        second = Department.objects.create(name="Children's emergency", prefix="K", sort=Department.EMERGENCY)
    body = {"unknown": True, "age": {"amount": 4}, "complaint": "Fever"}
    assert "department" in refused(nurse.post("er/patients", body), 400, "REQUEST_INVALID")
    told = ok(nurse.post("er/patients", {**body, "department": str(second.pk)}), 201)
    assert told["department"] == {"id": str(second.pk), "name": second.name}
    clinic = {**body, "department": str(house.department.pk)}
    refused(nurse.post("er/patients", clinic), 409, "ER_NOT_AN_EMERGENCY_DEPARTMENT")


@pytest.mark.parametrize(
    "wrong",
    [
        {"age": {"amount": 0}}, {"age": {"amount": 40, "unit": "weeks", "x": 1}}, {"age": 45},
        {"age": {"amount": "45"}}, {"age": {"amount": 131}},
        {"birth_date": "2999-01-01"}, {"birth_date": "1700-01-01"}, {"complaint": " "},
        {"unknown": False}, {"person": {"given_name": "A"}}, {"alerts": ["fal"]}, {"alerts": "fall"},
        {"needs": ["Ventilator!"]}, {"needs": [1]}, {"needs": [f"x{n}" for n in range(21)]}, {"reported_level": 6},
        {"reported_level": "2"}, {"arrival_mode": "boat"}, {"sex": 1}, {"arrived_at": "yesterday"}, {"level": 1},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_field_by_field(house: House, nurse: Api, wrong: dict[str, Any]) -> None:
    body = {"unknown": True, "age": {"amount": 45}, "complaint": "Chest pain"}
    body.pop("age") if "birth_date" in wrong else None
    details = refused(nurse.post("er/patients", {**body, **wrong}), 400, "REQUEST_INVALID")
    assert len(details) == 1


def test_a_word_said_twice_counts_once(house: House, nurse: Api) -> None:
    told = arrive(nurse, alerts=["fall", "FALL"], needs=["telemetry", "telemetry"])
    assert (told["alerts"], told["needs"]) == (["fall"], ["telemetry"])


# --- triage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "vitals"),
    [
        ({"life_saving": ["prayer"]}, {}), ({"life_saving": "naloxone"}, {}), ({"avpu": "asleep"}, {}),
        ({"pain": 11}, {}), ({"pain": "7"}, {}), ({"pregnant": 1}, {}), ({"colour": "blue"}, {}),
        ({"resources": [None]}, {}), ({}, {"hr": "90"}), ({}, {"hr": 90.5}), ({}, {"hr": 1000}), ({}, {"spo2": 101}),
        ({}, {"temp": "warm"}), ({}, {"temp": True}), ({}, {"temp": 98.6}), ({}, {"temp": 37, "temp_unit": "f"}),
        ({}, {"temp": 37, "temp_unit": "k"}), ({}, {"temp": "1e9"}), ({}, {"pulse": 90}),
        ({}, {"unobtainable": {"pulse": "x"}}), ({}, {"unobtainable": {"hr": ""}}),
        ({}, {"hr": 90, "unobtainable": {"hr": "cuff broken"}}), ({}, []), ([], {}),
    ],
)  # fmt: skip
def test_answers_and_vital_signs_are_checked_strictly(
    house: House, nurse: Api, answers: dict[str, Any], vitals: dict[str, Any]
) -> None:
    visit = made.arrived(house)
    body = {"answers": answers, "vitals": vitals, "level": 2}
    for path in (f"er/patients/{visit.pk}/triage", "er/esi/suggest"):
        asked = body if "triage" in path else {**body, "visit": str(visit.pk)}
        if "suggest" in path:
            asked.pop("level")
        details = refused(nurse.post(path, asked), 400, "REQUEST_INVALID")
        assert set(details) <= {"answers", "vitals"}
    with house.open():
        assert not Triage.objects.exists()


def test_a_temperature_is_taken_in_both_units_and_kept_in_one(house: House, nurse: Api) -> None:
    visit = made.arrived(house)
    for temp, unit in ((100.4, "f"), ("100.4", "F"), (38, "c"), ("38.0", "c")):
        told = ok(nurse.post(f"er/patients/{visit.pk}/vitals", {"vitals": {"temp": temp, "temp_unit": unit}}))
        assert told["triage"]["vitals"] == {"temp": "38.0"}
    assert told["visit"]["level"] is None


def test_a_suggestion_says_what_is_missing_and_what_to_look_at_again(house: House, nurse: Api) -> None:
    body: dict[str, Any] = {"age": {"amount": 45}, "answers": {"resources": ["labs"]}, "vitals": {"hr": 310}}
    told = ok(nurse.post("er/esi/suggest", body))
    assert (told["level"], told["consider"], told["preselected"]) == (4, [2], None)
    assert (told["missing"], told["implausible"]) == (["rr"], {"hr": ["20", "300"]})
    assert ok(nurse.post("er/esi/suggest", {**body, "confirmed": ["hr"]}))["implausible"] == {}
    refused(nurse.post("er/esi/suggest", {**body, "visit": str(made.arrived(house).pk)}), 400, "REQUEST_INVALID")
    refused(nurse.post("er/esi/suggest", {"answers": {}}), 400, "REQUEST_INVALID")
    with house.open():
        assert not Event.objects.filter(name__startswith="er_visit.tri").exists()


def test_a_level_needs_its_vital_signs_its_reason_and_a_second_look(house: House, nurse: Api) -> None:
    of = f"er/patients/{made.arrived(house).pk}"
    assert refused(nurse.post(f"{of}/triage", {"level": 4}), 400, "ER_VITALS_MISSING") == {
        "hr": ["required"], "rr": ["required"],
    }  # fmt: skip
    assert "override_reason" in refused(nurse.post(f"{of}/triage", {**CALM, "level": 2}), 400, "ER_WHY_OVERRIDE")
    odd = {"answers": CALM["answers"], "vitals": {"hr": 310, "rr": 16}, "level": 4}
    assert refused(nurse.post(f"{of}/triage", odd), 400, "ER_IMPLAUSIBLE") == {"hr": ["20–300"]}
    ok(nurse.post(f"{of}/triage", {**odd, "confirmed": ["hr"]}))
    assert refused(nurse.post(f"{of}/triage", {**CALM, "level": 4}), 409, "ER_TRIAGED_ALREADY")["level"] == 4
    refused(nurse.post(f"{of}/reassess", {**CALM, "level": 5}), 409, "ER_LEVEL_ONLY_RISES")
    refused(nurse.post(f"{of}/reassess", {**CALM, "level": 3}), 400, "ER_WHY_RISES")
    lower = {**CALM, "level": 5, "override_reason": "Nothing at all", "reason": "The wrong sheet"}
    refused(nurse.post(f"{of}/correct-triage", lower), 409, "ER_SECOND_NURSE")
    told = ok(api(house, "charge_nurse").post(f"{of}/correct-triage", lower))
    assert (told["visit"]["level"], told["triage"]["kind"]) == (5, "correction")
    triages = ok(nurse.get(of))["triages"]
    assert [(row["level"], row["error_reason"]) for row in triages] == [(4, "The wrong sheet"), (5, "")]


def test_many_are_triaged_at_once_or_nobody(house: House, nurse: Api) -> None:
    new, done = made.arrived(house), made.triaged(house)
    told = [{**CALM, "visit": str(visit.pk), "level": 4} for visit in (new, done)]
    refused(nurse.post("er/patients/bulk-triage", {"triages": told}), 409, "ER_TRIAGED_ALREADY")
    assert ok(nurse.get(f"er/patients/{new.pk}"))["level"] is None
    (one,) = ok(nurse.post("er/patients/bulk-triage", {"triages": told[:1]}))["results"]
    assert (one["visit"]["id"], one["visit"]["level"]) == (str(new.pk), 4)
    assert "triages" in refused(nurse.post("er/patients/bulk-triage", {"triages": []}), 400, "REQUEST_INVALID")


def test_a_word_never_sets_a_level(house: House, nurse: Api) -> None:
    visit = made.arrived(house)
    refused(nurse.patch(f"er/patients/{visit.pk}/status", {"status": "triaged"}), 409, "ER_TRIAGE_FIRST")
    refused(nurse.post(f"er/patients/{visit.pk}/reassess", {**CALM, "level": 2}), 409, "ER_WRONG_STATE")
