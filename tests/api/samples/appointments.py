"""Samples of appointments, the waiting list, series and booking without sign-in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from clinic.directory.models import VisitType
from clinic.tenants import days, links
from clinic.tenants.models import PublicToken
from queues.models import CONFIRMED, REQUESTED, Appointment, Queue, Series, WaitlistEntry
from queues.operations import appointments, away_today
from tests.api.samples.base import SAMPLES, Request, Sample, get, sample
from tests.house.calls.book import booked, free
from tests.house.calls.waitlist import entered, later, made, next_week, nth, offered
from tests.world import House


def wire(start: datetime) -> str:
    return start.isoformat()


def kind(house: House) -> VisitType:
    with house.open():
        row, _made = VisitType.objects.get_or_create(name="Check-up", defaults={"minutes": 15})
        return row


def start_of(house: House, place: int = 0) -> str:
    with house.open():
        return wire(free(house, count=place + 1)[place])


def coming(house: House) -> Appointment:
    """Somebody who is booked with the doctor."""
    with house.open():
        return booked(house)


def requested(house: House) -> Appointment:
    """Somebody who waits for the doctor's word."""
    with house.open():
        row = booked(house)
        Appointment.objects.filter(pk=row.pk).update(state=REQUESTED)
        row.refresh_from_db()
        return row


def today(house: House, minutes: int = 5, **more: Any) -> Appointment:
    """Somebody booked for about now, whatever the hour of the test."""
    with house.open():
        now = timezone.now()
        row = Appointment.objects.create(
            queue=house.own, patient=house.patient("Tia", f"Today{len(house.people)}"), state=CONFIRMED,
            starts_at=now + timedelta(minutes=minutes), minutes=15, booked_at=now,
            service_day=days.service_day(house.hospital), **more,
        )  # fmt: skip
        links.issue(PublicToken.BOOKING, row.ref, house.hospital.pk, now + timedelta(days=1))
        return row


def booking_token(house: House) -> str:
    """The link of a booking that is to come."""
    return appointments.booking_link(coming(house))


def listed(house: House) -> Queue:
    """The doctor's line, which anybody may book at."""
    with house.open():
        type(house.doctor).objects.filter(pk=house.doctor.pk).update(listed=True)
        return house.own


def entry(house: House) -> WaitlistEntry:
    with house.open():
        return entered(house)


def offer(house: House) -> WaitlistEntry:
    with house.open():
        return offered(house)


def weekly(house: House) -> Series:
    with house.open():
        return made(house)


# --- appointments ----------------------------------------------------------------------------------------------------

get("appointments_list", lambda house: f"appointments?date={coming(house).service_day}&live=true", role="receptionist")
get("appointments_retrieve", lambda house: f"appointments/{coming(house).pk}", role="receptionist")
get("appointments_availability", lambda house: f"doctors/{house.doctor.pk}/availability?days=7&type={kind(house).pk}")
get("appointments_dashboard", lambda house: "dashboard/appointments?date=today", role="receptionist")


@sample("appointments_create")
def book(house: House) -> Request:
    body = {
        "patient": str(house.patient().pk), "doctor": str(house.doctor.pk), "starts_at": start_of(house),
        "type": str(kind(house).pk), "reason": "Check-up",
    }  # fmt: skip
    return Request("POST", "appointments", body, 201, role="receptionist")


@sample("appointments_hold")
def hold(house: House) -> Request:
    body = {"doctor": str(house.doctor.pk), "starts_at": start_of(house)}
    return Request("POST", "appointments/hold", body, 201, role="receptionist")


@sample("appointments_release")
def release(house: House) -> Request:
    with house.open():
        held = appointments.hold(house.own, starts_at=free(house)[0], actor=house.desk)
    return Request("POST", f"appointments/{held.pk}/release", {}, role="receptionist")


@sample("appointments_accept")
def accept(house: House) -> Request:
    return Request("POST", f"appointments/{requested(house).pk}/accept", {}, role="doctor")


@sample("appointments_reject")
def reject(house: House) -> Request:
    return Request("POST", f"appointments/{requested(house).pk}/reject", {"reason": "Not mine"}, role="doctor")


@sample("appointments_decide")
def decide(house: House) -> Request:
    return Request("PATCH", f"appointments/{requested(house).pk}", {"status": "ACCEPTED"}, role="doctor")


@sample("appointments_replace")
def replace(house: House) -> Request:
    body = {"status": "REJECTED", "reason": "Not mine"}
    return Request("PUT", f"appointments/{requested(house).pk}", body, role="doctor")


@sample("appointments_destroy")
def destroy(house: House) -> Request:
    return Request("DELETE", f"appointments/{coming(house).pk}?reason=recovered", role="receptionist")


@sample("appointments_cancel")
def cancel(house: House) -> Request:
    return Request("POST", f"appointments/{coming(house).pk}/cancel", {"reason": "Recovered"}, role="receptionist")


@sample("appointments_reschedule")
def reschedule(house: House) -> Request:
    row = coming(house)
    body = {"starts_at": start_of(house, 5), "reason": "Asked for it"}
    return Request("PATCH", f"appointments/{row.pk}/reschedule", body, role="receptionist")


@sample("appointments_check_in")
def check_in(house: House) -> Request:
    return Request("POST", f"appointments/{today(house).pk}/check-in", {}, role="receptionist")


