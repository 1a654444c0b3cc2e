"""The numbers of an emergency department's day, read from ``emergency.toml`` and checked, and what they say of one
patient: drawn from the visit's number and the seed, so it is the same at every look.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from er_flow.models.words import ADMIT, AMA, DISCHARGE, ELOPED, EXPIRED, LWOT, OBSERVE, TRANSFER

FILE = Path(__file__).with_name("emergency.toml")
LEVELS = (1, 2, 3, 4, 5)
OLDEST = 130
"""Years."""
TABLES = ("arrivals", "levels", "staff", "minutes", "odds", "complaints")


class WrongEmergency(ValueError):
    """The file says something that cannot be."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What will happen to one patient, unless somebody acts otherwise. Lengths in seconds."""

    level: int
    """What the nurse will decide, and what was suggested."""
    suggested: int
    door: float
    triage: float
    patience: float
    to_bed: float
    provider: float
    treatment: float
    disposition: str
    end: str
    """Instead of a disposition: died, or left during treatment; empty for whoever stays to the end."""
    leaving: float
    boarding: float
    ward: float
    look: float
    """So much later than due is the next look."""
    needs_bed: bool
    is_ventilated: bool


@dataclass(frozen=True, slots=True)
class Complaint:
    """What somebody comes for, and who does: ages in completed years, both included."""

    what: str
    youngest: int = 0
    oldest: int = OLDEST

    def suits(self, years: int) -> bool:
        return self.youngest <= years <= self.oldest


@dataclass(frozen=True, slots=True)
class Emergency:
    """The file. Tables are kept as they stand there; ``read`` has checked them."""

    seed: str
    department: str
    prefix: str
    hospital_beds: int
    arrivals: Mapping[str, Any]
    levels: Mapping[str, Any]
    staff: Mapping[str, Any]
    minutes: Mapping[str, Any]
    odds: Mapping[str, Any]
    complaints: Mapping[int, Sequence[Complaint]]
    sections: tuple[Mapping[str, Any], ...]

    def per_hour(self, at: datetime) -> float:
        """People in an hour at this local time."""
        return float(self.arrivals["hours"][at.hour] * self.arrivals["weekdays"][at.weekday()])

    def dice(self, name: object) -> Random:
        """The same for the same name, at every look."""
        return Random(f"{self.seed}:{name}")  # noqa: S311 (a play)

    def length(self, dice: Random, name: str) -> float:
        """Seconds."""
        median, sigma = self.minutes[name]
        return 60.0 * float(median) * math.exp(dice.gauss(0, sigma))

    def complaint(self, dice: Random, years: int) -> str:
        """What somebody of this age comes for; the level is in it."""
        level = dice.choices(LEVELS, self.levels["shares"])[0]
        return dice.choice([one.what for one in self.complaints[level] if one.suits(years)])

    def level_of(self, complaint: str) -> int | None:
        """The level of those who come for this; None for what the file does not know."""
        return next((one for one in LEVELS if any(each.what == complaint for each in self.complaints[one])), None)

    def fate(self, number: int, complaint: str, looks: int = 0) -> Fate:
        """What will happen to the patient of this number who comes for this, and was looked at so many times."""
        dice = self.dice(number)
        drawn = dice.choices(LEVELS, self.levels["shares"])[0]
        level = suggested = self.level_of(complaint) or drawn
        if dice.random() < self.levels["overridden"]:
            suggested = min(5, max(1, level + dice.choice((-1, 1))))
        odds, at = self.odds, level - 1
        roll, goes = dice.random(), dice.random()
        shares = ((odds["died"][at], EXPIRED), (odds["ama"], AMA), (odds["eloped"], ELOPED), (odds["lwot"], LWOT))
        medians = self.minutes["treatment"]
        mean, spread = self.minutes["look"]
        return Fate(
            level=level, suggested=suggested, door=self.length(dice, "door"), triage=self.length(dice, "triage"),
            patience=self.length(dice, "patience"), to_bed=self.length(dice, "to_bed"),
            provider=self.length(dice, "provider") / (6 if level == 1 else 1),
            treatment=60.0 * medians[at] * math.exp(dice.gauss(0, self.minutes["treatment_sigma"])),
            disposition=_drawn(goes, (
                (odds["admitted"][at], ADMIT), (odds["observed"], OBSERVE), (odds["transferred"], TRANSFER)
            )) or DISCHARGE,
            end=_drawn(roll, shares), leaving=self.length(dice, "leaving"), boarding=self.length(dice, "boarding"),
            ward=self.length(dice, "ward"), look=60 * self.dice(f"{number}/{looks}").gauss(mean, spread),
            needs_bed=level <= 3 or dice.random() >= odds["without_bed"],
            is_ventilated=dice.random() < odds["ventilated"][at],
        )  # fmt: skip


def _drawn(roll: float, shares: Sequence[tuple[float, str]]) -> str:
    """The one whose share the roll falls into; empty for none."""
    for share, name in shares:
        if roll < share:
            return name
        roll -= share
    return ""


@lru_cache(maxsize=4)
def read(path: Path = FILE) -> Emergency:
    """The department in this file. Raises WrongEmergency, naming what is wrong."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WrongEmergency(f"{path} cannot be read: {error}") from error
    missing = [name for name in (*TABLES, "sections") if not told.get(name)]
    if missing:
        raise WrongEmergency(f"{missing} missing")
    told["sections"] = tuple(told["sections"])
    told["complaints"] = _complaints(told["complaints"])
    found = Emergency(**told)
    if len(found.arrivals["hours"]) != 24 or len(found.arrivals["weekdays"]) != 7:
        raise WrongEmergency("[arrivals] needs 24 hours and 7 weekdays")
    if len(found.levels["shares"]) != 5 or not math.isclose(sum(found.levels["shares"]), 1):
        raise WrongEmergency("the shares of the five levels do not make 1")
    return found


def _complaints(told: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[int, tuple[Complaint, ...]]:
    """By level; somebody of any age comes for something of each."""
    found = {
        level: tuple(
            Complaint(one["what"], one.get("from", 0), one.get("to", OLDEST)) for one in told.get(str(level), ())
        )
        for level in LEVELS
    }
    for level, some in found.items():
        for years in range(OLDEST + 1):
            if not any(one.suits(years) for one in some):
                raise WrongEmergency(f"[complaints] has nothing of level {level} for somebody of {years}")
    return found
