"""Call next: 8 processes on one pool with 200 waiting; with a year of history; 8 hospitals at once; the bare statement.

``python -m tests.bench.bench_call_next [--rounds 5] [--history 1000000]``
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from tests.bench import kit

if TYPE_CHECKING:
    from tests.bench.houses import Bench

PROCESSES, WAITING, SERVERS = 8, 200, 200


def call_all(bench: Bench, servers: list[UUID]) -> tuple[list[str], list[str], list[float]]:
    """Each of these doctors calls next once: who was called, what was refused, and how long each call took."""
    from clinic.core.errors import DomainError
    from clinic.core.tenancy import hospital
    from clinic.directory.models import Doctor
    from queues.operations import calls

    called, refused, took = [], [], []
    with hospital(bench.id):
        rows = list(Doctor.objects.select_related("room").filter(pk__in=servers))
        for doctor in rows:
            begun = time.perf_counter()
            try:
                leg = calls.call_next(doctor, actor=bench.desk)
            except DomainError as refusal:
                refused.append(refusal.code)
                continue
            took.append(time.perf_counter() - begun)
            called.append(str(leg.pk) if leg else "")
    return called, refused, took


def share(servers: list[UUID], n: int, of: int) -> list[UUID]:
    return servers[n::of]


def measure(benches: list[Bench], rounds: int) -> dict[str, float]:
    """Calls per second of 8 processes shared among these hospitals, and everything that must be nought."""
    from tests.bench import houses

    def work(n: int) -> tuple[list[str], list[str], list[float]]:
        bench = benches[n % len(benches)]
        per_hospital = PROCESSES // len(benches)
        return call_all(bench, share(bench.servers, n // len(benches), per_hospital)[: WAITING // PROCESSES])

    def put_back() -> None:
        for bench in benches:
            houses.put_back(bench)
        houses.settle()

    rates, took, doubles, lost, errors = [], [], 0, 0, 0
    for run in kit.together(work, PROCESSES, rounds=rounds, before=put_back):
        called = [leg for told, _refused, _took in run.results for leg in told]
        errors += sum(len(refused) for _told, refused, _took in run.results)
        took += [seconds for _told, _refused, times in run.results for seconds in times]
        doubles += len(called) - len(set(called))
        lost += sum(1 for leg in called if not leg)
        rates.append(len(called) / run.seconds)
    return {
        "rate": kit.middle(rates), "p50": kit.centile(took, 0.5) * 1000, "p95": kit.centile(took, 0.95) * 1000,
        "doubles": doubles, "lost": lost, "errors": errors,
    }  # fmt: skip


BARE = """
WITH head AS (
  SELECT id FROM queues_leg WHERE hospital_id = %(hospital)s AND queue_id = %(queue)s AND state = 'waiting'
  ORDER BY due DESC, order_at, order_no, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
UPDATE queues_leg SET state = 'called', server_id = %(server)s, lane = 1, called_at = now(), version = version + 1
FROM head WHERE queues_leg.id = head.id RETURNING queues_leg.id
"""


def measure_bare(bench: Bench, rounds: int) -> dict[str, float]:
    """The claim alone through psycopg: no checks, no event. What the database and the driver could do at best."""
    import psycopg

    from tests.bench import houses

    def work(n: int) -> tuple[list[str], list[float]]:
        from django.conf import settings

        where = settings.DATABASES["default"]
        called, took = [], []
        with psycopg.connect(
            host=where["HOST"], port=where["PORT"], user=where["USER"], dbname=where["NAME"], autocommit=True
        ) as link:
            for server in share(bench.servers, n, PROCESSES)[: WAITING // PROCESSES]:
                begun = time.perf_counter()
                values = {"hospital": bench.id, "queue": bench.house.pool.pk, "server": server}
                row = link.execute(BARE, values).fetchone()
                took.append(time.perf_counter() - begun)
                called.append(str(row[0]) if row else "")
        return called, took

    def put_back() -> None:
        houses.put_back(bench)
        houses.settle()

    rates, took, doubles, lost = [], [], 0, 0
    for run in kit.together(work, PROCESSES, rounds=rounds, before=put_back):
        called = [leg for told, _took in run.results for leg in told]
        took += [seconds for _told, times in run.results for seconds in times]
        doubles, lost = doubles + len(called) - len(set(called)), lost + called.count("")
        rates.append(len(called) / run.seconds)
    return {
        "rate": kit.middle(rates), "p50": kit.centile(took, 0.5) * 1000, "p95": kit.centile(took, 0.95) * 1000,
        "doubles": doubles, "lost": lost, "errors": 0,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--history", type=int, default=1_000_000)
    options = parser.parse_args()
    kit.start("calls")
    from tests.bench import houses

    one = houses.make("one", SERVERS)
    houses.patients(one, 2_000)
    houses.visits(one, WAITING, state="waiting")
    houses.visits(one, 100, state="completed", since_days=1)
    call_all(one, one.servers[:1])  # a running server has its imports done and its SQL written
    found: dict[str, dict[str, float]] = {}
    steps: list[tuple[str, Callable[[], dict[str, float]]]] = [
        ("the bare statement through psycopg", lambda: measure_bare(one, options.rounds)),
        ("the operation, 100 visits behind", lambda: measure([one], options.rounds)),
    ]
    for name, step in steps:
        found[name] = step()
    several = [houses.make(f"many{n}", SERVERS // PROCESSES) for n in range(PROCESSES)]
    for bench in several:
        houses.patients(bench, 200)
        houses.visits(bench, WAITING // PROCESSES, state="waiting")
    found["8 hospitals at once, in sum"] = measure(several, options.rounds)
    found["one hospital again"] = measure([one], options.rounds)
    if options.history:
        houses.visits(one, options.history, state="completed", since_days=365)
        found[f"the operation, {options.history:,} visits behind"] = measure([one], options.rounds)
    rows = [
        (name, f"{told['rate']:.0f}", f"{told['p50']:.1f}", f"{told['p95']:.1f}", told["doubles"], told["lost"],
         told["errors"]) for name, told in found.items()
    ]  # fmt: skip
    title = f"Call next: {PROCESSES} processes, {WAITING} waiting, median of {options.rounds} rounds"
    kit.table(title, ("what", "calls/s", "p50 ms", "p95 ms", "doubles", "lost", "errors"), rows)
    alone = found["the operation, 100 visits behind"]["rate"]
    kit.ratio("calls/s through the operation, event included", alone, "≥ 400")
    both = (alone + found["one hospital again"]["rate"]) / 2
    kit.ratio("8 hospitals ÷ one", found["8 hospitals at once, in sum"]["rate"] / both, "≥ 1")
    if options.history:
        long = found[f"the operation, {options.history:,} visits behind"]["rate"]
        kit.ratio(f"slower with {options.history:,} visits", both / long, "≤ 1.2")


if __name__ == "__main__":
    main()
