"""Screens on the wall and the patient's phone: what holders of a link see, and what they never see."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from clinic.live.models import Event
from clinic.tenants.models import PublicToken
from queues.models import CALLED, WAITING, Display
from queues.operations import appointments, calls, ends, intake
from tests.house.calls.book import booked
from tests.queues.helpers import HTMX, at, paired, signed_in, state_of
from tests.world import World, canary

pytestmark = pytest.mark.django_db


@pytest.mark.rule("3.42")
def test_a_screen_shows_a_code_is_paired_and_survives_a_restart(world: World) -> None:
    house = world.harbor
    wall = Client()
    first = wall.get("/d/")
    screen = first["Location"]
    page = wall.get(screen).content.decode()
    code = "".join(re.findall(r'class="tv-code token"[^>]*>(\w{3}) (\w{3})<', page)[0])
    assert wall.get("/d/")["Location"] == screen  # switched off and on again
    desk = signed_in(house, "receptionist")
    form = {"name": "Hall", "queues": [str(house.own.pk)], "languages": ["en"], "names": "token"}
    assert desk.post(at(house, "displays/"), {**form, "code": "AAAAAA"}).status_code == 422
    assert desk.post(at(house, "displays/"), {**form, "code": f"{code[:3]}-{code[3:]}".lower()}).status_code == 303
    assert house.own.name in wall.get(screen).content.decode()
    assert wall.get("/d/")["Location"] == screen
    with house.open():
        display = Display.objects.get()
    assert desk.post(at(house, f"displays/{display.pk}/revoke/"), headers=HTMX).status_code == 204
    assert wall.get(screen).status_code == 404
    assert wall.get("/d/")["Location"] != screen


def test_names_on_a_screen_are_offered_only_as_far_as_the_policy_goes(world: World) -> None:
    house = world.harbor
    desk = signed_in(house, "receptionist")
    assert '<option value="initials"' not in desk.get(at(house, "displays/")).content.decode()
    wall = Client()
    wall.get(wall.get("/d/")["Location"])
    code = PublicToken.objects.latest("pk").code
    form = {"name": "Hall", "queues": [str(house.own.pk)], "languages": ["en"], "names": "initials", "code": code}
    assert desk.post(at(house, "displays/"), form).status_code == 422


@pytest.mark.rule("3.41")
def test_unknown_ended_and_foreign_links_are_one_answer(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    _display, wall = paired(house)
    link = intake.status_link(visit)
    assert Client().get(f"/s/{link}/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        paths = ("/s/nothing/", f"/s/{link}/", f"/s/{wall}/", f"/d/{link}/")
        answers = [Client().get(path) for path in paths]
    for answer in answers:
        assert answer.status_code == 404
        assert answer["Referrer-Policy"] == "no-referrer"
    # But for the request's number, the form's token and the address itself.
    numbers = rb'<b class="code">[^<]*</b>|name="(csrfmiddlewaretoken|next)" value="[^"]*"'
    assert len({re.sub(numbers, b"", answer.content) for answer in answers}) == 1


@pytest.mark.rule("3.13")
def test_a_patient_leaves_the_line_from_the_phone(world: World) -> None:
    house = world.harbor
    visit, other = house.waiting(2)
    link = intake.status_link(visit)
    answer = Client().post(f"/s/{link}/leave/")
    assert (answer.status_code, answer["Location"]) == (303, f"/s/{link}/")
    with house.open():
        assert (state_of(visit), state_of(other)) == ("left", WAITING)
        event = Event.objects.latest("seq")
        assert (event.name, event.actor["kind"], event.actor["name"]) == ("visit.left", "patient", "")
    assert "Leave the line" not in Client().get(f"/s/{link}/").content.decode()


def test_a_called_patient_does_not_leave_from_the_phone(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
    Client().post(f"/s/{intake.status_link(visit)}/leave/")
    with house.open():
        assert state_of(visit) == CALLED


def test_public_pages_hold_nothing_of_any_patient(world: World) -> None:
    """Canaries: what a display and another patient's page received holds no name, phone, birth date, MRN or id."""
    house = world.harbor
    secret: dict[str, Any] = {
        "phone": "+44 20 7946 0999", "birth_date": date(1971, 2, 3), "email": "zq@example.org",
        "address": "3 Canary Row",
    }  # fmt: skip
    with house.open():
        people = [house.patient("Zebedee", "Quillfeather", **secret) for _ in range(3)]
        seen = house.patient("Vera", "Visible")
        visit = intake.arrive(house.own, seen, actor=house.desk).visit
        for person in people:
            intake.arrive(house.own, person, klass="urgent", class_reason="haemorrhage", reason="collapse",
                          actor=house.desk)  # fmt: skip
        called = calls.call_next(house.doctor, actor=house.medic)
        assert called is not None
        calls.start(called.visit, actor=house.medic)
        row = booked(house, patient=seen, reason="collapse")
    _display, wall = paired(house, names="first_initial")
    link = intake.status_link(visit)
    own = f"/b/{appointments.booking_link(row)}/"
    received = b""
    for path in (f"/d/{wall}/", f"/s/{link}/", own):
        page = Client().get(path).content
        if path == own:  # around the live parts: the own given name, once, and the hospital's address
            page = page.replace(b"<bdi>Vera</bdi>", b"").replace(canary(house.hospital).encode(), b"")
        received += page
        regions = re.findall(r'data-region="([^"]+)"', Client().get(path).content.decode())
        query = "&".join(f"r={name.replace('#', '%23')}" for name in regions)
        received += Client().get(f"{path}regions?{query}").content
    text = received.decode()
    hidden = ["Zebedee", "Quillfeather", "7946", "0999", "1971", "zq@", "Canary Row", "haemorrhage", "collapse",
              canary(house.hospital), "Vera", "Visible"]  # fmt: skip
    hidden += [str(person.pk) for person in [*people, seen]] + [person.mrn for person in [*people, seen]]
    assert [word for word in hidden if word in text] == []
    assert called.visit.token in text


def test_a_status_link_opens_no_other_place(world: World) -> None:
    house = world.harbor
    visit, other = house.waiting(2)
    link = intake.status_link(visit)
    asked = f"status:{house.department.pk}%23{other.pk}"
    answer = Client().get(f"/s/{link}/regions?r={asked}&r=status:{house.department.pk}&r=line:{house.own.pk}")
    assert all("error" in frame for frame in answer.json()["frames"])
    assert other.token not in answer.content.decode()


def test_the_patient_page_reloads_itself_without_script(world: World) -> None:
    visit = world.harbor.waiting(1)[0]
    with world.harbor.open():
        page = Client().get(f"/s/{intake.status_link(visit)}/").content.decode()
    assert '<noscript><meta http-equiv="refresh" content="20"></noscript>' in page


def test_ended_visits_have_a_page_that_says_so(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        ends.cancel(visit, reason="double", actor=house.desk)
    page = Client().get(f"/s/{intake.status_link(visit)}/").content.decode()
    assert "This visit was cancelled" in page
