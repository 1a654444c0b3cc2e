"""The numbers of a day, read from ``day.toml`` and checked, and what they say of one person.

What somebody will do is drawn from their name and the seed, so it is the same at every look: in a second run, and in
another process after a restart.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

FILE = Path(__file__).with_name("day.toml")
COUNTER = "counter"
"""The kinds of visit at a counter stand under this department."""
HOLDS = ("tests", "payment", "papers", "away")


class WrongDay(ValueError):
    """The file says something that cannot be."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What somebody comes for: ``minutes`` is the median in the room."""

    name: str
    share: float
    minutes: float
    sigma: float


@dataclass(frozen=True, slots=True)
class Fate:
    """What one person will do in one line. Seconds."""

    kind: str
    service: float
    walk: float
    patience: float
    hold: float
    hold_reason: str
    """Empty: no hold."""
    comes: bool
    skipped: bool
    delays: bool
    rejoins: bool
    by_phone: bool
    goes_on_to: str
    """``laboratory``, ``cashier`` or empty."""
    at_once: bool
    """The doctor calls the next in the same act."""


@dataclass(frozen=True, slots=True)
class Day:
    """The file. Tables are kept as they stand there; ``read`` has checked them."""

    seed: str
    arrivals: Mapping[str, Any]
    kinds: Mapping[str, tuple[Kind, ...]]
    times: Mapping[str, float]
    odds: Mapping[str, float]
    doctors: Mapping[str, float]
    live: Mapping[str, float]
    history: Mapping[str, int]
    bookings: Mapping[str, float]

    def is_open(self, at: datetime) -> bool:
        """Whether people are taken in at this local time."""
        hour = at.hour + at.minute / 60
        return bool(self.arrivals["weekdays"][at.weekday()]) and (
            self.arrivals["opens"] <= hour < self.arrivals["closes"]
        )

    def per_hour(self, at: datetime) -> float:
        """People in an hour for each doctor, at this local time."""
        if not self.is_open(at):
            return 0.0
        rate = float(self.arrivals["per_doctor_hour"] * self.arrivals["hours"][at.hour])
        rate *= float(self.arrivals["weekdays"][at.weekday()])
        return rate * float(self.arrivals["monday_morning"]) if at.weekday() == 0 and at.hour < 11 else rate

    @property
    def most_per_hour(self) -> float:
        """No hour of the week has more: what the thinning of the arrivals begins with."""
        weights = max(self.arrivals["hours"]) * max(self.arrivals["weekdays"])
        return float(self.arrivals["per_doctor_hour"] * weights * self.arrivals["monday_morning"])

    def share_of_night(self, at: datetime) -> float:
        """1 by day, less at night: how full the waiting room of the live demo is."""
        night = at.hour >= self.live["night_from"] or at.hour < self.live["night_until"]
        return float(self.live["night_share"]) if night else 1.0

    def kinds_of(self, department: str) -> tuple[Kind, ...]:
        """What people come to this department for."""
        return self.kinds.get(department) or self.kinds[next(iter(self.kinds))]

    def kind_of(self, dice: Random, department: str) -> str:
        """What somebody comes for, by its share."""
        kinds = self.kinds_of(department)
        return dice.choices(kinds, [one.share for one in kinds])[0].name

    def fate(self, name: str, department: str, wants: str = "") -> Fate:
        """What the person of this name will do, who comes for ``wants`` if the desk has written it down.

        Nobody else has the same name on any day.
        """
        dice = Random(f"{self.seed}:{name}")  # noqa: S311 (a play)
        kinds = self.kinds_of(department)
        drawn = dice.choices(kinds, [one.share for one in kinds])[0]
        kind = next((one for one in kinds if one.name == wants), drawn)
        counter, odds = department == COUNTER, self.odds
        on = dice.random()
        goes = "laboratory" if on < odds["laboratory"] else "cashier"
        if counter or on >= odds["laboratory"] + odds["cashier"]:
            goes = ""
        reason = dice.choice(HOLDS)
        return Fate(
            kind=kind.name,
            service=60 * self._spread(dice, kind.minutes, kind.sigma),
            walk=self._spread(dice, self.times["walk_seconds"], self.times["walk_sigma"]),
            patience=60 * self._spread(dice, self.times["patience_minutes"], self.times["patience_sigma"]),
            hold=60 * self._spread(dice, self.times["hold_minutes"], self.times["hold_sigma"]),
            hold_reason=reason if dice.random() < odds["hold"] and not counter else "",
            comes=dice.random() >= odds["no_show"],
            skipped=dice.random() < odds["skip"],
            delays=dice.random() < odds["delay"],
            rejoins=dice.random() < odds["rejoin"],
            by_phone=dice.random() < odds["leaves_by_phone"],
            goes_on_to=goes,
            at_once=dice.random() < odds["calls_next_at_once"],
        )

    def pace_of(self, doctor: str) -> float:
        """The factor of this doctor's times."""
        low, high = self.times["quickest"], self.times["slowest"]
        return low + Random(f"{self.seed}:{doctor}").random() * (high - low)  # noqa: S311 (a play)

    @staticmethod
    def _spread(dice: Random, median: float, sigma: float) -> float:
        return median * math.exp(dice.gauss(0, sigma))


def read(path: Path | None = None) -> Day:
    """The day in this file, else in the one of ``DEMO_DAY``, else ours. Raises WrongDay, naming what is wrong."""
    return _read(path or Path(os.environ.get("DEMO_DAY") or FILE))


@lru_cache(maxsize=8)
def _read(path: Path) -> Day:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WrongDay(f"{path} cannot be read: {error}") from error
    tables = {name: told.get(name) for name in ("arrivals", "times", "odds", "doctors", "live", "history", "bookings")}
    for name, table in tables.items():
        if not isinstance(table, dict) or not table:
            raise WrongDay(f"[{name}] is missing")
    kinds = {one["department"]: tuple(Kind(**kind) for kind in one["kinds"]) for one in told.get("visits", [])}
    day = Day(seed=str(told.get("seed", "")), kinds=kinds, **tables)  # type: ignore[arg-type]
    _check(day)
    return day


def _check(day: Day) -> None:
    if len(day.arrivals["hours"]) != 24 or len(day.arrivals["weekdays"]) != 7:
        raise WrongDay("[arrivals] needs 24 hours and 7 weekdays")
    for name, share in day.odds.items():
        if not 0 <= share <= 1:
            raise WrongDay(f"[odds] {name} is not between 0 and 1")
    if not day.kinds:
        raise WrongDay("[[visits]] is missing")
    for department, kinds in day.kinds.items():
        if not math.isclose(sum(kind.share for kind in kinds), 1):
            raise WrongDay(f"the shares of {department} do not make 1")
    for name, value in (
        *day.times.items(),
        *day.doctors.items(),
        *day.live.items(),
        *day.history.items(),
        *day.bookings.items(),
    ):
        if value < 0:
            raise WrongDay(f"{name} is below 0")
