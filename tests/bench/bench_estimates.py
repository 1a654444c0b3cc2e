"""How good the waits are that the product tells: simulated days, the product's own model, and what really happened.

``python -m tests.bench.bench_estimates [--days FILE] [--seed N]`` prints, per kind of line and people ahead, how often
people were called by the later moment told (p90), how wide the range was, and how far off the earlier one (p50) was,
beside the mean of the last ten waits. The model was tuned on ``tests/bench/days/tuning.toml``; without ``--days``
another file is played, ``reporting.toml``. It needs no database.
"""

from __future__ import annotations

import argparse
import os
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.bench.clinic_days import ClinicDays, Patient

FILES = Path(__file__).parent / "days"
HORIZONS = {"next": (0, 0), "1–3": (1, 3), "4–8": (4, 8), "9+": (9, 10**6)}
"""People ahead → those who are told it."""
ASKED = ("1–3", "4–8", "9+")
COVERAGE = (0.85, 0.95)
SMALLER = 0.30
ENOUGH = 500

Cell = tuple[str, str]


@dataclass(slots=True)
class Told:
    """One estimate as it would be shown, in minutes from then, and who it was told to."""

    kind: str
    ahead: int
    at: float
    p50: float
    p90: float
    rolling: float | None
    about: Any
    arriving: bool


@dataclass(slots=True)
class Score:
    """What came of the estimates of one cell."""

    told: int = 0
    kept: int = 0
    width: float = 0.0
    later: float = 0.0
    """Minutes by which people were called later than p50, in sum."""
    beside: int = 0
    """Where there was a mean of the last ten."""
    own: float = 0.0
    rolling: float = 0.0

    @property
    def coverage(self) -> float:
        return self.kept / self.told if self.told else 0.0

    @property
    def smaller(self) -> float:
        return 1 - self.own / self.rolling if self.rolling else 0.0

    def add(self, one: Told, wait: float) -> None:
        self.told += 1
        self.kept += wait <= one.p90
        self.width += one.p90 - one.p50
        self.later += wait - one.p50
        if one.rolling is not None:
            self.beside += 1
            self.own += abs(one.p50 - wait)
            self.rolling += abs(one.rolling - wait)

    def join(self, other: Score) -> None:
        for name in Score.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Result:
    """Cells of one or several clinics: of everybody asked about, and of those who had just come."""

    every: dict[Cell, Score] = field(default_factory=lambda: defaultdict(Score))
    arriving: dict[Cell, Score] = field(default_factory=lambda: defaultdict(Score))

    def join(self, other: Result) -> None:
        for mine, others in ((self.every, other.every), (self.arriving, other.arriving)):
            for cell, score in others.items():
                mine[cell].join(score)


class Listener:
    """Asks the model whenever somebody has come, and everybody's wait now and then."""

    def __init__(self, clinic: ClinicDays, kind: str) -> None:
        from tests.bench.clinic_facts import Desk

        self.desk, self.kind = Desk(clinic), kind
        self.told: list[Told] = []

    def arrival(self, clinic: ClinicDays, one: Patient) -> None:
        self._note(clinic, {one.key: one}, arriving=True)

    def tick(self, clinic: ClinicDays) -> None:
        if clinic.line:
            self._note(clinic, {one.key: one for one in clinic.line}, arriving=False)

    def _note(self, clinic: ClinicDays, wanted: dict[Any, Patient], *, arriving: bool) -> None:
        from queues.estimates import publish
        from tests.bench.clinic_days import moment

        now = moment(clinic.now)
        for wait in self.desk.ask().waits:
            if wait.leg in wanted:
                p50, p90 = (_from(now, text) for text in publish.as_shown(wait))
                rolling = None if wait.rolling is None else (wait.rolling - now).total_seconds() / 60
                self.told.append(Told(self.kind, wait.ahead, clinic.now, p50, p90, rolling, wanted[wait.leg], arriving))


def _from(now: Any, text: str) -> float:
    from datetime import datetime

    return (datetime.fromisoformat(text) - now).total_seconds() / 60


