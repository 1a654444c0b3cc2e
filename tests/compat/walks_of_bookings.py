"""The walks of appointments: our call in our form, and what it did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from clinic.core.access import SYSTEM
from clinic.directory import find_feed, listing
from clinic.directory.operations import change_doctor
from clinic.live import feed, render
from clinic.tenants.operations.hospitals import change_hospital
from queues.models import Appointment
from queues.operations import appointments
from tests.api.client import api
from tests.api.samples.appointments import coming, requested, start_of, today
from tests.compat.walks import WALKS, sends, walk
from tests.world import House

SENT: dict[str, tuple[str, str, str]] = {
    "appointments": ("appointments_list", "", "results"),
    "book": ("appointments_create", "appointment.booked", "token"),
    "appointment": ("appointments_retrieve", "", "status"),
    "decide_by_put": ("appointments_replace", "appointment.rejected", "status"),
    "appointment_status": ("appointments_set_status", "appointment.cancelled", "status"),
    "reschedule": ("appointments_reschedule", "appointment.rescheduled", "booking_token"),
    "cancel_appointment": ("appointments_destroy", "appointment.cancelled", "end_reason"),
    "check_in": ("appointments_check_in", "appointment.checked_in", "visit"),
    "availability": ("appointments_availability", "", "days"),
    "analytics": ("doctors_analytics_retrieve", "", ""),
    "dashboard": ("appointments_dashboard", "", "appointments"),
    "waitlist": ("waitlist_create", "waitlist.entered", "first_day"),
    "public_book": ("public_appointments_create", "appointment.booked", "token"),
    "public_cancel": ("public_appointments_cancel", "appointment.cancelled", "status"),
}  # fmt: skip
for _name, (_route, _event, _shows) in SENT.items():
    WALKS[_name] = sends(_route, _event, shows=_shows)


def told(house: House, topic: str, since: int) -> list[dict[str, Any]]:
    """What the doctor is told on a topic since then."""
    with house.open():
        subs = list(feed.subscriptions([topic], house.medic).values())
        batch = feed.missed(house.hospital.pk, subs, house.medic.abilities, since)
        return [message.body for message in batch.messages]


def head(house: House) -> int:
    with house.open():
        return render.head_of(house.hospital.pk)


@walk
def notice_new(house: House) -> None:
    since = head(house)
    row = coming(house)
    (notice,) = told(house, "me", since)
    assert (notice["event"], notice["doc"]["id"]) == ("appointment:new", str(row.pk))
    assert set(notice["doc"]) == {"id", "patient", "start", "reason", "status"}


@walk
def notice_update(house: House) -> None:
    row = coming(house)
    since = head(house)
    with house.open():
        appointments.cancel(row, reason="recovered", actor=house.desk)
    (notice,) = told(house, "me", since)
    assert (notice["event"], notice["doc"]["status"]) == ("appointment:update", "cancelled")


@walk
def doctor_new(house: House) -> None:
    since = timezone.now() - timedelta(seconds=1)
    owner = house.actor("owner")
    with house.open():
        change_hospital(house.hospital, listed=True, city="Paris", actor=owner)
        change_doctor(house.doctor, listed=True, actor=owner)
        listing.publish(actor=SYSTEM)
    found = [each for each in find_feed.fresh(since) if each.listing.doctor_id == house.doctor.pk]
    assert "event: doctor:new" in find_feed.written(found[0])


@walk
def event_of_book(house: House) -> None:
    since = head(house)
    row = coming(house)
    for topic in ("book", f"appointments:{house.doctor.pk}"):
        docs = [each["doc"] for each in told(house, topic, since) if each["ref"] == row.ref]
        assert [doc["id"] for doc in docs] == [str(row.pk)], topic


@walk
def alternatives_field(house: House) -> None:
    desk, start = api(house, "receptionist"), start_of(house)
    answers = [
        desk.post("appointments", {"patient": str(house.patient().pk), "doctor": str(house.doctor.pk),
                                   "starts_at": start})
        for _who in range(2)
    ]  # fmt: skip
    assert [answer.status for answer in answers] == [201, 409]
    near = answers[1].json["error"]["details"]["alternatives"][0]
    body = {"patient": str(house.patient().pk), "queue": near["queue"], "starts_at": near["starts_at"]}
    assert desk.post("appointments", body).status == 201


@walk
def stats_booked(house: House) -> None:
    here = today(house)
    desk = api(house, "receptionist")
    desk.post(f"appointments/{here.pk}/check-in")
    numbers = desk.get("receptionists/stats").json
    assert (numbers["booked"], numbers["appointments"]["checked_in"], numbers["waiting"]) == (1, 1, 1)


@walk
def decision_words(house: House) -> None:
    for word, now in (("ACCEPTED", "confirmed"), ("REJECTED", "rejected")):
        row = requested(house)
        body = {"status": word, "reason": "as the doctor says"}
        answer = api(house, "doctor").patch(f"appointments/{row.pk}", body)
        assert (answer.status, answer.json["status"]) == (200, now), answer.content


@walk
def checked_in_word(house: House) -> None:
    row = today(house)
    answer = api(house, "receptionist").patch(f"appointments/{row.pk}/status", {"status": "CHECKED_IN"})
    assert (answer.status, answer.json["status"]) == (200, "checked_in"), answer.content
    with house.open():
        assert Appointment.objects.get(pk=row.pk).visit is not None
