"""The story of a booking through the API alone: found, booked, accepted, checked in, told, seen; and "away today".

The hospital is set up by hand; every act is a request, by whoever does it, and followed with ``GET events``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from clinic.inbox import outgoing
from clinic.live import outbox
from clinic.tenants import links
from clinic.tenants.models import PublicToken
from queues.operations import displays
from tests.api.client import Answer, Api
from tests.directory.test_listing import list_house
from tests.world import PASSWORD, House, World

pytestmark = pytest.mark.django_db

UNDO = 62
"""Seconds after which nothing can be taken back any more, and what was said is told."""


@pytest.fixture
def clock() -> Iterator[Any]:
    """Twenty to ten of a Friday in Paris; the lines are open from ten to six."""
    with time_machine.travel("2026-11-20T08:40:00Z", tick=False) as travel:
        yield travel


@pytest.fixture
def house(world: World, clock: Any) -> House:
    list_house(world.harbor)
    return world.harbor


def signed_in(house: House, role: str) -> Api:
    """A person of the hospital, by e-mail and password."""
    told = Api().post("auth/login", {"email": house.users[role].email, "password": PASSWORD}).json
    return Api(f"Bearer {told['access']}")


def done(answer: Answer, status: int = 200) -> Any:
    assert answer.status == status, answer.content
    return answer.json


def work(house: House) -> None:
    """What the worker does: reactions, and sending."""
    outbox.run(house.hospital.pk)
    with house.open():
        outgoing.send_due()


class Follower:
    """A client of ``GET events``: a snapshot, and then what it has missed."""

    def __init__(self, caller: Api, *topics: str) -> None:
        self.caller, self.topics = caller, ",".join(topics)
        told = done(caller.get(f"events?topics={self.topics}"))
        self.seq, self.docs = told["seq"], dict(told["messages"][0]["snapshot"])
        self.heard: list[str] = []

    def hear(self) -> list[str]:
        """The names of what happened since the last time; the documents follow."""
        told = done(self.caller.get(f"events?topics={self.topics}&since={self.seq}"))
        fresh = []
        for message in told["messages"]:
            fresh += [message["event"]] if message["last"] else []
            if message["op"] == "delete":
                self.docs.pop(message["ref"], None)
            else:
                self.docs[message["ref"]] = message["doc"]
        self.seq = told["seq"]
        self.heard += fresh
        return fresh

    def is_right(self) -> bool:
        """What it holds is what a client that begins now is shown."""
        told = done(self.caller.get(f"events?topics={self.topics}"))
        return bool(self.docs == told["messages"][0]["snapshot"])


class Patient:
    """Somebody with the link of a booking."""

    def __init__(self, token: str) -> None:
        self.token = token

    @property
    def stands(self) -> tuple[str, int]:
        """The state, and how many go before."""
        shown = self.place
        return shown["status"], shown["ahead"]

    @property
    def place(self) -> dict[str, Any]:
        told: dict[str, Any] = done(Api().get(f"public/appointments/{self.token}/status"))
        return told


def told(caller: Api, patient: str) -> list[str]:
    """What a patient was sent, oldest first, as the messages' log has it."""
    rows = done(caller.get(f"patients/{patient}/messages"))["results"]
    return [row["occasion"] for row in rows if row["state"] == "sent"]


def finds_and_books(house: House) -> Patient:
    found = done(Api().get("public/doctors/search?specialization=general&city=paris"))["results"]
    doctor = found[0]["doctor"]
    assert [row["name"] for row in found] == [house.doctor.name]
    days = done(Api().get(f"public/hospitals/harbor/availability?doctor={doctor}"))["days"]
    start = next(day for day in days if day["slots"])["slots"][0]["starts_at"]
    person = {
        "given_name": "Lucía", "family_name": "Ortega", "phone": "+34 612 345 678", "birth_year": 1991,
        "email": "lucia@example.org",
    }  # fmt: skip
    answer = Api().post("public/appointments", {"hospital": "harbor", "doctor": doctor, "starts_at": start, **person})
    booked = done(answer, 201)
    assert (booked["status"], booked["starts_at"]) == ("requested", start)
    assert not answer.header("X-Seq"), "how much happens here is nobody's business"
    return Patient(booked["token"])


