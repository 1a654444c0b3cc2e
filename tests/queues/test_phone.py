"""The patient's phone: what it says in each state, and what can be done there (R3.13, R3.14, R3.19, R3.22, R3.31)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from clinic.live.models import Event
from clinic.live.record import done
from clinic.tenants import links
from clinic.tenants.models import PublicToken
from queues.models import LEFT, ON_HOLD, WAITING, Leg, LineEstimate, Queue, Visit
from queues.operations import calls, ends, holds, intake, undo
from tests.queues.helpers import at, called, missed, shown, signed_in, state_of
from tests.world import House, World

pytestmark = pytest.mark.django_db


def link_of(house: House, visit: Visit) -> str:
    with house.open():
        return f"/s/{intake.status_link(visit)}/"


def page(house: House, visit: Visit, language: str = "en") -> str:
    """The page as a browser without JavaScript has it."""
    return Client(headers={"Accept-Language": language}).get(link_of(house, visit)).content.decode()


def place(visit: Visit) -> Any:
    return next(r for r in shown(f"status:{visit.department_id}").rows if r.key == str(visit.pk))


def press(house: House, visit: Visit, act: str, **form: str) -> str:
    """A plain form of the page, and the page that follows."""
    phone = Client()
    answer = phone.post(f"{link_of(house, visit)}{act}/", form)
    assert (answer.status_code, answer["Location"]) == (303, link_of(house, visit))
    return phone.get(answer["Location"]).content.decode()


def estimated(line: Queue, **fields: Any) -> None:
    """What is stored of a line's waits, as the estimates' own reaction would store it."""
    LineEstimate.objects.update_or_create(queue=line, defaults={"model": "test", "made_at": timezone.now(), **fields})


# --- when the turn is ------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.31")
def test_the_turn_is_a_range_of_clock_times_in_the_hospitals_zone(world: World) -> None:
    house = world.harbor
    visits = house.waiting(4)
    first = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=40)
    with house.open():
        leg = calls.leg_now(visits[3])
        waits = {str(leg.pk): [first.isoformat(), (first + timedelta(minutes=20)).isoformat()]}
        estimated(house.own, waits=waits)
        row = place(visits[3])
        told = [timezone.localtime(first + more, house.hospital.zone).strftime("%H:%M")
                for more in (timedelta(), timedelta(minutes=20))]  # fmt: skip
        assert [row.turn_from, row.turn_until] == told
        assert row.step_out == first - timedelta(minutes=10)
    text = page(house, visits[3])
    assert "–".join(told) in text and "Be back by" in text
    assert f'data-until-hide="{timezone.localtime(row.step_out, house.hospital.zone).isoformat()[:16]}' in text
    ticket = signed_in(house, "receptionist").get(at(house, f"visits/{visits[3].pk}/ticket/")).content.decode()
    assert "–".join(told) in ticket
    answer = Client().get(link_of(house, visits[3]).replace("/s/", "/api/v1/public/appointments/") + "status").json()
    assert answer["wait"]["text"] == "–".join(told)
    assert (answer["position"], answer["ahead"], answer["paused"]) == (4, 3, False)
    assert {"appointment", "patient", "doctor", "status", "doctor_status"} <= set(answer)


@pytest.mark.rule("3.31")
@pytest.mark.rule("3.21")
def test_paused_is_a_word_and_no_number(world: World) -> None:
    house = world.harbor
    visit = house.waiting(2)[1]
    with house.open():
        leg = calls.leg_now(visit)
        soon = timezone.now() + timedelta(minutes=30)
        estimated(house.own, waits={str(leg.pk): [soon.isoformat(), soon.isoformat()]}, joining=[25, 35])
        house.doctor.status = "on_break"
        house.doctor.save()
        row = place(visit)
        assert (row.paused, row.turn_from, row.step_out) == (True, "", None)
    text = page(house, visit)
    assert "Paused" in text and "Your turn is likely" not in text


# --- push back -------------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.13")
def test_a_patient_lets_others_go_first(world: World) -> None:
    house = world.harbor
    visits = house.waiting(4)
    assert "Push back my place" in page(house, visits[0])
    text = press(house, visits[0], "delay", places="2")
    assert "Others go first now." in text and "You asked on this page to let others go first." in text
    with house.open():
        assert place(visits[0]).ahead == 2
        assert place(visits[0]).delays_left == 2
        event = Event.objects.latest("seq")
        assert (event.name, event.actor["kind"]) == ("visit.delayed", "patient")


@pytest.mark.rule("3.13")
def test_a_patient_steps_out_with_the_place_kept_and_comes_back_earlier(world: World) -> None:
    house = world.harbor
    visits = house.waiting(2)
    text = press(house, visits[0], "delay", minutes="20")
    back = timezone.localtime(timezone.now() + timedelta(minutes=20), house.hospital.zone)
    assert "Your place is kept" in text and "I am back" in text
    assert re.search(rf"{back:%H}:\d\d", text)
    with house.open():
        assert state_of(visits[0]) == ON_HOLD
        assert place(visits[0]).state == "away"
    text = press(house, visits[0], "back")
    assert "You are next" in text and "I am back" not in text
    with house.open():
        assert state_of(visits[0]) == WAITING
    press(house, visits[0], "back")  # twice is once
    with house.open():
        assert Event.objects.filter(name="visit.resumed").count() == 1


@pytest.mark.rule("3.13")
def test_the_phone_stops_after_three_delays_and_once_called(world: World) -> None:
    house = world.harbor
    visits = house.waiting(6)
    for left in (2, 1, 0):
        press(house, visits[0], "delay", places="1")
        with house.open():
            assert place(visits[0]).delays_left == left
    assert "Push back my place" not in page(house, visits[0])
    text = press(house, visits[0], "delay", places="1")
    assert 'data-tone="late"' in text
    with house.open():
        leg = called(house)
    text = page(house, leg.visit)
    assert "Push back my place" not in text and "Please come in" in text
    before = Event.objects
    with house.open():
        count = before.count()
    press(house, leg.visit, "delay", minutes="10")
    with house.open():
        assert Event.objects.count() == count
        assert state_of(leg.visit) == "called"


@pytest.mark.parametrize("form", [{}, {"places": "x"}, {"minutes": "-5"}, {"places": "1", "minutes": "5"},
                                  {"places": "9999"}, {"minutes": "0"}])  # fmt: skip
def test_a_form_that_makes_no_sense_changes_nothing(world: World, form: dict[str, str]) -> None:
    house = world.harbor
    visit = house.waiting(2)[0]
    assert 'data-tone="late"' in press(house, visit, "delay", **form)
    with house.open():
        assert state_of(visit) == WAITING
        assert place(visit).delays_left == 3


# --- back after the end ----------------------------------------------------------------------------------------------


@pytest.mark.rule("3.14")
def test_who_missed_the_call_or_left_asks_to_come_back(world: World) -> None:
    house = world.harbor
    house.waiting(2)
    with house.open():
        leg = missed(house)
        ends.no_show(leg.visit, actor=house.medic)
        other = Leg.objects.waiting().filter(queue=house.own).select_related("visit").first()
        assert other is not None
    assert "Ask to come back into the line" in page(house, leg.visit)
    text = press(house, leg.visit, "rejoin")
    assert "You asked to come back." in text and "Ask to come back into the line" not in text
    press(house, leg.visit, "rejoin")
    with house.open():
        assert Event.objects.filter(name="visit.rejoin_asked").count() == 1
    press(house, other.visit, "leave")
    with house.open():
        assert state_of(other.visit) == LEFT
    assert "Ask to come back into the line" in page(house, other.visit)


def test_a_waiting_patient_cannot_ask_to_come_back(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    assert 'data-tone="late"' in press(house, visit, "rejoin")
    assert 'data-tone="late"' in press(house, visit, "delay", minutes="999")
    with house.open():
        assert state_of(visit) == WAITING


# --- states ----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.19")
def test_an_undone_call_reads_please_wait(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
        seq = done().seq
        assert seq is not None
        undo.undo(seq, actor=house.medic)
    assert f"{visit.token}, please wait" in page(house, visit)


@pytest.mark.parametrize(
    ("reason", "words"), [("tests", "You are at tests"), ("payment", "You are paying"), ("papers", "getting papers"),
                          ("other", "set aside")],
)  # fmt: skip
def test_on_hold_says_why_and_who_brings_back(world: World, reason: str, words: str) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        holds.hold(visit, reason=reason, actor=house.desk)
    text = page(house, visit)
    assert words in text and "I am back" not in text


@pytest.mark.rule("3.22")
def test_a_visit_without_a_leg_says_on_which_day_it_is_expected(world: World) -> None:
    house = world.harbor
    with house.open():
        day = timezone.localdate(timezone=house.hospital.zone) + timedelta(days=2)
        visit = Visit.objects.create(
            patient=house.patient("Vera"), department=house.department, token_period=day, token_number=71,
            token="A-071", service_day=day, arrived_at=timezone.now(), klass="carried_over", expected_on=day,
            expected_queue=house.own,
        )  # fmt: skip
        links.issue(PublicToken.STATUS, visit.ref, house.hospital.pk, None)
        assert place(visit).state == "expected"
    text = page(house, visit)
    assert "Expected on" in text and f"{day.day} " in text and "Leave the line" not in text
    answer = Client().get(link_of(house, visit).replace("/s/", "/api/v1/public/visits/") + "status").json()
    assert (answer["status"], answer["expected_on"], answer["position"]) == ("expected", day.isoformat(), None)
    ticket = signed_in(house, "receptionist").get(at(house, f"visits/{visit.pk}/ticket/"))
    assert "Expected on" in ticket.content.decode()
    assert "Leave" not in press(house, visit, "delay", places="1")
    with house.open():
        Visit.objects.filter(pk=visit.pk).update(outcome="lapsed", ended_at=timezone.now())
    assert "This visit has lapsed" in page(house, visit)


@pytest.mark.rule("3.41")
def test_buttons_of_an_ended_link_answer_as_if_it_had_never_been(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    address = link_of(house, visit)
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        for act in ("leave", "delay", "back", "rejoin"):
            assert Client().post(f"{address}{act}/", {"places": "1"}).status_code == 404
            assert Client().post(f"/s/{links.random_token()}/{act}/").status_code == 404
    assert Client().get(f"{address}delay/").status_code == 405
    assert not PublicToken.objects.filter(hash=address.strip("/").partition("/")[2]).exists()


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("es", "ltr"), ("ar", "rtl"), ("hi", "ltr")])
def test_the_page_is_in_the_patients_language(world: World, language: str, direction: str) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    phone = Client()
    address = link_of(house, visit)
    chosen = phone.post("/language/", {"language": language, "next": address}, headers={"Origin": "null"})
    assert (chosen.status_code, chosen["Location"]) == (302, address)
    text = phone.get(address).content.decode()
    assert f'<html lang="{language}" dir="{direction}"' in text
    assert text.count('name="language"') == 4
    assert ("You are next" in text) is (language == "en")


@pytest.mark.rule("3.5")
def test_why_others_go_first_after_they_came_back_from_tests(world: World) -> None:
    house = world.harbor
    first, second = house.waiting(2)
    with house.open():
        holds.hold(second, reason="tests", actor=house.desk)
        holds.resume(second, actor=house.desk)
        assert place(first).ahead == 1
        assert place(first).why == "Somebody comes back who was called before, and goes first."
        assert "test" not in place(first).why


def test_today_is_the_days_own(world: World) -> None:
    """A visit of another day has no place any more, unless it is still open."""
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        ends.leave(visit, actor=house.desk)
        Visit.objects.filter(pk=visit.pk).update(service_day=date(2020, 1, 1))
        keys = [r.key for r in shown(f"status:{visit.department_id}").rows]
    assert str(visit.pk) not in keys
