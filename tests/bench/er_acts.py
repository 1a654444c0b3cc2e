"""The acts of ``bench_er_board``: always on somebody else, so that no row was rendered before."""

from __future__ import annotations

from random import Random
from typing import Any

from clinic.directory.models import Department
from clinic.records.models import Patient
from clinic.tenants import people
from clinic.tenants.models import Hospital, Membership
from er_flow.models import Bed, EmergencyVisit
from er_flow.models.words import AVAILABLE, LWOT, TRIAGED
from er_flow.operations import arrivals, beds, moves, triage
from er_flow.operations.arrivals import Arriving
from tests.bench.live_acts import Ringing
from tests.er_flow.ward import ADULT, sheet


class Acts(Ringing):
    """Assign a bed, see, look again at another; ``renew`` has whoever was seen leave, their bed cleaned, and somebody
    else come and be triaged: the board stays as full, and no two are alike."""

    def __init__(self, where: Hospital) -> None:
        super().__init__(where)
        members = Membership.objects.select_related("user", "hospital").filter(hospital=where)
        by_role = {member.roles[0]: people.actor_of(member) for member in members}
        self.medic, self.nurse = by_role["doctor"], by_role["nurse"]
        self.draw = Random()
        self.visit: Any = None
        self.bed: Any = None

    def assign(self) -> None:
        self.bed = self._any(Bed.objects.filter(state=AVAILABLE))
        self.visit = beds.assign(self._waiting(), self.bed, actor=self.nurse)

    def see(self) -> None:
        moves.see(self.visit, actor=self.medic)

    def reassess(self) -> None:
        visit = self._waiting()
        triage.reassess(visit, sheet(visit.level), actor=self.nurse)

    def renew(self) -> None:
        moves.depart(self.visit, LWOT, actor=self.medic)
        beds.clean(self.bed, actor=self.nurse)
        number = Patient.objects.count() + 1
        row = Patient(mrn=f"L{number:05d}", given_name=f"Given{number}", family_name=f"Family{number}")
        row.save()
        where = Department.objects.get(sort=Department.EMERGENCY)
        came = arrivals.arrive(where, Arriving("Cut hand", patient=row, age=ADULT), actor=self.nurse)
        level = self.draw.choice((2, 3, 4, 5))
        triage.assess(came, sheet(level), level, actor=self.nurse)

    def _waiting(self) -> Any:
        return self._any(EmergencyVisit.objects.filter(state=TRIAGED))

    def _any(self, rows: Any) -> Any:
        return self.draw.choice(list(rows.order_by("pk")))
