"""A server for ``bench_day``: the product's ASGI application under uvicorn, with the demo's model acting in a thread.

``{"begin": {"seconds", "rate", "seed"}}`` acts so long at so many acts a second; ``wait`` answers when that is over.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
import traceback
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

import django

from tests.bench.live_server import held, say


class Steady:
    """The port to the operations: one act in each slot of time, its length and its commit noted."""

    def __init__(self, port: Any, rate: float, end: float) -> None:
        self.port, self.rate, self.end = port, rate, end
        self.next = time.monotonic()
        self.took: list[float] = []
        self.commits: list[tuple[int, float, str]] = []
        self.lines: dict[str, str] = {}

    def do(self, intent: Any) -> Any:
        from clinic.demo.acts import Enough
        from clinic.live.record import done

        rest = self.next - time.monotonic()
        if rest > 0:
            time.sleep(rest)
        self.next = max(self.next, time.monotonic() - 1) + 1 / self.rate
        begun = time.monotonic()
        if begun >= self.end:
            raise Enough
        answer = self.port.do(intent)
        ended = time.monotonic()
        self.took.append(ended - begun)
        if answer.person is not None:
            self.lines[answer.person.key] = answer.person.line
        seq = done().seq if answer.done else None
        if seq is not None and intent.verb in ("arrive", "call", "skip", "leave"):
            line = answer.person.line if answer.person is not None else self.lines.get(intent.who, "")
            self.commits.append((seq, ended, f"line:{line}"))
        return answer


def play(slug: str, seconds: float, rate: float, seed: int) -> dict[str, Any]:
    """The model on the hospital's rows, as fast as the port lets it."""
    from django.db import connection

    from clinic.core.tenancy import hospital
    from clinic.demo import crowd, day, rows
    from clinic.demo.acts import Acts, Enough
    from clinic.demo.cast import HARBOR
    from clinic.demo.model import Model
    from clinic.demo.parts import Bounds
    from clinic.tenants.models import Hospital
    from queues.models import Leg

    crowd.MOST_KNOWN = 100_000
    here, begun = Hospital.objects.get(slug=slug), time.monotonic()
    faults: list[str] = []
    acts: Any = None
    took: list[float] = []
    commits: list[tuple[int, float, str]] = []
    with hospital(here):
        told = day.read()
        busy = replace(told, arrivals={**told.arrivals, "full_at": 60}, doctors={**told.doctors, "break_minutes": 2})
        waiting = Leg.objects.waiting().count()
        while time.monotonic() < begun + seconds:  # a fault ends a model, not the measurement
            dice, now = Random(f"{seed}{len(faults)}"), datetime.now().astimezone()
            acts = Acts(HARBOR, dice)
            port = Steady(acts, rate, begun + seconds)
            clinic = rows.look(lambda at: at.timestamp())
            port.lines = {one.key: one.line for one in clinic.people}
            model = Model(
                busy, clinic, port, begin=now.timestamp(), dice=dice,
                local=lambda _at, now=now: now, bounds=lambda _at: Bounds(waiting - 40, waiting + 40),
            )  # fmt: skip
            try:
                model.run(now.timestamp() + 1e9)
            except Enough:
                pass
            except Exception:
                faults.append(traceback.format_exc()[-800:])
            took += port.took
            commits += port.commits
    connection.close()
    return {
        "took": took, "commits": commits, "seconds": time.monotonic() - begun, "faults": faults[:5],
        "refused": dict(acts.refused), **held(),
    }  # fmt: skip


def listen(server: Any, slug: str) -> None:
    answers: queue.Queue[dict[str, Any]] = queue.Queue()
    while not server.started:
        time.sleep(0.02)
    say(ready=True)
    for line in sys.stdin:
        if line.strip() == "wait":
            say(**answers.get())
            continue
        told = json.loads(line)["begin"]
        threading.Thread(target=lambda told=told: answers.put(play(slug, **told)), daemon=True).start()
        say(begun=True)
    server.should_exit = True


def main(port: int, slug: str) -> None:
    django.setup()
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            "clinic.asgi:application", host="127.0.0.1", port=port, ws="websockets-sansio", lifespan="off",
            log_config=None, access_log=False, ws_max_size=64 * 1024, ws_per_message_deflate=False,
        )
    )  # fmt: skip
    threading.Thread(target=listen, args=(server, slug), daemon=True).start()
    server.run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
