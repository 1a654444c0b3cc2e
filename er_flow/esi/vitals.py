"""Vital signs: units, limits by age (R4.10 D, R4.12), and what can hardly be true (R4.13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal

from er_flow.esi.age import ADULT, Age

HR, RR, SPO2, TEMP, SBP, DBP = "hr", "rr", "spo2", "temp", "sbp", "dbp"

PLAUSIBLE: dict[str, tuple[Decimal, Decimal]] = {
    HR: (Decimal(20), Decimal(300)), RR: (Decimal(4), Decimal(120)), SPO2: (Decimal(50), Decimal(100)),
    TEMP: (Decimal(25), Decimal(43)), SBP: (Decimal(40), Decimal(300)), DBP: (Decimal(20), Decimal(200)),
}  # fmt: skip
"""Beyond these a value is asked about, never silently taken: a slip of the finger, or another unit."""
POSSIBLE: dict[str, tuple[Decimal, Decimal]] = {
    HR: (Decimal(0), Decimal(400)), RR: (Decimal(0), Decimal(150)), SPO2: (Decimal(0), Decimal(100)),
    TEMP: (Decimal(10), Decimal(47)), SBP: (Decimal(0), Decimal(350)), DBP: (Decimal(0), Decimal(300)),
}  # fmt: skip
"""Beyond these it is no value of this sign."""
UNITS = {HR: "/min", RR: "/min", SPO2: "%", TEMP: "°C", SBP: "mmHg", DBP: "mmHg"}


@dataclass(frozen=True, slots=True)
class Band:
    """Limits of an age from ``months`` on, up to the next band: beyond them a vital sign is a danger zone one."""

    months: int
    hr: int
    """More than this many heart beats a minute."""
    rr: int
    """More than this many breaths a minute."""
    spo2: int = 92
    """A saturation below this many percent."""


BANDS = (
    Band(0, 190, 60), Band(1, 180, 55), Band(12, 140, 40), Band(36, 120, 35), Band(60, 120, 30), Band(144, 100, 20),
    Band(ADULT, 100, 20),
)  # fmt: skip
"""ESI 5th edition, decision point D; bands are [from, next)."""


def band(age: Age) -> Band:
    """The limits of an age."""
    return next(one for one in reversed(BANDS) if age.months >= one.months)


@dataclass(frozen=True, slots=True)
class Vitals:
    """One set of vital signs; None: not measured. ``unobtainable`` says why for each that could not be.

    Raises ValueError for what is no value of its sign.
    """

    hr: int | None = None
    rr: int | None = None
    spo2: int | None = None
    temp: Decimal | None = None
    """Degrees Celsius."""
    sbp: int | None = None
    dbp: int | None = None
    unobtainable: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.measured().items():
            low, high = POSSIBLE[name]
            if (isinstance(value, Decimal) and not value.is_finite()) or not low <= value <= high:
                raise ValueError(f"{name} {value}")
        if any(name not in POSSIBLE or not why.strip() for name, why in self.unobtainable.items()):
            raise ValueError("not obtainable: which, and why")

    def measured(self) -> dict[str, int | Decimal]:
        """Name → value of those that were measured."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "unobtainable"}
        return {name: value for name, value in values.items() if value is not None}

    def implausible(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Name → the usual range, of values that want a second look; a systolic pressure is above the diastolic."""
        usual = dict(PLAUSIBLE)
        if self.dbp is not None:
            usual[SBP] = (max(usual[SBP][0], Decimal(self.dbp + 1)), usual[SBP][1])
        return {
            name: usual[name]
            for name, value in self.measured().items()
            if not usual[name][0] <= value <= usual[name][1]
        }

    def is_settled(self, name: str) -> bool:
        """Measured, or not obtainable with a reason."""
        return getattr(self, name) is not None or name in self.unobtainable


def celsius(fahrenheit: Decimal) -> Decimal:
    """Degrees Fahrenheit in degrees Celsius, to a tenth."""
    return ((fahrenheit - 32) * 5 / 9).quantize(Decimal("0.1"))


def beyond(vitals: Vitals, age: Age) -> frozenset[str]:
    """The vital signs beyond the limits of this age; the limits themselves are not (R4.11)."""
    limit = band(age)
    flags = set()
    if vitals.hr is not None and vitals.hr > limit.hr:
        flags.add(HR)
    if vitals.rr is not None and vitals.rr > limit.rr:
        flags.add(RR)
    if vitals.spo2 is not None and vitals.spo2 < limit.spo2:
        flags.add(SPO2)
    return frozenset(flags)
