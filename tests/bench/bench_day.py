"""A busy day on one computer: 15 lines of 20 people, 40 open boards, 10 acts a second, on the embedded default.

``python -m tests.bench.bench_day [--minutes 10] [--rate 10] [--boards 40] [--seed 1]``

The acts are the demo's own model against the real operations, in the server's process as a page's POST is; the boards
are real sockets in a process of their own. Printed: how long acts took, how long after the commit a board had the
change, and how much the server grew. Targets: acts p95 < 100 ms, boards p95 < 300 ms, growth < 10 %.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import time
from random import Random
from typing import Any

from tests.bench import kit
from tests.bench.bench_live import Process

LINES, WAITING = 15, 20
WARM = 20.0
"""Seconds before the memory is looked at for the first time: caches and templates are filled by then."""


def furnish(seed: int) -> tuple[str, list[str]]:
    """Fourteen doctors of four departments and a pool, with people in each line: the desk's cookie, the regions."""
    from django.conf import settings
    from django.test import Client

    from clinic.directory.models import Department, Doctor, Room
    from clinic.tenants.models import HospitalConfig
    from queues.models import Queue
    from tests import world

    house = world.build().harbor
    with house.open():
        HospitalConfig.objects.update(skip_max=20, min_calls=1, call_gap=0, call_total=0)
        departments = [house.department]
        departments += [Department.objects.create(name=f"Department {n}", prefix="BCD"[n]) for n in range(3)]
        for n in range(LINES - Queue.objects.count()):
            where = departments[n % 4]
            room = Room.objects.create(department=where, name=f"Room {n + 20}")
            doctor = Doctor.objects.create(name=f"Dr. Number {n}", department=where, room=room, status=Doctor.ON_TIME)
            Queue.objects.create(department=where, doctor=doctor, sort=Queue.DOCTOR, name=doctor.name)
        lines = list(Queue.objects.order_by("name"))
    for line in lines:
        house.waiting(WAITING, line)
    client = Client()
    client.force_login(house.users["receptionist"], backend="django.contrib.auth.backends.ModelBackend")
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    regions = [f"line:{line.pk}" for line in lines] + [f"queue-head:{line.pk}" for line in lines]
    Random(seed).shuffle(lines)
    return cookie, [*regions, "reception-sub:today"]


def measure(server: Process, boards: Process, minutes: float, rate: float, seed: int) -> dict[str, Any]:
    """Acts at a steady rate; what the server and the boards say of them."""
    server.ask(json.dumps({"begin": {"seconds": WARM, "rate": rate, "seed": seed}}))
    warm = server.ask("wait")
    boards.ask(json.dumps({"listen": True}))
    server.ask(json.dumps({"begin": {"seconds": minutes * 60, "rate": rate, "seed": seed + 1}}))
    told = server.ask("wait")
    time.sleep(1)
    return {"warm": warm, "told": told, "heard": boards.ask(json.dumps({"heard": told["commits"]}))}


def show(found: dict[str, Any], count: int) -> bool:
    """The table; whether every target is met."""
    warm, told = found["warm"], found["told"]
    late = [one * 1000 for one in found["heard"]["late"]]
    took = [one * 1000 for one in told["took"]]
    growth = 100 * (told["resident"] / warm["resident"] - 1)
    kit.table(
        f"{LINES} lines of about {WAITING}, {count} boards, {len(took) / told['seconds']:.1f} acts/s for "
        f"{told['seconds']:.0f} s",
        ["", "p50", "p95", "most", "number"],
        [
            ["acts, ms", f"{kit.middle(took):.1f}", f"{kit.centile(took, 0.95):.1f}", f"{max(took):.1f}", len(took)],
            ["boards after the commit, ms", f"{kit.middle(late):.1f}", f"{kit.centile(late, 0.95):.1f}",
             f"{max(late, default=0):.1f}", len(late)],
        ],
    )  # fmt: skip
    print(
        f"  memory {warm['resident'] / 2**20:.0f} → {told['resident'] / 2**20:.0f} MiB: {growth:+.1f} % (target < 10)"
    )
    print(f"  never shown within a second of the end: {found['heard']['missed']}")
    print(f"  refused: {told['refused'] or 'nothing'}; faults: {told['faults'] or 'none'}")
    kit.ratio("acts p95, ms", kit.centile(took, 0.95), "< 100")
    kit.ratio("boards p95, ms", kit.centile(late, 0.95), "< 300")
    good = kit.centile(took, 0.95) < 100 and kit.centile(late, 0.95) < 300 and growth < 10
    return good and bool(late) and not told["faults"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=10, help="acts a second")
    parser.add_argument("--boards", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ["SECRET_KEY"] = secrets.token_hex(32)  # the server must know the session made here
    kit.start("day", sqlite=True)
    port = _free_port()
    os.environ["PORT"] = str(port)
    from django.core.management import call_command

    call_command("collectstatic", verbosity=0, interactive=False)
    cookie, names = furnish(options.seed)
    kit.let_go_of_connections()
    server = Process("tests.bench.day_server", str(port), "harbor", PORT=str(port))
    server.hear()
    boards = Process("tests.bench.day_boards")
    opened = boards.ask(json.dumps({
        "host": f"127.0.0.1:{port}", "path": "/ws/h/harbor/live", "cookie": cookie,
        "origin": f"http://127.0.0.1:{port}", "regions": names, "count": options.boards,
    }))  # fmt: skip
    assert opened["got"] == options.boards, opened
    good = show(measure(server, boards, options.minutes, options.rate, options.seed), options.boards)
    for process in (boards, server):
        process.end()
    if not good:
        print("  a target was missed")


if __name__ == "__main__":
    main()
