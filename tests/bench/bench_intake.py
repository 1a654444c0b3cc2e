"""Intake: 16 and 64 desks at once, all into one line of one department (the worst case), then over four departments.

``python -m tests.bench.bench_intake [--rounds 3] [--each 10]``
"""

from __future__ import annotations

import argparse
import itertools
import threading
import time
from typing import TYPE_CHECKING
from uuid import UUID

from tests.bench import kit

if TYPE_CHECKING:
    from queues.models import Queue
    from tests.bench.houses import Bench

PROCESSES = 8
Told = tuple[list[str], list[str], list[float]]


def take_in(bench: Bench, line: Queue, people: list[UUID]) -> Told:
    """One desk takes these people in, one after the other: tokens, failures, and how long each took."""
    from django.db import connection

    from clinic.core.tenancy import hospital
    from clinic.records.models import Patient
    from queues.operations import intake

    tokens, failures, took = [], [], []
    with hospital(bench.id):
        for patient in Patient.objects.filter(pk__in=people):
            begun = time.perf_counter()
            try:
                tokens.append(intake.arrive(line, patient, actor=bench.desk).visit.token)
            except Exception as error:
                failures.append(repr(error))
            took.append(time.perf_counter() - begun)
    connection.close()
    return tokens, failures, took


def measure(bench: Bench, lines: list[Queue], desks: int, each: int, rounds: int) -> dict[str, float]:
    """``desks`` at once, spread over the processes as threads, each taking in ``each`` people."""
    from tests.bench import houses

    fresh = houses.patients(bench, desks * each * (rounds + 1))
    shares = [fresh[n : n + each] for n in range(0, len(fresh), each)]
    turn = itertools.count()  # in each process: which round it is

    def work(n: int) -> list[Told]:
        first = next(turn) * desks
        told: list[Told] = []

        def desk(number: int) -> None:
            told.append(take_in(bench, lines[number % len(lines)], shares[first + number]))

        threads = [threading.Thread(target=desk, args=(number,)) for number in range(n, desks, PROCESSES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return told

    rates, took, failures, tokens = [], [], [], []
    for run in kit.together(work, PROCESSES, rounds=rounds, before=houses.settle):
        every = [told for process in run.results for told in process]
        tokens += [token for told, _failed, _took in every for token in told]
        failures += [failure for _told, failed, _took in every for failure in failed]
        took += [seconds for _told, _failed, times in every for seconds in times]
        rates.append(sum(len(told) for told, _failed, _took in every) / run.seconds)
    for failure in failures[:3]:
        print(failure)
    return {
        "rate": kit.middle(rates), "p50": kit.centile(took, 0.5) * 1000, "p95": kit.centile(took, 0.95) * 1000,
        "failures": len(failures), "doubles": len(tokens) - len(set(tokens)),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--each", type=int, default=10)
    options = parser.parse_args()
    kit.start("intake")
    from tests.bench import houses

    bench = houses.make("one", 2)
    houses.patients(bench, 2)
    take_in(bench, bench.house.pool, houses.patients(bench, 1))  # SQL written, imports done
    several = [bench.house.pool, *houses.more_pools(bench, 3)]
    rows, rates = [], {}
    for name, lines in (("one department", [bench.house.pool]), ("four departments", several)):
        for desks in (16, 64):
            told = measure(bench, lines, desks, options.each, options.rounds)
            rates[name, desks] = told["rate"]
            rows.append(
                (name, desks, f"{told['rate']:.0f}", f"{told['p50']:.0f}", f"{told['p95']:.0f}", told["failures"],
                 told["doubles"])
            )  # fmt: skip
    title = f"Intake: {PROCESSES} processes, median of {options.rounds} rounds of {options.each} per desk"
    kit.table(title, ("into", "desks at once", "intakes/s", "p50 ms", "p95 ms", "failures", "doubles"), rows)
    for desks in (16, 64):
        kit.ratio(f"intakes/s into one department, {desks} at once", rates["one department", desks], "≥ 150")


if __name__ == "__main__":
    main()
