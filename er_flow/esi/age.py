"""How old a patient is, as triage needs it: in days for the newborn, in completed months for the bands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

DAYS_PER_MONTH = 30.436875
MONTHS_PER_YEAR = 12
ADULT = 18 * MONTHS_PER_YEAR
MOST_YEARS = 130
MOST = {"days": 31, "weeks": 104, "months": 60, "years": MOST_YEARS}
"""What may be said of an age, for each unit; beyond, another unit says it better. "0 years" says nothing: the limits
of the first year differ by the month."""

Unit = Literal["days", "weeks", "months", "years"]


@dataclass(frozen=True, slots=True, order=True)
class Age:
    """Completed ``months`` by the calendar, and ``days``; an age that was only said is taken as just reached."""

    months: int
    days: int

    @classmethod
    def born(cls, birth: date, on: date) -> Age:
        """The age of somebody born on ``birth``; who is born on the 29th of February is a year older on the 1st of
        March. Raises ValueError for a birth after ``on``.
        """
        if birth > on:
            raise ValueError("born in the future")
        months = (on.year - birth.year) * MONTHS_PER_YEAR + on.month - birth.month - (on.day < birth.day)
        return cls(months, (on - birth).days)

    @classmethod
    def said(cls, amount: int, unit: Unit) -> Age:
        """The age somebody states: "3 weeks", "about 40 years". Raises ValueError beyond what the unit can say."""
        least = 1 if unit == "years" else 0
        if not least <= amount <= MOST[unit]:
            raise ValueError(f"{amount} {unit}")
        if unit in ("days", "weeks"):
            days = amount * (7 if unit == "weeks" else 1)
            return cls(int(days / DAYS_PER_MONTH), days)
        months = amount * (MONTHS_PER_YEAR if unit == "years" else 1)
        return cls(months, round(months * DAYS_PER_MONTH))

    @property
    def years(self) -> int:
        return self.months // MONTHS_PER_YEAR

    @property
    def is_adult(self) -> bool:
        return self.months >= ADULT
