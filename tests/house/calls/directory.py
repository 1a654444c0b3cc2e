from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from clinic.directory import listing
from clinic.directory import operations as directory
from clinic.directory.models import (
    Absence,
    Closure,
    Department,
    Doctor,
    DoctorDepartment,
    DoctorVisitType,
    Room,
    VisitType,
)
from tests.house.examples import EACH, REFUSED, SAME, Call, example
from tests.world import House


@example(directory.add_department, twice=REFUSED)
def _add_department(house: House) -> Call:
    return Call(name="Radiology", prefix="R")


@example(directory.change_department, twice=SAME)
def _change_department(house: House) -> Call:
    return Call(house.department, name="General medicine")


@example(directory.add_room, twice=REFUSED)
def _add_room(house: House) -> Call:
    return Call(name="Room 5", department=house.department)


@example(directory.change_room, twice=SAME)
def _change_room(house: House) -> Call:
    return Call(house.room, name="Room 4b")


@example(directory.add_doctor, twice=EACH)
def _add_doctor(house: House) -> Call:
    return Call(name="Dr. New", department=house.department)


@example(directory.change_doctor, twice=SAME)
def _change_doctor(house: House) -> Call:
    return Call(house.doctor, room=Room.objects.create(department=house.department, name="Room 5"))


@example(directory.set_status, twice=SAME)
def _set_status(house: House) -> Call:
    return Call(house.doctor, Doctor.RUNNING_LATE, late_minutes=20)


OFFICE = "the office's own; no board shows it"
COMING = "boards show the day, and this is about days to come"


@example(directory.change_department_policies, twice=SAME)
def _change_department_policies(house: House) -> Call:
    return Call(house.department, token_reset="weekly", queue_soft_limit=8)


@example(directory.change_own_profile, twice=SAME)
def _change_own_profile(house: House) -> Call:
    return Call(house.doctor, bio="Hearts and lungs", fee="40.00")


@example(directory.join_department, twice=SAME, quiet="whose pool a doctor takes from stands on no board")
def _join_department(house: House) -> Call:
    return Call(house.doctor, Department.objects.create(name="Skin", prefix="D"))


@example(directory.leave_department, twice=REFUSED, quiet="whose pool a doctor takes from stands on no board")
def _leave_department(house: House) -> Call:
    other = Department.objects.create(name="Skin", prefix="D")
    return Call(DoctorDepartment.objects.create(doctor=house.doctor, department=other))


@example(directory.set_hours, twice=SAME)
def _set_hours(house: House) -> Call:
    return Call(house.doctor, {"mon": [{"start": "08:00", "end": "12:00"}]})


@example(directory.add_absence, twice=EACH)
def _add_absence(house: House) -> Call:
    return Call(house.doctor, starts_at=timezone.now() + timedelta(days=1), ends_at=timezone.now() + timedelta(days=3))


@example(directory.cancel_absence, twice=SAME)
def _cancel_absence(house: House) -> Call:
    return Call(_absence(house, timedelta(days=1)))


@example(directory.begin_absence, twice=SAME)
def _begin_absence(house: House) -> Call:
    return Call(_absence(house, -timedelta(minutes=1)))


def _absence(house: House, begins_in: timedelta) -> Absence:
    starts = timezone.now() + begins_in
    return Absence.objects.create(doctor=house.doctor, starts_at=starts, ends_at=starts + timedelta(days=1))


@example(directory.add_visit_type, twice=REFUSED, quiet=OFFICE)
def _add_visit_type(house: House) -> Call:
    return Call(name="Vaccination", minutes=15)


@example(directory.change_visit_type, twice=SAME, quiet=OFFICE)
def _change_visit_type(house: House) -> Call:
    return Call(VisitType.objects.create(name="Vaccination", minutes=15), minutes=10)


@example(directory.set_own_type, twice=SAME, quiet=COMING)
def _set_own_type(house: House) -> Call:
    return Call(house.doctor, VisitType.objects.create(name="Vaccination", minutes=15), minutes=10)


@example(directory.drop_own_type, twice=REFUSED, quiet=COMING)
def _drop_own_type(house: House) -> Call:
    of = VisitType.objects.create(name="Vaccination", minutes=15)
    return Call(DoctorVisitType.objects.create(doctor=house.doctor, type=of, minutes=10))


@example(directory.add_closure, twice=EACH)
def _add_closure(house: House) -> Call:
    return Call(name="Holidays", department=house.department, first_day=date(2027, 1, 1), last_day=date(2027, 1, 2))


@example(directory.change_closure, twice=SAME, quiet=COMING)
def _change_closure(house: House) -> Call:
    return Call(_closure(), name="Move")


@example(directory.remove_closure, twice=REFUSED, quiet=COMING)
def _remove_closure(house: House) -> Call:
    return Call(_closure())


def _closure() -> Closure:
    return Closure.objects.create(name="Holidays", first_day=date(2027, 1, 1), last_day=date(2027, 1, 2))


@example(listing.publish, twice=SAME, quiet="nobody of the hospital sees the public search", silent=True,
         untold="the public search is no document of the hospital")  # fmt: skip
def _publish(house: House) -> Call:
    return Call()


@example(listing.say_free, twice=SAME, quiet="nobody of the hospital sees the public search", silent=True,
         untold="the public search is no document of the hospital")  # fmt: skip
def _say_free(house: House) -> Call:
    return Call({house.doctor.pk: timezone.now() + timedelta(hours=2)})
