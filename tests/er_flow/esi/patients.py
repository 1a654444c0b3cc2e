"""Patients as the tests of triage want them: of any age, with nothing to be seen unless a test says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from er_flow.esi import Age, Answers, Suggestion, Vitals, suggest

TODAY = date(2026, 11, 20)
GROWN = Age.said(40, "years")
TODDLER = Age.said(3, "years")
CALM = Vitals(hr=80, rr=16, spo2=98, temp=Decimal("37.0"), sbp=120, dbp=80)
"""Within the limits of every age."""


def born(year: int, month: int, day: int) -> Age:
    return Age.born(date(year, month, day), TODAY)


def of_days(days: int) -> Age:
    return Age.born(TODAY - timedelta(days), TODAY)


def told(answers: Answers | None = None, age: Age = GROWN, *, infant_level: int = 2, **vitals: Any) -> Suggestion:
    """What is suggested for somebody calm but for these ``vitals``; a ``temp`` may be text."""
    if vitals.get("temp") is not None:
        vitals["temp"] = Decimal(vitals["temp"])
    return suggest(answers or Answers(), replace(CALM, **vitals), age, infant_level=infant_level)
