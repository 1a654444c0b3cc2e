"""A clinic with four weeks of bookings, and a country of clinics to find a doctor in. Import after ``kit.start``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from clinic.core import clock
from clinic.core.nouns import new_id
from clinic.directory.listing import barred, folded
from clinic.directory.models import Department, Doctor, Listing, Room
from clinic.records.models import Patient
from clinic.tenants.models import Hospital, HospitalConfig
from queues.availability import book
from queues.models import CONFIRMED, TICK_MINUTES, Appointment, Queue, SlotTick
from tests.bench import houses
from tests.world import House

DOCTORS, WEEKS, TAKEN = 15, 4, 0.7
CITIES = [f"Town {n}" for n in range(20)]
SPECIALITIES = ("General practice", "Cardiology", "Dermatology", "Paediatrics", "Orthopaedics", "Eyes", "Ears", "Skin")


@dataclass(frozen=True, slots=True)
class Clinic:
    """Fifteen doctors with own lines in four departments; 70 % of what can be booked in four weeks is."""

    house: House
    lines: list[Queue]
    first: date
    """The Monday on which the four weeks begin."""
    people: list[Patient]
    booked: int


def clinic(house: House) -> Clinic:
    """Fill a house; quarters of an hour, a few with five minutes after them."""
    with house.open():
        HospitalConfig.objects.update(default_minutes=15, booking_mode=HospitalConfig.BOTH)
        Doctor.objects.update(listed=True)
        departments = [house.department]
        departments += [Department.objects.create(name=f"Department {n}", prefix="BCD"[n]) for n in range(3)]
        for n in range(DOCTORS - Doctor.objects.count()):
            where = departments[n % 4]
            room = Room.objects.create(department=where, name=f"Room {n + 20}")
            doctor = Doctor.objects.create(
                name=f"Dr. Number {n}", department=where, room=room, status=Doctor.ON_TIME, listed=True,
                specialization=SPECIALITIES[n % 8], city=CITIES[0],
            )  # fmt: skip
            Queue.objects.create(department=where, doctor=doctor, sort=Queue.DOCTOR, name=doctor.name)
    Hospital.objects.filter(pk=house.hospital.pk).update(listed=True)
    bench = houses.Bench(house, [], house.desk)
    ids = houses.patients(bench, 600)
    with house.open():
        people = list(Patient.objects.filter(pk__in=ids))
        lines = list(Queue.objects.filter(sort=Queue.DOCTOR).select_related("doctor", "department").order_by("name"))
        today = clock.now().date()
        first = today + timedelta(days=7 - today.weekday())
        booked = _fill(lines, first, people)
    houses.run("ANALYZE")
    return Clinic(house, lines, first, people, booked)


def _fill(lines: list[Queue], first: date, people: list[Patient]) -> int:
    dice, rows, ticks = Random(4), list[Appointment](), list[SlotTick]()
    last = first + timedelta(days=7 * WEEKS - 1)
    for line in lines:
        for day in book.days(line, first, last):
            todays = dice.sample(people, len(people))  # nobody twice in a line on a day
            for slot in day.slots:
                if dice.random() >= TAKEN:
                    continue
                row = Appointment(
                    queue=line, patient=todays.pop(), starts_at=slot.starts_at, minutes=slot.minutes, state=CONFIRMED,
                    service_day=day.day, booked_at=clock.now() - timedelta(days=3), reason="Check",
                )  # fmt: skip
                rows.append(row)
                start = int(slot.starts_at.timestamp()) // (60 * TICK_MINUTES)
                ticks += [
                    SlotTick(queue=line, tick=start + n, appointment=row) for n in range(slot.minutes // TICK_MINUTES)
                ]
    Appointment.objects.bulk_create(rows, batch_size=2000)
    SlotTick.objects.bulk_create(ticks, batch_size=5000)
    return len(rows)


def due_tomorrow(house: House, count: int) -> None:
    """So many confirmed bookings for this time tomorrow, of people with an address for messages."""
    bench = houses.Bench(house, [], house.desk)
    ids = houses.patients(bench, count)
    with house.open():
        Patient.objects.filter(pk__in=ids).update(email="somebody@example.org")
        line, start = house.own, clock.now() + timedelta(hours=8)
        rows = [
            Appointment(
                queue=line, patient_id=pk, starts_at=start + timedelta(seconds=n * 9), minutes=15, state=CONFIRMED,
                service_day=(start + timedelta(seconds=n * 9)).date(), booked_at=start - timedelta(days=9),
            )
            for n, pk in enumerate(ids)
        ]  # fmt: skip
        Appointment.objects.bulk_create(rows, batch_size=2000)
    houses.run("ANALYZE")


def country(hospitals: int, doctors: int) -> None:
    """So many other listed clinics with so many doctors each, as the projection holds them."""
    dice, now = Random(5), clock.now()
    found = [
        Hospital(name=f"Clinic {n}", slug=f"clinic-{n}", listed=True, time_zone="Europe/Paris", city=CITIES[n % 20])
        for n in range(hospitals)
    ]
    Hospital.objects.bulk_create(found)
    rows = []
    for n, here in enumerate(found):
        north, east = 48 + dice.random() * 3, 1 + dice.random() * 4
        for m in range(doctors):
            name, what = f"Dr. Anna Number {n} {m}", SPECIALITIES[dice.randrange(8)]
            spoken = dice.sample(["French", "English", "Wolof", "Arabic", "German"], 2)
            words = " ".join(map(folded, [name, what, here.name]))
            rows.append(Listing(
                doctor_id=new_id(), hospital=here, slug=here.slug, name=name, specialization=what,
                languages=spoken, clinic=here.name, city=here.city, latitude=round(north, 6), longitude=round(east, 6),
                fee=dice.randrange(20, 150), currency="EUR", words=words, speaks=barred(spoken), listed_at=now,
                next_free_at=now + timedelta(minutes=dice.randrange(60, 60 * 24 * 20)),
            ))  # fmt: skip
    Listing.objects.bulk_create(rows, batch_size=1000)
    houses.run("ANALYZE")
