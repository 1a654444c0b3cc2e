"""Counters: R3.7, R3.10, R3.21."""

from __future__ import annotations

import pytest

from clinic.core.errors import Conflict, Forbidden, Invalid
from clinic.directory import operations as directory
from clinic.directory.models import Department, DoctorDepartment
from clinic.live import outbox
from clinic.live.models import Event
from queues.models import CALLED, WAITING, Leg, Queue
from queues.operations import calls, lines, moves
from tests.api.client import api
from tests.ledger import recorded
from tests.queues.at_posts import counter
from tests.queues.helpers import at, signed_in
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.rule("3.7")
def test_a_counter_is_a_line_people_are_taken_into_and_moved_to(world: World) -> None:
    house = world.harbor
    laboratory = counter(house, " Laboratory ")
    assert (laboratory.sort, laboratory.name) == (Queue.COUNTER, "Laboratory")
    (visit,) = house.waiting(1, laboratory)
    (moved,) = house.waiting(1)
    with house.open():
        moves.reassign(moved, laboratory, actor=house.desk)
        waiting = Leg.objects.filter(queue=laboratory).waiting().in_order()
        assert list(waiting.values_list("visit_id", flat=True)) == [visit.pk, moved.pk]


@pytest.mark.rule("3.7")
def test_nobody_calls_from_a_counter_without_a_post_there(world: World) -> None:
    """A counter is no pool: the doctors of its department do not take from it."""
    house = world.harbor
    laboratory = counter(house)
    (visit,) = house.waiting(1, laboratory)
    with house.open():
        assert calls.call_next(house.doctor, actor=house.medic) is None
        with pytest.raises(Forbidden):
            calls.call(visit, house.doctor, reason="x", actor=house.medic)
        assert calls.leg_now(visit).state == WAITING


@pytest.mark.rule("3.10")
def test_nobody_but_the_desk_chooses_from_a_pool_that_is_not_served(world: World) -> None:
    house = world.harbor
    with house.open():
        other = Department.objects.create(name="Radiology", prefix="R")
        there = Queue.objects.create(department=other, sort=Queue.POOL, name="Radiology")
    (first, second) = house.waiting(2, there)
    with house.open():
        with pytest.raises(Forbidden):
            calls.call(first, house.doctor, reason="x", actor=house.medic)
        DoctorDepartment.objects.create(doctor=house.doctor, department=other)
        assert calls.call(first, house.doctor, reason="x", actor=house.medic).state == CALLED
        calls.call(second, house.colleague, reason="x", actor=house.desk)


def test_two_counters_never_have_one_name_and_a_name_is_asked_for(world: World) -> None:
    house = world.harbor
    counter(house)
    with recorded(house) as told:
        with pytest.raises(Conflict) as taken:
            lines.add_counter(department=house.department, name="Laboratory", actor=house.actor("owner"))
        assert taken.value.code == "queue.name_taken"
        for name in ("", "   ", "x" * 121):
            with pytest.raises(Invalid):
                lines.add_counter(department=house.department, name=name, actor=house.actor("owner"))
        for role in ("receptionist", "doctor", "nurse", "biller"):
            with pytest.raises(Forbidden):
                lines.add_counter(department=house.department, name="Cashier", actor=house.actor(role))
    assert told.events == []
    counter(world.hilltop)


