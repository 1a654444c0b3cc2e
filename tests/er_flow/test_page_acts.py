"""Triage and the acts of the emergency department, as pages and buttons do them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinic.directory.models import Doctor
from er_flow.esi import Vitals
from er_flow.models import Triage
from er_flow.operations import triage
from tests.er_flow.pages import HX, one, opened, posted
from tests.er_flow.ward import Ward, sheet
from tests.queues.helpers import at, signed_in, toast
from tests.world import World

pytestmark = pytest.mark.django_db
CALM = {"hr": "80", "rr": "16", "spo2": "98", "resources": ["labs", "iv_fluids"]}


# --- triage ----------------------------------------------------------------------------------------------------------


def sent(**told: Any) -> dict[str, Any]:
    return {"avpu": "alert", "confusion": "none", "temp_unit": "c", **CALM, **told}


def test_the_level_is_confirmed_as_suggested(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.arrived()
    answer = posted(world.harbor, "nurse", f"er/visits/{visit.pk}/triage/", sent(level="3"), script=False)
    assert answer.status_code == 303, answer.content
    assert one(ward).level == 3


def test_the_suggestion_follows_what_is_typed_and_writes_nothing(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.arrived()
    path = f"er/visits/{visit.pk}/suggestion/"
    page = posted(world.harbor, "nurse", path, sent(hr="108")).content.decode()
    assert "Consider 2" in page and "checked" not in page
    assert 'data-out="hr "' in page
    page = posted(world.harbor, "nurse", path, sent()).content.decode()
    assert 'value="3" id="level-3" checked' in page
    page = posted(world.harbor, "nurse", path, {"avpu": "alert", "hr": "80"}).content.decode()
    assert "Breaths" in page and 'id="level-3" disabled' in page
    with world.harbor.open():
        assert not Triage.objects.exists()


def test_a_level_chosen_by_hand_stays_while_the_suggestion_stays(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.arrived()
    path = f"er/visits/{visit.pk}/suggestion/"
    page = posted(world.harbor, "nurse", path, sent(by_hand="2", was="3/")).content.decode()
    assert 'value="2" id="level-2" checked' in page
    page = posted(world.harbor, "nurse", path, sent(by_hand="2", was="3/", severe_pain_seen="on")).content.decode()
    assert 'value="2" id="level-2" checked' in page and 'value="2/"' in page
    page = posted(world.harbor, "nurse", path, sent(by_hand="4", was="3/", hr="120")).content.decode()
    assert "checked" not in page


def test_without_script_a_button_suggests(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.arrived()
    answer = posted(world.harbor, "nurse", f"er/visits/{visit.pk}/triage/", sent(suggest="1"), script=False)
    assert answer.status_code == 200 and 'id="level-3" checked' in answer.content.decode()
    assert one(ward).level is None


@pytest.mark.parametrize(
    ("told", "says"),
    [({"level": "4"}, "Say why another level"), ({"level": ""}, "1 to 5"), ({"hr": "", "level": "3"}, "need these"),
     ({"hr": "310", "level": "2", "override_reason": "x"}, "Look again")],
)  # fmt: skip
def test_a_refusal_stands_above_what_was_typed(world: World, ward: Ward, told: dict[str, str], says: str) -> None:
    with world.harbor.open():
        visit = ward.arrived()
    answer = posted(
        world.harbor, "nurse", f"er/visits/{visit.pk}/triage/", sent(notes="kept words", **told), script=False
    )
    page = answer.content.decode()
    assert answer.status_code in (409, 422, 400) and says in page and "kept words" in page
    assert one(ward).level is None


def test_fahrenheit_is_kept_in_celsius_and_odd_values_once_confirmed(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.arrived()
    told = sent(level="2", override_reason="looks ill", temp="101.3", temp_unit="f", hr="310", confirmed="hr")
    answer = posted(world.harbor, "nurse", f"er/visits/{visit.pk}/triage/", told, script=False)
    assert answer.status_code == 303, answer.content.decode()[:2000]
    with world.harbor.open():
        assert Triage.objects.get().vitals == {"hr": 310, "rr": 16, "spo2": 98, "temp": "38.5"}


def test_a_reassessment_only_raises_and_says_why(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.triaged(3)
    path = f"er/visits/{visit.pk}/reassess/"
    page = opened(world.harbor, "nurse", path)
    assert 'id="level-2"' in page and 'id="level-3"' not in page
    told = sent(level="2", what_changed="paler", what_was_done="bed, monitor", severe_pain_seen="on")
    assert posted(world.harbor, "nurse", path, told, script=False).status_code == 303
    assert one(ward).level == 2


def test_a_wrong_entry_is_corrected(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.triaged(3)
        wrong = Triage.objects.get()
    page = opened(world.harbor, "nurse", f"er/triages/{wrong.pk}/correct/")
    assert 'value="80"' in page
    told = sent(level="2", severe_pain_seen="on", error_reason="of the next bed")
    answer = posted(world.harbor, "nurse", f"er/triages/{wrong.pk}/correct/", told, script=False)
    assert answer.status_code == 303, answer.content.decode()[:2000]
    assert one(ward).level == 2
    assert "of the next bed" in opened(world.harbor, "nurse", f"er/visits/{visit.pk}/")


def test_a_correction_begins_with_everything_that_was_entered_the_usual_saturation_too(
    world: World, ward: Ward
) -> None:
    with world.harbor.open():
        told = sheet(3, Vitals(hr=80, rr=16, spo2=89), baselines={"spo2": 88})
        wrong = triage.assess(ward.arrived(), told, 3, override_reason="as ever", actor=ward.nurse)
    page = opened(world.harbor, "nurse", f"er/triages/{wrong.pk}/correct/")
    field = re.search(r'<input[^>]*name="spo2_usual"[^>]*>', page)
    assert field is not None
    assert 'value="88"' in field[0]


def test_who_was_born_later_is_refused_at_the_look_up(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.arrived()
        born = timezone.localdate(visit.arrived_at, world.harbor.hospital.zone) + timedelta(days=1)
        child = world.harbor.patient("Ida", "Lee", birth_date=born)
    answer = posted(world.harbor, "nurse", f"er/visits/{visit.pk}/identify/", {"patient": str(child.pk), "asked": "1"})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"q": ["Born after this arrival: this is somebody else."]}
    assert "Born after this arrival" in answer.content.decode()
    assert one(ward).patient_id is None


# --- acts ------------------------------------------------------------------------------------------------------------


def test_one_act_is_one_post_and_can_be_taken_back(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.bedded()
    answer = posted(world.harbor, "doctor", f"er/visits/{visit.pk}/see/")
    assert answer.status_code == 204 and one(ward).state == "in_treatment"
    told = toast(answer)
    assert told["text"] == "E-1 is in treatment"
    assert signed_in(world.harbor, "doctor").post(told["undo"], headers=HX).status_code == 204
    assert one(ward).state == "bedded"


def test_the_way_through_the_department(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.triaged()
    here, bed = f"er/visits/{visit.pk}/", {"bed": str(ward.beds["A1"].pk), "asked": "1"}
    assert "A1" in opened(world.harbor, "nurse", f"{here}bed/")
    steps: list[tuple[str, str, dict[str, Any], str]] = [
        ("nurse", "bed/", bed, "bedded"), ("doctor", "see/", {}, "in_treatment"),
        ("doctor", "decide/", {"disposition": "admit", "asked": "1"}, "disposition"),
        ("doctor", "board/", {}, "boarding"), ("nurse", "end/", {"end": "admitted"}, "admitted"),
    ]  # fmt: skip
    for role, path, told, state in steps:
        answer = posted(world.harbor, role, f"{here}{path}", told)
        assert answer.status_code == 204, (path, answer.content)
        assert one(ward).state == state
    with world.harbor.open():
        assert ward.bed("A1").state == "cleaning"


def test_against_advice_needs_the_risks_explained(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.seen()
    path = f"er/visits/{visit.pk}/ends/"
    assert "risks were explained" in opened(world.harbor, "doctor", path)
    assert posted(world.harbor, "doctor", path, {"end": "ama", "asked": "1"}).status_code == 422
    told = {"end": "ama", "risks_explained": "on", "asked": "1"}
    assert posted(world.harbor, "doctor", path, told).status_code == 204
    assert one(ward).state == "ama"


def test_a_taken_bed_is_answered_with_who_has_it(world: World, ward: Ward) -> None:
    with world.harbor.open():
        ward.bedded("A1")
        other = ward.triaged()
    answer = posted(world.harbor, "nurse", f"er/visits/{other.pk}/bed/assign/", {"bed": str(ward.beds["A1"].pk)})
    assert answer.status_code == 409 and "E-1" in toast(answer)["text"]


def test_beds_are_kept_swapped_cleaned_and_blocked(world: World, ward: Ward) -> None:
    with world.harbor.open():
        a, b, waits = ward.bedded("A1"), ward.bedded("A2"), ward.triaged()
    a1, a3, f1 = (ward.beds[name].pk for name in ("A1", "A3", "F1"))
    assert posted(world.harbor, "nurse", f"er/visits/{a.pk}/bed/swap/", {"visit": str(b.pk)}).status_code == 204
    assert (
        posted(world.harbor, "nurse", f"er/beds/{a3}/keep/", {"visit": str(waits.pk), "asked": "1"}).status_code == 204
    )
    assert posted(world.harbor, "nurse", f"er/beds/{a3}/release/", {"visit": str(waits.pk)}).status_code == 204
    assert posted(world.harbor, "nurse", f"er/visits/{b.pk}/bed/leave/").status_code == 204
    assert posted(world.harbor, "nurse", f"er/beds/{a1}/clean/").status_code == 204
    assert posted(world.harbor, "nurse", f"er/beds/{f1}/block/", {"reason": "x", "asked": "1"}).status_code == 403
    told = {"reason": "broken rail", "hours": "2", "asked": "1"}
    assert posted(world.harbor, "charge_nurse", f"er/beds/{f1}/block/", told).status_code == 204
    with world.harbor.open():
        assert ward.states() | {"R1": "", "H1": ""} == {
            "A1": "available", "A2": "occupied", "A3": "available", "F1": "blocked", "R1": "", "H1": "",
        }  # fmt: skip
    assert "broken rail" in opened(world.harbor, "nurse", "er/beds/")


def test_details_team_times_and_names_are_said_anew(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.seen()
        nurse = ward.person(Doctor.NURSE, "Ruiz")
        patient = world.harbor.patient("Grace", "Okafor", birth_date="1980-01-01")
        came = timezone.localtime(visit.arrived_at - timedelta(minutes=30), world.harbor.hospital.zone)
    here = f"er/visits/{visit.pk}/"
    told = {"complaint": "Chest pain", "sex": "female", "precautions": "contact", "alerts": ["fall"],
            "waiting_for": ["results", "consult"], "needs": [], "notes": "Lives alone", "asked": "1"}  # fmt: skip
    assert posted(world.harbor, "nurse", f"{here}details/", told).status_code == 204
    assert posted(world.harbor, "nurse", f"{here}team/", {"nurse": str(nurse.pk), "asked": "1"}).status_code == 204
    assert (
        posted(world.harbor, "nurse", f"{here}identify/", {"patient": str(patient.pk), "asked": "1"}).status_code == 204
    )
    at_time = {"at": came.strftime("%Y-%m-%dT%H:%M"), "reason": "seen at the door", "asked": "1"}
    assert posted(world.harbor, "nurse", f"{here}times/arrived_at/", at_time).status_code == 204
    page = opened(world.harbor, "nurse", here)
    for words in ("Grace Okafor", "Ruiz", "Contact", "Fall risk", "Results, Consult", "Lives alone"):
        assert words in page, words
    assert (one(ward).arrived_at - came) < timedelta(minutes=1)


def test_a_surge_stands_on_every_page_and_its_reason_wherever_names_are(world: World, ward: Ward) -> None:
    path = f"er/departments/{ward.department.pk}/surge/"
    assert posted(world.harbor, "nurse", path, {"reason": "x", "asked": "1"}).status_code == 403
    assert posted(world.harbor, "charge_nurse", path, {"reason": "Bus crash", "asked": "1"}).status_code == 204
    for page in ("er/", "er/beds/"):
        assert "Bus crash" in opened(world.harbor, "receptionist", page)
    assert "<b>Surge</b>" in opened(world.harbor, "receptionist", "er/?tv=1")
    assert posted(world.harbor, "charge_nurse", f"{path}end/").status_code == 204
    assert "Bus crash" not in opened(world.harbor, "receptionist", "er/")


def test_the_menu_holds_what_may_be_done_now_and_nothing_else(world: World, ward: Ward) -> None:
    with world.harbor.open():
        waits, gone = ward.triaged(), ward.gone("lwbs", "A2")
    client = signed_in(world.harbor, "nurse")
    menu = client.get(at(world.harbor, f"er/visits/{waits.pk}/acts/"), headers=HX).content.decode()
    assert "Reassess now" in menu and "Assign bed" in menu and "Disposition" not in menu and "<html" not in menu
    assert "Assign bed" not in client.get(at(world.harbor, f"er/visits/{gone.pk}/acts/"), headers=HX).content.decode()
    desk = signed_in(world.harbor, "receptionist").get(at(world.harbor, f"er/visits/{waits.pk}/acts/"), headers=HX)
    assert "Details" in desk.content.decode() and "Assign bed" not in desk.content.decode()


def test_a_question_begins_with_what_is_asked_and_folds_the_time_below(world: World, ward: Ward) -> None:
    with world.harbor.open():
        pk = ward.seen().pk
    page = opened(world.harbor, "doctor", f"er/visits/{pk}/decide/")
    asked, folded = page.index('name="disposition"'), page.index("Happened earlier")
    assert asked < folded < page.index('name="at"') < page.index('name="reason"')
    assert page.count('name="at"') == 1 and '<details class="more">' in page, "closed, as long as nothing stands in it"
    wrong = posted(world.harbor, "doctor", f"er/visits/{pk}/decide/", {"asked": "1", "at": "yesterday"})
    assert wrong.status_code == 422 and '<details class="more" open>' in wrong.content.decode()
    at_page = opened(world.harbor, "doctor", f"er/visits/{pk}/ends/")
    ends = [at_page.index(f'value="{one}"') for one in ("lwot", "ama", "eloped", "expired")]
    assert ends == sorted(ends), "nobody is taken for dead by the first choice"
    assert "Left against medical advice" in at_page


def test_the_time_of_provider_contact_is_the_question_itself(world: World, ward: Ward) -> None:
    with world.harbor.open():
        pk = ward.bedded().pk
    page = opened(world.harbor, "doctor", f"er/visits/{pk}/see/at/")
    assert 'name="at"' in page and "Happened earlier" not in page


def test_an_arrival_that_is_asked_about_again_is_no_entry_from_paper(world: World, ward: Ward) -> None:
    told = {"department": str(ward.department.pk), "age": "", "complaint": "Fall", "asked": "1", "q": ""}
    again = posted(world.harbor, "nurse", "er/arrive/", told)
    shown = again.content.decode()
    assert again.status_code == 422 and "Give an age" in shown
    assert shown.index("reported level") < shown.index('name="arrived_at"'), "with the rest that is on offer"
    paper = posted(world.harbor, "nurse", "er/arrive/", told | {"later": "1"}).content.decode()
    assert paper.index('name="arrived_at"') < paper.index("reported level") and 'name="later" value="1"' in paper


@pytest.mark.parametrize(
    ("told", "field", "says"),
    [({"hr": "1080"}, "hr", "Pulse: "), ({"temp": "98.6"}, "temp", "choose °F"), ({"temp": "5"}, "temp", "Between"),
     ({"sbp": "999"}, "sbp", "Systolic pressure: ")],
)  # fmt: skip
def test_a_value_that_cannot_be_is_told_while_it_is_typed(
    world: World, ward: Ward, told: dict[str, str], field: str, says: str
) -> None:
    with world.harbor.open():
        path = f"er/visits/{ward.arrived().pk}/suggestion/"
    page = posted(world.harbor, "nurse", path, sent(**told)).content.decode()
    assert f'data-wrong="{field} "' in page and says in page
    assert 'data-wrong=""' in posted(world.harbor, "nurse", path, sent()).content.decode()


def test_what_is_hardly_true_is_asked_about_with_its_unit_and_a_flag_says_the_value(world: World, ward: Ward) -> None:
    with world.harbor.open():
        path = f"er/visits/{ward.arrived().pk}/suggestion/"
    page = posted(world.harbor, "nurse", path, sent(hr="310")).content.decode()
    assert "Pulse 310 /min: usual is 20 to 300" in page and "Pulse 310, over 100" in page


def test_a_reason_that_is_wanted_is_asked_for_at_its_field(world: World, ward: Ward) -> None:
    with world.harbor.open():
        first, again = ward.arrived(), ward.triaged(3)
    page = posted(world.harbor, "nurse", f"er/visits/{first.pk}/triage/", sent(level="2"), script=False)
    at_field = page.content.decode().split('name="override_reason"')[1].split("</div>")[0]
    assert "Say why another level" in at_field and "(optional)" not in at_field
    page = posted(world.harbor, "nurse", f"er/visits/{again.pk}/reassess/", sent(level="2"), script=False)
    assert "form-error" in page.content.decode().split('name="what_changed"')[1].split("</div>")[0]


@pytest.mark.rule("4.14")
def test_a_reassessment_begins_with_what_lasts_and_suggests_nothing_less_urgent(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visit = ward.triaged(3)
    page = opened(world.harbor, "nurse", f"er/visits/{visit.pk}/reassess/")
    assert "Pulse 80 /min" in page, "what it is compared with"
    boxes = {one: page.split(f'value="{one}"')[1].split(">")[0] for one in ("labs", "iv_fluids", "ct_mri_us")}
    assert [one for one, tag in boxes.items() if "checked" in tag] == ["labs", "iv_fluids"]
    assert 'name="hr" value' not in page, "measured anew"
    path = f"er/visits/{visit.pk}/suggestion/"
    calm = posted(world.harbor, "nurse", path, {"mode": "again", "avpu": "alert", "hr": "80"}).content.decode()
    assert "Stays level 3" in calm and "level 5" not in calm and 'data-esi="5"' not in calm
    worse = posted(world.harbor, "nurse", path, {"mode": "again", "avpu": "alert", "hr": "128"}).content.decode()
    assert "Consider 2" in worse and "else 3" in worse
