"""The play: small plausible steps through the real operations. What comes next is read from the rows and the time, so
that any process can play the next step and a person may act at any moment in between.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import structlog
from django.db.models import Count, Q

from clinic.core import clock
from clinic.core.access import ABILITIES, Actor
from clinic.core.errors import DomainError
from clinic.demo.cast import REASONS, TOO_LONG, VIP, Cast
from clinic.demo.cast import URGENT as EMERGENCIES
from clinic.directory import operations as directory
from clinic.directory.models import Doctor
from clinic.records.models import Patient
from clinic.tenants import days
from queues import models
from queues.models import CALLED, IN_PROGRESS, NORMAL, URGENT, WAITING, Leg, Queue, Visit
from queues.operations import calls, ends, intake

DEMO = Actor(kind="system", id="demo", name="Demo", abilities=ABILITIES)
"""Who plays. The log shows the name of the part and this id, so a person's acts can be told from the play's."""

log = structlog.get_logger(__name__)


def acting(name: str) -> Actor:
    return replace(DEMO, name=name)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How long things take, in seconds, from … to."""

    service: tuple[int, int]
    walk: tuple[int, int]
    break_for: int


REAL = Rhythm(service=(360, 960), walk=(40, 120), break_for=900)
"""As in a clinic: while nobody looks."""
BRISK = Rhythm(service=(70, 240), walk=(12, 35), break_for=240)
"""A clinic in a hurry: something moves every few seconds."""
PATIENCE = timedelta(minutes=90)
ENOUGH = 1000


@dataclass(slots=True)
class Scene:
    """What stands on the stage at one moment."""

    cast: Cast
    rhythm: Rhythm
    dice: Random
    now: datetime
    doctors: list[Doctor]
    legs: list[Leg]
    most_acts: int
    acts: int = 0
    waiting: int = 0
    with_doctor: dict[UUID, list[Leg]] = field(default_factory=dict)

    def long(self, leg: Leg, span: tuple[int, int]) -> timedelta:
        """How long this patient takes: the same at every look, different for each."""
        low, high = span
        return timedelta(seconds=low + Random(f"{leg.pk}{span}").random() * (high - low))  # noqa: S311 (a play)

    def chance(self, leg: Leg) -> int:
        """0–19, the same at every look: decides who does not come."""
        return Random(f"{leg.pk}fate").randrange(20)  # noqa: S311 (a play)


def step(
    cast: Cast, rhythm: Rhythm, dice: Random, leave_alone: frozenset[UUID] = frozenset(), most_acts: int = ENOUGH
) -> int:
    """Play what is due now in the open hospital; doctors in ``leave_alone`` are somebody's own. Returns the acts."""
    scene = _look(cast, rhythm, dice, most_acts)
    _close_yesterday(scene)
    for doctor in dice.sample(scene.doctors, len(scene.doctors)):
        if doctor.pk not in leave_alone:
            _try(scene, _doctor, doctor)
    _try(scene, _arrivals)
    _try(scene, _impatience)
    return scene.acts


def _look(cast: Cast, rhythm: Rhythm, dice: Random, most_acts: int) -> Scene:
    doctors = list(Doctor.objects.filter(is_active=True).select_related("room").order_by("name"))
    legs = list(Leg.objects.open().select_related("visit", "queue", "server"))
    scene = Scene(cast, rhythm, dice, clock.now(), doctors, legs, most_acts)
    scene.waiting = sum(leg.state == WAITING for leg in legs)
    for leg in legs:
        if leg.server_id is not None:
            scene.with_doctor.setdefault(leg.server_id, []).append(leg)
    return scene


def _try(scene: Scene, part: Callable[..., bool], *args: object) -> None:
    """A part may come too late, because a person acted meanwhile: then it is left out."""
    if scene.acts >= scene.most_acts:
        return
    try:
        scene.acts += part(scene, *args)
    except DomainError as refusal:
        log.info("demo.left_out", code=refusal.code)