def test_the_story_through_the_api(house: House, clock: Any) -> None:
    done(signed_in(house, "owner").patch("hospital/policies", {"confirm": "doctor"}))
    walk_in = {"given_name": "Amina", "family_name": "Yusuf", "phone": "+33 1 55 50 14 7"}
    desk = signed_in(house, "receptionist")
    first = done(desk.post("reception/intake", {"doctor": str(house.doctor.pk), "person": walk_in}), 201)["token"]
    clock.move_to("2026-11-20T09:20:00Z")
    desk, doctor = signed_in(house, "receptionist"), signed_in(house, "doctor")
    screen = paired(desk, house)
    book = Follower(desk, "book", f"queue:{house.own.pk}")
    line = f"queue/doctor/{house.doctor.pk}"

    phone = finds_and_books(house)
    work(house)
    assert "appointment.requested" in book.hear()
    (row,) = done(doctor.get("appointments?status=requested"))["results"]
    assert (phone.stands, row["patient"]["name"]) == (("requested", 0), "Lucía Ortega")
    assert done(doctor.post(f"appointments/{row['id']}/accept"))["status"] == "confirmed"
    clock.shift(UNDO)
    work(house)
    assert book.hear() == ["appointment.accepted"]
    assert phone.stands == ("confirmed", 1)
    assert phone.place["check_in_by"] == row["starts_at"]

    came = done(desk.post(f"appointments/{row['id']}/check-in"))
    token = came["visit"]["token"]
    assert (phone.stands, phone.place["token"]) == (("waiting", 1), token)
    assert done(doctor.post(f"{line}/next", {}))["visit"]["token"] == first
    assert phone.stands == ("waiting", 0)
    assert token in str(done(Api().get(f"public/waiting-room/{screen}"))["lines"])

    done(doctor.patch(f"doctors/{house.doctor.pk}/status", {"status": "running_late", "late_minutes": 25}))
    assert phone.place["doctor_status"] == "running_late"
    assert "running_late" in str(done(Api().get(f"public/waiting-room/{screen}"))["lines"])
    work(house)
    patient = row["patient"]["id"]
    assert told(desk, patient) == ["requested", "accepted"], "it can still be taken back"
    clock.shift(UNDO)
    work(house)

    done(doctor.post(f"{line}/start", {}))
    after = done(doctor.post(f"{line}/complete-and-call", {}))
    assert after["called"]["token"] == token
    assert phone.place["status"] == "called"
    assert token in str(done(Api().get(f"public/waiting-room/{screen}"))["calls"])
    work(house)
    done(doctor.post(f"{line}/start", {}))
    assert phone.place["status"] == "in_progress"
    assert done(doctor.post(f"{line}/complete", {}))["status"] == "completed"
    assert phone.stands == ("completed", 0)
    assert done(desk.get(f"appointments/{row['id']}"))["status"] == "completed"
    board = done(Api().get(f"public/waiting-room/{screen}"))
    assert (board["calls"], board["rooms"]) == ([], [])
    work(house)
    assert told(desk, patient) == ["requested", "accepted", "late", "your_turn"]
    book.hear()
    assert Counter(book.heard) >= Counter(
        {"appointment.requested": 1, "appointment.accepted": 1, "appointment.checked_in": 1, "visit.started": 2,
         "visit.completed": 2}
    )  # fmt: skip
    assert book.is_right()


def paired(desk: Api, house: House) -> str:
    """A screen is put up and shows a code; the desk pairs it. Returns the screen's own link."""
    token = displays.put_up()
    code = PublicToken.objects.get(hash=links.hashed(token)).code
    wanted = {"code": code, "name": "Hall", "queues": [str(house.own.pk)]}
    done(desk.post("displays", wanted), 201)
    return token


def test_away_today_through_the_api(house: House, clock: Any) -> None:
    done(signed_in(house, "owner").patch("hospital/policies", {"default_minutes": 10}))
    clock.move_to("2026-11-23T07:00:00Z")
    desk = signed_in(house, "receptionist")
    start = done(desk.get(f"doctors/{house.doctor.pk}/availability?days=1"))["days"][0]["slots"]
    rows = [
        done(desk.post("appointments", {
            "person": {"given_name": "P", "family_name": f"Booked{n}", "email": f"p{n}@patients.example"},
            "doctor": str(house.doctor.pk), "starts_at": slot["starts_at"],
        }), 201)
        for n, slot in enumerate(start[:30])
    ]  # fmt: skip
    assert len(rows) == 30
    work(house)
    phone = Patient(rows[3]["booking_token"])
    book = Follower(desk, "book")
    away = f"doctors/{house.doctor.pk}/away"
    assert [one["id"] for one in done(desk.get(away))["people"]] == [row["id"] for row in rows]

    act = desk.post(away, {"all": {"to": "cancel"}})
    assert (len(done(act)["cancelled"]), act.json["refused"]) == (30, [])
    assert phone.place["status"] == "cancelled"
    undone = done(desk.post(f"{away}/undo", {"seq": int(act.header("X-Seq"))}))["undone"]
    assert Counter(undone)["appointment.cancelled"] == 30
    assert phone.place["status"] == "confirmed"
    clock.shift(UNDO)
    work(house)
    assert told(desk, rows[3]["patient"]["id"]) == ["booked"], "nobody hears of what was undone"

    colleague = next(one for one in done(desk.get(away))["colleagues"] if one["doctor"]["name"] == "Dr. Kwame Mensah")
    assert (colleague["booked"], colleague["capacity"]) == (0, None)
    moved = done(desk.post(away, {"all": {"to": "colleague", "queue": colleague["queue"]}}))
    assert (len(moved["moved"]), moved["refused"]) == (30, [])
    clock.shift(UNDO)
    work(house)
    work(house)
    assert all(told(desk, row["patient"]["id"]) == ["booked", "away"] for row in rows)
    assert done(desk.get(away))["people"] == []
    there = done(desk.get(f"appointments?queue={colleague['queue']}&status=confirmed&limit=200"))["results"]
    assert [row["starts_at"] for row in there] == [row["starts_at"] for row in rows]
    assert Counter(book.hear())["appointment.rescheduled"] == 30
    assert book.is_right()
