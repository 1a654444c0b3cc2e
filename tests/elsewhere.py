"""A second department, and members who are limited to it: for the tests of R1.2."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from clinic.core.access import Actor
from clinic.directory.models import Department, Doctor, Room
from clinic.tenants.models import Membership
from queues.models import Queue, Visit
from tests.world import House


@dataclass
class Skin:
    """The second department of a house: a room, a doctor with an own line, a pool."""

    house: House
    department: Department
    room: Room
    doctor: Doctor
    own: Queue
    pool: Queue

    @property
    def limits(self) -> frozenset[UUID]:
        return frozenset({self.department.pk})

    def actor(self, role: str) -> Actor:
        """Somebody of this role who is limited to this department."""
        return replace(self.house.actor(role), departments=self.limits)

    def limit(self, *roles: str) -> None:
        """Limit the members with these roles to this department, in the database."""
        members = [self.house.memberships[role].pk for role in roles]
        Membership.objects.filter(pk__in=members).update(department_ids=[str(self.department.pk)])

    def waiting(self) -> Visit:
        return self.house.waiting(1, self.own)[0]


def second_department(house: House) -> Skin:
    with house.open():
        department = Department.objects.create(name="Skin", prefix="K")
        room = Room.objects.create(department=department, name="Room 9")
        doctor = Doctor.objects.create(name="Dr. Ada Okafor", department=department, room=room, status=Doctor.ON_TIME)
        own = Queue.objects.create(department=department, doctor=doctor, sort=Queue.DOCTOR, name=doctor.name)
        pool = Queue.objects.create(department=department, sort=Queue.POOL, name=department.name)
    return Skin(house, department, room, doctor, own, pool)
