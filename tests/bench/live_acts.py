"""The acts of ``bench_live`` on one doctor's line; each tells when its bell was rung, on the machine's one clock."""

from __future__ import annotations

import time
from typing import Any

from clinic.core.tenancy import hospital
from clinic.directory.models import Doctor
from clinic.live import bell
from clinic.records.models import Patient
from clinic.tenants import people
from clinic.tenants.models import Hospital, Membership
from queues.models import Queue
from queues.operations import calls, ends, intake


class Ringing:
    """Acts by name in one hospital, and when the bell of the last one was rung."""

    def __init__(self, where: Hospital) -> None:
        self.where = where
        self.rung = 0.0
        bell.listen(self._heard)

    def _heard(self, _rung: bell.Bell) -> None:
        self.rung = time.monotonic()

    def run(self, what: str) -> dict[str, Any]:
        begun = time.monotonic()
        with hospital(self.where):
            getattr(self, what)()
        return {"bell": self.rung, "took": self.rung - begun}


class Acts(Ringing):
    """Call next, skip, intake and complete, as the doctor and the desk."""

    def __init__(self, where: Hospital) -> None:
        super().__init__(where)
        members = Membership.objects.select_related("user", "hospital").filter(hospital=where)
        by_role = {member.roles[0]: people.actor_of(member) for member in members}
        self.medic, self.desk = by_role["doctor"], by_role["receptionist"]
        with hospital(where):
            self.doctor = Doctor.objects.get(pk=self.medic.doctor_id)
            self.queue = Queue.objects.get(doctor=self.doctor)
        self.called: Any = None

    def call(self) -> None:
        self.called = calls.call_next(self.doctor, actor=self.medic)

    def skip(self) -> None:
        calls.skip(self.called.visit, actor=self.medic)

    def complete(self) -> None:
        ends.complete(self.called.visit, actor=self.medic)

    def intake(self) -> None:
        number = Patient.objects.count() + 1
        row = Patient(mrn=f"L{number:05d}", given_name=f"Given{number}", family_name=f"Family{number}")
        row.save()
        intake.arrive(self.queue, row, actor=self.desk)
