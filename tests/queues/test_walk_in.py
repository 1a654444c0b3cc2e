"""Taking somebody in at the desk (R3.17, R3.23), with script and without."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from clinic.records.models import Patient
from queues.models import Visit
from queues.operations import intake
from tests.queues.helpers import HTMX, at, signed_in, state_of
from tests.world import House, World

pytestmark = pytest.mark.django_db


def take_in(house: House, role: str = "receptionist", **form: str) -> Any:
    given = {"queue": str(house.own.pk), "klass": "normal", **form}
    return signed_in(house, role).post(at(house, "visits/"), given, headers=HTMX)


@pytest.mark.rule("3.23")
@pytest.mark.parametrize(
    ("form", "ok"),
    [
        ({"family_name": "Nova", "phone": "555 0199"}, True), ({"given_name": "Nova", "birth_year": "1980"}, True),
        ({"family_name": "Nova", "unknown": "1"}, True), ({"unknown": "1"}, True),
        ({"family_name": "Nova"}, False), ({"phone": "555 0199"}, False), ({}, False),
        ({"family_name": "Nova", "birth_year": "1799"}, False), ({"family_name": "Nova", "birth_year": "soon"}, False),
    ],
)  # fmt: skip
def test_a_walk_in_needs_the_least_data(world: World, form: dict[str, str], ok: bool) -> None:
    answer = take_in(world.harbor, **form)
    assert answer.status_code == (204 if ok else 422), answer.content
    with world.harbor.open():
        assert Visit.objects.count() == (1 if ok else 0)
        assert Patient.objects.count() == (1 if ok else 0)


def test_a_walk_in_answers_with_ticket_and_undo(world: World) -> None:
    house = world.harbor
    answer = take_in(house, family_name="Nova", phone="555 0199", print="1")
    with house.open():
        visit = Visit.objects.get()
    told = json.loads(answer["HX-Trigger"])
    assert told["toast"]["link"] == at(house, f"visits/{visit.pk}/ticket/")
    assert told["ticket"]["url"] == at(house, f"visits/{visit.pk}/ticket/?print")
    signed_in(house, "receptionist").post(told["toast"]["undo"], headers=HTMX)
    with house.open():
        assert state_of(visit) == "cancelled"
        assert Patient.objects.filter(family_name="Nova").exists()


def test_a_new_patient_who_is_known_already_is_offered(world: World) -> None:
    house = world.harbor
    known = house.patient("Amina", "Yusuf", phone="555 01 47")
    answer = take_in(house, given_name="Amina", family_name="Yusuf", phone="5550147")
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#found")
    assert f'data-value="{known.pk}"' in answer.content.decode()
    assert take_in(house, given_name="Amal", phone="5550147", force_new="1").status_code == 204


@pytest.mark.rule("3.17")
def test_a_second_visit_asks_why(world: World) -> None:
    house = world.harbor
    house.waiting(1)
    person = str(house.people[0].pk)
    answer = take_in(house, patient=person)
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#intake-say")
    assert 'name="again_reason"' in answer.content.decode()
    assert take_in(house, patient=person, again_reason="blood test too").status_code == 204


def test_a_closed_line_and_a_strangers_line_take_nobody_in(world: World) -> None:
    house = world.harbor
    refused = take_in(house, family_name="Nova", unknown="1", queue=str(world.hilltop.own.pk))
    assert refused.status_code == 422
    stranger = world.hilltop.patient()
    assert take_in(house, patient=str(stranger.pk)).status_code == 422
    with house.open():
        assert Visit.objects.count() == 0


def test_the_look_up_offers_a_family_of_one_phone_and_says_who_waits(world: World) -> None:
    house = world.harbor
    for name in ("Amina", "Bilal"):
        house.patient(name, "Yusuf", phone="+44 20 555 0147")
    with house.open():
        visit = intake.arrive(house.own, house.people[0], actor=house.desk).visit
    page = signed_in(house, "receptionist").get(at(house, "visits/found/?q=0147")).content.decode()
    assert "Amina Yusuf" in page
    assert "Bilal Yusuf" in page
    assert visit.token in page
    assert "…01 47" in page
    assert "555 0147" not in page


def test_the_walk_in_works_without_script(world: World) -> None:
    house = world.harbor
    known = house.patient("Amina", "Yusuf", phone="555 01 47")
    desk = signed_in(house, "receptionist")
    form = {"queue": str(house.own.pk), "klass": "normal", "q": "yusuf"}
    asked = desk.post(at(house, "visits/"), form)
    assert asked.status_code == 422
    assert f'<input type="radio" name="patient" value="{known.pk}">' in asked.content.decode()
    done = desk.post(at(house, "visits/"), {**form, "patient": str(known.pk)})
    assert (done.status_code, done["Location"]) == (303, at(house, "reception/"))
    assert "taken in for" in desk.get(at(house, "reception/")).content.decode()
    with house.open():
        assert Visit.objects.get().patient_id == known.pk


def test_what_was_typed_survives_a_refusal_without_script(world: World) -> None:
    house = world.harbor
    typed = {"queue": str(house.pool.pk), "given_name": "Ngọc", "reason": "Cough", "klass": "urgent", "print": "1"}
    answer = signed_in(house, "receptionist").post(at(house, "visits/"), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    for kept in ('value="Ngọc"', 'value="Cough"', f'value="{house.pool.pk}" checked', 'value="urgent" checked'):
        assert kept in page, kept
    assert "Give the phone or the birth year" in page


@pytest.mark.rule("3.44")
@pytest.mark.parametrize(
    ("url", "why"),
    [("", "PUBLIC_URL"), ("http://127.0.0.1:8000", "127.0.0.1"), ("http://localhost:8000", "localhost"),
     ("https://queue.example", "")],
)  # fmt: skip
def test_a_code_is_printed_only_where_phones_can_open_it(world: World, settings: Any, url: str, why: str) -> None:
    settings.PUBLIC_URL = url
    house = world.harbor
    visit = house.waiting(1)[0]
    page = signed_in(house, "receptionist").get(at(house, f"visits/{visit.pk}/ticket/")).content.decode()
    assert ('<svg class="qr"' in page) == (not why)
    assert why in page
    assert "style=" not in page


def test_the_code_leads_to_the_patients_page(world: World, settings: Any) -> None:
    from queues.tickets import QUIET, qr_of

    code = qr_of("https://queue.example/s/abc/")
    dark = {(int(x), int(y)): int(w) for x, y, w in re.findall(r"M(\d+) (\d+)h(\d+)v1", code.path)}
    assert dark[(QUIET, QUIET)] == 7  # the finder's upper edge
    assert max(x + w for (x, _y), w in dark.items()) == code.size - QUIET
