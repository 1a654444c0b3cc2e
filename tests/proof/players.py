"""Who acts in the storm: the two hospitals, and people who do by chance what a day has."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from clinic.core.access import Actor
    from clinic.directory.models import Doctor
    from queues.models import Leg, Queue
    from tests.world import House

PATIENTS = 150


@dataclass
class Place:
    """One hospital of the storm."""

    house: House
    doctors: list[Doctor]
    lines: list[Queue]
    people: list[UUID]
    desk: Actor


@dataclass
class Tally:
    """What one thread did: answers by act, refusals by code, what was promised, and what must not be."""

    acts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    promised: list[tuple[str, int, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    took: list[float] = field(default_factory=list)


# --- the stage -----------------------------------------------------------------------------------------------------


def build() -> list[Place]:
    from tests import world

    return [_place(house, other) for house, other in zip(world.build().both(), ("A", "B"), strict=True)]


def _place(house: House, _name: str) -> Place:
    from clinic.directory.models import Department, Doctor
    from clinic.records.models import Patient
    from clinic.tenants.models import HospitalConfig
    from queues.models import Queue

    with house.open():
        # A day in seconds: calls need not lie apart, and an act can be undone as long as nothing came after it.
        HospitalConfig.objects.update(min_calls=1, call_gap=0, call_total=0, undo_seconds=600)
        second = Department.objects.create(name="Cardiology", prefix="C")
        lines = [house.own, Queue.objects.get(doctor=house.colleague), house.pool]
        lines.append(Queue.objects.create(department=second, sort=Queue.POOL, name=second.name))
        doctors = [house.doctor, house.colleague]
        for n, department in enumerate((house.department, house.department, second, second)):
            doctor = Doctor.objects.create(
                name=f"Dr. {n}", department=department, room=house.room, status=Doctor.ON_TIME,
                serves_pool=n != 1, parallel_rooms=2 if n == 2 else 1,
            )  # fmt: skip
            doctors.append(doctor)
            lines.append(
                Queue.objects.create(department=department, doctor=doctor, sort=Queue.DOCTOR, name=doctor.name)
            )
        counter = Queue.objects.create(department=second, sort=Queue.COUNTER, name="Cashier")
        lines.append(counter)
        rows = [
            Patient(mrn=f"S{n:05d}", given_name=f"Given{n}", family_name="Storm", name_key=f"given{n} storm")
            for n in range(PATIENTS)
        ]
        people = [row.pk for row in Patient.objects.bulk_create(rows)]
    return Place(house, doctors, lines, people, house.desk)


# --- one person's acts ---------------------------------------------------------------------------------------------


class Player:
    """Somebody who acts without end, knowing only what the rows said a moment ago."""

    def __init__(self, places: list[Place], seed: str) -> None:
        self.places, self.dice, self.tally = places, Random(seed), Tally()
        self.mine: list[tuple[Place, int]] = []
        self.here = places[0]

    def act(self) -> None:
        """One act by chance."""
        from clinic.core.errors import DomainError
        from clinic.core.tenancy import hospital
        from clinic.live.record import done

        self.here = self.dice.choice(self.places)
        name = self.dice.choices(list(ACTS), [weight for weight, _act in ACTS.values()])[0]
        begun = time.perf_counter()
        with hospital(self.here.house.hospital):
            try:
                wrote = ACTS[name][1](self)
            except DomainError as refusal:
                self.tally.refused[refusal.code] += 1
                return
            except Exception:
                self.tally.faults.append(f"{name}: {traceback.format_exc()[-1500:]}")
                return
            finally:
                self.tally.took.append(time.perf_counter() - begun)
        if wrote:
            self.tally.acts[name] += 1
            seq = done().seq
            if seq is not None:
                self.mine.append((self.here, seq))
                self.tally.promised.append((str(self.here.house.hospital.pk), seq, name))

    # each of these answers whether it did something

    def arrive(self) -> bool:
        from clinic.records.models import Patient
        from queues.operations import intake

        patient = Patient.objects.get(pk=self.dice.choice(self.here.people))
        klass = self.dice.choices(("normal", "urgent", "vip"), (16, 2, 1))[0]
        again = "second opinion" if self.dice.random() < 0.1 else ""
        line = self.dice.choice(self.here.lines)
        intake.arrive(line, patient, klass=klass, again_reason=again, actor=self.here.desk)
        return True

    def doctor(self) -> Doctor:
        from clinic.directory.models import Doctor

        found: Doctor = Doctor.objects.select_related("room").get(pk=self.dice.choice(self.here.doctors).pk)
        return found

    def leg(self, *states: str) -> Leg | None:
        """Somebody who was in one of these states a moment ago; now and then somebody who was not."""
        from queues.models import Leg

        legs = Leg.objects.select_related("visit", "server")
        if self.dice.random() < 0.95:
            legs = legs.filter(state__in=states)
        found = list(legs.order_by("-entered_at")[:40])
        return self.dice.choice(found) if found else None

    def on(self, act: Callable[..., Any], *states: str, **more: Any) -> bool:
        leg = self.leg(*states)
        if leg is None:
            return False
        act(leg.visit, actor=self.here.desk, **more)
        return True

    def call_next(self) -> bool:
        from queues.operations import calls

        resume = self.dice.random() < 0.5
        return calls.call_next(self.doctor(), resume=resume, actor=self.here.desk) is not None

    def call_chosen(self) -> bool:
        from queues.operations import calls

        return self.on(calls.call, "waiting", server=self.doctor(), reason="in pain")

    def move(self, verb: str) -> bool:
        """To another line, now and then to the same; sent on, or reassigned."""
        from queues.operations import moves

        states = ("called", "in_progress") if verb == "send_on" else ("waiting", "on_hold", "called")
        return self.on(getattr(moves, verb), *states, queue=self.dice.choice(self.here.lines))

    def hold(self) -> bool:
        from queues.operations import holds

        reason = self.dice.choice(("away", "tests", "payment", "papers", "other"))
        minutes = 5 if reason == "away" and self.dice.random() < 0.5 else None
        return self.on(holds.hold, "waiting", "called", "in_progress", reason=reason, minutes=minutes)

    def delay(self) -> bool:
        from queues.operations import holds

        return self.on(holds.delay, "waiting", places=self.dice.randint(1, 5), reason="asked to")

    def post(self) -> bool:
        """Somebody signs on at the counter, or off again."""
        from queues.operations import posts

        counter, server = self.here.lines[-1], self.doctor()
        if self.dice.random() < 0.7:
            posts.sign_on(counter, server=server, actor=self.here.desk)
            return True
        return posts.sign_off(counter, server=server, actor=self.here.desk) is not None

    def close(self) -> bool:
        from queues.operations import close

        return self.on(close.close, "waiting", "on_hold", "called", choice=self.dice.choice(close.CHOICES))

    def correct(self) -> bool:
        from clinic.records.models import Patient
        from queues.operations import correct

        patient = Patient.objects.get(pk=self.dice.choice(self.here.people))
        return self.on(correct.correct_patient, "waiting", "called", patient=patient, reason="the wrong row")

    def reclassify(self) -> bool:
        from queues.operations import moves

        klass = self.dice.choice(("normal", "urgent", "vip"))
        return self.on(moves.set_class, "waiting", "on_hold", klass=klass, reason="looks worse")

    def change_order(self) -> bool:
        """The owner changes the order of the lines, and everybody is sorted anew."""
        from clinic.tenants.models import HospitalConfig
        from clinic.tenants.operations import change_policies
        from queues.operations import resort

        owner = self.here.house.actor("owner")
        wanted = self.dice.choice((HospitalConfig.STRICT, HospitalConfig.AGED))
        change_policies(HospitalConfig.objects.get(), order_policy=wanted, actor=owner)
        return bool(resort.resort(actor=owner))

    def change_status(self) -> bool:
        from clinic.directory import operations as directory
        from clinic.directory.models import Doctor

        status = self.dice.choices((Doctor.ON_TIME, Doctor.RUNNING_LATE, Doctor.ON_BREAK), (5, 2, 1))[0]
        directory.set_status(self.doctor(), status, actor=self.here.desk)
        return True

    def take_back(self) -> bool:
        """Undo one of the own last acts, whose hospital it may not be."""
        from queues.operations import undo

        if not self.mine:
            return False
        _place, seq = self.dice.choice(self.mine[-3:])
        undo.undo(seq, actor=self.here.desk)
        return True

    def trespass(self) -> bool:
        """A visit of the other hospital must not be there."""
        from clinic.core.errors import NotFound
        from clinic.core.tenancy import hospital
        from queues.models import Visit
        from queues.operations import ends

        other = next(place for place in self.places if place is not self.here)
        with hospital(other.house.hospital):
            visit = Visit.objects.order_by("-arrived_at").first()
        if visit is None:
            return False
        try:
            ends.complete(visit, actor=self.here.desk)
        except NotFound:
            return False
        raise AssertionError(f"{visit.pk} of the other hospital was reached")


def _verb(module: str, name: str, *states: str, **more: Any) -> Callable[[Player], bool]:
    def act(player: Player) -> bool:
        return player.on(getattr(import_module(f"queues.operations.{module}"), name), *states, **more)

    return act


def _ends(name: str, *states: str, **more: Any) -> Callable[[Player], bool]:
    def act(player: Player) -> bool:
        from queues.operations import calls, ends

        return player.on(getattr(ends, name, None) or getattr(calls, name), *states, **more)

    return act


ACTS: dict[str, tuple[float, Callable[[Player], bool]]] = {
    "arrive": (22, Player.arrive),
    "call next": (24, Player.call_next),
    "call": (2, Player.call_chosen),
    "recall": (3, _ends("recall", "called")),
    "start": (12, _ends("start", "called")),
    "complete": (11, _ends("complete", "called", "in_progress")),
    "complete and call": (8, _ends("complete_and_call", "in_progress", "called")),
    "skip": (5, _ends("skip", "called")),
    "no show": (2, _ends("no_show", "called")),
    "leave": (3, _ends("leave", "waiting", reason="had to go")),
    "cancel": (1, _ends("cancel", "waiting", "called", "in_progress", reason="mistake")),
    "hold": (4, Player.hold),
    "resume": (4, _verb("holds", "resume", "on_hold")),
    "delay": (2, Player.delay),
    "rejoin": (2, _verb("returns", "rejoin", "left", "no_show")),
    "reassign": (3, lambda player: player.move("reassign")),
    "send on": (3, lambda player: player.move("send_on")),
    "class": (1, Player.reclassify),
    "correct": (1, Player.correct),
    "post": (1, Player.post),
    "close": (1, Player.close),
    "order": (0.2, Player.change_order),
    "undo": (5, Player.take_back),
    "status": (2, Player.change_status),
    "trespass": (1, Player.trespass),
}
