"""The live demo's step: the model is begun from the rows, plays the moments that have just passed, and is forgotten.

So any process can play the next step, a restart loses nothing, and a person may act at any moment in between.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

import structlog

from clinic.core import clock
from clinic.core.errors import DomainError
from clinic.demo import day as days_file
from clinic.demo import emergency, rows
from clinic.demo.acts import DEMO, Acts, Enough, acting, desk
from clinic.demo.cast import Cast
from clinic.demo.model import Model
from clinic.demo.parts import Bounds
from clinic.directory import calendar
from clinic.directory import operations as directory
from clinic.directory.models import Department, Doctor
from clinic.live.models import Event
from clinic.tenants import days
from queues.models import CALLED, IN_PROGRESS, Leg
from queues.operations import close, ends

__all__ = ["DEMO", "acting", "bounds_of", "step"]

EVERYBODY = 1_000_000
LONGEST = 30.0
"""Seconds that one step makes up for at most: what a stop of an hour left undone is not done in a moment."""
FORGOTTEN = timedelta(hours=3)
"""Who has been in a room for so long since yesterday was forgotten there."""

log = structlog.get_logger(__name__)


def step(
    cast: Cast, dice: Random, *, speed: float = 1.0, elapsed: float = 15.0,
    left_alone: frozenset[UUID] = frozenset(), most_acts: int = EVERYBODY,
) -> int:  # fmt: skip
    """Play the last ``elapsed`` seconds in the open hospital, at so many times the speed of a clinic; returns the acts.

    Doctors in ``left_alone`` are somebody's own.
    """
    now = clock.now()
    acts = Acts(cast, dice, most=most_acts)
    _close_yesterday(cast, now)
    shift(cast, left_alone)
    end = now.timestamp()
    clinic = rows.look(lambda moment: end - speed * (now - moment).total_seconds(), left_alone)
    model = Model(
        days_file.read(), clinic, acts, begin=end - speed * min(elapsed, LONGEST), dice=dice,
        local=local_time(lambda _at: now), bounds=lambda at: bounds_of(cast, at),
    )  # fmt: skip
    with contextlib.suppress(Enough):
        model.run(end)
    there = emergency.step(dice, speed=speed, elapsed=elapsed, most_acts=most_acts) if cast.emergency else 0
    return acts.done.total() + there


def local_time(moment: Callable[[float], datetime]) -> Callable[[float], datetime]:
    """The model's time as the time on the open hospital's wall."""
    zone = days.current_hospital().zone
    return lambda at: moment(at).astimezone(zone)


def bounds_of(cast: Cast, at: datetime) -> Bounds:
    """How many wait in the live demo at this local time: fewer at night, never nobody."""
    share = days_file.read().share_of_night(at)
    return Bounds(max(2, round(cast.fewest * share)), max(6, round(cast.most * share)))


# --- the day ------------------------------------------------------------------------------------------------------


def _close_yesterday(cast: Cast, now: datetime) -> None:
    """Where the product's own clock has not closed yesterday, the desk does; who is in a room is seen to the end."""
    today = days.service_day(days.current_hospital(), now)
    for leg in close.unfinished(today - timedelta(days=1)):
        _try(partial(close.close, leg.visit, close.LEAVE, actor=desk(cast)))
    with_server = Leg.objects.filter(state__in=(CALLED, IN_PROGRESS), visit__service_day__lt=today)
    for leg in with_server.filter(called_at__lt=now - FORGOTTEN).select_related("visit"):
        _try(partial(ends.complete, leg.visit, actor=desk(cast)))


def shift(cast: Cast, left_alone: frozenset[UUID] = frozenset()) -> None:
    """At night one doctor of a department stays, the others go home when nobody is with them; by day they are there."""
    night = days_file.read().share_of_night(clock.now().astimezone(days.current_hospital().zone)) < 1
    stay: dict[UUID, str] = {}
    doctors = list(
        Doctor.objects.filter(is_active=True, sort=Doctor.DOCTOR)
        .exclude(pk__in=left_alone).exclude(department__sort=Department.EMERGENCY)
    )  # fmt: skip
    order = {one.name: n for n, one in enumerate(cast.staff)}
    for doctor in sorted(doctors, key=lambda one: order.get(one.name, len(order))):
        stay.setdefault(doctor.department_id, doctor.name)
    for doctor in doctors:
        goes = night and stay[doctor.department_id] != doctor.name
        if goes and doctor.status != Doctor.OFF_DUTY and not Leg.objects.with_server().filter(server=doctor).exists():
            _show(doctor, Doctor.OFF_DUTY)
        elif not goes and doctor.status == Doctor.OFF_DUTY and _by_the_demo(doctor) and calendar.absent(doctor) is None:
            _show(doctor, Doctor.ON_TIME)


def _show(doctor: Doctor, status: str) -> None:
    _try(lambda: directory.set_status(doctor, status, actor=acting(doctor.name)))


def _by_the_demo(doctor: Doctor) -> bool:
    """Who was sent home by a person stays at home."""
    if doctor.status_at is None:
        return True
    said = Event.objects.filter(name="doctor.status_changed", at=doctor.status_at).order_by("-seq").first()
    return said is not None and said.actor.get("id") == DEMO.id


def _try(act: Callable[[], object]) -> None:
    """Somebody else may have been first."""
    try:
        act()
    except DomainError as refusal:
        log.info("demo.left_out", code=refusal.code)
