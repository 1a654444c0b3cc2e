"""REST of the emergency department: statuses, beds, lists, times and figures (domain/4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.core import clock
from clinic.directory.models import Department
from clinic.live.models import Event
from er_flow import faces
from er_flow.models import Bed, EmergencyVisit, Triage
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


# --- status, beds ----------------------------------------------------------------------------------------------------


def test_an_earlier_systems_words_are_taken(house: House, nurse: Api) -> None:
    visit, place = made.arrived(house), made.bed(house)
    of = f"er/patients/{visit.pk}"
    for word in ("REGISTERED", "AWAITING_TRIAGE"):
        assert ok(nurse.patch(f"{of}/status", {"status": word}))["status"] == "arrived"
    refused(nurse.patch(f"{of}/status", {"status": "IN_BED"}), 409, "ER_BED_NEEDED")
    assert ok(nurse.patch(f"{of}/status", {"status": "IN_BED", "bed": str(place.pk)}))["status"] == "bedded"
    assert ok(nurse.patch(f"{of}/status", {"status": "IN_BED"}))["status"] == "bedded"
    refused(nurse.patch(f"{of}/status", {"status": "AWAITING_BED"}), 409, "ER_TRIAGE_FIRST")
    ok(nurse.post(f"{of}/triage", {**CALM, "level": 4}))
    assert ok(nurse.patch(f"{of}/status", {"status": "AWAITING_BED"}))["status"] == "triaged"
    assert ok(nurse.patch(f"{of}/status", {"status": "AWAITING_DISPOSITION"}))["status"] == "in_treatment"
    refused(nurse.patch(f"{of}/status", {"status": "DISCHARGED"}), 409, "ER_WRONG_STATE")
    refused(nurse.patch(f"{of}/status", {"status": "disposition"}), 400, "REQUEST_INVALID")
    assert ok(nurse.patch(f"{of}/status", {"status": "disposition", "disposition": "discharge"}))["decided_at"]
    refused(nurse.patch(f"{of}/status", {"status": "boarding"}), 409, "ER_OTHER_DISPOSITION")
    assert ok(nurse.patch(f"{of}/status", {"status": "DISCHARGED"}))["status"] == "discharged"
    refused(nurse.patch(f"{of}/status", {"status": "in_treatment"}), 409, "ER_WRONG_STATE")
    refused(nurse.patch(f"{of}/status", {"status": "gone home"}), 400, "REQUEST_INVALID")


def test_against_advice_only_after_the_risks_were_explained(house: House, nurse: Api) -> None:
    of = f"er/patients/{made.seen(house).pk}"
    refused(nurse.patch(f"{of}/status", {"status": "ama"}), 409, "ER_RISKS_FIRST")
    gone = ok(nurse.patch(f"{of}/status", {"status": "ama", "risks_explained": True}))
    assert (gone["status"], gone["risks_explained"], gone["bed"]) == ("ama", True, None)


def test_a_taken_bed_is_answered_with_who_has_it(house: House, nurse: Api) -> None:
    lies, waits = made.bedded(house), made.triaged(house)
    place = made.bed_of(lies, house)
    details = refused(nurse.patch(f"er/patients/{waits.pk}/bed", {"bed": str(place.pk)}), 409, "BED_OCCUPIED")
    assert (details["visit"], details["number"]) == (str(lies.pk), lies.number)
    kept, whose = made.reserved(house)
    refused(nurse.patch(f"er/patients/{waits.pk}/bed", {"bed": str(kept.pk)}), 409, "BED_RESERVED")
    assert ok(nurse.get(f"er/patients/{whose.pk}"))["reserved_bed"]["id"] == str(kept.pk)
    broken = made.blocked(house)
    refused(nurse.patch(f"er/patients/{waits.pk}/bed", {"bed": str(broken.pk)}), 409, "BED_NOT_FREE")
    ok(nurse.patch(f"er/patients/{waits.pk}", {"precautions": "airborne"}))
    free = made.bed(house)
    refused(nurse.patch(f"er/patients/{waits.pk}/bed", {"bed": str(free.pk)}), 409, "BED_NEEDS_NEGATIVE_PRESSURE")
    refused(nurse.post(f"er/patients/{waits.pk}/best-bed", {"assign": True}), 409, "BED_NONE_FITS")
    assert ok(nurse.post(f"er/patients/{waits.pk}/best-bed"))["suggestions"] == []
    refused(nurse.patch(f"er/patients/{waits.pk}/bed", {"bed": None}), 409, "ER_NO_BED")
    refused(nurse.patch(f"er/patients/{waits.pk}/bed", {}), 400, "REQUEST_INVALID")


def test_beds_are_acted_on_by_their_words(house: House, nurse: Api) -> None:
    visit, place = made.triaged(house), made.bed(house)
    of = f"er/beds/{place.pk}"
    assert ok(nurse.patch(f"{of}/status", {"status": "OPEN"}))["status"] == "available"
    refused(nurse.patch(f"{of}/status", {"status": "HELD"}), 400, "REQUEST_INVALID")
    held = ok(nurse.patch(f"{of}/status", {"status": "HELD", "visit": str(visit.pk)}))
    assert (held["status"], held["reserved_for"]["name"]) == ("reserved", f"E-{visit.number}")
    taken = ok(nurse.patch(f"{of}/status", {"status": "OCCUPIED", "visit": str(visit.pk)}))
    assert (taken["status"], taken["visit"]["id"], taken["reserved_for"]) == ("occupied", str(visit.pk), None)
    refused(nurse.patch(f"{of}/status", {"status": "OPEN"}), 409, "BED_WRONG_STATE")
    refused(nurse.patch(f"{of}/status", {"status": "contaminated"}), 409, "BED_WRONG_STATE")
    left = ok(nurse.patch(f"{of}/free"))
    assert (left["status"], left["visit"]) == ("cleaning", None)
    assert ok(nurse.patch(f"{of}/free"))["status"] == "available"
    assert nurse.patch(f"{of}/status", {"status": "blocked", "reason": "Broken"}).status == 403
    charge = api(house, "charge_nurse")
    shut = ok(charge.patch(f"{of}/status", {"status": "blocked", "reason": "Broken"}))
    assert (shut["status"], shut["blocked_reason"]) == ("blocked", "Broken")
    refused(nurse.patch(f"{of}/free"), 409, "BED_WRONG_STATE")
    assert ok(charge.patch(f"{of}/status", {"status": "available"}))["status"] == "available"
    refused(nurse.post(f"{of}/transfer", {"to": str(made.bed(house).pk)}), 409, "BED_EMPTY")


def test_patients_change_beds_in_one_act(house: House, nurse: Api) -> None:
    one, other = made.bedded(house), made.bedded(house)
    first, second = made.bed_of(one, house), made.bed_of(other, house)
    both = ok(nurse.post(f"er/patients/{one.pk}/swap", {"visit": str(other.pk)}))["results"]
    assert [row["bed"]["id"] for row in both] == [str(second.pk), str(first.pk)]
    assert ok(nurse.post(f"er/beds/{first.pk}/swap", {"bed": str(second.pk)}))["visit"]["id"] == str(one.pk)
    third = made.bed(house)
    assert ok(nurse.post(f"er/beds/{first.pk}/transfer", {"to": str(third.pk)}))["status"] == "cleaning"
    assert ok(nurse.get(f"er/patients/{one.pk}"))["bed"]["id"] == str(third.pk)
    refused(nurse.post(f"er/patients/{one.pk}/swap", {"visit": str(one.pk)}), 400, "ER_SWAP_WITH_ONESELF")


def test_what_was_read_before_is_not_overwritten(house: House, nurse: Api) -> None:
    visit, owner = made.arrived(house), api(house)
    for path, tag, body in (
        (f"er/patients/{visit.pk}", '"1"', {"complaint": "Back pain"}),
        (f"er/beds/{made.bed(house).pk}", '"1"', {"name": "Z1"}),
        (f"er/sections/{made.section(house).pk}", '"1"', {"name": "Majors"}),
    ):
        changed = owner.patch(path, body, If_Match=tag)
        assert (changed.status, changed.header("ETag")) == (200, '"2"'), changed.content
        assert owner.patch(path, body, If_Match=tag).status == 412
    refused(owner.patch(f"er/patients/{visit.pk}", {"status": "triaged"}), 400, "REQUEST_INVALID")


def test_sections_and_beds_keep_their_names_and_their_people(house: House) -> None:
    owner = api(house)
    made.bed(house)
    section = made.section(house)
    refused(owner.post("er/sections", {"name": section.name}), 409, "ER_SECTION_NAME_TAKEN")
    refused(owner.patch(f"er/sections/{section.pk}", {"active": False}), 409, "ER_SECTION_HAS_BEDS")
    place = made.bed_of(made.bedded(house), house)
    refused(owner.post("er/beds", {"section": str(section.pk), "name": place.name}), 409, "BED_NAME_TAKEN")
    refused(owner.patch(f"er/beds/{place.pk}", {"active": False}), 409, "BED_WRONG_STATE")
    monitor = made.bed(house, features=["cardiac_monitor"])
    assert [row["id"] for row in ok(owner.get("er/beds?feature=cardiac_monitor"))["results"]] == [str(monitor.pk)]
    assert [row["id"] for row in ok(owner.get("er/beds?status=OCCUPIED"))["results"]] == [str(place.pk)]
    nurse = made.nurse(house)
    told = ok(api(house, "charge_nurse").post(f"er/sections/{section.pk}/nurse", {"nurse": str(nurse.pk)}))
    assert told["nurse"]["name"] == nurse.name
    doctor = {"nurse": str(house.doctor.pk)}
    refused(api(house, "charge_nurse").post(f"er/sections/{section.pk}/nurse", doctor), 400, "ER_NOT_A_NURSE")


# --- lists, delays, times, undo --------------------------------------------------------------------------------------


def test_the_list_is_in_the_order_of_the_board_page_by_page(house: House, nurse: Api) -> None:
    made_so = {made.triaged(house, 4): 4, made.triaged(house, 2): 2, made.triaged(house, 4): 4, made.arrived(house): 0}
    lies = made.bedded(house)
    with house.open():
        order = [str(pk) for pk in EmergencyVisit.objects.open().in_order().values_list("pk", flat=True)]
    assert len(order) == len(made_so) + 1
    pages, path = [], "er/patients?limit=2"
    while path:
        page = ok(nurse.get(path))
        pages += [row["id"] for row in page["results"]]
        path = (page["next"] or "").partition("/api/v1/")[2]
    assert pages == order
    back = ok(nurse.get(ok(nurse.get("er/patients?limit=2"))["next"].partition("/api/v1/")[2]))["previous"]
    assert [row["id"] for row in ok(nurse.get(back.partition("/api/v1/")[2]))["results"]] == order[:2]
    assert [row["level"] for row in ok(nurse.get("er/patients?esi=2"))["results"]] == [2]
    assert [row["id"] for row in ok(nurse.get("er/patients?status=IN_BED"))["results"]] == [str(lies.pk)]
    waiting = ok(nurse.get("er/patients?status=AWAITING_BED"))["results"]
    assert [row["level"] for row in waiting] == [2, 4, 4]
    assert len(ok(nurse.get("er/patients?status=REGISTERED"))["results"]) == 1
    cursor = ok(nurse.get("er/patients?limit=2"))["next"].partition("?")[2].replace("limit=2", "limit=2&esi=2")
    refused(nurse.get(f"er/patients?{cursor}"), 400, "REQUEST_BAD_CURSOR")


def test_who_is_delayed_comes_with_both_clocks_and_the_target(house: House, nurse: Api) -> None:
    now = clock.now()
    with time_machine.travel(now - timedelta(minutes=40)):
        early, calm, quick = made.arrived(house), made.arrived(house), made.arrived(house)
    of = "er/patients"
    with time_machine.travel(now - timedelta(minutes=35)):
        then = api(house, "nurse")
        ok(then.post(f"{of}/{calm.pk}/triage", {**CALM, "level": 4}))
        ok(then.post(f"{of}/{quick.pk}/triage", {**CALM, "level": 3, "override_reason": "Pale"}))
    with time_machine.travel(now + timedelta(seconds=20)):
        told = ok(nurse.get("er/patients/delayed"))["results"]
        first = ok(nurse.get("er/patients/delayed?limit=1"))
        second = ok(nurse.get(first["next"].partition("/api/v1/")[2]))
        back = ok(nurse.get(second["previous"].partition("/api/v1/")[2]))
    assert [row["visit"]["id"] for row in told] == [str(early.pk), str(quick.pk)]
    assert [(row["minutes"]["since_arrival"], row["target"]["minutes"], row["over"]) for row in told] == [
        (40, 10, 30), (40, 30, 10),
    ]  # fmt: skip
    assert [row["minutes"]["in_status"] for row in told] == [40, 35]
    assert (first["results"], second["results"], second["next"]) == (told[:1], told[1:], None)
    assert back["results"] == told[:1] and first["previous"] is None
    refused(nurse.get("er/patients/delayed?esi=2"), 400, "REQUEST_INVALID")
    assert ok(nurse.post(f"{of}/{quick.pk}/explain", {"reason": "Two at once"}))["delay_reason"] == "Two at once"
    refused(nurse.post(f"{of}/{quick.pk}/explain", {"reason": ""}), 400, "REQUEST_INVALID")


def test_a_time_mark_is_set_right_with_its_reason(house: House, nurse: Api) -> None:
    visit = made.arrived(house)
    at = (visit.arrived_at - timedelta(minutes=12)).isoformat()
    path = f"er/patients/{visit.pk}/time"
    told = ok(nurse.patch(path, {"mark": "arrived_at", "at": at, "reason": "Seen at the door"}))
    assert told["arrived_at"] == told["status_since"] < told["registered_at"]
    refused(nurse.patch(path, {"mark": "arrived_at", "at": at}), 400, "REQUEST_INVALID")
    refused(nurse.patch(path, {"mark": "lunch_at", "at": at, "reason": "x"}), 400, "REQUEST_INVALID")
    refused(nurse.patch(path, {"mark": "seen_at", "at": at, "reason": "x"}), 409, "ER_NOT_YET")
    late = (clock.now() + timedelta(minutes=5)).isoformat()
    refused(nurse.patch(path, {"mark": "arrived_at", "at": late, "reason": "x"}), 400, "ER_OUT_OF_ORDER")


def test_a_team_is_of_nurses_and_doctors(house: House, nurse: Api) -> None:
    of = f"er/patients/{made.arrived(house).pk}/team"
    who = made.nurse(house)
    told = ok(nurse.post(of, {"nurse": str(who.pk), "provider": str(house.doctor.pk)}))
    assert (told["nurse"]["name"], told["provider"]["name"]) == (who.name, house.doctor.name)
    assert ok(nurse.post(of, {"nurse": None}))["provider"]["id"] == str(house.doctor.pk)
    refused(nurse.post(of, {"nurse": str(house.doctor.pk)}), 400, "ER_NOT_A_NURSE")
    refused(nurse.post(of, {"provider": str(who.pk)}), 400, "ER_NOT_A_PROVIDER")


def test_the_last_act_is_taken_back(house: House, nurse: Api) -> None:
    visit, place = made.triaged(house), made.bed(house)
    of = f"er/patients/{visit.pk}"
    ok(nurse.patch(f"{of}/bed", {"bed": str(place.pk)}))
    told = ok(nurse.post(f"{of}/undo"))
    assert (told["undone"], told["visit"]["status"], told["visit"]["bed"]) == (["er_visit.bedded"], "triaged", None)
    assert ok(nurse.get(f"er/beds/{place.pk}"))["status"] == "available"
    other = made.arrived(house)
    with house.open():
        seq = Event.objects.order_by("-seq")[0].seq
    assert nurse.post(f"{of}/undo", {"seq": seq}).status == 404
    refused(nurse.post(f"er/patients/{other.pk}/undo", {"seq": seq}), 409, "UNDO_NOTHING")


def test_a_surge_is_said_with_its_reason(house: House) -> None:
    charge = api(house, "charge_nurse")
    refused(charge.post("er/surge", {"on": True}), 400, "ER_WHY")
    assert not ok(charge.post("er/surge", {"on": False}))["surge"]  # there never was one
    told = ok(charge.post("er/surge", {"on": True, "reason": "Bus accident"}))
    assert (told["surge"], told["surge_reason"]) == (True, "Bus accident")
    assert [row["surge"] for row in ok(api(house, "nurse").get("er/surge"))["results"]] == [True]
    assert not ok(charge.post("er/surge", {"on": False}))["surge"]


# --- figures, faces --------------------------------------------------------------------------------------------------


def test_figures_are_of_the_departments_that_are_there(house: House, nurse: Api) -> None:
    made.bedded(house)
    waits = made.triaged(house)
    with house.open():
        Department.objects.create(name="Children", prefix="K", sort=Department.EMERGENCY)
    (other,) = (first := ok(nurse.get("er/crowding?limit=1")))["results"]
    assert (other["department"]["name"], other["patients"], first["previous"]) == ("Children", 0, None)
    second = ok(nurse.get(first["next"].partition("/api/v1/")[2]))
    (now,) = second["results"]
    assert ok(nurse.get("er/crowding"))["results"][1]["department"] == now["department"]
    assert second["next"] is None and second["previous"]
    here = f"department={made.department(house).pk}"
    (now,) = ok(nurse.get(f"er/crowding?{here}"))["results"]
    assert (now["patients"], now["beds"]["occupied"], now["nedocs"]) == (2, 1, None)
    told = ok(nurse.get(f"er/measures?{here}"))
    assert (told["status"], told["pending"]) == ("complete", None)
    assert (told["visits"], told["still_here"], told["from"]) == (2, 2, told["to"])
    refused(nurse.get("er/measures?from=2026-11-01"), 400, "REQUEST_INVALID")
    assert nurse.get("er/measures?from=2026-11-03&to=2026-11-01").status == 400
    behind = ok(nurse.get("er/measures/patients?measure=still_here&limit=1"))
    assert behind["results"][0]["id"] == str(waits.pk)
    second = ok(nurse.get(behind["next"].partition("/api/v1/")[2]))
    assert (len(second["results"]), second["next"]) == (1, None)
    assert len(ok(nurse.get("er/log?end=here&level=4"))["results"]) == 2
    assert ok(nurse.get("er/log?end=lwbs"))["results"] == []
    eta = ok(nurse.get(f"er/patients/{waits.pk}/eta"))
    assert (eta["ahead"], eta["note"]) == (1, "Sicker people go first.")


def test_a_face_of_the_department_costs_the_same_for_one_and_for_many(house: House) -> None:
    for _ in range(3):
        made.decided(house)
        made.reserved(house)
    with house.open():
        for build, model in ((faces.visits, EmergencyVisit), (faces.triages, Triage), (faces.beds, Bed)):
            ids = [str(pk) for pk in model._base_manager.values_list("pk", flat=True)]
            counts = []
            for asked in (ids[:1], ids):
                with CaptureQueriesContext(connection) as seen:
                    assert len(build(asked)) == len(asked)
                counts.append(len(seen))
            assert counts[0] == counts[1] <= 3, build
