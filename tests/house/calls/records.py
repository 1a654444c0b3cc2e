from __future__ import annotations

from clinic.records import operations as records
from tests.house.examples import EACH, REFUSED, SAME, Call, example
from tests.world import House


@example(
    records.register, twice=REFUSED, quiet="somebody who is only registered waits nowhere",
    untold="nobody can follow somebody who is not there yet",
)  # fmt: skip
def _register(house: House) -> Call:
    return Call(given_name="Zebulon", family_name="Quux", phone="+33 6 55 12 34", birth_year=1931, notes="allergic")


@example(records.correct, twice=SAME)
def _correct(house: House) -> Call:
    visit = house.waiting(1)[0]
    return Call(visit.patient, given_name="Zebulon", family_name="Quux", phone="+33 6 55 12 34")


@example(
    records.note_access, twice=EACH, silent=True, quiet="the access log has no screen yet", untold="it is no event"
)
def _note_access(house: House) -> Call:
    return Call(house.patient(), page="record")


@example(records.merge, twice=REFUSED, role="receptionist")
def _merge(house: House) -> Call:
    kept, gone = house.patient("Zebulon", "Quux"), house.waiting(1)[0].patient
    return Call(kept, gone, reason="Registered twice")


@example(records.unmerge, twice=SAME, role="receptionist")
def _unmerge(house: House) -> Call:
    kept, gone = house.patient("Zebulon", "Quux"), house.waiting(1)[0].patient
    return Call(records.merge(kept, gone, reason="Registered twice", actor=house.desk))
