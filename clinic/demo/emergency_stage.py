"""Making the demo's emergency department: its sections and beds, and the hours that lie behind it."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any

from clinic.core import clock
from clinic.core.access import Actor
from clinic.demo.acts import DEMO
from clinic.demo.cast import Cast
from clinic.demo.emergency import Play
from clinic.demo.emergency_day import Emergency, read
from clinic.demo.model import Model
from clinic.directory import operations as directory
from clinic.directory.models import Department, Doctor
from clinic.live.record import operation
from clinic.tenants import days, operations
from er_flow import trend
from er_flow.operations import places, team

BEFORE = timedelta(hours=2, minutes=30)
"""So long it has been open when the demo begins: somebody is in every state."""


@operation("er.manage")
def furnish(told: Emergency, *, actor: Actor) -> Department:
    """The department with its sections and beds."""
    department = directory.add_department(
        name=told.department, prefix=told.prefix, sort=Department.EMERGENCY, actor=actor
    )
    operations.change_policies(days.policies(), hospital_beds=told.hospital_beds, actor=actor)
    nurses = [
        directory.add_doctor(name=name, sort=Doctor.NURSE, department=department, serves_pool=False, actor=actor)
        for name in told.staff["nurses"]
    ]
    for name in told.staff["providers"]:
        directory.add_doctor(
            name=name, department=department, specialization="Emergency medicine", serves_pool=False, actor=actor
        )
    for position, one in enumerate(told.sections):
        section = places.add_section(department, name=one["name"], position=position, actor=actor)
        team.set_nurse_of(section, nurses[position % len(nurses)], actor=actor)
        order = 0
        for some in one["beds"]:
            for n in range(1, some["count"] + 1):
                places.add_bed(
                    section, name=f"{some['name']}{n}", sort=some["sort"], features=list(some["features"]),
                    position=order, actor=actor,
                )  # fmt: skip
                order += 1
    return department


@operation("er.manage")
def run(play: Play, until: float, *, actor: Actor) -> None:
    """Hours that lie behind, in one act: the log has every step at its time, and nobody is told of each."""
    at = play.floor.now
    while at < until:
        at = min(until, at + trend.EVERY.total_seconds())
        play.run(at)
        _keep(at)


def _keep(at: float) -> None:
    """What the clock keeps of how crowded it is, as it would have then."""
    with clock.at(datetime.fromtimestamp(at, UTC)):
        trend.settle()


class Before:
    """The emergency department of a hospital whose last hours are played; of one without, nothing happens."""

    def __init__(self, play: Play | None) -> None:
        self.play = play

    def run(self, until: datetime) -> None:
        if self.play is not None:
            run(self.play, until.timestamp(), actor=DEMO)

    def beside(self, model: Model) -> None:
        """From now on together with the rest of the hospital: in the log all stands in the order of time."""
        if self.play is not None:
            model.env.process(_beside(self.play, model))

    def arrive_at(self, now: datetime) -> None:
        """What was due in the last minutes, which were arranged, happens after them."""
        if self.play is not None:
            self.play.floor.now = now.timestamp()
            self.play.run(now.timestamp())
            self.play.fill()


def _beside(play: Play, model: Model) -> Generator[Any, Any, None]:
    while True:
        yield model.env.timeout(min(trend.EVERY.total_seconds(), max(0.0, play.next_at() - model.now)))
        play.run(model.now)
        _keep(model.now)


def open_before(cast: Cast, at: datetime) -> Before:
    """The department of the open hospital, which at this moment has been open for some hours."""
    if not cast.emergency:
        return Before(None)
    begin = at - BEFORE
    with clock.at(begin):
        department = furnish(read(), actor=DEMO)
    play = Play(department, read(), read().dice(cast.slug), begin=begin.timestamp())
    run(play, at.timestamp(), actor=DEMO)
    return Before(play)
