"""A form that was opened a while ago says what its nurse changed, and not what a colleague has changed since."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from er_flow.models import EmergencyVisit
from er_flow.operations import team
from tests.er_flow.pages import one, opened, posted
from tests.er_flow.ward import Ward, emergency
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def ward(world: World) -> Ward:
    with world.harbor.open():
        return emergency(world.harbor)


def shown(page: str) -> str:
    """What the form remembers that it showed."""
    found = re.findall(r'<input[^>]*name="shown"[^>]*value="([^"]*)"', page)
    return unescape(found[0]) if found else ""


def details(visit: EmergencyVisit, **more: Any) -> dict[str, Any]:
    """The form as it was opened, and what was typed into it."""
    asked = {"asked": "1", "complaint": visit.complaint, "sex": visit.sex, "section": visit.section_id or ""}
    return {**asked, "precautions": visit.precautions, "notes": visit.notes, **more}


def test_what_a_colleague_found_out_meanwhile_stays(world: World, ward: Ward) -> None:
    house = world.harbor
    with house.open():
        visit = team.change_details(ward.arrived(), notes="One line\nand another", actor=ward.nurse)
    path = f"er/visits/{visit.pk}/details/"
    form = details(visit, shown=shown(opened(house, "nurse", path)), complaint="Chest pain since noon")
    form["notes"] = visit.notes.replace("\n", "\r\n")  # as a browser sends it
    with house.open():
        changes = {"precautions": "airborne", "alerts": ["allergy"], "ventilated": True, "notes": "Was in Lagos"}
        team.change_details(visit, section=ward.sections["Acute"], actor=ward.by("charge_nurse"), **changes)
    assert posted(house, "nurse", path, form).status_code == 204
    now = one(ward)
    assert (now.complaint, now.precautions, now.alerts, now.ventilated) == (
        "Chest pain since noon", "airborne", ["allergy"], True,
    )  # fmt: skip
    assert (now.notes, now.section_id) == ("Was in Lagos", ward.sections["Acute"].pk)


def test_what_is_taken_away_in_the_form_is_taken_away(world: World, ward: Ward) -> None:
    house = world.harbor
    with house.open():
        section = ward.sections["Acute"]
        told = {"alerts": ["fall"], "needs": ["secure"], "ventilated": True, "notes": "x", "section": section}
        visit = team.change_details(ward.arrived(), actor=ward.nurse, **told)
    path = f"er/visits/{visit.pk}/details/"
    form = details(visit, shown=shown(opened(house, "nurse", path)), notes="", section="")
    assert posted(house, "nurse", path, form).status_code == 204
    now = one(ward)
    assert not (now.alerts or now.needs or now.ventilated or now.notes or now.section_id)


@pytest.mark.parametrize("odd", ["", "x", "=", "precautions", "precautions=", "[" * 1900])
def test_a_form_that_remembers_nothing_says_all(world: World, ward: Ward, odd: str) -> None:
    with world.harbor.open():
        visit = team.change_details(ward.arrived(), precautions="droplet", actor=ward.nurse)
    form = details(visit, shown=odd, precautions="contact")
    assert posted(world.harbor, "nurse", f"er/visits/{visit.pk}/details/", form).status_code == 204
    assert one(ward).precautions == "contact"


def test_a_colleagues_provider_stays_where_only_the_nurse_was_chosen(world: World, ward: Ward) -> None:
    house = world.harbor
    with house.open():
        visit, nia = ward.arrived(), ward.person("nurse", "Nia")
    path = f"er/visits/{visit.pk}/team/"
    form = {"asked": "1", "shown": shown(opened(house, "nurse", path)), "provider": "", "nurse": str(nia.pk)}
    with house.open():
        team.set_team(visit, provider=house.doctor, actor=ward.by("charge_nurse"))
    assert posted(house, "nurse", path, form).status_code == 204
    assert (one(ward).nurse_id, one(ward).provider_id) == (nia.pk, house.doctor.pk)
