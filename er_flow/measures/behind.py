"""The patients behind a number (R4.41): by the same tests on the same facts that the number was counted with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from clinic.core import clock
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from er_flow import targets
from er_flow.measures import counts, keep
from er_flow.measures.counts import ECAT, LENGTHS
from er_flow.measures.facts import Fact
from er_flow.models import DayFigures
from er_flow.models.words import ENDS, LWBS

Is = Callable[[Fact], bool]
LEVELS = ("1", "2", "3", "4", "5")


@dataclass(frozen=True, slots=True)
class Page:
    """Visits, the latest arrival first, and where the next page begins; None: there are no more."""

    visits: tuple[UUID, ...]
    next: tuple[datetime, UUID] | None


def names() -> list[str]:
    """All numbers whose patients can be asked for."""
    return [
        "visits", "still_here", *LENGTHS, "boarders", "op22", "ecat", "agreed", "more_urgent", "less_urgent",
        "reassessments", "reassessed_late", *(f"ecat:{name}" for name in ECAT), *(f"end:{end}" for end in ENDS),
        *(f"level:{level}" for level in ("0", *LEVELS)), *(f"target_met:{level}" for level in LEVELS),
        *(f"target_missed:{level}" for level in LEVELS),
    ]  # fmt: skip


def picks(name: str, policies: HospitalConfig, now: datetime) -> Is:
    """Whether a visit is behind this number. Raises KeyError for a number there is not."""
    if name in LENGTHS:
        return lambda one: LENGTHS[name](one) is not None
    noun, _, which = name.partition(":")
    if which:
        return _of_one(noun, which, policies)
    after = timedelta(minutes=policies.boarder_after)
    known: dict[str, Is] = {
        "visits": lambda one: True,
        "still_here": lambda one: one.departed is None,
        "boarders": lambda one: one.boarding is not None and one.boarding >= after,
        "op22": lambda one: one.state == LWBS,
        "ecat": lambda one: one.departed is not None and any(is_so(one) for is_so in ECAT.values()),
        "agreed": lambda one: any(told == level for told, level in one.decisions),
        "more_urgent": lambda one: any(level < told for told, level in one.decisions),
        "less_urgent": lambda one: any(level > told for told, level in one.decisions),
        "reassessments": lambda one: one.reassessments(now)[1] > 0,
        "reassessed_late": lambda one: len(set(one.reassessments(now))) > 1,
    }
    return known[name]


def _of_one(noun: str, which: str, policies: HospitalConfig) -> Is:
    if f"{noun}:{which}" not in names():
        raise KeyError(which)
    if noun == "ecat":
        return lambda one: one.departed is not None and ECAT[which](one)
    if noun == "end":
        return lambda one: one.state == which
    level = int(which)
    if noun == "level":
        return lambda one: (one.level or 0) == level
    limit, met = targets.limit(level, policies), noun == "target_met"

    def is_met(one: Fact) -> bool:
        waited = one.door_to_provider
        return one.level == level and waited is not None and (waited <= limit) == met

    return is_met


def of(
    name: str, departments: Sequence[UUID], first: date, last: date, *, limit: int = 50,
    after: tuple[datetime, UUID] | None = None,
) -> Page:  # fmt: skip
    """A page of the visits behind a number of these service days; ``after`` is where the last one ended.

    Day by day from the latest on; days whose kept counts say that there is nobody are passed over, and so are those
    that are still to be counted, whose visits are not in the number either.
    """
    here, policies = days.current_hospital(), days.policies()
    is_in = picks(name, policies, clock.now())
    day = min(last, days.service_day(here, after[0])) if after is not None else last
    empty = _empty(name, departments, first, day)
    pending = set(keep.missing(departments, first, last)[1])
    found: list[Fact] = []
    while day >= first and len(found) <= limit:
        wanted = [pk for pk in departments if (pk, day) not in empty and day not in pending]
        if wanted:
            some = [one for rows in keep.by_day(here, wanted, day, day).values() for one in rows if is_in(one)]
            some.sort(key=lambda one: (one.arrived, one.id), reverse=True)
            found += [one for one in some if after is None or (one.arrived, one.id) < after]
        day -= timedelta(days=1)
    page = found[:limit]
    more = (page[-1].arrived, page[-1].id) if page and len(found) > limit else None
    return Page(tuple(one.id for one in page), more)


def _empty(name: str, departments: Sequence[UUID], first: date, last: date) -> set[keep.Day]:
    """Kept days on which nobody is behind this number."""
    if name in ("visits", *LENGTHS):
        return set()
    rows = DayFigures.objects.filter(department_id__in=departments, day__gte=first, day__lte=last, form=counts.FORM)
    noun, _, which = name.partition(":")
    found = set()
    for department, day, doc in rows.values_list("department_id", "day", "counts"):
        if _is_empty(noun, which, doc):
            found.add((department, day))
    return found


def _is_empty(noun: str, which: str, doc: dict[str, dict[str, int]]) -> bool:
    """Whether the counts say so; where they do not tell, the day is looked at."""
    match noun:
        case "still_here":
            return True  # a kept day is one that everybody has left
        case "ecat":
            return not doc["ecat"].get(which or counts.ANY)
        case "end" | "op22":
            return not doc["states"].get(which or LWBS)
        case "level":
            return not doc["levels"].get(which)
        case "boarders":
            return not doc["lengths"]["boarding"]
        case "target_met" | "target_missed":
            return not doc["by_level"][which]
        case _:
            return False
