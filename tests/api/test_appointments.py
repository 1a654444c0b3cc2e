"""Appointments over REST: the book, the earlier words, the day, and what the doctor is told on the stream."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinic.core.access import Actor
from clinic.live import feed, render
from clinic.tenants.models import HospitalConfig
from queues.models import CONFIRMED, Appointment, Visit
from queues.operations import appointments, checkin, ends
from tests.api.client import Api, api
from tests.api.samples.appointments import coming, listed, requested, start_of, today
from tests.house.calls.book import booked, free
from tests.world import House, World

pytestmark = pytest.mark.django_db


def doc(house: House, row: Appointment) -> dict[str, Any]:
    found: dict[str, Any] = api(house, "receptionist").get(f"appointments/{row.pk}").json
    return found


@pytest.mark.rule("2.2")
def test_the_second_of_two_gets_409_with_places_that_really_are_free(world: World) -> None:
    house = world.harbor
    desk, start = api(house, "receptionist"), start_of(house)
    body = {"patient": str(house.patient().pk), "doctor": str(house.doctor.pk), "starts_at": start}
    first = desk.post("appointments", body)
    assert (first.status, first.json["status"]) == (201, CONFIRMED)
    assert first.json["booking_url"].endswith(f"/b/{first.json['booking_token']}/")
    body["patient"] = str(house.patient("Second", "Person").pk)
    second = desk.post("appointments", body)
    assert (second.status, second.code) == (409, "SLOT_TAKEN")
    near = second.json["error"]["details"]["alternatives"]
    assert near
    again = {"patient": body["patient"], "queue": near[0]["queue"], "starts_at": near[0]["starts_at"]}
    assert desk.post("appointments", again).status == 201


def test_a_new_person_is_registered_in_the_same_act_and_a_known_one_is_shown(world: World) -> None:
    house = world.harbor
    desk = api(house, "receptionist")
    person = {"given_name": "Zora", "family_name": "Neale", "phone": "+33 6 55 12 99"}
    body = {"person": person, "doctor": str(house.doctor.pk), "starts_at": start_of(house)}
    assert desk.post("appointments", body).json["patient"]["name"] == "Zora Neale"
    known = desk.post("appointments", {**body, "starts_at": start_of(house, 1)})
    assert (known.status, known.code) == (409, "PATIENT_KNOWN")
    assert known.json["error"]["details"]["candidates"]


def test_a_place_is_kept_and_booked_by_its_id(world: World) -> None:
    house = world.harbor
    desk = api(house, "receptionist")
    held = desk.post("appointments/hold", {"doctor": str(house.doctor.pk), "starts_at": start_of(house)}).json
    assert (held["status"], held["patient"]) == ("held", None)
    assert held["held_until"] is not None
    body = {"patient": str(house.patient().pk), "doctor": str(house.doctor.pk), "hold": held["id"]}
    made = desk.post("appointments", body)
    assert (made.status, made.json["id"], made.json["starts_at"]) == (201, held["id"], held["starts_at"])


@pytest.mark.rule("2.6")
def test_a_number_of_a_day_is_booked_by_its_date(world: World) -> None:
    house = world.harbor
    desk = api(house, "receptionist")
    with house.open():
        day = free(house)[0].date()
    body = {"patient": str(house.patient().pk), "doctor": str(house.doctor.pk), "date": day.isoformat()}
    made = desk.post("appointments", body)
    assert (made.status, made.json["mode"]) == (201, "token"), made.content
    assert made.json["token"]
    for wrong in ({}, {"starts_at": start_of(house), "date": day.isoformat()}):
        asked = {"patient": str(house.patient().pk), "doctor": str(house.doctor.pk), **wrong}
        assert desk.post("appointments", asked).status == 400


@pytest.mark.parametrize(("method", "word"), [("PUT", "ACCEPTED"), ("PATCH", "CONFIRMED"), ("PATCH", "accepted")])
def test_the_earlier_words_accept(world: World, method: str, word: str) -> None:
    house = world.harbor
    row = requested(house)
    answer = api(house, "doctor").send(method, f"appointments/{row.pk}", {"status": word})
    assert (answer.status, answer.json["status"]) == (200, CONFIRMED), answer.content


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_the_earlier_words_reject_with_a_reason(world: World, method: str) -> None:
    house = world.harbor
    row = requested(house)
    doctor = api(house, "doctor")
    answer = doctor.send(method, f"appointments/{row.pk}", {"status": "REJECTED", "reason": "Needs a surgeon"})
    assert (answer.status, answer.json["status"], answer.json["end_reason"]) == (200, "rejected", "Needs a surgeon")
    late = doctor.send(method, f"appointments/{row.pk}", {"status": "ACCEPTED"})
    assert (late.status, late.code) == (409, "APPOINTMENT_WRONG_STATE")
    assert api(house, "nurse").send(method, f"appointments/{row.pk}", {"status": "ACCEPTED"}).status == 403


def test_the_status_route_acts_by_the_word(world: World) -> None:
    house = world.harbor
    desk = api(house, "receptionist")
    row = today(house)
    told = desk.patch(f"appointments/{row.pk}/status", {"status": "CHECKED_IN"})
    assert (told.status, told.json["status"]) == (200, "checked_in"), told.content
    with house.open():
        assert Visit.objects.filter(pk=told.json["visit"]).exists()
    row = coming(house)
    gone = desk.patch(f"appointments/{row.pk}/status", {"status": "CANCELLED", "reason": "Recovered"})
    assert (gone.json["status"], gone.json["end_reason"]) == ("cancelled", "Recovered")
    missed = today(house, -20)
    assert desk.patch(f"appointments/{missed.pk}/status", {"status": "NO_SHOW"}).json["status"] == "no_show"


@pytest.mark.rule("2.5")
def test_a_move_leads_from_the_old_one_to_the_new(world: World) -> None:
    house = world.harbor
    row, start = coming(house), start_of(house, 6)
    moved = api(house, "receptionist").patch(f"appointments/{row.pk}/reschedule", {"starts_at": start})
    assert moved.status == 200, moved.content
    old = doc(house, row)
    assert (old["status"], old["successor"]) == ("rescheduled", moved.json["id"])
    assert moved.json["starts_at"] == start


def test_lists_are_filtered_and_unknown_filters_refused(world: World) -> None:
    house = world.harbor
    desk = api(house, "receptionist")
    row, other = coming(house), requested(house)
    for query, found in (
        (f"patient={row.patient_id}", {str(row.pk)}),
        ("status=REQUESTED", {str(other.pk)}),
        (f"date={row.service_day}&doctor={house.doctor.pk}", {str(row.pk), str(other.pk)}),
        ("live=false", set()),
    ):
        assert {each["id"] for each in desk.get(f"appointments?{query}").json["results"]} == found, query
    assert desk.get("appointments?doctors=x").status == 400
    assert desk.get("appointments?date=tomorrow").status == 400
    theirs = coming(world.hilltop)
    assert desk.get(f"appointments/{theirs.pk}").status == 404
    assert desk.get(f"appointments?patient={theirs.patient_id}").json["results"] == []


def test_the_dashboard_and_the_statistics_count_the_day(world: World) -> None:
    house = world.harbor
    desk = api(house, "receptionist")
    here, missed, _later = today(house), today(house, -30), today(house, 60)
    desk.post(f"appointments/{here.pk}/check-in")
    desk.post(f"appointments/{missed.pk}/no-show")
    shown = desk.get("dashboard/appointments?date=today").json
    assert [each["status"] for each in shown["appointments"]] == ["no_show", "checked_in", "confirmed"]
    assert desk.get("dashboard/appointments?date=2030-01-01").json["appointments"] == []
    assert desk.get("dashboard/appointments?date=soon").status == 400
    stats = desk.get("receptionists/stats").json
    assert (stats["booked"], stats["waiting"]) == (2, 1)
    assert {word: n for word, n in stats["appointments"].items() if n} == {
        "confirmed": 1, "checked_in": 1, "no_show": 1,
    }  # fmt: skip


def test_availability_tells_days_slots_and_the_next(world: World) -> None:
    house = world.harbor
    with house.open():
        start = free(house)[0]
        row = booked(house, start)
    caller = api(house, "receptionist")
    told = caller.get(f"doctors/{house.doctor.pk}/availability?date={row.service_day}&days=3").json
    assert told["days"][0]["date"] == row.service_day.isoformat()
    assert len(told["days"]) == 3
    offered = [slot["starts_at"] for day in told["days"] for slot in day["slots"]]
    assert start.isoformat() not in offered
    assert told["next_free_at"] is not None
    assert caller.get(f"doctors/{house.doctor.pk}/availability?date=1999-01-01").status == 400
    assert caller.get(f"doctors/{world.hilltop.doctor.pk}/availability").status == 404


# --- the stream ------------------------------------------------------------------------------------------------------


def heard(house: House, actor: Actor, topic: str, since: int) -> list[dict[str, Any]]:
    with house.open():
        subs = list(feed.subscriptions([topic], actor).values())
        told = feed.missed(house.hospital.pk, subs, actor.abilities, since, actor.departments)
    return [message.body for message in told.messages]


def head(house: House) -> int:
    with house.open():
        return render.head_of(house.hospital.pk)


def test_the_doctor_is_told_of_new_and_changed_appointments_on_the_topic_me(world: World) -> None:
    house = world.harbor
    since = head(house)
    row = coming(house)
    with house.open():
        appointments.cancel(row, reason="recovered", actor=house.desk)
    told = heard(house, house.medic, "me", since)
    assert [(each["event"], each["op"], each["type"]) for each in told] == [
        ("appointment:new", "insert", "notification"), ("appointment:update", "update", "notification"),
    ]  # fmt: skip
    assert set(told[0]["doc"]) == {"id", "patient", "start", "reason", "status"}
    assert told[0]["doc"]["id"] == str(row.pk)
    assert all(each["last"] for each in told)
    assert heard(house, house.actor("nurse"), "me", since) == [], "somebody else's"


def test_a_visit_that_ends_tells_the_doctor_of_its_appointment(world: World) -> None:
    house = world.harbor
    row = today(house)
    with house.open():
        checkin.check_in(row, actor=house.desk)
        since = render.head_of(house.hospital.pk)
        visit = Appointment.objects.get(pk=row.pk).visit
        assert visit is not None
        ends.leave(visit, reason="had to go", actor=house.desk)
    told = [each for each in heard(house, house.medic, "me", since) if each["event"] == "appointment:update"]
    assert told[-1]["doc"]["status"] == "cancelled"


def test_a_doctors_appointments_are_a_topic(world: World) -> None:
    house = world.harbor
    topic, since = f"appointments:{house.doctor.pk}", head(house)
    row = coming(house)
    told = heard(house, house.medic, topic, since)
    (one,) = [each for each in told if each["type"] == "appointment"]
    assert (one["ref"], one["op"], one["doc"]) == (row.ref, "insert", doc(house, row))
    with house.open():
        subs = list(feed.subscriptions([topic, "book"], house.medic).values())
        shown = feed.snapshot(house.hospital.pk, subs, house.medic.abilities).body["snapshot"]
    assert row.ref in shown
    assert heard(house, house.medic, f"appointments:{house.colleague.pk}", since) == []


# --- without sign-in -------------------------------------------------------------------------------------------------


def public(house: House, **more: Any) -> dict[str, Any]:
    listed(house)
    return {
        "hospital": house.hospital.slug, "doctor": str(house.doctor.pk), "starts_at": start_of(house),
        "given_name": "Nora", "family_name": "Newcomer", "phone": "+1 555 0199 2244", "birth_year": 1980, **more,
    }  # fmt: skip


@pytest.mark.rule("2.13")
def test_known_and_unknown_people_get_the_same_answer(world: World) -> None:
    house = world.harbor
    house.patient("Nora", "Newcomer", phone="+1 555 0199 2244", birth_year=1980)
    known = Api().post("public/appointments", public(house))
    unknown = Api().post("public/appointments", public(house, given_name="Quentin", phone="+1 555 0199 7788"))
    assert (known.status, unknown.status) == (201, 201), (known.content, unknown.content)
    assert set(known.json) == set(unknown.json)
    assert known.json["status"] == unknown.json["status"] == CONFIRMED


def test_the_link_shows_moves_delays_and_cancels(world: World) -> None:
    house = world.harbor
    link = Api().post("public/appointments", public(house)).json["token"]
    shown = Api().get(f"public/appointments/{link}/status").json
    assert (shown["status"], shown["patient"], shown["hospital"]) == (CONFIRMED, "Nora Newcomer", "Harbor Clinic")
    assert shown["check_in_from"] < shown["starts_at"]
    moved = Api().post(f"public/appointments/{link}/reschedule", {"starts_at": start_of(house, 5)})
    assert (moved.status, moved.json["token"] != link) == (200, True), moved.content
    assert Api().get(f"public/appointments/{link}/status").json["status"] == "rescheduled"
    gone = Api().post(f"public/appointments/{moved.json['token']}/cancel", {"reason": "Recovered"})
    assert (gone.status, gone.json["status"]) == (200, "cancelled"), gone.content


@pytest.mark.rule("2.7")
def test_the_link_checks_in_and_shows_the_place_in_the_line(world: World) -> None:
    house = world.harbor
    row = today(house)
    link = appointments.booking_link(row)
    late = Api().post(f"public/appointments/{link}/delay", {"minutes": 15})
    assert late.status == 200, late.content
    assert doc(house, row)["delay_minutes"] == 15
    assert Api().post(f"public/appointments/{link}/delay", {"places": 2}).status == 400
    assert Api().post(f"public/appointments/{link}/rejoin").code == "APPOINTMENT_NOT_HERE_YET"
    here = Api().post(f"public/appointments/{link}/check-in")
    assert (here.status, here.json["status"], here.json["position"]) == (200, "waiting", 1), here.content
    assert here.json["appointment"] == str(row.pk)
    away = Api().post(f"public/appointments/{link}/delay", {"minutes": 10})
    assert (away.status, away.json["status"]) == (200, "on_hold"), away.content
    assert Api().post(f"public/appointments/{link}/come-back").json["status"] == "waiting"


def test_a_doctor_who_is_not_listed_and_a_hospital_that_is_not_there_are_404(world: World) -> None:
    house = world.harbor
    body = public(house)
    assert Api().post("public/appointments", {**body, "hospital": "nowhere"}).status == 404
    with house.open():
        type(house.doctor).objects.update(listed=False)
    assert Api().post("public/appointments", body).status == 404


def test_where_people_are_checked_the_api_says_so(world: World) -> None:
    house = world.harbor
    body = public(house)
    with house.open():
        HospitalConfig.objects.update(public_verification=HospitalConfig.MAIL)
    refused = Api().post("public/appointments", body)
    assert (refused.status, refused.code) == (409, "BOOKING_CODE_NEEDED")


def test_a_program_that_takes_place_after_place_is_stopped(world: World) -> None:
    house = world.harbor
    bodies = [public(house, phone=f"+1 555 0199 30{n:02}", starts_at=start_of(house, n)) for n in range(8)]
    statuses = [Api().post("public/appointments", body).status for body in bodies]
    assert statuses.count(201) == 5
    assert statuses[5:] == [429] * 3


@pytest.mark.rule("3.41")
@pytest.mark.parametrize("word", ["cancel", "reschedule", "check-in"])
def test_unknown_links_and_visits_links_do_nothing(world: World, word: str) -> None:
    house = world.harbor
    body = {"starts_at": (timezone.now() + timedelta(days=3)).isoformat()} if word == "reschedule" else {}
    assert Api().post(f"public/appointments/{'x' * 32}/{word}", body).status == 404
    assert doc(house, coming(house))["status"] == CONFIRMED
