"""Samples of moves, counters and posts."""

from __future__ import annotations

from tests.api.samples.base import Request, get, sample
from tests.api.samples.calling import no_show
from tests.api.samples.made import called
from tests.world import House


@sample("visits_reassign")
def reassign(house: House) -> Request:
    body = {"queue": str(house.pool.pk), "reason": "Any doctor will do"}
    return Request("POST", f"visits/{house.waiting()[0].pk}/reassign", body, role="receptionist")


@sample("visits_send_on")
def send_on(house: House) -> Request:
    body = {"queue": str(house.pool.pk), "note": "Blood count"}
    return Request("POST", f"visits/{called(house).pk}/send-on", body, role="doctor")


@sample("visits_priority")
def priority(house: House) -> Request:
    body = {"class": "URGENT", "reason": "Short of breath"}
    return Request("POST", f"visits/{house.waiting()[0].pk}/priority", body, role="receptionist")


@sample("queues_create")
def add_counter(house: House) -> Request:
    return Request("POST", "queues", {"name": "Laboratory", "department": str(house.department.pk)}, 201)


get("queue_line_retrieve", lambda house: f"queue/line/{house.pool.pk}")
get("jumps_list", lambda house: "queue/jumps")


@sample("queue_line_sign_on")
def sign_on(house: House) -> Request:
    return Request("POST", f"queue/line/{house.own.pk}/sign-on", {"room": str(house.room.pk)}, role="receptionist")


@sample("queue_line_sign_off")
def sign_off(house: House) -> Request:
    return Request("POST", f"queue/line/{house.pool.pk}/sign-off", {}, role="nurse")


@sample("queue_line_call_next")
def call_next_at_line(house: House) -> Request:
    house.waiting(2)
    return Request("POST", f"queue/line/{house.own.pk}/next", {}, role="doctor")


@sample("queue_line_call")
def call_at_line(house: House) -> Request:
    body = {"visit": str(house.waiting(2)[1].pk), "reason": "In pain"}
    return Request("POST", f"queue/line/{house.own.pk}/call", body, role="doctor")


for _word in ("recall", "start", "skip", "complete", "complete-and-call"):

    @sample(f"queue_line_{_word.replace('-', '_')}")
    def act_at_line(house: House, word: str = _word) -> Request:
        visit = called(house)
        return Request("POST", f"queue/line/{house.own.pk}/{word}", {"visit": str(visit.pk)}, role="doctor")


@sample("queue_line_no_show")
def no_show_at_line(house: House) -> Request:
    asked = no_show(house)
    return Request("POST", f"queue/line/{house.own.pk}/no-show", asked.body, role="doctor")
