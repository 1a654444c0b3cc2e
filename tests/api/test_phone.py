"""Holds and returns over REST: what staff press, and what the patient's link allows (R3.13, R3.14, R3.41)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from queues import clock
from queues.models import NO_SHOW, ON_HOLD, WAITING, Leg, Visit
from queues.operations import ends
from queues.operations.intake import status_link
from tests.api.client import Answer, Api, api
from tests.world import House, World

pytestmark = pytest.mark.django_db


def by_link(visit: Visit, word: str, body: dict[str, Any] | None = None) -> Answer:
    return Api().post(f"public/appointments/{status_link(visit)}/{word}", body or {})


def doc(house: House, visit: Visit) -> dict[str, Any]:
    found: dict[str, Any] = api(house, "receptionist").get(f"visits/{visit.pk}").json
    return found


@pytest.mark.rule("3.13")
def test_a_visits_document_carries_its_hold(world: World) -> None:
    house = world.harbor
    visit = house.waiting(2)[0]
    desk = api(house, "receptionist")
    assert doc(house, visit)["hold"] is None
    held = desk.post(f"visits/{visit.pk}/hold", {"reason": "AWAY", "minutes": 20, "note": "her son"}).json
    assert (held["status"], held["hold"]["reason"], held["order"]) == (ON_HOLD, "away", None)
    assert held["hold"]["since"] < held["hold"]["back_at"]
    assert "her son" not in str(held), "a note is for staff pages"
    back = desk.post(f"visits/{visit.pk}/resume").json
    assert (back["status"], back["hold"]) == (WAITING, None)
    held = desk.send("PATCH", f"visits/{visit.pk}/status", {"status": "ON_HOLD", "hold": "PAYMENT"}).json
    assert (held["status"], held["hold"]["reason"], held["hold"]["back_at"]) == (ON_HOLD, "payment", None)
    assert desk.send("PATCH", f"visits/{visit.pk}/status", {"status": "CHECKED_IN"}).json["status"] == WAITING
    assert desk.send("PATCH", f"visits/{visit.pk}/status", {"status": "on_hold"}).json["hold"]["reason"] == "other"


@pytest.mark.rule("3.13")
def test_a_delay_tells_the_places(world: World) -> None:
    house = world.harbor
    visit = house.waiting(3)[0]
    desk = api(house, "receptionist")
    told = desk.post(f"visits/{visit.pk}/delay", {"places": 9, "reason": "Waits for her son"}).json
    assert (told["places"], told["visit"]["status"]) == (2, WAITING)
    for body in (
        {"reason": "x"},
        {"places": 1},
        {"places": 1, "minutes": 5, "reason": "x"},
        {"places": 0, "reason": "x"},
    ):
        assert desk.post(f"visits/{visit.pk}/delay", body).status == 400, body


@pytest.mark.rule("3.13")
def test_the_phone_delays_and_comes_back(world: World) -> None:
    house = world.harbor
    visit = house.waiting(2)[0]
    assert by_link(visit, "delay", {"places": 1}).json["position"] == 2
    away = by_link(visit, "delay", {"minutes": 15})
    assert (away.status, away.json["status"]) == (200, ON_HOLD)
    assert by_link(visit, "come-back").json["status"] == WAITING
    by_link(visit, "delay", {"minutes": 15})
    with house.open(), time_machine.travel(timezone.now() + timedelta(minutes=15)):
        clock.bring_back()
    refused = by_link(visit, "delay", {"minutes": 15})
    assert (refused.status, refused.code) == (409, "VISIT_DELAY_LIMIT")


@pytest.mark.rule("3.13")
def test_a_delay_sent_twice_with_one_key_is_one(world: World) -> None:
    house = world.harbor
    visit = house.waiting(4)[0]
    path = f"public/appointments/{status_link(visit)}/delay"
    answers = [Api().post(path, {"places": 1}, Idempotency_Key="tap") for _tap in range(2)]
    assert [answer.json["position"] for answer in answers] == [2, 2]
    with house.open():
        assert Visit.objects.get(pk=visit.pk).delays == 1


@pytest.mark.rule("3.14")
def test_the_phone_asks_to_rejoin_and_the_desk_answers(world: World) -> None:
    house = world.harbor
    visit = house.waiting(4)[0]
    with house.open():
        ends.leave(visit, actor=house.desk)
    desk = api(house, "receptionist")
    assert by_link(visit, "rejoin").status == 200
    assert doc(house, visit)["rejoin_asked_at"] is not None
    declined = desk.post(f"visits/{visit.pk}/decline-rejoin").json
    assert (declined["status"], declined["rejoin_asked_at"]) == ("left", None)
    by_link(visit, "rejoin")
    assert desk.post(f"visits/{visit.pk}/rejoin", {"reason": "was in the hall"}).json["status"] == WAITING
    refused = by_link(visit, "rejoin")
    assert (refused.status, refused.code) == (409, "VISIT_WRONG_STATE")


@pytest.mark.rule("3.14")
def test_the_earlier_word_brings_back_whoever_was_missed(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        now = timezone.now()
        Leg.objects.filter(visit=visit).update(state=NO_SHOW, ended_at=now)
        Visit.objects.filter(pk=visit.pk).update(ended_at=now, outcome=NO_SHOW)
    back = api(house, "receptionist").send("PATCH", f"visits/{visit.pk}/status", {"status": "WAITING"})
    assert (back.status, back.json["status"]) == (200, WAITING)
    doctor = api(house, "doctor").send("PATCH", f"visits/{visit.pk}/status", {"status": "left"})
    assert doctor.status == 403


@pytest.mark.rule("3.41")
@pytest.mark.parametrize("word", ["delay", "come-back", "rejoin"])
def test_an_unknown_or_ended_link_does_nothing_and_answers_alike(world: World, word: str) -> None:
    house = world.harbor
    visit = house.waiting(2)[0]
    link, body = status_link(visit), {"places": 1} if word == "delay" else {}
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        ended = Api().post(f"public/appointments/{link}/{word}", body)
    unknown = Api().post(f"public/appointments/{'x' * len(link)}/{word}", body)
    assert (ended.status, ended.json) == (unknown.status, unknown.json)
    assert unknown.status == 404


@pytest.mark.rule("3.18")
def test_still_there_is_answered_over_rest(world: World) -> None:
    house = world.harbor
    with time_machine.travel(timezone.now() - timedelta(minutes=70)):
        visit = house.waiting(1)[0]
        doctor = api(house, "doctor")
        doctor.post(f"queue/doctor/{house.doctor.pk}/next")
        doctor.post(f"queue/doctor/{house.doctor.pk}/start")
    doctor = api(house, "doctor")
    assert doctor.post(f"visits/{visit.pk}/still-there").code == "VISIT_NOT_ASKED"
    with house.open():
        clock.look_in()
    assert doc(house, visit)["asked_at"] is not None
    assert doctor.post(f"visits/{visit.pk}/still-there").json["asked_at"] is None
    assert doctor.post(f"visits/{visit.pk}/still-there", {"completed": True}).json["status"] == "completed"


def test_a_hold_over_rest_is_undone_over_rest(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    desk = api(house, "receptionist")
    desk.post(f"visits/{visit.pk}/hold", {"reason": "papers"})
    undone = desk.post(f"visits/{visit.pk}/undo").json
    assert (undone["undone"], undone["visit"]["status"]) == (["visit.held"], WAITING)
