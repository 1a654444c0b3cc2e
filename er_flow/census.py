"""Who is here now: what the strip counts, who boards, who is delayed, and what NEDOCS is computed from.

Figures are of one moment and from rows; the same functions serve whoever has the rows already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from clinic.core import clock
from clinic.core.faces import Doc, stamp
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from er_flow import crowding, targets
from er_flow.models import Bed, EmergencyFloor, EmergencyVisit
from er_flow.models.words import AVAILABLE, BLOCKED, BOARDING, OCCUPIED, UNSEEN

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Present(Protocol):
    """Of a visit that is open, what the census looks at: a row of the model, or of ``values_list(named=True)``."""

    pk: Any
    number: int
    state: str
    state_since: datetime
    level: int | None
    arrived_at: datetime
    bedded_at: datetime | None
    seen_at: datetime | None
    admit_at: datetime | None
    ventilated: bool
    delay_reason: str
    crossed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delayed:
    """Somebody whom no provider has seen and whose target has passed, with both clocks (R4.21)."""

    visit: UUID
    number: int
    level: int | None
    """None: waits for triage, and its target is the one until triage."""
    arrived_at: datetime
    since_arrival: timedelta
    in_status: timedelta
    over: timedelta
    """Past the target, by the clock that the hospital chose."""
    target: timedelta
    reason: str

    def doc(self) -> Doc:
        return {
            "visit": str(self.visit), "number": self.number, "level": self.level,
            "minutes_since_arrival": _minutes(self.since_arrival), "minutes_in_status": _minutes(self.in_status),
            "target_minutes": _minutes(self.target), "minutes_over": _minutes(self.over), "reason": self.reason,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Boarder:
    """Somebody whose admission is decided and who is still here, in a bed or not."""

    visit: UUID
    number: int
    since: datetime
    boards: bool
    """Care here is done; else the disposition is decided, and the patient is not handed over yet."""
    is_boarder: bool
    """For so long that the policy counts it (``boarder_after``)."""


@dataclass(frozen=True, slots=True)
class Here:
    """One emergency department at a moment."""

    at: datetime
    patients: int = 0
    states: Counter[str] = field(default_factory=Counter)
    levels: Counter[int] = field(default_factory=Counter)
    """Level → patients here; 0: not triaged."""
    unseen: int = 0
    delayed: tuple[Delayed, ...] = ()
    """In the order of R4.4."""
    boarders: tuple[Boarder, ...] = ()
    """Whoever waits longest first."""
    beds: Counter[str] = field(default_factory=Counter)
    """State → beds in use."""
    nedocs: crowding.Nedocs | None = None
    """None: not computable."""
    surge_since: datetime | None = None

    @property
    def staffed(self) -> int:
        """Beds that are not blocked."""
        return self.beds.total() - self.beds[BLOCKED]

    @property
    def occupancy(self) -> float | None:
        """Patients here for each staffed bed: what stands beside NEDOCS."""
        return self.patients / self.staffed if self.staffed else None

    def doc(self) -> Doc:
        return {
            "at": stamp(self.at), "patients": self.patients, "states": dict(self.states), "unseen": self.unseen,
            "levels": {str(level): n for level, n in sorted(self.levels.items())}, "delayed": len(self.delayed),
            "admitted_here": len(self.boarders), "boarders": sum(one.is_boarder for one in self.boarders),
            "beds": {"staffed": self.staffed, "free": self.beds[AVAILABLE], "occupied": self.beds[OCCUPIED],
                     **{state: n for state, n in self.beds.items() if state not in (AVAILABLE, OCCUPIED)}},
            "occupancy": None if self.occupancy is None else round(self.occupancy, 3), "nedocs": _nedocs(self.nedocs),
            "surge_since": stamp(self.surge_since),
        }  # fmt: skip


def _nedocs(told: crowding.Nedocs | None) -> Doc | None:
    if told is None:
        return None
    terms = {term.name: round(term.points, 2) for term in told.terms}
    return {"score": round(told.score, 2), "band": told.band, "terms": terms}


def _minutes(length: timedelta) -> int:
    return length // MINUTE


# --- from rows in memory -----------------------------------------------------------------------------------------


def in_order(visits: Iterable[Present]) -> list[Present]:
    """R4.4: untriaged on top by arrival, then level, then arrival."""
    return sorted(visits, key=lambda one: (one.level or 0, one.arrived_at, str(one.pk)))


def delayed(visits: Iterable[Present], policies: HospitalConfig, now: datetime) -> list[Delayed]:
    """Those of the open visits whose target has passed, strictly, and whom no provider has seen; in order."""
    found = []
    for one in in_order(visits):
        if one.seen_at is not None or one.state not in UNSEEN:
            continue
        began = targets.since(one.arrived_at, one.state_since, policies)
        if targets.is_delayed(one.level, began, now, policies):
            limit = targets.limit(one.level, policies)
            found.append(Delayed(
                one.pk, one.number, one.level, one.arrived_at, now - one.arrived_at, now - one.state_since,
                now - began - limit, limit, one.delay_reason,
            ))  # fmt: skip
    return found


def boarders(visits: Iterable[Present], policies: HospitalConfig, now: datetime) -> list[Boarder]:
    """Whoever is to be admitted or observed and is still here."""
    after = timedelta(minutes=policies.boarder_after)
    waiting = [(one.admit_at, one) for one in visits if one.admit_at is not None]
    return [
        Boarder(one.pk, one.number, since, one.state == BOARDING, now - since >= after)
        for since, one in sorted(waiting, key=lambda pair: (pair[0], pair[1].number))
    ]


def crowd(visits: Sequence[Present], staffed: int, policies: HospitalConfig, now: datetime) -> crowding.Census:
    """What NEDOCS is computed from. The last bedded is the one of those here who came into a first bed last."""
    admits = [one.admit_at for one in visits if one.admit_at is not None]
    bedded = [(one.bedded_at, one.arrived_at) for one in visits if one.bedded_at is not None]
    last = max(bedded, default=None)
    return crowding.Census(
        patients=len(visits), beds=staffed, admits=len(admits), hospital_beds=policies.hospital_beds,
        ventilated=sum(one.ventilated for one in visits),
        longest_admit=(now - min(admits)) / HOUR if admits else 0.0,
        door_to_bed=(last[0] - last[1]) / HOUR if last is not None else 0.0,
    )  # fmt: skip


def here(
    visits: Sequence[Present], beds: Counter[str], policies: HospitalConfig, now: datetime,
    surge_since: datetime | None = None,
) -> Here:  # fmt: skip
    """One department, from its open visits and its beds by state."""
    staffed = beds.total() - beds[BLOCKED]
    return Here(
        at=now, patients=len(visits), states=Counter(one.state for one in visits),
        levels=Counter(one.level or 0 for one in visits), unseen=sum(one.seen_at is None for one in visits),
        delayed=tuple(delayed(visits, policies, now)), boarders=tuple(boarders(visits, policies, now)), beds=beds,
        nedocs=crowding.nedocs(crowd(visits, staffed, policies, now)), surge_since=surge_since,
    )  # fmt: skip


# --- from the database ----------------------------------------------------------------------------------------------

COLUMNS = (
    "pk", "number", "department_id", "state", "state_since", "level", "arrived_at", "bedded_at", "seen_at", "admit_at",
    "ventilated", "delay_reason", "crossed_at",
)  # fmt: skip


def of(departments: Sequence[UUID]) -> dict[UUID, Here]:
    """These emergency departments now: three queries beside the policies, however many are here."""
    now, policies = clock.now(), days.policies()
    visits: dict[UUID, list[Any]] = {pk: [] for pk in departments}
    for row in EmergencyVisit.objects.open().filter(department_id__in=departments).values_list(*COLUMNS, named=True):
        visits[row.department_id].append(row)
    beds: dict[UUID, Counter[str]] = {pk: Counter() for pk in departments}
    places = Bed.objects.filter(section__department_id__in=departments, is_active=True)
    for department, state in places.values_list("section__department_id", "state"):
        beds[department][state] += 1
    floors = EmergencyFloor.objects.filter(department_id__in=departments)
    surges = dict(floors.values_list("department_id", "surge_since"))
    return {pk: here(visits[pk], beds[pk], policies, now, surges.get(pk)) for pk in departments}


def list_of_delayed(departments: Sequence[UUID]) -> Doc:
    """``/delayed``: who waits past the target, both clocks, and the targets that were used (R4.20, R4.21)."""
    now, policies, chosen = clock.now(), days.policies(), targets.of(days.policies())
    rows = EmergencyVisit.objects.unseen().filter(department_id__in=departments)
    found = delayed(rows.values_list(*COLUMNS, named=True), policies, now)
    return {
        "at": stamp(now), "clock": policies.er_clock, "targets": {"set": chosen.name, "version": chosen.version},
        "delayed": [one.doc() for one in found],
    }  # fmt: skip
