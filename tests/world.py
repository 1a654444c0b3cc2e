"""The world of the tests: Harbor and Hilltop, always both, with the same people, rooms and lines in each."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db.models import Model

from clinic.core import tenancy
from clinic.core.access import Actor
from clinic.core.tenancy import hospital
from clinic.directory.models import Department, Doctor, Room
from clinic.records.models import Patient
from clinic.records.search import name_key, phone_key
from clinic.tenants import people
from clinic.tenants.models import PLATFORM_ID, Hospital, HospitalConfig, Membership, User
from queues.models import Queue, Visit
from queues.operations import intake
from tests.copies import Copies

PASSWORD = "correct horse battery"
hashed = cache(make_password)
ROLES = ("owner", "manager", "receptionist", "doctor", "nurse", "charge_nurse", "biller")


@dataclass
class House:
    """One hospital: use ``with world.harbor.open():`` around what happens in it."""

    hospital: Hospital
    department: Department
    room: Room
    doctor: Doctor
    colleague: Doctor
    own: Queue
    pool: Queue
    users: dict[str, User]
    memberships: dict[str, Membership]
    people: list[Patient] = field(default_factory=list)

    def open(self) -> AbstractContextManager[None]:
        return hospital(self.hospital)

    def actor(self, role: str) -> Actor:
        """Somebody of this role here; the doctor is ``self.doctor``."""
        return people.actor_of(self.memberships[role])

    @property
    def desk(self) -> Actor:
        return self.actor("receptionist")

    @property
    def medic(self) -> Actor:
        return self.actor("doctor")

    def patient(self, given: str = "Priya", family: str = "Raman", **more: Any) -> Patient:
        """Another patient, with this hospital's canary in the notes."""
        with self.open():
            row = Patient(
                mrn=f"M{Patient.objects.count() + 1:05d}", given_name=given, family_name=family,
                notes=canary(self.hospital), **more,
            )  # fmt: skip
            row.name_key, row.phone_key = name_key(row), phone_key(row.phone)
            row.save()
        self.people.append(row)
        return row

    def waiting(self, count: int = 1, queue: Queue | None = None, **options: Any) -> list[Visit]:
        """Take ``count`` new patients into a line (the doctor's own)."""
        with self.open():
            return [
                intake.arrive(
                    queue or self.own, self.patient(f"P{n}", f"Waits{len(self.people)}"), actor=self.desk, **options
                ).visit
                for n in range(count)
            ]


@dataclass
class World:
    harbor: House
    hilltop: House

    def both(self) -> tuple[House, House]:
        return self.harbor, self.hilltop


def canary(where: Hospital) -> str:
    """A marker that must never be seen by the other hospital."""
    return f"canary-{where.slug}"


def platform() -> None:
    """What a migration puts in, where a test has emptied all tables."""
    Hospital.objects.get_or_create(pk=PLATFORM_ID, defaults={"name": "Platform", "slug": "platform", "hidden": True})


def build() -> World:
    return _worlds.fresh()


def house(name: str, slug: str, zone: str) -> House:
    """One more hospital like the two."""
    return _house(name, slug, zone)[0]


def _first() -> tuple[World, list[Model]]:
    harbor, rows = _house("Harbor Clinic", "harbor", "Europe/Paris")
    hilltop, more = _house("Hilltop Hospital", "hilltop", "America/New_York")
    return World(harbor, hilltop), [*rows, *more]


def _house(name: str, slug: str, zone: str) -> tuple[House, list[Model]]:
    here = Hospital.objects.create(name=name, slug=slug, time_zone=zone, address=f"canary-{slug}")
    secret = hashed(PASSWORD)
    users = {
        role: User(email=f"{role}@{slug}.example", name=f"{role.title()} {slug}", password=secret) for role in ROLES
    }
    User.objects.bulk_create(users.values())
    members = {role: Membership(user=user, hospital=here, roles=[role]) for role, user in users.items()}
    Membership.objects.bulk_create(members.values())
    with tenancy.hospital(here):
        config = HospitalConfig.objects.create()
        department = Department.objects.create(name="General practice", prefix="A")
        room = Room.objects.create(department=department, name="Room 4")
        doctor = Doctor.objects.create(
            name="Dr. Leïla Benali", department=department, room=room, membership=members["doctor"],
            status=Doctor.ON_TIME, specialization="General practice",
        )  # fmt: skip
        colleague = Doctor.objects.create(name="Dr. Kwame Mensah", department=department, status=Doctor.ON_TIME)
        own = Queue.objects.create(department=department, doctor=doctor, sort=Queue.DOCTOR, name=doctor.name)
        other = Queue.objects.create(department=department, doctor=colleague, sort=Queue.DOCTOR, name=colleague.name)
        pool = Queue.objects.create(department=department, sort=Queue.POOL, name=department.name)
    made = House(here, department, room, doctor, colleague, own, pool, users, members)
    rows = [here, *users.values(), *members.values(), config, department, room, doctor, colleague, own, other, pool]
    return made, rows


_worlds = Copies(_first)