@sample("appointments_no_show")
def no_show(house: House) -> Request:
    return Request("POST", f"appointments/{today(house, -5).pk}/no-show", {}, role="receptionist")


def _by_word(house: House) -> Request:
    body = {"status": "CANCELLED", "reason": "Recovered"}
    return Request("PATCH", f"appointments/{coming(house).pk}/status", body, role="receptionist")


SAMPLES["appointments_set_status"] = Sample(_by_word)

# --- the waiting list ------------------------------------------------------------------------------------------------

get("waitlist_list", lambda house: "waitlist?open=true", role="receptionist")
get("waitlist_retrieve", lambda house: f"waitlist/{entry(house).pk}", role="receptionist")


@sample("waitlist_create")
def enter(house: House) -> Request:
    first = days.service_day(house.hospital)
    body = {
        "patient": str(house.patient().pk), "doctor": str(house.doctor.pk), "type": str(kind(house).pk),
        "first_day": first.isoformat(), "last_day": (first + timedelta(days=9)).isoformat(), "part": "MORNING",
    }  # fmt: skip
    return Request("POST", "waitlist", body, 201, role="receptionist")


@sample("waitlist_offer")
def offer_place(house: House) -> Request:
    row = entry(house)
    with house.open():
        body = {"starts_at": wire(later(house))}
    return Request("POST", f"waitlist/{row.pk}/offer", body, role="receptionist")


for _word in ("take", "decline", "withdraw"):

    @sample(f"waitlist_{_word}")
    def answer_offer(house: House, word: str = _word) -> Request:
        return Request("POST", f"waitlist/{offer(house).pk}/{word}", {}, role="receptionist")


# --- series ----------------------------------------------------------------------------------------------------------

get("series_list", lambda house: "series?ended=false", role="receptionist")
get("series_retrieve", lambda house: f"series/{weekly(house).pk}", role="receptionist")


def _rule(house: House) -> dict[str, Any]:
    with house.open():
        return {"doctor": str(house.doctor.pk), "starts_at": wire(next_week(house)), "rule": "FREQ=WEEKLY;COUNT=3"}


@sample("series_conflicts")
def conflicts(house: House) -> Request:
    return Request("POST", "series/conflicts", _rule(house), role="receptionist")


@sample("series_create")
def make(house: House) -> Request:
    return Request("POST", "series", {"patient": str(house.patient().pk), **_rule(house)}, 201, role="receptionist")


@sample("series_move")
def move(house: House) -> Request:
    row = weekly(house)
    with house.open():
        one = nth(row, 1)
    body = {"appointment": str(one.pk), "starts_at": wire(one.starts_at + timedelta(hours=1)), "scope": "ALL"}
    return Request("POST", f"series/{row.pk}/move", body, role="receptionist")


@sample("series_cancel")
def end(house: House) -> Request:
    row = weekly(house)
    with house.open():
        body = {"appointment": str(nth(row, 1).pk), "reason": "Has recovered"}
    return Request("POST", f"series/{row.pk}/cancel", body, role="receptionist")


# --- without sign-in -------------------------------------------------------------------------------------------------


@sample("public_appointments_create")
def book_online(house: House) -> Request:
    listed(house)
    body = {
        "hospital": house.hospital.slug, "doctor": str(house.doctor.pk), "type": str(kind(house).pk),
        "starts_at": start_of(house), "given_name": "Nora", "family_name": "Newcomer",
        "phone": "+1 555 0199 2244", "birth_year": 1980,
    }  # fmt: skip
    return Request("POST", "public/appointments", body, 201, role="")


@sample("public_appointments_cancel")
def cancel_own(house: House) -> Request:
    body = {"reason": "Has recovered"}
    return Request("POST", f"public/appointments/{booking_token(house)}/cancel", body, role="")


@sample("public_appointments_reschedule")
def move_own(house: House) -> Request:
    token = booking_token(house)
    return Request("POST", f"public/appointments/{token}/reschedule", {"starts_at": start_of(house, 4)}, role="")


@sample("public_appointments_check_in")
def check_in_own(house: House) -> Request:
    return Request("POST", f"public/appointments/{appointments.booking_link(today(house))}/check-in", {}, role="")


# --- away today ------------------------------------------------------------------------------------------------------


SAMPLES["doctors_away"] = Sample(lambda house: Request("GET", f"doctors/{house.doctor.pk}/away", role="receptionist"))


@sample("doctors_settle")
def settle_away(house: House) -> Request:
    row = coming(house)
    choice = {"appointment": str(row.pk), "to": "colleague", "queue": str(house.colleague.queue.pk)}
    body = {"date": row.service_day.isoformat(), "choices": [choice]}
    return Request("POST", f"doctors/{house.doctor.pk}/away", body, role="receptionist")


@sample("doctors_undo", forbidden=frozenset({"nurse", "doctor"}))
def undo_away(house: House) -> Request:
    row = coming(house)
    with house.open():
        choice = {row.ref: away_today.Choice(away_today.CANCEL)}
        away_today.settle(house.doctor, row.service_day, choice, actor=house.desk)
    return Request("POST", f"doctors/{house.doctor.pk}/away/undo", {}, role="receptionist")