# --- a doctor ------------------------------------------------------------------------------------------------------


def _doctor(scene: Scene, doctor: Doctor) -> bool:
    there = scene.with_doctor.get(doctor.pk)
    if there:
        leg = there[0]
        return _in_the_room(scene, doctor, leg) if leg.state == IN_PROGRESS else _on_the_way(scene, doctor, leg)
    if doctor.status == Doctor.OFF_DUTY:
        return False
    if doctor.status == Doctor.ON_BREAK:
        return _back_from_break(scene, doctor)
    if _wants_a_break(scene, doctor):
        until = scene.now + timedelta(seconds=scene.rhythm.break_for)
        directory.set_status(doctor, Doctor.ON_BREAK, until=until, actor=acting(doctor.name))
        return True
    if scene.waiting <= scene.cast.fewest:
        return False
    return _counted(scene, calls.call_next(doctor, actor=acting(doctor.name)))


def _counted(scene: Scene, called: Leg | None) -> bool:
    scene.waiting -= called is not None
    return called is not None


def _in_the_room(scene: Scene, doctor: Doctor, leg: Leg) -> bool:
    if leg.started_at is None or scene.now - leg.started_at < scene.long(leg, scene.rhythm.service):
        return False
    if doctor.is_paused or scene.waiting <= scene.cast.fewest or scene.dice.random() < 0.4:
        ends.complete(leg.visit, actor=acting(doctor.name))
    else:
        _closed, called = ends.complete_and_call(leg.visit, actor=acting(doctor.name))
        _counted(scene, called)
    return True


def _on_the_way(scene: Scene, doctor: Doctor, leg: Leg) -> bool:
    """Most come when called; one in twenty is skipped, one does not come at all."""
    if leg.called_at is None or scene.now - leg.called_at < scene.long(leg, scene.rhythm.walk):
        return False
    policy = days.policies()
    fate = scene.chance(leg)
    if fate == 0:
        if ends.may_be_no_show(leg, policy.min_calls, policy.call_total):
            ends.no_show(leg.visit, actor=acting(doctor.name))
        elif scene.now - leg.called_at >= timedelta(seconds=policy.call_gap):
            calls.recall(leg.visit, actor=acting(doctor.name))
        else:
            return False
        return True
    if fate == 1 and leg.skips == 0 and scene.waiting:
        calls.skip(leg.visit, actor=acting(doctor.name))
        return True
    calls.start(leg.visit, actor=acting(doctor.name))
    return True


def _back_from_break(scene: Scene, doctor: Doctor) -> bool:
    if doctor.status_until is not None and doctor.status_until > scene.now:
        return False
    directory.set_status(doctor, Doctor.ON_TIME, actor=acting(doctor.name))
    return True


def _wants_a_break(scene: Scene, doctor: Doctor) -> bool:
    """Once in a while, if everybody else is there."""
    if any(other.is_paused for other in scene.doctors) or len(scene.doctors) < 3:
        return False
    rested = scene.now - (doctor.status_at or scene.now - timedelta(hours=1))
    return rested > timedelta(seconds=scene.rhythm.break_for * 4) and scene.dice.random() < 0.01


# --- the desk ------------------------------------------------------------------------------------------------------


def _arrivals(scene: Scene) -> bool:
    """As many come as keep the waiting room between the cast's bounds, in slow waves."""
    wave = 0.5 + 0.4 * math.sin(2 * math.pi * scene.now.timestamp() / 2700)
    # Two places stay free for people who are put back in line.
    wanted = scene.cast.fewest + 1 + wave * (scene.cast.most - scene.cast.fewest - 3)
    hurry = scene.waiting < scene.cast.fewest
    if scene.waiting >= wanted or (not hurry and scene.dice.random() < 0.4):
        return False
    came = False
    for _ in range(3 if hurry else 1):
        came = _arrival(scene) or came
    return came


