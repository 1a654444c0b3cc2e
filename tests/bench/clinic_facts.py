"""What the product would know of a clinic of ``clinic_days`` at this moment, and what its model says of it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from clinic.directory.models import Department, Doctor, VisitType
from queues.estimates import booked, publish
from queues.estimates.expected import DAYS, LAST
from queues.estimates.facts import Facts, Service, Serving, assemble
from queues.estimates.inputs import LAST_WAITS
from queues.models import CALLED, COMPLETED, Queue
from tests.bench.clinic_days import DAY, RULES, ClinicDays, Medic, Patient, moment

DEPARTMENT = UUID(int=1)
LINE = UUID(int=2)
OVERLONG = 120
"""Left out of the statistics of durations (R3.18)."""


class Desk:
    """Keeps the rows of a clinic as the product's tables would, and asks the model."""

    def __init__(self, clinic: ClinicDays) -> None:
        self.clinic = clinic
        self.kinds: dict[Any, VisitType] = {
            UUID(int=100 + n): VisitType(pk=UUID(int=100 + n), name=kind["name"], minutes=kind["minutes"])
            for n, kind in enumerate(clinic.given["service"]["types"])
        }
        alone = clinic.medics[0].key if clinic.doctors == 1 else None
        self.queue = Queue(
            pk=LINE, sort=Queue.DOCTOR if alone else Queue.POOL, name="line", department_id=DEPARTMENT, doctor_id=alone,
            is_open=True,
        )  # fmt: skip

    def ask(self) -> publish.Draft:
        """What the product would say now; nothing of it is kept."""
        (draft,) = publish.estimate(assemble(self.facts()))
        return draft

    def facts(self) -> Facts:
        clinic, now = self.clinic, self.clinic.now
        legs = [self._leg(one) for one in clinic.in_order()]
        legs += [self._leg(medic.patient) for medic in clinic.medics
                 if medic.patient is not None and medic.patient.state == CALLED]  # fmt: skip
        bookings = [
            {"pk": one.key, "queue_id": LINE, "type_id": self._sort(one), "starts_at": moment(one.starts_at or 0),
             "delay_minutes": 0}
            for one in clinic.booked if abs((one.starts_at or 0) - now) < booked.AHEAD / timedelta(minutes=1)
        ]  # fmt: skip
        since = now - booked.COUNTED / timedelta(minutes=1)
        were = [yes for at, yes in clinic.came if since <= at < now]
        return Facts(
            moment(now), {LINE: self.queue}, {LINE: RULES}, [self._serving(one) for one in clinic.medics], legs,
            self._services(), self.kinds, bookings, booked.come(sum(were), len(were) - sum(were)) if bookings else 1.0,
            self._ends(), self._waits(),
        )  # fmt: skip

    def _serving(self, medic: Medic) -> Serving:
        doctor = Doctor(
            pk=medic.key, name="doctor", status=medic.status, late_minutes=medic.late, parallel_rooms=1,
            status_until=moment(medic.until) if medic.until is not None else None, status_at=moment(medic.status_at),
        )  # fmt: skip
        doctor.department = Department(pk=DEPARTMENT, name="department")
        begin, end = medic.lunch
        hours = ((moment(self.clinic.opens), moment(begin)), (moment(end), moment(self.clinic.closes)))
        return Serving(doctor, frozenset({LINE}), RULES, hours)

    def _sort(self, one: Patient) -> UUID:
        return UUID(int=100 + one.sort)

    def _leg(self, one: Patient) -> dict[str, Any]:
        return {
            "pk": one.key, "visit_id": one.key, "queue_id": LINE, "state": one.state,
            "server_id": None if one.server is None else self.clinic.medics[one.server].key,
            "called_at": None if one.called is None else moment(one.called), "back_at": None,
            "entered_at": moment(one.entered), "visit__type": self._sort(one), "due": one.due(self.clinic.now),
            "order_at": moment(one.order_at), "order_no": one.number,
            "visit__appointment__starts_at": None if one.starts_at is None else moment(one.starts_at),
        }  # fmt: skip

    # --- how it went lately ------------------------------------------------------------------------------------------

    def _lately(self, days: float) -> list[Patient]:
        since = self.clinic.now - days * DAY
        found = []
        for one in reversed(self.clinic.gone_by):
            if (one.ended or 0) < since:
                break
            found.append(one)
        return found

    def _services(self) -> list[Service]:
        by_server: dict[int, list[Patient]] = defaultdict(list)
        counts: dict[tuple[int, int], int] = defaultdict(int)
        rows: list[Service] = []
        for one in self._lately(DAYS):  # the newest first
            if one.state == COMPLETED and one.server is not None and (one.ended or 0) - (one.called or 0) < OVERLONG:
                by_server[one.server].append(one)
        for number, seen in by_server.items():
            following: tuple[datetime | None, datetime | None] = (None, None)
            for one in seen:
                assert one.called is not None and one.ended is not None
                counts[number, one.sort] += 1
                if counts[number, one.sort] <= LAST:
                    rows.append((self.clinic.medics[number].key, self._sort(one), moment(one.called),
                                 moment(one.ended), *following))  # fmt: skip
                following = (moment(one.called), moment(one.entered))
        return rows

    def _ends(self) -> list[tuple[str, str, int]]:
        counts: dict[tuple[str, str], int] = defaultdict(int)
        for one in self._lately(DAYS):
            counts[one.state, one.klass] += 1
        return [(state, klass, many) for (state, klass), many in counts.items()]

    def _waits(self) -> list[tuple[UUID, datetime, datetime]]:
        inside = [medic.patient for medic in self.clinic.medics if medic.patient is not None]
        since = self.clinic.now - DAY
        called = [one for one in {*self._lately(1), *inside} if one.called is not None and one.called >= since]
        called.sort(key=lambda one: one.called or 0, reverse=True)
        return [(LINE, moment(one.entered), moment(one.called or 0)) for one in called[:LAST_WAITS]]
