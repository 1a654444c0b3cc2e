"""A line of 1,000 as JSON over HTTP: unchanged, with a change each second, and after a change each time.

``python -m tests.bench.bench_queue_json [--seconds 5] [--waiting 1000] [--clients 4]``, on PostgreSQL and on SQLite.
The server is one uvicorn process with the product in it; clients keep their connections and ask as fast as they can.
"""

from __future__ import annotations

import argparse
import http.client
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.bench import kit

if TYPE_CHECKING:
    from tests.world import House

TARGET = 100


@contextmanager
def serving() -> Iterator[int]:
    """The product under uvicorn, in a process of its own; yields the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        sys.executable, "-m", "uvicorn", "clinic.asgi:application", "--host", "127.0.0.1", "--port", str(port),
        "--log-level", "error", "--no-access-log", "--lifespan", "off",
    ]  # fmt: skip
    with subprocess.Popen(command, env=os.environ.copy()) as server:
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield port
        finally:
            server.terminate()


class Asker:
    """One client that keeps its connection."""

    def __init__(self, port: int, path: str, token: str) -> None:
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.path = path
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, tag: str = "") -> tuple[int, bytes, str]:
        headers = {**self.headers, "If-None-Match": tag} if tag else self.headers
        self.link.request("GET", self.path, headers=headers)
        answer = self.link.getresponse()
        return answer.status, answer.read(), answer.headers.get("ETag", "")


def per_second(askers: list[Asker], seconds: float, *, tag: str = "") -> tuple[float, float]:
    """Answers per second of all clients together, and the median time of one in ms."""
    took: list[float] = []
    until = time.perf_counter() + seconds

    def work(asker: Asker) -> None:
        while (begun := time.perf_counter()) < until:
            status, _body, _tag = asker.ask(tag)
            assert status in (200, 304), status
            took.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=work, args=(asker,)) for asker in askers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(took) / seconds, kit.middle(took) * 1000


def fill(waiting: int) -> House:
    """Harbor, with so many people in the doctor's line."""
    from tests.world import build

    house = build().harbor
    house.waiting(waiting)
    return house


def a_change(house: House) -> Callable[[], None]:
    """Something that makes the line's document another one."""
    from clinic.directory import operations

    turn = iter(range(1_000_000))

    def change() -> None:
        with house.open():
            house.doctor.refresh_from_db()
            late = 5 + next(turn) % 400
            operations.set_status(house.doctor, "running_late", late_minutes=late, actor=house.desk)

    return change


def measure(args: argparse.Namespace) -> list[list[object]]:
    from clinic.tenants import auth

    house = fill(args.waiting)
    token = str(auth.tokens_for(house.users["receptionist"]).access_token)
    path = f"/api/v1/queue/doctor/{house.doctor.pk}"
    change = a_change(house)
    with serving() as port:
        askers = [Asker(port, path, token) for _ in range(args.clients)]
        status, body, tag = askers[0].ask()
        assert status == 200, body[:300]
        rows: list[list[object]] = [["unchanged", *_told(per_second(askers, args.seconds), len(body))]]
        rows.append(["unchanged, If-None-Match", *_told(per_second(askers, args.seconds, tag=tag), 0)])
        rows.append(["a change each second", *_told(_while_changing(askers, args.seconds, change), len(body))])
        rows.append(["a change before each", *_told(_cold(askers[0], change), len(body))])
    return rows


def _while_changing(askers: list[Asker], seconds: float, change: Callable[[], None]) -> tuple[float, float]:
    ended = threading.Event()

    def now_and_then() -> None:
        while not ended.wait(1):
            change()

    thread = threading.Thread(target=now_and_then)
    thread.start()
    try:
        return per_second(askers, seconds)
    finally:
        ended.set()
        thread.join()


def _cold(asker: Asker, change: Callable[[], None], times: int = 20) -> tuple[float, float]:
    took = []
    for _ in range(times):
        change()
        begun = time.perf_counter()
        asker.ask()
        took.append(time.perf_counter() - begun)
    return 1 / kit.middle(took), kit.middle(took) * 1000


def _told(found: tuple[float, float], size: int) -> list[Any]:
    return [f"{found[0]:.0f}", f"{found[1]:.1f}", f"{size / 1024:.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--waiting", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--sqlite", action="store_true", help="on the embedded database (a run of its own)")
    args = parser.parse_args()
    os.environ["JWT_SIGNING_KEY"] = secrets.token_urlsafe(48)  # tokens made here must open the server's door
    kit.start("queue_json", sqlite=args.sqlite)
    rows = measure(args)
    where = "SQLite" if args.sqlite else "PostgreSQL"
    kit.table(f"A line of {args.waiting:,} as JSON, {where}", ["", "answers/s", "median ms", "KB"], rows)
    kit.ratio(f"unchanged against {TARGET}/s", float(str(rows[0][1])) / TARGET, "≥ 1")
    if not args.sqlite and "--sqlite" not in sys.argv:
        subprocess.run([sys.executable, "-m", "tests.bench.bench_queue_json", *sys.argv[1:], "--sqlite"], check=True)


if __name__ == "__main__":
    main()
