"""Samples of calling, and of all that is done to a visit."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.records import operations as records
from clinic.tenants import days
from queues.models import Leg, Visit
from queues.operations import calls, close, ends, holds
from queues.operations.intake import status_link
from tests.api.samples.base import Request, sample
from tests.api.samples.made import called, calls_of
from tests.world import House


@sample("visits_set_status", forbidden=frozenset({"nurse"}))
def set_visit_status(house: House) -> Request:
    return Request("PATCH", f"visits/{called(house).pk}/status", {"status": "IN_PROGRESS"}, role="doctor")


@sample("visits_cancel")
def cancel(house: House) -> Request:
    return Request("POST", f"visits/{house.waiting()[0].pk}/cancel", {"reason": "Twice"}, role="receptionist")


@sample("day_unfinished")
def day_unfinished(house: House) -> Request:
    house.waiting()
    return Request("GET", "queue/close", role="receptionist")


@sample("day_close")
def day_close(house: House) -> Request:
    body = {"choices": [{"visit": str(house.waiting()[0].pk), "choice": "carry"}]}
    return Request("POST", "queue/close", body, role="receptionist")


@sample("day_expected")
def day_expected(house: House) -> Request:
    return Request("GET", "visits/expected", role="receptionist")


@sample("day_arrive")
def day_arrive(house: House) -> Request:
    return Request("POST", f"visits/{expected(house).pk}/arrive", {}, role="receptionist")


def expected(house: House) -> Visit:
    """Somebody carried over from yesterday, who is expected today."""
    with house.open(), clock.at(clock.now() - timedelta(days=1)):
        visit = house.waiting()[0]
        close.close(visit, close.CARRY, actor=SYSTEM)
    with house.open():
        today = days.service_day(house.hospital)
        fresh = Visit.objects.get(carried_from=visit)
        Visit.objects.filter(pk=fresh.pk).update(expected_on=today, service_day=today)
    return fresh


@sample("patients_merge")
def merge_patients(house: House) -> Request:
    body = {"gone": str(house.patient("Priya", "Ramann").pk), "reason": "Registered twice"}
    return Request("POST", f"patients/{house.patient().pk}/merge", body, role="receptionist")


@sample("patients_unmerge")
def unmerge_patients(house: House) -> Request:
    kept, gone = house.patient(), house.patient("Priya", "Ramann")
    with house.open():
        told = records.merge(kept, gone, reason="Registered twice", actor=house.desk)
    return Request("POST", f"patients/{kept.pk}/unmerge", {"merge": str(told.pk)}, role="receptionist")


@sample("reception_family")
def family(house: House) -> Request:
    people = [str(house.patient(name, "Family").pk) for name in ("Ann", "Ben")]
    return Request("POST", "reception/family", {"patients": people, "queue": str(house.own.pk)}, 201, "receptionist")


@sample("visit_patient_correct")
def correct_patient(house: House) -> Request:
    visit, right = house.waiting()[0], house.patient("Right", "Person")
    body = {"patient": str(right.pk), "reason": "The wrong row"}
    return Request("POST", f"visits/{visit.pk}/correct-patient", body, role="receptionist")


@sample("visits_leave")
def leave(house: House) -> Request:
    return Request("POST", f"visits/{house.waiting()[0].pk}/leave", {"reason": "Train"}, role="receptionist")


@sample("visits_hold")
def hold(house: House) -> Request:
    body = {"reason": "AWAY", "minutes": 20}
    return Request("POST", f"visits/{house.waiting()[0].pk}/hold", body, role="receptionist")


def held(house: House) -> Visit:
    visit = house.waiting()[0]
    with house.open():
        holds.hold(visit, reason="away", minutes=20, actor=house.desk)
    return visit


def gone(house: House) -> Visit:
    visit = house.waiting()[0]
    with house.open():
        ends.leave(visit, actor=house.desk)
    return visit


@sample("visits_resume")
def resume(house: House) -> Request:
    return Request("POST", f"visits/{held(house).pk}/resume", {}, role="receptionist")


@sample("visits_delay")
def delay(house: House) -> Request:
    body = {"places": 1, "reason": "Waits for her son"}
    return Request("POST", f"visits/{house.waiting(2)[0].pk}/delay", body, role="receptionist")


@sample("visits_rejoin")
def rejoin(house: House) -> Request:
    return Request("POST", f"visits/{gone(house).pk}/rejoin", {"reason": "Was in the hall"}, role="receptionist")


@sample("visits_decline_rejoin")
def decline_rejoin(house: House) -> Request:
    return Request("POST", f"visits/{gone(house).pk}/decline-rejoin", {}, role="receptionist")


@sample("visits_still_there", forbidden=frozenset({"nurse"}))
def still_there(house: House) -> Request:
    return Request("POST", f"visits/{asked(house).pk}/still-there", {}, role="doctor")


def asked(house: House) -> Visit:
    """Somebody who has been in the room so long that the doctor was asked."""
    visit = called(house)
    with house.open():
        calls.start(visit, actor=house.medic)
        Leg.objects.filter(visit=visit).update(asked_at=timezone.now())
    return visit


@sample("public_delay")
def public_delay(house: House) -> Request:
    visit = house.waiting(2)[0]
    return Request("POST", f"public/appointments/{status_link(visit)}/delay", {"minutes": 20}, role="")


@sample("public_come_back")
def public_come_back(house: House) -> Request:
    return Request("POST", f"public/appointments/{status_link(held(house))}/come-back", {}, role="")


@sample("public_rejoin")
def public_rejoin(house: House) -> Request:
    return Request("POST", f"public/appointments/{status_link(gone(house))}/rejoin", {}, role="")


@sample("visits_undo", forbidden=frozenset({"doctor", "nurse"}))
def undo(house: House) -> Request:
    return Request("POST", f"visits/{house.waiting()[0].pk}/undo", {}, role="receptionist")


OWN_ROOM = frozenset({"nurse"})
"""A nurse calls too, but for the own posts: the desk, the charge nurse and the doctor act in the doctor's room."""


