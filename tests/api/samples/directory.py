"""Samples of the directory."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from clinic.core.access import SYSTEM
from clinic.directory import operations as directory
from clinic.directory.models import Absence, Closure, Department, DoctorVisitType, VisitType
from queues.models import Queue
from queues.operations import leaves
from tests.api.samples.base import SAMPLES, Request, Sample, get, sample
from tests.world import House


@sample("departments_create")
def add_department(house: House) -> Request:
    return Request("POST", "departments", {"name": "Dermatology", "prefix": "D", "kind": "CLINIC"}, 201)


@sample("departments_partial_update")
def change_department(house: House) -> Request:
    return Request("PATCH", f"departments/{house.department.pk}", {"public_name": "Clinic 2", "sensitive": True})


@sample("rooms_create")
def add_room(house: House) -> Request:
    return Request("POST", "rooms", {"name": "Room 5", "department": str(house.department.pk)}, 201)


@sample("rooms_partial_update")
def change_room(house: House) -> Request:
    return Request("PATCH", f"rooms/{house.room.pk}", {"place": "First floor", "department": str(house.department.pk)})


@sample("doctors_create")
def add_doctor(house: House) -> Request:
    body = {"name": "Dr. Ada Okafor", "department": str(house.department.pk), "room": str(house.room.pk),
            "membership": str(house.memberships["nurse"].pk)}  # fmt: skip
    return Request("POST", "doctors", body, 201)


OFFICE_OR_SELF = frozenset({"receptionist", "nurse", "charge_nurse", "biller", "doctor"})
"""Refused here: the sample changes what only the office changes of a doctor."""
SELF_OR_OFFICE = frozenset({"receptionist", "nurse", "charge_nurse", "biller"})


@sample("doctors_partial_update", forbidden=OFFICE_OR_SELF)
def change_doctor(house: House) -> Request:
    body = {"specialization": "Cardiology", "room": str(house.room.pk), "department": str(house.department.pk)}
    return Request("PATCH", f"doctors/{house.doctor.pk}", body)


@sample("doctors_set_status", forbidden=frozenset({"nurse", "biller"}))
def set_doctor_status(house: House) -> Request:
    return Request("PATCH", f"doctors/{house.doctor.pk}/status", {"status": "RUNNING_LATE", "late_minutes": 20})


@sample("public_doctors_search")
def find_doctors(house: House) -> Request:
    return Request("GET", "public/doctors/search?latitude=48.85&longitude=2.35&radius=20&maxFee=80", role="")


@sample("public_hospitals_retrieve")
def public_hospital(house: House) -> Request:
    return Request("GET", f"public/hospitals/{house.hospital.slug}", role="")


@sample("public_hospitals_doctors")
def public_doctors(house: House) -> Request:
    return Request("GET", f"public/hospitals/{house.hospital.slug}/doctors", role="")


@sample("public_hospitals_availability")
def public_availability(house: House) -> Request:
    with house.open():
        directory.change_doctor(house.doctor, listed=True, actor=house.actor("owner"))
    asked = f"doctor={house.doctor.pk}&days=3"
    return Request("GET", f"public/hospitals/{house.hospital.slug}/availability?{asked}", role="")


@sample("public_doctors_find")
def find_doctors_too(house: House) -> Request:
    return Request("GET", "doctors/search?language=french&ordering=SOONEST&limit=5", role="")


SAMPLES["doctors_analytics_retrieve"] = Sample(
    lambda _: Request("GET", "doctors/analytics?period=WEEK"), frozenset({"receptionist", "nurse", "charge_nurse"})
)


SAMPLES["queue_left_list"] = Sample(lambda _: Request("GET", "queue/left"))


@sample("queue_left_settle")
def settle_line(house: House) -> Request:
    return Request("POST", f"queue/left/{left_line(house).pk}/settle", {"to": "pool"}, role="receptionist")


def left_line(house: House) -> Queue:
    """The doctor's line, with somebody waiting and the doctor gone."""
    house.waiting()
    with house.open():
        directory.set_status(house.doctor, "off_duty", actor=house.medic)
        return leaves.follow_doctor(Queue.objects.select_related("doctor").get(pk=house.own.pk), actor=SYSTEM)


@sample("doctors_hours")
def doctor_hours(house: House) -> Request:
    return Request("GET", f"doctors/{house.doctor.pk}/hours")


@sample("doctors_set_hours", forbidden=SELF_OR_OFFICE)
def set_doctor_hours(house: House) -> Request:
    week = {"mon": [{"start": "08:00", "end": "12:00"}, {"start": "13:00", "end": "24:00"}]}
    return Request("PATCH", f"doctors/{house.doctor.pk}/hours", {"weekly": week})


