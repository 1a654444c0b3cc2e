"""The reception page with 50 people in 15 lines: its queries and the server's time, as the desk sees it.

``python -m tests.bench.bench_pages [--times 200] [--sqlite]``
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from tests.bench import kit

if TYPE_CHECKING:
    from tests.world import House

LINES, PEOPLE = 15, 50


def furnish() -> House:
    """Fourteen doctors in four departments and a pool, with people who came over the last hours."""
    from datetime import timedelta

    from clinic.core import clock
    from clinic.directory.models import Department, Doctor, Room
    from queues.models import Queue
    from queues.operations import calls, intake
    from tests import world

    house = world.build().harbor
    with house.open():
        departments = [house.department]
        departments += [Department.objects.create(name=f"Department {n}", prefix="BCD"[n]) for n in range(3)]
        lines = list(Queue.objects.order_by("name"))
        for n in range(LINES - len(lines)):
            department = departments[n % 4]
            room = Room.objects.create(department=department, name=f"Room {n + 20}")
            doctor = Doctor.objects.create(
                name=f"Dr. Number {n}", department=department, room=room, status=Doctor.ON_TIME
            )
            lines.append(
                Queue.objects.create(department=department, doctor=doctor, sort=Queue.DOCTOR, name=doctor.name)
            )
        began = clock.now() - timedelta(hours=2)
        for n in range(PEOPLE + 5):
            with clock.at(began + timedelta(minutes=2 * n)):
                klass = ("normal", "normal", "normal", "urgent", "vip")[n % 5]
                patient = house.patient(f"Given{n}", f"Family{n}")
                why = "" if klass == "normal" else "as agreed"
                intake.arrive(lines[n % LINES], patient, klass=klass, class_reason=why, actor=house.desk)
        for doctor in Doctor.objects.select_related("room").order_by("name")[:5]:
            calls.call_next(doctor, actor=house.desk)
    return house


def measure(house: House, path: str, role: str, times: int) -> tuple[float, float, float, int, int]:
    """Median, p95 and processor time in ms, queries and bytes of one page, asked for by one who is signed in."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.queues.helpers import at, signed_in

    client: Any = signed_in(house, role)
    address = at(house, path)
    took = []
    client.defaults["HTTP_HOST"] = "localhost"
    for _ in range(5):
        answer = client.get(address)
        assert answer.status_code == 200, answer.status_code
    used = time.process_time()
    for _ in range(times):
        begun = time.perf_counter()
        answer = client.get(address)
        took.append((time.perf_counter() - begun) * 1000)
    used = (time.process_time() - used) / times * 1000
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return kit.middle(took), kit.centile(took, 0.95), used, len(queries), len(answer.content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--sqlite", action="store_true")
    options = parser.parse_args()
    kit.start("pages", sqlite=options.sqlite)
    if options.sqlite:
        from django.core.management import call_command

        call_command("collectstatic", verbosity=0, interactive=False)
    house = furnish()
    pages = {"reception": ("reception/", "receptionist"), "doctor": ("doctor/", "doctor")}
    found = {name: measure(house, path, role, options.times) for name, (path, role) in pages.items()}
    rows = [
        (name, f"{p50:.1f}", f"{p95:.1f}", f"{used:.1f}", queries, f"{size:,}")
        for name, (p50, p95, used, queries, size) in found.items()
    ]
    kind = "SQLite" if options.sqlite else "PostgreSQL"
    kit.table(
        f"Pages on {kind}: {PEOPLE} waiting in {LINES} lines, {options.times} times each",
        ("page", "p50 ms", "p95 ms", "processor ms", "queries", "bytes"), rows,
    )  # fmt: skip
    kit.ratio("queries of the reception page", found["reception"][3], "≤ 12")
    kit.ratio("its server time, median ms", found["reception"][0], "≤ 15")


if __name__ == "__main__":
    main()
