"""R4.41 over a year of an emergency department: all measures of 500,000 visits in a second, from days that were counted
once; how long the counting takes, what the same costs straight from the visits, and a page of the patients behind.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import timedelta

from tests.bench import kit

TARGET = 1000.0
"""Milliseconds."""
NAMES = ("visits", "target_missed:2", "reassessed_late", "end:expired")


def took(act: Callable[[], object], times: int) -> tuple[float, float]:
    """(median, slowest) in ms."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        found.append(1000 * (time.perf_counter() - begun))
    return kit.middle(found), max(found)


def measure(args: argparse.Namespace) -> list[list[object]]:
    from clinic.directory.models import Department
    from clinic.tenants import days
    from er_flow import measures
    from er_flow.measures import behind, facts, keep
    from er_flow.models import DayFigures
    from tests import world
    from tests.bench import er_year

    house = world.house("Harbor", "harbor", "Europe/Paris")
    rows: list[list[object]] = []
    with house.open():
        where = Department.objects.create(name="Emergency", prefix="E", sort=Department.EMERGENCY)
        looks = er_year.write(house, where, args.visits)
        er_year.settle()
        last = days.service_day(days.current_hospital())
        first = last - timedelta(days=365)

        def tell(what: str, n: int, act: Callable[[], object], times: int = args.times) -> None:
            rows.append([what, f"{n:,}", *(f"{ms:,.0f}" for ms in took(act, times))])

        def year() -> object:
            return measures.of([where.pk], first, last)

        begin, end = days.day_start(house.hospital, first), days.day_end(house.hospital, last)
        tell("the newest days of a year of which none is counted", keep.READ_AT_ONCE, year)
        begun = time.perf_counter()
        while keep.settle() > keep.AGAIN:
            pass
        counted = DayFigures.objects.count()
        rows.append([f"counting {counted} days, once", f"{args.visits + looks:,}",
                     f"{1000 * (time.perf_counter() - begun):,.0f}", ""])  # fmt: skip
        tell("one run that finds nothing new", 0, keep.settle)
        tell("all measures of 12 months", args.visits, year)
        tell("all measures of a month", args.visits // 12, lambda: measures.of([where.pk], last - timedelta(29), last))
        tell("all measures of today", args.visits // 365, lambda: measures.of([where.pk], last, last))
        for name in NAMES:
            tell(
                f"50 patients behind {name}, 12 months", 50, lambda name=name: behind.of(name, [where.pk], first, last)
            )
        tell("(only reading the visits)", args.visits, lambda: facts.load([where.pk], begin, end), 1)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=500_000)
    parser.add_argument("--times", type=int, default=7)
    args = parser.parse_args()
    kit.start("er_measures")
    rows = measure(args)
    kit.table(f"An emergency department with {args.visits:,} visits in a year", ["", "n", "median ms", "max ms"], rows)
    year = next(row for row in rows if row[0] == "all measures of 12 months")
    kit.ratio(f"{TARGET:,.0f} ms against 12 months", TARGET / float(str(year[2]).replace(",", "")), "≥ 1")


if __name__ == "__main__":
    main()