@sample("department_policies_retrieve")
def department_policies(house: House) -> Request:
    return Request("GET", f"departments/{house.department.pk}/policies")


@sample("department_policies_partial_update")
def change_department_policies(house: House) -> Request:
    return Request("PATCH", f"departments/{house.department.pk}/policies", {"token_reset": "WEEKLY"})


@sample("doctor_departments_create")
def join_department(house: House) -> Request:
    body = {"doctor": str(house.doctor.pk), "department": str(_another_department(house).pk)}
    return Request("POST", "doctor-departments", body, 201)


@sample("doctor_departments_destroy")
def leave_department(house: House) -> Request:
    with house.open():
        row = directory.join_department(house.doctor, _another_department(house), actor=house.actor("owner"))
    return Request("DELETE", f"doctor-departments/{row.pk}", None, 204)


def _another_department(house: House) -> Department:
    with house.open():
        count = Department.objects.count()
        return directory.add_department(
            name=f"Skin {count}", prefix="D" + "ABCDEFGH"[count], actor=house.actor("owner")
        )


@sample("absences_create", forbidden=frozenset({"nurse", "biller"}))
def add_absence(house: House) -> Request:
    body = {"doctor": str(house.doctor.pk), "starts_at": "2050-12-01T08:00:00+01:00",
            "ends_at": "2050-12-05T18:00:00+01:00", "reason": "Congress"}  # fmt: skip
    return Request("POST", "absences", body, 201)


def _absence(house: House) -> Absence:
    now = timezone.now()
    with house.open():
        return directory.add_absence(
            house.doctor, starts_at=now, ends_at=now + timedelta(days=2), actor=house.actor("owner")
        )


@sample("absences_cancel", forbidden=frozenset({"nurse", "biller"}))
def cancel_absence(house: House) -> Request:
    return Request("POST", f"absences/{_absence(house).pk}/cancel", {})


@sample("absences_hits")
def absence_hits(house: House) -> Request:
    house.waiting()
    return Request("GET", f"absences/{_absence(house).pk}/hits")


@sample("visit_types_create")
def add_visit_type(house: House) -> Request:
    return Request("POST", "visit-types", {"name": "Vaccination", "minutes": 15, "fee": "12.50"}, 201)


def _visit_type(house: House) -> VisitType:
    with house.open():
        count = VisitType.objects.count()
        return directory.add_visit_type(name=f"Check {count}", minutes=15, actor=house.actor("owner"))


@sample("visit_types_partial_update")
def change_visit_type(house: House) -> Request:
    return Request("PATCH", f"visit-types/{_visit_type(house).pk}", {"minutes": 10})


@sample("doctor_visit_types_create", forbidden=SELF_OR_OFFICE)
def set_own_type(house: House) -> Request:
    body = {"doctor": str(house.doctor.pk), "type": str(_visit_type(house).pk), "minutes": 40, "capacity": 2}
    return Request("POST", "doctor-visit-types", body, 201)


def _own_type(house: House) -> DoctorVisitType:
    of = _visit_type(house)
    with house.open():
        return directory.set_own_type(house.doctor, of, minutes=40, actor=house.medic)


@sample("doctor_visit_types_partial_update", forbidden=SELF_OR_OFFICE)
def change_own_type(house: House) -> Request:
    return Request("PATCH", f"doctor-visit-types/{_own_type(house).pk}", {"offered": False, "minutes": None})


@sample("doctor_visit_types_destroy", forbidden=SELF_OR_OFFICE)
def drop_own_type(house: House) -> Request:
    return Request("DELETE", f"doctor-visit-types/{_own_type(house).pk}", None, 204)


@sample("closures_create")
def add_closure(house: House) -> Request:
    body = {"name": "Holidays", "first_day": "2050-12-24", "last_day": "2050-12-26",
            "department": str(house.department.pk)}  # fmt: skip
    return Request("POST", "closures", body, 201)


def _closure(house: House) -> Closure:
    with house.open():
        days = {"first_day": date(2050, 12, 24), "last_day": date(2050, 12, 26)}
        return directory.add_closure(name="Holidays", **days, actor=house.actor("owner"))


@sample("closures_partial_update")
def change_closure(house: House) -> Request:
    return Request("PATCH", f"closures/{_closure(house).pk}", {"last_day": "2050-12-27"})


@sample("closures_destroy")
def remove_closure(house: House) -> Request:
    return Request("DELETE", f"closures/{_closure(house).pk}", None, 204)


get("absences_retrieve", lambda house: f"absences/{_absence(house).pk}")
get("doctor_visit_types_retrieve", lambda house: f"doctor-visit-types/{_own_type(house).pk}")
get("visit_types_retrieve", lambda house: f"visit-types/{_visit_type(house).pk}")
get("closures_retrieve", lambda house: f"closures/{_closure(house).pk}")
