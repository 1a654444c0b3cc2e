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
from collections import Counter
from multiprocessing.connection import wait
from random import Random
from typing import Any
from uuid import UUID

from tests.bench import kit
from tests.proof import replay
from tests.proof.players import Place, Player, Tally, build


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
