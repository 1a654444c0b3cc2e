from __future__ import annotations

from clinic.directory import operations as directory
from clinic.directory.models import Doctor, Room
from tests.house.examples import EACH, REFUSED, SAME, Call, example
from tests.world import House


@example(directory.add_department, twice=REFUSED, quiet="a department without a line is on no board")
def _add_department(house: House) -> Call:
    return Call(name="Radiology", prefix="R")


@example(directory.change_department, twice=SAME)
def _change_department(house: House) -> Call:
    return Call(house.department, name="General medicine")


@example(directory.add_room, twice=REFUSED, quiet="a room in which nobody sits is on no board")
def _add_room(house: House) -> Call:
    return Call(name="Room 5", department=house.department)


@example(directory.change_room, twice=SAME)
def _change_room(house: House) -> Call:
    return Call(house.room, name="Room 4b")


@example(directory.add_doctor, twice=EACH, quiet="a doctor without a line is on no board")
def _add_doctor(house: House) -> Call:
    return Call(name="Dr. New", department=house.department)


@example(directory.change_doctor, twice=SAME)
def _change_doctor(house: House) -> Call:
    return Call(house.doctor, room=Room.objects.create(department=house.department, name="Room 5"))


@example(directory.set_status, twice=SAME)
def _set_status(house: House) -> Call:
    return Call(house.doctor, Doctor.RUNNING_LATE, late_minutes=20)