@sample("queue_doctor_call_next", forbidden=OWN_ROOM)
def call_next(house: House) -> Request:
    house.waiting(2)
    return Request("POST", f"queue/doctor/{house.doctor.pk}/next", {}, role="doctor")


@sample("queue_department_call_next", forbidden=OWN_ROOM)
def call_from_pool(house: House) -> Request:
    house.waiting(1, house.pool)
    body = {"doctor": str(house.doctor.pk)}
    return Request("POST", f"queue/department/{house.department.pk}/next", body, role="doctor")


@sample("queue_doctor_call", forbidden=OWN_ROOM)
def call(house: House) -> Request:
    visit = house.waiting(2)[1]
    body = {"visit": str(visit.pk), "reason": "In pain"}
    return Request("POST", f"queue/doctor/{house.doctor.pk}/call", body, role="doctor")


for _word in ("recall", "start", "skip", "complete", "complete-and-call"):

    @sample(f"queue_doctor_{_word.replace('-', '_')}", forbidden=OWN_ROOM)
    def act(house: House, word: str = _word) -> Request:
        visit = called(house)
        path = f"queue/doctor/{house.doctor.pk}/{word}"
        return Request("POST", path, {"visit": str(visit.pk)}, role="doctor")


@sample("queue_doctor_no_show", forbidden=OWN_ROOM)
def no_show(house: House) -> Request:
    visit = called(house)
    leg = calls_of(visit)
    with house.open():  # the calls of R3.12, without waiting for them
        first = timezone.now() - timedelta(minutes=5)
        type(leg).objects.filter(pk=leg.pk).update(spaced_calls=2, first_called_at=first)
    return Request("POST", f"queue/doctor/{house.doctor.pk}/no-show", {"visit": str(visit.pk)}, role="doctor")
