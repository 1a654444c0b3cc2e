"""How an emergency department did over a period (R4.41): the measures, and the patients behind each number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from clinic.core.errors import Invalid
from clinic.core.faces import Doc
from clinic.tenants import days
from er_flow.measures import behind, figures, keep
from er_flow.measures.behind import Page

__all__ = ["COMPLETE", "LONGEST", "PENDING", "YEARS", "Page", "behind", "of", "span"]

LONGEST = 400
"""Days of one question."""
YEARS = range(2000, 2100)
"""No hospital's log is older; the calendar's very first and last days have no instants in other zones."""
COMPLETE, PENDING = "complete", "pending"
"""As FHIR's MeasureReport says it."""
PERIODS = {"day": 1, "week": 7, "month": 30, "3months": 91, "year": 365}
"""Period → its service days, today the last of them."""


def span(period: str) -> tuple[date, date]:
    last = days.service_day(days.current_hospital())
    return last - timedelta(days=PERIODS[period] - 1), last


def of(departments: Sequence[UUID], first: date, last: date) -> Doc:
    """The measures of everybody who came to these departments on these service days, first and last included.

    Refuses a period that ends before it begins or is longer than ``LONGEST`` days. Whose departments the asker may
    see is the door's to say.
    """
    if not 0 <= (last - first).days < LONGEST:
        raise Invalid("row.invalid", None, **{"from": [first.isoformat()], "to": [last.isoformat()]})
    found, pending = keep.of(departments, first, last)
    return {
        "from": first.isoformat(), "to": last.isoformat(), "departments": [str(pk) for pk in departments],
        "status": PENDING if pending else COMPLETE, "pending": _days_of(pending),
        **figures.report(found, days.policies()),
    }  # fmt: skip


def _days_of(pending: Sequence[date]) -> Doc | None:
    """The days whose visits are in no figure yet."""
    if not pending:
        return None
    return {"days": len(pending), "first": pending[0].isoformat(), "last": pending[-1].isoformat()}
