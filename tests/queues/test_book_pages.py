"""Reception's book: days and weeks, booking at the desk, moving, answering, checking in, and the list on paper."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinic.directory.models import Department, Doctor, VisitType
from clinic.tenants import days
from queues.models import Appointment, Leg, Queue, Series, WaitlistEntry
from queues.models.appointments import CALLED_OFF, CHECKED_IN, CONFIRMED, REJECTED, REQUESTED, RESCHEDULED
from queues.operations import appointments, waitlist
from queues.regions.book import key_of, side_by_side
from tests.house.calls.book import PERSON, booked, free, this_morning
from tests.live.helpers import assert_live
from tests.queues.helpers import HTMX, at, signed_in, toast
from tests.world import House, World

pytestmark = pytest.mark.django_db


def asked(house: House, row: Appointment) -> Appointment:
    """The booking as a request that waits for an answer."""
    Appointment.objects.filter(pk=row.pk).update(state=REQUESTED)
    row.refresh_from_db()
    return row


def slot(start: Any) -> dict[str, str]:
    local = timezone.localtime(start)
    return {"day": local.date().isoformat(), "at": start.isoformat()}


def test_the_book_shows_a_day_by_doctor_and_a_doctors_week(world: World) -> None:
    house = world.harbor
    with house.open():
        row = booked(house, reason="Cough")
        day = row.service_day.isoformat()
    client: Any = signed_in(house, "receptionist")
    page = client.get(at(house, f"book/?day={day}")).content.decode()
    assert f'id="appt-{row.pk}"' in page
    assert house.doctor.name in page and house.colleague.name in page
    week = client.get(at(house, f"book/?day={day}&view=week&doctor={house.doctor.pk}")).content.decode()
    assert f'id="appt-{row.pk}"' in week
    assert week.count('class="book-col"') == 7
    empty = client.get(at(house, f"book/?day={day}&view=week&doctor={house.colleague.pk}")).content.decode()
    assert f'id="appt-{row.pk}"' not in empty
    for nonsense in ("day=zz", "day=0001-01-01", "view=week&doctor=zz", "view=zz"):
        assert client.get(at(house, f"book/?{nonsense}")).status_code == 200


def test_the_book_is_live(world: World) -> None:
    house = world.harbor
    with house.open():
        start = free(house)[0]
        day = days.service_day(house.hospital, start)
        names = [f"book:{key_of(house.own.pk, day)}", f"book-day:{day.isoformat()}"]
        patient = house.patient()
        assert_live(lambda: booked(house, start, patient=patient), *names)
        row = Appointment.objects.get()
        assert_live(lambda: appointments.cancel(row, reason="ill", actor=house.desk), *names)


def test_bookings_at_one_time_stand_beside_each_other() -> None:
    nine = timezone.now().replace(minute=0, second=0, microsecond=0)

    def at_minute(n: int) -> Any:
        return nine + timedelta(minutes=n)

    spans = [(at_minute(a), at_minute(b)) for a, b in ((0, 20), (0, 10), (10, 30), (30, 40))]
    assert side_by_side(spans) == [(0, 2), (1, 2), (1, 2), (0, 1)]
    assert side_by_side([]) == []
    crowd = side_by_side([(nine, at_minute(10))] * 6)
    assert [of for _lane, of in crowd] == [4] * 6


def test_a_known_patient_is_booked_at_a_free_time(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "receptionist")
    with house.open():
        patient, start = house.patient(), free(house)[0]
    query = f"queue={house.own.pk}&day={slot(start)['day']}&patient={patient.pk}"
    form = client.get(at(house, f"appointments/new/?{query}"))
    text = form.content.decode()
    assert patient.full_name in text
    assert start.isoformat() in text
    sent = {"queue": house.own.pk, "patient": patient.pk, "reason": "Cough", "source": "phone", **slot(start)}
    told = client.post(at(house, "appointments/new/"), sent)
    assert told.status_code == 303
    with house.open():
        row = Appointment.objects.get()
        assert (row.starts_at, row.patient_id, row.reason, row.source) == (start, patient.pk, "Cough", "phone")


def test_somebody_new_is_registered_and_booked_in_one_act(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "receptionist")
    with house.open():
        start = free(house)[0]
    told = client.post(at(house, "appointments/new/"), {"queue": house.own.pk, **PERSON, **slot(start)})
    assert told.status_code == 303
    with house.open():
        row = Appointment.objects.select_related("patient").get()
        assert row.patient is not None and row.patient.family_name == PERSON["family_name"]
    again = client.post(at(house, "appointments/new/"), {"queue": house.own.pk, **PERSON, **slot(start)})
    assert again.status_code == 422
    assert "known already" in again.content.decode()


@pytest.mark.rule("2.2")
def test_a_time_that_was_just_taken_comes_back_with_free_ones_to_press(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "receptionist")
    with house.open():
        start, patient = free(house)[0], house.patient()
        booked(house, start)
    sent = {"queue": house.own.pk, "patient": patient.pk, "reason": "Cough", **slot(start)}
    told = client.post(at(house, "appointments/new/"), sent)
    page = told.content.decode()
    assert told.status_code == 422
    assert "These are free" in page and "Cough" in page
    pick = page.split('name="pick" value="')[1].split('"')[0]
    assert client.post(at(house, "appointments/new/"), {**sent, "pick": pick}).status_code == 303
    with house.open():
        row = Appointment.objects.get(patient=patient)
        assert f"{row.queue_id}|{row.starts_at.isoformat()}" == pick


def test_what_is_missing_is_said_and_what_was_typed_stays(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "receptionist")
    patient = house.patient()
    for sent in (
        {"queue": house.own.pk, "patient": patient.pk, "reason": "Knee"},
        {"queue": house.own.pk, "patient": patient.pk, "reason": "Knee", "at": "soon"},
        {"queue": house.own.pk, "reason": "Knee", "at": "token"},
        {"queue": "x", "patient": patient.pk, "reason": "Knee"},
        {"queue": house.own.pk, "patient": "x", "reason": "Knee", "at": "0001-01-01T00:00:00+14:00"},
    ):
        told = client.post(at(house, "appointments/new/"), sent)
        assert told.status_code == 422
        assert "Knee" in told.content.decode()
    with house.open():
        assert not Appointment.objects.exists()


def test_times_follow_line_kind_and_day(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "receptionist")
    with house.open():
        kind = VisitType.objects.create(name="Long", minutes=60)
        start = free(house)[0]
    query = f"queue={house.own.pk}&day={slot(start)['day']}"
    short = client.get(at(house, f"appointments/times/?{query}")).content.decode()
    long = client.get(at(house, f"appointments/times/?{query}&type={kind.pk}")).content.decode()
    assert short.count('name="at"') > long.count('name="at"') > 0
    sent = {"queue": house.own.pk, "patient": house.patient().pk, "type": kind.pk, **slot(start)}
    assert client.post(at(house, "appointments/new/"), sent).status_code == 303
    with house.open():
        assert Appointment.objects.get().minutes == 60
    for nonsense in ("", "queue=x&type=x&day=x", f"queue={world.hilltop.own.pk}"):
        assert client.get(at(house, f"appointments/times/?{nonsense}")).status_code == 200


@pytest.mark.rule("2.5")
def test_a_booking_is_moved_in_the_dialog_and_by_dragging(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "receptionist")
    with house.open():
        first, second, third = free(house, count=3)
        row = booked(house, first)
    move = at(house, f"appointments/{row.pk}/move/")
    assert "hx-post" in client.get(move, headers=HTMX).content.decode()
    sent = {"asked": "1", "queue": house.own.pk, **slot(second)}
    assert client.post(move, sent, headers=HTMX).status_code == 204
    with house.open():
        row.refresh_from_db()
        moved = row.successor
        assert row.state == RESCHEDULED and moved is not None and moved.starts_at == second
        local = timezone.localtime(third, house.hospital.zone)
    drop = {"queue": str(house.own.pk), "day": local.date().isoformat(), "minute": str(local.hour * 60 + local.minute)}
    told = client.post(at(house, f"appointments/{moved.pk}/move-to/"), drop, headers=HTMX)
    assert told.status_code == 204
    assert "moved to" in toast(told)["text"]
    with house.open():
        assert Appointment.objects.get(predecessor=moved).starts_at == third
        last = Appointment.objects.get(predecessor=moved)
        other = booked(house, first)
    beside = {**drop, "minute": str(_minute(house, second) - 5)}
    assert client.post(at(house, f"appointments/{last.pk}/move-to/"), beside, headers=HTMX).status_code == 204
    with house.open():
        last = Appointment.objects.get(predecessor=last)
        assert last.starts_at == second
    at_night = {**drop, "minute": "180"}
    assert client.post(at(house, f"appointments/{last.pk}/move-to/"), at_night, headers=HTMX).status_code == 409
    for nonsense in ({}, {**drop, "minute": "x"}, {**drop, "minute": "99999999"}, {**drop, "queue": "x"}):
        answer = client.post(at(house, f"appointments/{other.pk}/move-to/"), nonsense, headers=HTMX)
        assert answer.status_code in (400, 409)


def _minute(house: House, start: Any) -> int:
    local = timezone.localtime(start, house.hospital.zone)
    return local.hour * 60 + local.minute


def test_a_request_is_accepted_or_rejected_with_a_reason(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "doctor")
    with house.open():
        yes, no = (asked(house, booked(house, start)) for start in free(house, count=2))
    page = client.get(at(house, "doctor/")).content.decode()
    assert f'id="own-{yes.pk}"' in page and "Accept" in page
    assert client.post(at(house, f"appointments/{yes.pk}/accept/"), headers=HTMX).status_code == 204
    reject = at(house, f"appointments/{no.pk}/reject/")
    assert client.post(reject, {"asked": "1"}, headers=HTMX).status_code == 422
    assert client.post(reject, {"asked": "1", "reason": "on leave"}, headers=HTMX).status_code == 204
    with house.open():
        states = dict(Appointment.objects.values_list("pk", "state"))
        assert (states[yes.pk], states[no.pk]) == (CONFIRMED, REJECTED)


def test_a_booking_is_cancelled_with_a_reason_and_its_sheet_says_so(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "receptionist")
    with house.open():
        row = booked(house)
    sheet = at(house, f"appointments/{row.pk}/")
    assert "data-sheet" in client.get(sheet, headers=HTMX).content.decode()
    assert client.get(sheet).status_code == 200
    told = client.post(at(house, f"appointments/{row.pk}/cancel/"), {"asked": "1", "reason": "ill"}, headers=HTMX)
    assert told.status_code == 204
    with house.open():
        row.refresh_from_db()
        assert row.state == CALLED_OFF
    assert "ill" in client.get(sheet).content.decode()


@pytest.mark.rule("2.7")
def test_the_desk_checks_in_from_todays_list(world: World) -> None:
    house = world.harbor
    with this_morning(house), house.open():
        client: Any = signed_in(house, "receptionist")
        row = booked(house)
        page = client.get(at(house, "reception/")).content.decode()
        assert f'id="booking-{row.pk}"' in page
        told = client.post(at(house, f"appointments/{row.pk}/check-in/"), headers=HTMX)
        assert told.status_code == 204
        assert "ticket" in toast(told)["link"]
        row.refresh_from_db()
        assert row.state == CHECKED_IN and Leg.objects.filter(visit=row.visit, queue=house.own).exists()
        assert f'id="booking-{row.pk}"' not in client.get(at(house, "reception/")).content.decode()


def test_lists_of_bookings_are_live(world: World) -> None:
    house = world.harbor
    with this_morning(house), house.open():
        names = ["bookings:today", f"doctor-bookings:{house.doctor.pk}"]
        patient, start = house.patient(), free(house)[0]
        assert_live(lambda: booked(house, start, patient=patient), *names)
        row = Appointment.objects.get()
        assert_live(lambda: appointments.cancel(row, reason="ill", actor=house.desk), *names)
        other = asked(house, booked(house, free(house)[0]))
        assert_live(lambda: appointments.accept(other, actor=house.desk), *names, "book-requests:all")


def test_tomorrows_list_is_printed_with_phones(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "receptionist")
    with house.open():
        tomorrow = days.service_day(house.hospital) + timedelta(days=1)
        start = free(house, first=tomorrow)[0]
        row = booked(house, start, patient=house.patient("Ada", "Onpaper", phone="+1 555 0111"))
    page = client.get(at(house, f"appointments/print/?day={row.service_day}")).content.decode()
    assert "Onpaper" in page and "555 0111" in page and house.doctor.name in page
    assert client.get(at(house, "appointments/print/")).status_code == 200


@pytest.mark.rule("2.10")
def test_the_desk_books_a_series_and_sees_what_cannot_be(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "receptionist")
    with house.open():
        start, patient = free(house)[0], house.patient()
        booked(house, start + timedelta(days=7))
    sent = {"queue": house.own.pk, "patient": patient.pk, "repeat": "FREQ=WEEKLY", "times": 3, **slot(start)}
    told = client.post(at(house, "appointments/new/"), sent)
    assert told.status_code == 422
    assert "skip_conflicts" in told.content.decode()
    assert client.post(at(house, "appointments/new/"), {**sent, "skip_conflicts": "1"}).status_code == 303
    with house.open():
        made = Series.objects.get()
        first = made.appointments.order_by("starts_at").first()
        assert made.appointments.count() == 2 and first is not None
    dialog = at(house, f"appointments/{first.pk}/series/")
    assert client.get(dialog, headers=HTMX).status_code == 200
    ended = client.post(dialog, {"asked": "1", "which": "following", "reason": "moved away"}, headers=HTMX)
    assert ended.status_code == 204
    with house.open():
        assert not made.appointments.filter(state=CONFIRMED).exists()


def test_the_desk_puts_somebody_on_the_waiting_list_and_offers_a_place(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "receptionist")
    with house.open():
        patient, start = house.patient(), free(house)[0]
        day = days.service_day(house.hospital, start)
    sent = {"queue": house.own.pk, "patient": patient.pk, "waitlist": "1", "day": day.isoformat(), "part": "any"}
    assert client.post(at(house, "appointments/new/"), sent).status_code == 303
    with house.open():
        entry = WaitlistEntry.objects.get()
    assert f'id="waiter-{entry.pk}"' in client.get(at(house, "book/")).content.decode()
    offer = at(house, f"waiting-list/{entry.pk}/offer/")
    assert start.isoformat() in client.get(offer, headers=HTMX).content.decode()
    told = client.post(offer, {"asked": "1", "starts_at": start.isoformat()}, headers=HTMX)
    assert told.status_code == 204
    assert client.post(at(house, f"waiting-list/{entry.pk}/take/"), headers=HTMX).status_code == 204
    with house.open():
        assert Appointment.objects.get(patient=patient, state=CONFIRMED).starts_at == start
        other = house.patient("Wanda", "Waits")
        row = waitlist.enter(house.own, other, first_day=day, last_day=day, actor=house.desk)
    assert client.post(at(house, f"waiting-list/{row.pk}/withdraw/"), headers=HTMX).status_code == 204


def test_whoever_is_limited_to_departments_sees_their_own_bookings(world: World) -> None:
    house = world.harbor
    with house.open():
        row = booked(house)
        other = Doctor.objects.exclude(department=house.department).first()
        assert other is None  # both doctors are of one department: a limit to none of it hides all
        member = house.memberships["receptionist"]
        member.department_ids = ["00000000-0000-0000-0000-000000000001"]
        member.save()
    client: Any = signed_in(house, "receptionist")
    assert client.get(at(house, f"appointments/{row.pk}/")).status_code == 404
    for path in ("book/", f"book/?day={row.service_day}", "reception/"):
        assert str(row.pk) not in client.get(at(house, path)).content.decode()


@pytest.mark.rule("1.2")
def test_a_limited_reader_is_not_told_of_a_line_that_a_booking_was_moved_to(world: World) -> None:
    house = world.harbor
    with house.open():
        row = booked(house)
        elsewhere = Department.objects.create(name="Orthopaedics", prefix="R")
        doctor = Doctor.objects.create(name="Dr. Elsewhere", department=elsewhere)
        line = Queue.objects.create(department=elsewhere, doctor=doctor, sort=Queue.DOCTOR, name="Dr. Elsewhere")
        start = free(house, line)[0]
        appointments.reschedule(row, queue=line, starts_at=start, actor=house.desk)
    client: Any = signed_in(house, "receptionist")
    assert "Dr. Elsewhere" in client.get(at(house, f"appointments/{row.pk}/")).content.decode()
    with house.open():
        member = house.memberships["receptionist"]
        member.department_ids = [str(house.department.pk)]
        member.save()
    assert "Dr. Elsewhere" not in client.get(at(house, f"appointments/{row.pk}/"), headers=HTMX).content.decode()


def test_billers_do_not_see_the_book(world: World) -> None:
    client: Any = signed_in(world.harbor, "biller")
    for path in ("book/", "appointments/new/", "appointments/print/", "away-today/"):
        assert client.get(at(world.harbor, path)).status_code == 403
