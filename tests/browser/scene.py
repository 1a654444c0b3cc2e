"""A morning with everything in it, for the pictures and the browser tests: people waiting, called, in rooms, on hold,
missed and wanting back; a late doctor, one on a break, a counter with somebody at it, limits, waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from clinic.core import clock
from clinic.core.access import PATIENT, Actor
from clinic.directory.models import Department, DepartmentConfig, Doctor, Room
from clinic.directory.operations import set_status
from queues.models import Leg, LineEstimate, Queue, Visit
from queues.operations import calls, ends, holds, intake, lines, posts, returns
from tests.world import House

PEOPLE = (
    ("Amina", "Yusuf"), ("Tomasz", "Kowalczyk"), ("Nguyễn", "Thị Hoa"), ("Mateo", "Fernández"), ("Ingrid", "Solberg"),
    ("Hassan", "Demir"), ("Zofia", "Wiśniewska"), ("Aarav", "Gupta"), ("Leilani", "Kealoha"), ("Thabo", "Mokoena"),
    ("Chiara", "Romano"), ("Noah", "Fischer"), ("Mariam", "Keita"), ("Ravi", "Pillai"), ("Rosa", "Delgado"),
    ("Daniel", "Cohen"), ("Peter", "van Dijk"), ("Ewa", "Nowak"), ("Omar", "Haddad"), ("Grace", "Okafor"),
    ("Samuel", "Ndlovu"), ("Yuki", "Tanaka"), ("Bao", "Pham"), ("Lucía", "Ortega"),
    ("Maximiliane", "von Hohenstein-Waldburg"),
)  # fmt: skip
REASONS = ("Follow-up", "Ear pain", "Walk-in", "Prescription", "Knee, follow-up", "Rash", "Fever", "")


@dataclass
class Scene:
    """Who is where, by name."""

    house: House
    own: Queue
    pool: Queue
    other: Queue
    third: Queue
    counter: Queue
    visits: dict[str, Visit]
    began: datetime


def lively(house: House) -> Scene:
    """Arrange the morning in this house; call it inside ``house.open()``."""
    now = timezone.now()
    began = now - timedelta(minutes=75)
    other = Queue.objects.get(doctor=house.colleague)
    third = _third(house)
    scene = Scene(house, house.own, house.pool, other, third, _counter(house), {}, began)
    _arrivals(scene)
    _missed(scene)
    _rooms(scene)
    with clock.at(now - timedelta(minutes=9)):
        holds.hold(scene.visits["Hassan"], reason="tests", note="X-ray", actor=house.desk)
        holds.delay(scene.visits["Ravi"], minutes=22, reason="parking", actor=house.desk)
    _waits(scene, now)
    _statuses(scene, now)
    return scene


def _third(house: House) -> Queue:
    room = add_plain(Room(department=house.department, name="Room 11"))
    doctor = add_plain(
        Doctor(
            name="Dr. Sofia Lindqvist", department=house.department, room=room, status=Doctor.ON_TIME,
            specialization="Cardiology", serves_pool=False, parallel_rooms=2,
        )
    )  # fmt: skip
    DepartmentConfig.objects.create(department=house.department, queue_soft_limit=5, queue_hard_limit=8)
    house.colleague.room = add_plain(Room(department=house.department, name="Room 7"))
    house.colleague.save()
    return add_plain(Queue(department=house.department, doctor=doctor, sort=Queue.DOCTOR, name=doctor.name))


def add_plain(row: Any) -> Any:
    row.save()
    return row


def _counter(house: House) -> Queue:
    desk = Department.objects.create(name="Front office", prefix="F")
    place = Room.objects.create(department=desk, name="Counter 2")
    counter = lines.add_counter(department=desk, name="Cashier", actor=house.actor("owner"))
    posts.sign_on(counter, room=place, actor=house.actor("nurse"))
    return counter


def _arrivals(scene: Scene) -> None:
    house = scene.house
    where = [scene.own] * 7 + [scene.other] * 8 + [scene.third] * 3 + [scene.pool] * 3 + [scene.counter] * 2
    for n, (given, family) in enumerate(PEOPLE[: len(where)]):
        klass = {0: "urgent", 14: "vip"}.get(n, "normal")
        why = {0: "39.2 °C, 31 weeks", 14: "Wheelchair transport at 11:30"}.get(n, "")
        patient = house.patient(given, family, sex="female" if n % 2 else "male", birth_year=1948 + 3 * n)
        with clock.at(scene.began + timedelta(minutes=2 * n)):
            line, reason = where[n], REASONS[n % len(REASONS)]
            told = intake.arrive(line, patient, klass=klass, class_reason=why, reason=reason, actor=house.desk)
        scene.visits[given] = told.visit


def _missed(scene: Scene) -> None:
    """One who did not come and asks to come back, and one who left."""
    house, begun = scene.house, scene.began + timedelta(minutes=50)
    lost = scene.visits["Tomasz"]
    with clock.at(begun):
        calls.call(lost, house.doctor, reason="first of the morning", actor=house.desk)
    for minutes in (2, 4):
        with clock.at(begun + timedelta(minutes=minutes)):
            calls.recall(lost, actor=house.desk)
    with clock.at(begun + timedelta(minutes=5)):
        ends.no_show(lost, actor=house.desk)
        ends.leave(scene.visits["Noah"], actor=house.desk)
        phone = Actor(kind="patient", id=lost.ref, name="", abilities=PATIENT)
        returns.ask_rejoin_by_link(lost, actor=phone)


def _rooms(scene: Scene) -> None:
    """Somebody seen, somebody in a room, two with the cardiologist, somebody called and not there yet."""
    house = scene.house
    with clock.at(scene.began + timedelta(minutes=56)):
        first = calls.call_next(house.doctor, actor=house.desk)
        assert first is not None
        calls.start(first.visit, actor=house.desk)
        heart = scene.third.doctor
        assert heart is not None
        inside = calls.call_next(heart, actor=house.desk)
        assert inside is not None
        calls.start(inside.visit, actor=house.desk)
    with clock.at(scene.began + timedelta(minutes=66)):
        ends.complete(first.visit, actor=house.desk)
        following = calls.call_next(house.doctor, actor=house.desk)
        assert following is not None
        calls.start(following.visit, actor=house.desk)
        calls.call_next(heart, actor=house.desk)
    with clock.at(scene.began + timedelta(minutes=71)):
        late = calls.call_next(house.colleague, actor=house.desk)
    assert late is not None
    with clock.at(scene.began + timedelta(minutes=73)):
        calls.recall(late.visit, actor=house.desk)


def estimate(line: Queue, *, each: int) -> None:
    """What the model would write, so that the pictures do not depend on it."""
    now = timezone.now().replace(second=0, microsecond=0)
    ahead = now - timedelta(minutes=now.minute % 5)
    waits = {}
    for n, leg in enumerate(Leg.objects.waiting().filter(queue=line).in_order()):
        early = ahead + timedelta(minutes=each * n + 5)
        waits[str(leg.pk)] = [early.isoformat(), (early + timedelta(minutes=5 * (1 + n // 2))).isoformat()]
    low = each * (len(waits) + 1) // 5 * 5
    values = {"model": "picture", "made_at": now, "waits": waits, "joining": [low, low + 10]}
    LineEstimate.objects.filter(queue=line).delete()
    LineEstimate.objects.create(queue=line, **values)


def _waits(scene: Scene, now: datetime) -> None:
    for line, each in ((scene.own, 10), (scene.other, 10), (scene.third, 5), (scene.pool, 10), (scene.counter, 5)):
        estimate(line, each=each)


def _statuses(scene: Scene, now: datetime) -> None:
    house = scene.house
    set_status(house.colleague, Doctor.RUNNING_LATE, late_minutes=20, actor=house.desk)