def test_a_counter_is_renamed_and_a_doctors_line_is_not(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    owner = house.actor("owner")
    with house.open():
        lines.change_queue(laboratory, name="Lab 1", overnight=True, is_open=False, actor=owner)
        laboratory.refresh_from_db()
        assert (laboratory.name, laboratory.overnight, laboratory.is_open) == ("Lab 1", True, False)
        lines.change_queue(house.own, overnight=True, name=house.own.name, actor=owner)
        for fields in ({"name": "Dr. Else"}, {"sort": "pool"}, {"doctor": None}):
            with pytest.raises(Invalid):
                lines.change_queue(house.own, actor=owner, **fields)
        with pytest.raises(Forbidden):
            lines.change_queue(laboratory, overnight=False, actor=house.desk)


def test_a_renamed_counter_is_told_to_whoever_holds_its_visits(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    (visit,) = house.waiting(1, laboratory)
    with house.open():
        outbox.run(house.hospital.pk)
        lines.change_queue(laboratory, name="Lab 1", actor=house.actor("owner"))
        outbox.run(house.hospital.pk)
        told = Event.objects.latest("seq")
        assert (told.name, told.subjects) == ("visit.relabelled", [visit.ref])


@pytest.mark.rule("3.7")
def test_a_department_that_is_a_counter_has_a_counter_and_no_pool(world: World) -> None:
    house = world.harbor
    with house.open():
        added = directory.add_department(
            name="Vaccination", prefix="V", sort=Department.COUNTER, actor=house.actor("owner")
        )
        for _ in range(2):
            outbox.run(house.hospital.pk)
            lines.ensure_pool(added, actor=house.actor("owner"))
        here = Queue.objects.filter(department=added)
        assert [(queue.sort, queue.name) for queue in here] == [(Queue.COUNTER, "Vaccination")]
    answer = api(house, "receptionist").send("GET", f"queue/department/{added.pk}")
    assert answer.json["queue"]["kind"] == "counter"


# --- in the admin ----------------------------------------------------------------------------------------------------


def test_counters_are_made_and_changed_in_the_admin(world: World) -> None:
    house = world.harbor
    owner = signed_in(house, "owner")
    path = at(house, "admin/queues/queue/")
    made = owner.post(f"{path}add/", {"name": "Cashier", "department": str(house.department.pk)})
    assert made.status_code == 302, made.content
    with house.open():
        cashier = Queue.objects.get(name="Cashier")
    assert cashier.sort == Queue.COUNTER
    page = owner.get(f"{path}{cashier.pk}/change/")
    assert b'name="overnight"' in page.content
    form = {"name": "Cashier 1", "is_open": "on", "overnight": "on", "row_version": str(cashier.version)}
    assert owner.post(f"{path}{cashier.pk}/change/", form).status_code == 302
    with house.open():
        cashier.refresh_from_db()
    assert (cashier.name, cashier.overnight) == ("Cashier 1", True)
    fixed = owner.get(f"{path}{house.own.pk}/change/")
    assert b'name="name"' not in fixed.content, "a doctor's line has the doctor's name"
    again = owner.post(f"{path}add/", {"name": "Cashier 1", "department": str(house.department.pk)})
    assert again.status_code == 200
    assert "Another counter has this name" in again.content.decode()


# --- by the API ----------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.9")
def test_a_clerk_works_at_a_counter_by_the_api(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    visits = house.waiting(2, laboratory)
    clerk = api(house, "receptionist")
    here = f"queue/line/{laboratory.pk}"
    refused = clerk.send("POST", f"{here}/next", {})
    assert (refused.status, refused.code) == (409, "POST_NONE")
    signed = clerk.send("POST", f"{here}/sign-on", {"room": str(house.room.pk)})
    assert (signed.status, signed.json["room"]) == (200, str(house.room.pk))
    called = clerk.send("POST", f"{here}/next", {})
    assert called.json["visit"]["id"] == str(visits[0].pk)
    assert called.json["visit"]["room"]["id"] == str(house.room.pk)
    board = clerk.send("GET", here)
    assert [doc["id"] for doc in board.json["now"]] == [str(visits[0].pk)]
    assert [doc["id"] for doc in board.json["waiting"]] == [str(visits[1].pk)]
    for word, status in (("start", "in_progress"), ("complete", "completed")):
        assert clerk.send("POST", f"{here}/{word}", {}).json["status"] == status
    chosen = clerk.send("POST", f"{here}/call", {"visit": str(visits[1].pk), "reason": "in pain"})
    assert chosen.json["status"] == "called"
    ended = clerk.send("POST", f"{here}/sign-off", {})
    assert ended.json["post"]["ended_at"] is not None
    assert clerk.send("POST", f"{here}/sign-off", {}).json == {"post": None}


def test_lines_are_made_and_changed_by_the_api(world: World) -> None:
    house = world.harbor
    owner = api(house, "owner")
    made = owner.send("POST", "queues", {"name": "Cashier", "department": str(house.department.pk)})
    assert (made.status, made.json["kind"], made.json["overnight"]) == (201, "counter", False)
    again = owner.send("POST", "queues", {"name": "Cashier", "department": str(house.department.pk)})
    assert (again.status, again.code) == (409, "QUEUE_NAME_TAKEN")
    path = f"queues/{made.json['id']}"
    changed = owner.send("PATCH", path, {"name": "Cashier 1", "overnight": True, "open": False})
    assert (changed.json["name"], changed.json["overnight"], changed.json["open"]) == ("Cashier 1", True, False)
    desk = api(house, "receptionist")
    assert desk.send("PATCH", path, {"open": True}).json["open"] is True
    assert desk.send("PATCH", path, {"overnight": False}).status == 403
    found = desk.send("GET", "queues?kind=counter")
    assert [doc["name"] for doc in found.json["results"]] == ["Cashier 1"]