def ready() -> None:
    """The product's code, without a database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    os.environ.setdefault("CLINIC_ENV", "test")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()


def play(given: dict[str, Any], kind: str, number: int) -> Result:
    """One clinic: its days before, those that count, and their scores."""
    from tests.bench.clinic_days import ClinicDays

    doctors = given["kinds"][kind]
    clinic = ClinicDays(given, doctors, Random(f"{given['seed']} {kind} {number}"))
    for day in range(given["warm_days"]):
        clinic.live(day)
    listener = Listener(clinic, kind)
    clinic.on_arrival, clinic.on_tick = listener.arrival, listener.tick
    for day in range(given["days"]):
        clinic.live(given["warm_days"] + day)
    found = Result()
    for one in listener.told:
        called = one.about.called
        horizon = next(name for name, (low, high) in HORIZONS.items() if low <= one.ahead <= high)
        if called is not None:
            found.every[kind, horizon].add(one, called - one.at)
            if one.arriving:
                found.arriving[kind, horizon].add(one, called - one.at)
    return found


def _job(job: tuple[dict[str, Any], str, int]) -> Result:
    ready()
    return play(*job)


def measure(given: dict[str, Any], processes: int = 1) -> Result:
    """All clinics of the file."""
    jobs = [(given, kind, number) for kind in given["kinds"] for number in range(given["clinics"])]
    found = Result()
    if processes == 1:
        for job in jobs:
            found.join(_job(job))
        return found
    with get_context("fork").Pool(processes) as pool:
        for one in pool.imap_unordered(_job, jobs, chunksize=2):
            found.join(one)
    return found


def missed(
    scores: dict[Cell, Score], *, enough: int = ENOUGH, coverage: tuple[float, float] = COVERAGE,
    horizons: tuple[str, ...] = ASKED,
) -> list[str]:  # fmt: skip
    """What of R3.32 does not hold, cell by cell, in words; empty where all holds."""
    found = []
    for kind, horizon in sorted({(kind, horizon) for kind, _ in scores for horizon in horizons}):
        score = scores.get((kind, horizon), Score())
        if score.told < enough:
            found.append(f"{kind}, {horizon} ahead: only {score.told} estimates")
        if not coverage[0] <= score.coverage <= coverage[1]:
            found.append(f"{kind}, {horizon} ahead: p90 coverage {score.coverage:.1%}")
        if score.smaller < SMALLER:
            found.append(f"{kind}, {horizon} ahead: error only {score.smaller:.1%} smaller")
    return found


def table(scores: dict[Cell, Score]) -> str:
    rows = ["| line | ahead | n | p90 coverage | width | error of p50 | of the last ten | smaller by | later by |",
            "|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for kind, horizon in sorted(scores, key=lambda cell: (cell[0], list(HORIZONS).index(cell[1]))):
        one = scores[kind, horizon]
        beside = max(one.beside, 1)
        rows.append(
            f"| {kind} | {horizon} | {one.told:,} | {one.coverage:.1%} | {one.width / one.told:.1f} min "
            f"| {one.own / beside:.1f} min | {one.rolling / beside:.1f} min | {one.smaller:.1%} "
            f"| {one.later / one.told:+.1f} min |"
        )
    return "\n".join(rows)


def read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=Path, default=FILES / "reporting.toml", help="parameters and seed (TOML)")
    parser.add_argument("--seed", type=int, help="instead of the file's")
    parser.add_argument("--clinics", type=int, help="instead of the file's")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    given = read(options.days)
    for name in ("seed", "clinics"):
        if getattr(options, name) is not None:
            given[name] = getattr(options, name)
    ready()
    found = measure(given, options.processes)
    print(f"{options.days.name}, seed {given['seed']}: everybody, on arrival and every {given['every']} minutes\n")
    print(table(found.every), end="\n\n")
    print("only on arrival\n")
    print(table(found.arriving), end="\n\n")
    print("\n".join(missed(found.every)) or "all asked for holds")


if __name__ == "__main__":
    main()
