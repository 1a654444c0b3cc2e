"""Departments, rooms and doctors, their times, and what the public may find of them (domain/1)."""

from clinic.directory.models.doctors import Doctor, DoctorDepartment
from clinic.directory.models.fields import PREFIX, TextsField, list_of_texts
from clinic.directory.models.listing import Listing
from clinic.directory.models.places import Department, DepartmentConfig, Room
from clinic.directory.models.times import Absence, Closure, DoctorVisitType, VisitType, WorkingHours

__all__ = [
    "PREFIX",
    "Absence",
    "Closure",
    "Department",
    "DepartmentConfig",
    "Doctor",
    "DoctorDepartment",
    "DoctorVisitType",
    "Listing",
    "Room",
    "TextsField",
    "VisitType",
    "WorkingHours",
    "list_of_texts",
]
