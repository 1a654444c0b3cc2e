"""The pages of the emergency department: who sees what, one act is one POST, and what it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.directory.models import Department
from clinic.live import render
from clinic.live.models import Event
from clinic.records.models import AccessLog, Patient
from er_flow.esi import Age, Vitals
from er_flow.models import EmergencyVisit
from er_flow.operations import arrivals, beds, places, triage
from tests.er_flow.pages import one, opened, posted
from tests.er_flow.ward import Ward, emergency, sheet
from tests.queues.helpers import at, signed_in, toast
from tests.world import World

pytestmark = pytest.mark.django_db


# --- who sees what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["nurse", "charge_nurse", "doctor", "receptionist", "owner"])
def test_the_board_opens_for_everybody_who_works_there(world: World, ward: Ward, role: str) -> None:
    with world.harbor.open():
        ward.arrived("Nosebleed")
    page = opened(world.harbor, role, "er/")
    assert "Nosebleed" in page and "To triage" in page
    assert ("er/triage/" in page) == (role in ("nurse", "charge_nurse", "doctor"))


def test_a_biller_does_not_see_it(world: World, ward: Ward) -> None:
    assert signed_in(world.harbor, "biller").get(at(world.harbor, "er/")).status_code == 403


def test_without_a_department_the_board_says_what_to_do(world: World) -> None:
    page = opened(world.harbor, "nurse", "er/")
    assert "There is no emergency department" in page


def test_of_several_departments_one_is_chosen(world: World, ward: Ward) -> None:
    with world.harbor.open():
        other = Department.objects.create(name="Children's emergency", prefix="K", sort=Department.EMERGENCY)
        arrivals.arrive(other, arrivals.Arriving("Croup", age=Age.said(3, "years")), actor=ward.nurse)
    assert "Which department?" in opened(world.harbor, "nurse", "er/")
    assert "Croup" in opened(world.harbor, "nurse", f"er/?department={other.pk}")
    assert "Croup" not in opened(world.harbor, "nurse", f"er/?department={ward.department.pk}")
    with world.hilltop.open():
        foreign = emergency(world.hilltop).department.pk
    assert signed_in(world.harbor, "nurse").get(at(world.harbor, f"er/?department={foreign}")).status_code == 404


def test_the_page_for_a_wall_names_nobody_and_has_no_acts(world: World, ward: Ward) -> None:
    with world.harbor.open():
        ward.triaged(complaint="Overdose", patient=world.harbor.patient("Grace", "Okafor", birth_date="1980-01-01"))
        charge = ward.by("charge_nurse")
        places.set_surge(ward.department, True, reason="Bus of the Okafor school", actor=charge)
    page = opened(world.harbor, "charge_nurse", "er/?tv=1")
    assert "E-1" in page and "<b>Surge</b>" in page
    for hidden in ("Okafor", "Overdose", "er/visits/", "surge/end/"):
        assert hidden not in page
    assert "Bus of the Okafor school" in opened(world.harbor, "charge_nurse", "er/")


@pytest.mark.rule("4.33")
def test_all_beds_that_suit_are_told_with_why_and_assigned_only_by_whoever_may(world: World, ward: Ward) -> None:
    with world.harbor.open():
        resus = ward.sections["Resus"]
        visit, held = ward.triaged(3, needs=["cardiac_monitor"], section=resus), ward.triaged(3)
        beds.reserve(ward.beds["A1"], held, actor=ward.nurse)
    path = f"er/visits/{visit.pk}/fits/"
    page = opened(world.harbor, "nurse", path)
    for words in ("best fit", "Has Monitor", "1 section away", "Assign A2", "Assign R1"):
        assert words in page
    assert "Assign A1" not in page and "Assign A3" not in page, "kept for somebody else, and without a monitor"
    part = signed_in(world.harbor, "receptionist").get(at(world.harbor, path), headers={"HX-Request": "true"})
    told = part.content.decode()
    assert part["Cache-Control"] == "no-store" and "<html" not in told and "to spare" in told
    assert 'formaction="' not in told, "the desk looks and assigns nothing"
    assert f'data-ids="{ward.beds["R1"].pk} {ward.beds["A2"].pk}"' in told, "the nearest first"
    with world.harbor.open():
        beds.assign(visit, ward.beds["A2"], actor=ward.nurse)
    assert "No free bed suits now" in opened(world.harbor, "nurse", path)


def test_nothing_asks_about_money_before_the_provider(world: World, ward: Ward) -> None:
    """R4.3."""
    with world.harbor.open():
        pk = ward.bedded().pk
    pages = ("er/", "er/arrive/", f"er/visits/{pk}/", f"er/visits/{pk}/triage/", f"er/visits/{pk}/details/", "er/beds/")
    for path in pages:
        page = opened(world.harbor, "nurse", path).lower()
        for word in ("insurance", "payer", "payment", "invoice", "coverage"):
            assert word not in page, (path, word)


def test_what_triage_asked_is_for_whoever_may_triage(world: World, ward: Ward) -> None:
    with world.harbor.open():
        pk = ward.triaged().pk
    assert "Pulse 80" in opened(world.harbor, "nurse", f"er/visits/{pk}/")
    assert "Pulse 80" not in opened(world.harbor, "receptionist", f"er/visits/{pk}/")


@pytest.mark.rule("4.13")
def test_vital_signs_that_a_level_did_without_stay_due_until_they_are_measured(world: World, ward: Ward) -> None:
    def due(visit: EmergencyVisit, role: str = "nurse") -> str:
        page = opened(world.harbor, role, f"er/visits/{visit.pk}/")
        return page.partition("Vital signs due: ")[2].partition("<")[0]

    with world.harbor.open():
        visit, calm = ward.arrived(), ward.triaged(2)
        triage.assess(visit, sheet(2, Vitals()), 2, actor=ward.nurse)
    assert (due(visit), due(visit, "receptionist"), due(calm)) == ("Pulse, Breaths", "", "")
    with world.harbor.open():
        triage.measure(visit, Vitals(hr=90), actor=ward.nurse)
    assert due(visit) == "Breaths"
    with world.harbor.open():
        triage.reassess(visit, sheet(2, Vitals(hr=90)), actor=ward.nurse)
    assert due(visit) == "Breaths"
    with world.harbor.open():
        settled = Vitals(hr=90, unobtainable={"rr": "shouts"})
        triage.correct(visit.triages.filter(level=2).get(), sheet(2, settled), 2, reason="typo", actor=ward.nurse)
        triage.measure(visit, Vitals(rr=18), actor=ward.nurse)
    assert due(visit) == ""


def test_a_visits_page_notes_who_looked(world: World, ward: Ward) -> None:
    with world.harbor.open():
        pk = ward.arrived(patient=world.harbor.patient(birth_date="1980-01-01")).pk
    opened(world.harbor, "nurse", f"er/visits/{pk}/")
    with world.harbor.open():
        assert AccessLog.objects.filter(page="er").count() == 1


# --- coming in -------------------------------------------------------------------------------------------------------


def arrival(ward: Ward, **told: Any) -> dict[str, Any]:
    return {
        "department": ward.department.pk, "q": "", "age": "40", "age_unit": "years", "complaint": "Chest pain",
        "asked": "1", **told,
    }  # fmt: skip


def test_somebody_unknown_comes_in_with_two_fields(world: World, ward: Ward) -> None:
    answer = posted(world.harbor, "receptionist", "er/arrive/", arrival(ward))
    assert answer.status_code == 204, answer.content
    visit = one(ward)
    assert visit.patient is None and visit.age_months == 480
    assert (visit.complaint, visit.state) == ("Chest pain", "arrived")


def test_a_known_patient_comes_in_by_the_look_up(world: World, ward: Ward) -> None:
    patient = world.harbor.patient("Grace", "Okafor", birth_date="1980-01-01")
    answer = posted(world.harbor, "nurse", "er/arrive/", arrival(ward, q="Okafor", patient=patient.pk, age=""))
    assert answer.status_code == 204, answer.content
    assert one(ward).patient_id == patient.pk


def test_a_new_name_is_registered_in_the_same_act(world: World, ward: Ward) -> None:
    answer = posted(world.harbor, "nurse", "er/arrive/", arrival(ward, q="Ngozi Eze", age="30"))
    assert answer.status_code == 204, answer.content
    with world.harbor.open():
        patient = one(ward).patient
        assert patient is not None and patient.full_name == "Ngozi Eze" and patient.birth_estimated
        ops = set(
            Event.objects.filter(name__in=["patient.registered", "er_visit.arrived"]).values_list("op", flat=True)
        )
    assert len(ops) == 1


def test_known_people_are_shown_before_somebody_new_is_registered(world: World, ward: Ward) -> None:
    patient = world.harbor.patient("Grace", "Okafor", birth_date="1980-01-01")
    answer = posted(world.harbor, "nurse", "er/arrive/", arrival(ward, q="Grace Okafor"), script=False)
    assert str(patient.pk) in answer.content.decode()
    with world.harbor.open():
        assert not EmergencyVisit.objects.exists()


def test_what_is_missing_comes_back_with_what_was_typed(world: World, ward: Ward) -> None:
    answer = posted(world.harbor, "nurse", "er/arrive/", arrival(ward, age="", complaint="Fainted"))
    assert answer.status_code == 422 and "Fainted" in answer.content.decode()
    assert "Give an age" in answer.content.decode()


def test_many_come_in_as_one_act(world: World, ward: Ward) -> None:
    told = {"department": ward.department.pk, "complaint": "Bus crash", "arrival_mode": "ambulance"}
    told |= {f"p{n}-age": str(20 + n) for n in range(5)} | {"p1-level": "2", "p2-complaint": "Burn"}
    answer = posted(world.harbor, "nurse", "er/arrive/many/", told, script=False)
    assert answer.status_code == 303
    with world.harbor.open():
        rows = list(EmergencyVisit.objects.order_by("number"))
        assert Event.objects.filter(name="er_visit.arrived").values("op").distinct().count() == 1
    assert [row.complaint for row in rows] == ["Bus crash", "Bus crash", "Burn", "Bus crash", "Bus crash"]
    assert [row.reported_level for row in rows] == [None, 2, None, None, None]


@pytest.mark.parametrize("said", [{"p1-complaint": "Head wound"}, {"p1-level": "1"}, {"p1-sex": "female"}])
def test_nobody_of_many_is_left_out_for_want_of_an_age(world: World, ward: Ward, said: dict[str, str]) -> None:
    told = {"department": ward.department.pk, "complaint": "Bus crash", "arrival_mode": "ambulance", "p0-age": "30"}
    answer = posted(world.harbor, "nurse", "er/arrive/many/", told | said, script=False)
    assert answer.status_code == 422 and "Give an age" in answer.content.decode()
    with world.harbor.open():
        assert not EmergencyVisit.objects.exists()


@pytest.mark.parametrize(("role", "seen"), [("receptionist", (True, False)), ("nurse", (True, True))])
def test_the_banner_of_a_surge_leads_to_many_at_once(
    world: World, ward: Ward, role: str, seen: tuple[bool, bool]
) -> None:
    with world.harbor.open():
        places.set_surge(ward.department, True, reason="Bus crash", actor=ward.by("charge_nurse"))
    banner = opened(world.harbor, role, "er/").split('class="banner"')[1].split("</div>")[0]
    assert ("er/arrive/many/" in banner, "er/triage/many/" in banner) == seen


def test_what_was_written_on_paper_keeps_its_time_and_is_marked(world: World, ward: Ward) -> None:
    came = timezone.localtime(timezone.now() - timedelta(hours=2), world.harbor.hospital.zone)
    told = arrival(ward, later="True", arrived_at=came.strftime("%Y-%m-%dT%H:%M"))
    assert posted(world.harbor, "nurse", "er/arrive/?later=1", told).status_code == 204
    visit = one(ward)
    assert visit.entered_later and abs(visit.arrived_at - came) < timedelta(minutes=1)


# --- paper, and what it costs ----------------------------------------------------------------------------------------


def test_the_board_is_printed_for_downtime_and_for_the_next_shift(world: World, ward: Ward) -> None:
    with world.harbor.open():
        ward.seen(complaint="Chest pain")
        ward.arrived("Nosebleed")
    sheet = opened(world.harbor, "nurse", "er/downtime/")
    assert "Chest pain" in sheet and "Nosebleed" in sheet and "Enter from paper" in sheet
    handover = opened(world.harbor, "nurse", "er/handover/")
    assert handover.index("Acute") < handover.index("Nosebleed")


@pytest.mark.parametrize("path", ["er/", "er/beds/", "er/?tv=1", "er/downtime/", "er/handover/"])
def test_a_page_asks_the_same_with_24_and_with_200(world: World, ward: Ward, path: str) -> None:
    client, told = signed_in(world.harbor, "nurse"), []
    client.get(at(world.harbor, path))
    for many in (24, 200):
        with world.harbor.open():
            while (missing := many - EmergencyVisit.objects.open().count()) > 0:
                people = [arrivals.Arriving(f"Nr {n}", age=Age.said(30, "years")) for n in range(min(50, missing))]
                arrivals.arrive_all(ward.department, people, actor=ward.nurse)
        render.forget()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(at(world.harbor, path)).status_code == 200
        told.append(len(queries))
    assert told[0] == told[1] <= 25


def test_acts_are_said_in_ascii_headers(world: World, ward: Ward) -> None:
    with world.harbor.open():
        bed = places.add_bed(ward.sections["Acute"], name="Å 9", actor=world.harbor.actor("owner"))
        visit = beds.assign(ward.triaged(), bed, actor=ward.nurse)
    assert posted(world.harbor, "nurse", f"er/visits/{visit.pk}/bed/leave/").status_code == 204
    answer = posted(world.harbor, "nurse", f"er/beds/{bed.pk}/clean/")
    assert toast(answer)["text"] == "Bed Å 9: free"


def test_none_of_the_known_is_somebody_new(world: World, ward: Ward) -> None:
    world.harbor.patient("Grace", "Okafor", birth_date="1980-01-01")
    told = arrival(ward, q="Grace Okafor", seen="Grace Okafor", patient="")
    assert posted(world.harbor, "nurse", "er/arrive/", told).status_code == 204
    with world.harbor.open():
        assert Patient.objects.filter(family_name="Okafor").count() == 2


def test_a_look_up_says_who_is_in_the_department(world: World, ward: Ward) -> None:
    with world.harbor.open():
        ward.arrived(patient=world.harbor.patient("Grace", "Okafor", birth_date="1980-01-01"))
    assert "E-1" in opened(world.harbor, "receptionist", "patients/found/?q=okafor")


def test_the_next_to_triage_is_whoever_came_as_1_or_2_then_who_came_first_and_is_not_in_triage(
    world: World, ward: Ward
) -> None:
    nurse = signed_in(world.harbor, "nurse")

    def following() -> str:
        return str(nurse.get(at(world.harbor, "er/triage/"))["Location"])

    with world.harbor.open():
        begun, first, late = ward.arrived("Rash"), ward.arrived("Cough"), ward.arrived("Collapse", reported_level=1)
        triage.start(begun, actor=ward.nurse)
    assert str(late.pk) in following(), "the board keeps the order of arrival; whoever triages goes to the collapse"
    for visit, after in ((late, first), (first, begun)):
        with world.harbor.open():
            triage.assess(visit, sheet(3), 3, actor=ward.nurse)
        assert str(after.pk) in following()
    with world.harbor.open():
        triage.assess(begun, sheet(3), 3, actor=ward.nurse)
    assert "/triage/" not in following()
