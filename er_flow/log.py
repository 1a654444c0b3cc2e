"""The ED log (R4.43): every arrival of a period with its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q

from clinic.core import sight
from clinic.core.errors import Invalid
from clinic.tenants import days
from er_flow.models import BedStay, EmergencyVisit
from er_flow.models.words import ARRIVALS, ENDS, OPEN

HERE = "here"
"""As an end: none yet."""
LONGEST = 400
"""Days of one question."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for; an empty word or None leaves nobody out."""

    first: date
    last: date
    """Service days, both included, by the arrival."""
    departments: Sequence[UUID] | None = None
    end: str = ""
    """One of the ends, or ``here``."""
    level: int | None = None
    """0: never triaged."""
    mode: str = ""
    section: UUID | None = None
    """Where the patient was put down for, or had a bed."""


def entries(asked: Asked) -> Any:
    """The visits, in the order of their arrival, with what a line of the log shows; of what the asker may see.

    Refuses a period that ends before it begins, or is too long, and words that nobody knows.
    """
    _check(asked)
    here = days.current_hospital()
    rows = sight.seen(EmergencyVisit.objects.all()).filter(
        arrived_at__gte=days.day_start(here, asked.first), arrived_at__lt=days.day_end(here, asked.last)
    )
    if asked.departments is not None:
        rows = rows.filter(department_id__in=asked.departments)
    if asked.end:
        rows = rows.filter(departed_at=None) if asked.end == HERE else rows.filter(state=asked.end)
    if asked.level is not None:
        rows = rows.filter(level=asked.level or None)
    if asked.mode:
        rows = rows.filter(arrival_mode=asked.mode)
    if asked.section is not None:
        lay = BedStay.objects.filter(visit=OuterRef("pk"), bed__section_id=asked.section)
        rows = rows.filter(Q(section_id=asked.section) | Exists(lay))
    return rows.select_related("patient", "department", "section", "provider").order_by("arrived_at", "id")


def ends(rows: Any) -> Counter[str]:
    """How those of ``entries`` ended; who is still here stands under ``here``. One query."""
    found: Counter[str] = Counter()
    counted = rows.order_by().select_related(None).values_list("state").annotate(n=Count("pk"))
    for state, n in counted:
        found[HERE if state in OPEN else state] += n
    return found


def _check(asked: Asked) -> None:
    if not 0 <= (asked.last - asked.first).days < LONGEST:
        raise Invalid("row.invalid", None, **{"from": [asked.first.isoformat()], "to": [asked.last.isoformat()]})
    if asked.end not in ("", HERE, *ENDS):
        raise Invalid("er.bad_word", end=[asked.end])
    if asked.mode not in {"", *(key for key, _label in ARRIVALS)}:
        raise Invalid("er.bad_word", mode=[asked.mode])
    if asked.level is not None and not 0 <= asked.level <= 5:
        raise Invalid("er.bad_level", level=[str(asked.level)])