def _arrival(scene: Scene) -> bool:
    line = _line(scene)
    patient = None if line is None else somebody(scene.cast, scene.dice, line.department.prefix)
    if line is None or patient is None:
        return False
    take_in(scene.cast, line, patient, scene.dice)
    scene.waiting += 1
    return True


def _line(scene: Scene) -> Queue | None:
    """Where somebody is put: mostly with few people before them."""
    waits = Count("legs", filter=Q(legs__state=WAITING))
    open_lines = list(Queue.objects.filter(is_open=True).select_related("department", "doctor").annotate(waits=waits))
    usable = [
        line for line in open_lines
        if line.waits < 6 and (line.doctor.is_active and line.doctor.status != Doctor.OFF_DUTY if line.doctor
                               else _served(line, scene.doctors))
    ]  # fmt: skip
    weights = [1 / (1 + line.waits) for line in usable]
    return scene.dice.choices(usable, weights)[0] if usable else None


def _served(pool: Queue, doctors: Iterable[Doctor]) -> bool:
    return any(
        doctor.department_id == pool.department_id and doctor.serves_pool and not doctor.is_paused for doctor in doctors
    )


def somebody(cast: Cast, dice: Random, prefix: str) -> Patient | None:
    """One of the people of this department who is not here; whoever was not here today first."""
    names = [Q(given_name=one.given, family_name=one.family) for one in cast.people if one.goes_to == prefix]
    if not names:
        return None
    wanted = names[0]
    for name in names[1:]:
        wanted |= name
    here = Visit.objects.filter(ended_at=None).values("patient_id")
    free = Patient.objects.filter(wanted).exclude(pk__in=here).annotate(times=Count("visits")).order_by("times", "id")
    rested = list(free[:6])
    return dice.choice(rested) if rested else None


def take_in(cast: Cast, line: Queue, patient: Patient, dice: Random, *, klass: str = "") -> intake.Arrival:
    """The desk takes somebody in; one in twelve is urgent, one in twenty-five a VIP."""
    roll = dice.random()
    chosen = klass or (URGENT if roll < 0.08 else models.VIP if roll < 0.12 else NORMAL)
    prefix = line.department.prefix
    emergencies = EMERGENCIES.get(prefix, EMERGENCIES["A"])
    why = {URGENT: dice.choice(emergencies), models.VIP: dice.choice(VIP)}.get(chosen, "")
    reason = "" if chosen == URGENT else dice.choice(REASONS.get(prefix, REASONS["A"]))
    return intake.arrive(line, patient, klass=chosen, class_reason=why, reason=reason, actor=_desk(cast))


def _desk(cast: Cast) -> Actor:
    return acting(cast.who("receptionist").name)


def _impatience(scene: Scene) -> bool:
    """Who has waited far too long goes home, as long as enough others wait."""
    for leg in scene.legs:
        if leg.state == WAITING and scene.now - leg.entered_at > PATIENCE and scene.waiting > scene.cast.fewest:
            ends.leave(leg.visit, reason=scene.dice.choice(TOO_LONG), actor=_desk(scene.cast))
            scene.waiting -= 1
            return True
    return False


def _close_yesterday(scene: Scene) -> None:
    """A new service day begins with an empty waiting room: who is with a doctor is done, who waits goes home."""
    today = days.service_day(days.current_hospital(), scene.now)
    for leg in [leg for leg in scene.legs if leg.visit.service_day < today]:
        _try(scene, _send_home, leg)
        scene.legs.remove(leg)
        if leg.server_id is not None:
            scene.with_doctor[leg.server_id].remove(leg)


def _send_home(scene: Scene, leg: Leg) -> bool:
    scene.waiting -= leg.state == WAITING
    if leg.state in (CALLED, IN_PROGRESS):
        ends.complete(leg.visit, actor=_desk(scene.cast))
    else:
        ends.leave(leg.visit, reason="End of the day", actor=_desk(scene.cast))
    return True
