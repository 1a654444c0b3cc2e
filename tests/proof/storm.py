"""A storm: real processes act on two hospitals at once, one of them is killed, then the log is replayed.

``python -m tests.proof.storm [--processes 8] [--acts 2000] [--threads 1] [--sqlite] [--seed 1]``

Every process draws its acts by chance from all that a day has: taking in, calling, starting, completing, skipping,
undoing, doctors going and coming back, presses that come too late, rows of the other hospital. A refusal with a code
is an answer; anything else is a fault. At half time one process is killed with SIGKILL. Ends with 1 if there was a
fault, and prints what it found as one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.bench import kit
from tests.proof import replay

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


def _ends(name: str, *states: str, **more: Any) -> Callable[[Player], bool]:
    def act(player: Player) -> bool:
        from queues.operations import calls, ends

        return player.on(getattr(ends, name, None) or getattr(calls, name), *states, **more)

    return act


ACTS: dict[str, tuple[int, Callable[[Player], bool]]] = {
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
    "undo": (5, Player.take_back),
    "status": (2, Player.change_status),
    "trespass": (1, Player.trespass),
}


# --- the storm -----------------------------------------------------------------------------------------------------


def process(places: list[Place], n: int, acts: int, threads: int, seed: int, ready: Any, pipe: Any) -> None:
    """One process: ``acts`` in sum over its threads. Tells its progress, and at the end everything."""
    from django.db import connection

    players = [Player(places, f"{seed}-{n}-{thread}") for thread in range(threads)]

    def run(player: Player) -> None:
        for count in range(acts // threads):
            player.act()
            if count % 10 == 9:
                pipe.send(("done", 10))
        connection.close()

    ready.wait(60)
    if threads == 1:
        run(players[0])
    else:
        several = [threading.Thread(target=run, args=(player,)) for player in players]
        for thread in several:
            thread.start()
        for thread in several:
            thread.join()
    pipe.send(("tallies", [player.tally for player in players]))
    pipe.close()


def storm(places: list[Place], processes: int, acts: int, threads: int, seed: int) -> tuple[list[Tally], float, int]:
    """Let it rage and kill one process at half time: tallies, seconds, and how far the killed one was."""
    kit.let_go_of_connections()
    ready = kit.FORK.Barrier(processes + 1)
    children, pipes = [], []
    for n in range(processes):
        ours, theirs = kit.FORK.Pipe(duplex=False)
        child = kit.FORK.Process(target=process, args=(places, n, acts, threads, seed, ready, theirs), daemon=True)
        child.start()
        theirs.close()
        children.append(child)
        pipes.append(ours)
    ready.wait(60)
    begun = time.perf_counter()
    tallies: list[Tally] = []
    progress, victim, lost = [0] * processes, processes - 1, 0
    waiting: dict[Any, int] = {pipe: n for n, pipe in enumerate(pipes)}
    while waiting:
        ready_pipes: list[Any] = wait(list(waiting), timeout=120) or _hang(children)
        for pipe in ready_pipes:
            n = waiting[pipe]
            try:
                what, value = pipe.recv()
            except EOFError:
                del waiting[pipe]
                continue
            if what == "tallies":
                tallies.extend(value)
                continue
            progress[n] += value
            if not lost and sum(progress) >= processes * acts // 2 and children[victim].is_alive():
                time.sleep(Random(seed).random() / 50)  # somewhere inside an act
                os.kill(children[victim].pid or 0, signal.SIGKILL)
                lost = progress[victim] or 1
    seconds = time.perf_counter() - begun
    for child in children:
        child.join(30)
    return tallies, seconds, lost


def _hang(children: list[Any]) -> list[Any]:
    for child in children:
        child.kill()
    raise SystemExit("the storm hangs: nobody did anything for two minutes")


def reader() -> replay.Reader:
    """Plain rows through the open connection; ids and JSON look the same on both databases."""
    from django.db import connection

    def plain(name: str, value: Any) -> Any:
        if isinstance(value, UUID):
            return str(value)
        if name.endswith("id") and isinstance(value, str) and len(value) == 32:
            return str(UUID(value))
        return json.loads(value) if name in ("subjects", "changes") and isinstance(value, str) else value

    def read(sql: str) -> list[dict[str, Any]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            names = [column[0] for column in cursor.description]
            return [
                {name: plain(name, value) for name, value in zip(names, row, strict=True)} for row in cursor.fetchall()
            ]

    return read


def key_of(which: UUID) -> str:
    """A hospital's id as it stands in the database."""
    from django.db import connection

    return str(which) if connection.vendor == "postgresql" else which.hex


def prove(places: list[Place], tallies: list[Tally], callers: int) -> tuple[dict[str, Any], list[str]]:
    """Replay both logs and hold them against what the processes were told."""
    from clinic.live import ledger

    faults = [fault for tally in tallies for fault in tally.faults]
    seen: dict[str, set[str]] = {}
    found: dict[str, Any] = {"events": 0, "calls": 0, "crossed": 0, "most_crossed": 0}
    for place in places:
        which = place.house.hospital.pk
        told, refs = replay.check(reader(), key_of(which), callers=callers)
        seen[str(which)] = refs
        verdict = ledger.verify(which)
        faults += told.faults + ([verdict.fault] if verdict.fault else [])
        found["events"] += told.events
        found["calls"] += told.calls
        found["crossed"] += told.crossed
        found["most_crossed"] = max(found["most_crossed"], told.most_crossed)
        promised = [seq for tally in tallies for where, seq, _name in tally.promised if where == str(which)]
        if promised and max(promised) > told.events:
            faults.append(f"event {max(promised)} was promised and is not in the log of {told.events}")
        if len(promised) != len(set(promised)):
            faults.append("one seq was promised to two acts")
    faults += [f"{ref} is in two hospitals' logs" for ref in replay.strangers(seen)]
    return found, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--acts", type=int, default=2000, help="of each process")
    parser.add_argument("--sqlite", action="store_true", help="on the embedded database instead of PostgreSQL")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    kit.start("storm", sqlite=options.sqlite)
    places = build()
    tallies, seconds, lost = storm(places, options.processes, options.acts, options.threads, options.seed)
    found, faults = prove(places, tallies, callers=options.processes * options.threads)
    took = [one for tally in tallies for one in tally.took]
    acts: Counter[str] = sum((tally.acts for tally in tallies), Counter())
    refused: Counter[str] = sum((tally.refused for tally in tallies), Counter())
    print(json.dumps({
        **found, "processes": options.processes, "threads": options.threads, "killed_after": lost,
        "seconds": round(seconds, 1), "acts_per_second": round(len(took) / seconds),
        "p50_ms": round(kit.centile(took, 0.5) * 1000, 1), "p95_ms": round(kit.centile(took, 0.95) * 1000, 1),
        "acts": dict(acts.most_common()), "refused": dict(refused.most_common()),
        "faults": faults[:20], "count_of_faults": len(faults),
    }))  # fmt: skip
    return 1 if faults or not lost else 0


if __name__ == "__main__":
    sys.exit(main())
