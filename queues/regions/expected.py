"""Who was carried over to today and has not come yet (R3.22): a list at the desk, with one button each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from clinic.live.regions import Loaded
from clinic.tenants import days
from clinic.tenants.people import own_limits
from queues.models import Visit
from queues.operations import close
from queues.regions import facts


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """One who is expected: a row of ``expected:today``."""

    key: str
    """The visit's id: stands in the act's address."""
    patient_id: str
    token: str
    name: str
    line: str
    note: str
    """Reason for the visit; may be empty."""


@dataclass(frozen=True, slots=True)
class ExpectedShell:
    """The context of ``expected``: how many are expected."""

    count: int


def load_expected(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``expected:today``: three queries; two more for each reader limited to departments (R1.2)."""
    found: dict[str, Loaded] = {}
    visits = close.expected(days.service_day(facts.policies().hospital))
    for key in keys:
        if key == "today":
            found[key] = _loaded(visits, None)
    for key, (base, limits) in own_limits(keys).items():
        if base == "today":
            found[key] = _loaded(visits, limits)
    return found


def _loaded(visits: Sequence[Visit], limits: frozenset[UUID] | None) -> Loaded:
    shown = [visit for visit in visits if limits is None or visit.department_id in limits]
    refs = {ref for visit in shown for ref in (f"patient:{visit.patient_id}", visit.ref, _line(visit))}
    return Loaded(ExpectedShell(len(shown)), tuple(map(_row, shown)), frozenset({"reception"}), frozenset(refs))


def _line(visit: Visit) -> str:
    return f"queue:{visit.expected_queue_id}"


def _row(visit: Visit) -> ExpectedRow:
    line = visit.expected_queue
    return ExpectedRow(
        key=str(visit.pk), patient_id=str(visit.patient_id), token=visit.token, name=visit.patient.full_name,
        line=line.name if line else "", note=visit.reason,
    )  # fmt: skip
