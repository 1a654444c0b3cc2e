"""One change to many open boards: how soon the last one has it, how often it was rendered, how large it is.

``python -m tests.bench.bench_live [--boards 500] [--rounds 20] [--redis redis://127.0.0.1:6379/9]``

Embedded: SQLite, the act in the server's own process and in another one (heard by the look at the clock).
Production: PostgreSQL, the act in another process, heard through Redis. The boards are real sockets in a third process.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.bench import kit

WAITING = 200
QUIET = 0.2
"""Seconds before each act: bells within 50 ms of the last ones are gathered, and that is not what is measured."""
ACTS = ("call", "skip", "intake", "call")
Told = dict[str, Any]


class Process:
    """A child that is told JSON lines and answers with them."""

    def __init__(self, module: str, *args: str, **environment: str) -> None:
        self.inner = subprocess.Popen(
            [sys.executable, "-m", module, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | environment,
        )  # fmt: skip

    def tell(self, line: str) -> None:
        assert self.inner.stdin is not None
        self.inner.stdin.write(line + "\n")
        self.inner.stdin.flush()

    def hear(self) -> Told:
        assert self.inner.stdout is not None
        line = self.inner.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.inner.args!r} ended")
        told: Told = json.loads(line)
        return told

    def ask(self, line: str) -> Told:
        self.tell(line)
        return self.hear()

    def end(self) -> None:
        self.inner.terminate()
        self.inner.wait(10)


def fill() -> tuple[str, list[str], Any]:
    """A hospital with people waiting in one doctor's line: the manager's cookie, the regions of a board, the doctor."""
    from clinic.tenants.models import HospitalConfig
    from tests import world

    house = world.build().harbor
    with house.open():
        HospitalConfig.objects.update(skip_max=20)
    house.waiting(WAITING)
    names = [f"line:{house.own.pk}", f"queue-head:{house.own.pk}", "reception-sub:today"]
    return cookie_of(house, "receptionist"), names, house


def cookie_of(house: Any, role: str) -> str:
    """The cookie of somebody of this role who is signed in."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(house.users[role], backend="django.contrib.auth.backends.ModelBackend")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def open_boards(port: int, cookie: str, regions: list[str], count: int) -> Process:
    """So many open pages that show these regions, once each has them."""
    boards = Process("tests.bench.live_clients")
    opened = boards.ask(json.dumps({
        "host": f"127.0.0.1:{port}", "path": "/ws/h/harbor/live", "cookie": cookie,
        "origin": f"http://127.0.0.1:{port}", "regions": regions, "count": count,
    }))  # fmt: skip
    assert opened["got"] == count, opened
    return boards


def measure(title: str, server: Process, boards: Process, act: Callable[[str], Told], region: str, rounds: int,
            count: int) -> list[object]:  # fmt: skip
    """Some rounds of acts; the row of the table."""
    late: list[float] = []
    first: list[float] = []
    sizes: dict[str, int] = {}
    rendered: list[int] = []
    missed = 0
    for n in range(rounds + len(ACTS)):
        what = ACTS[n % len(ACTS)]
        before = server.ask("tell")["rendered"]
        boards.ask(json.dumps({"round": region}))
        time.sleep(QUIET)
        done = act(what)
        told = boards.hear()
        if n % len(ACTS) == len(ACTS) - 1:
            act("complete")
        if n < len(ACTS):
            continue  # the first of each kind compiles templates
        missed += count - told["got"]
        late.append((told["last"] - done["bell"]) * 1000)
        first.append((told["first"] - done["bell"]) * 1000)
        sizes[what] = max(sizes.get(what, 0), told["bytes"])
        rendered.append(server.ask("tell")["rendered"] - before)
    kit.table(f"{title}: largest frame of the line, bytes", list(sizes), [list(sizes.values())])
    return [
        title, f"{count * rounds - missed} of {count * rounds}", f"{kit.middle(first):.1f}", f"{kit.middle(late):.1f}",
        f"{kit.centile(late, 0.95):.1f}", f"{kit.middle(rendered):.0f}",
    ]  # fmt: skip


def check_digest(house: Any, actor: Any, region: str, told: list[str]) -> None:
    """All boards show what a fresh render with empty caches shows."""
    from clinic.live import regions, render
    from clinic.live.render import Want

    name = regions.parse(region)
    assert name is not None
    render.forget()
    can = regions.audience_of(actor, name.kind)
    want = Want(name.kind, name.key, can)
    fresh = render.render(house.hospital.pk, "en", [want])[want]
    assert told == [fresh.digest], "a board shows something else than a reload"


def run(mode: str, count: int, rounds: int, redis: str) -> None:
    os.environ["SECRET_KEY"] = secrets.token_hex(32)  # the server must know the session made here
    kit.start("live", sqlite=mode == "embedded")
    port = free_port()
    os.environ["PORT"] = str(port)
    if mode == "redis":
        os.environ["REDIS_URL"] = redis
    from django.conf import settings
    from django.core.management import call_command

    call_command("collectstatic", verbosity=0, interactive=False)
    cookie, names, house = fill()
    from tests.bench.live_acts import Acts

    settings.REDIS_URL = redis if mode == "redis" else ""
    server = Process("tests.bench.live_server", str(port), "harbor", PORT=str(port))
    server.hear()
    first = open_boards(port, cookie, names, 20)  # what the first ones cost, caches and connections, the others share
    few = server.ask("tell")["resident"]
    boards = open_boards(port, cookie, names, count)
    many = server.ask("tell")["resident"]
    elsewhere = Acts(house.hospital)
    rows = []
    if mode == "embedded":
        rows.append(measure("embedded, same process", server, boards, lambda what: server.ask(f"act {what}"), names[0],
                            rounds, count))  # fmt: skip
    title = "embedded, other process" if mode == "embedded" else "PostgreSQL and Redis, other process"
    rows.append(measure(title, server, boards, elsewhere.run, names[0], rounds, count))
    boards.ask(json.dumps({"round": names[0]}))
    elsewhere.run("intake")
    check_digest(house, house.desk, names[0], boards.hear()["digests"])
    kit.table(f"One change, {count} boards of {WAITING} rows; ms after the bell",
              ["way", "received", "first", "last, median", "last, p95", "renders"], rows)  # fmt: skip
    print(f"  memory per open board: {(many - few) / count / 1024:.1f} KiB (target ≤ 40)")
    for process in (first, boards, server):
        process.end()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--redis", default=os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/9"))
    parser.add_argument("--mode", choices=("embedded", "redis"))
    args = parser.parse_args()
    if args.mode:
        run(args.mode, args.boards, args.rounds, args.redis)
        return
    for mode in ("embedded", "redis"):  # each sets Django up anew
        given = ["--boards", str(args.boards), "--rounds", str(args.rounds), "--redis", args.redis, "--mode", mode]
        subprocess.run([sys.executable, "-m", "tests.bench.bench_live", *given], check=True)


if __name__ == "__main__":
    main()
