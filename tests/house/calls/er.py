"""Examples of the emergency department."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import time_machine
from django.utils import timezone

from clinic.live.record import done
from clinic.tenants.models import HospitalConfig
from er_flow import trend
from er_flow.esi import Age, Vitals
from er_flow.measures import keep
from er_flow.models import Bed, EmergencyVisit, Triage
from er_flow.models.words import AIRBORNE
from er_flow.operations import arrivals, beds, delays, looks, moves, names, newcomers, places, team, times, triage, undo
from er_flow.operations.arrivals import Arriving
from er_flow.operations.triage import Decision
from tests.er_flow.ward import ADULT, Ward, emergency, sheet
from tests.house.examples import EACH, REFUSED, SAME, Call, example
from tests.world import House

NEW = {"given_name": "Zebulon", "family_name": "Quux", "phone": "+33 6 55 12 34"}


def late(house: House, level: int = 2) -> tuple[Ward, EmergencyVisit]:
    """Somebody who has waited for an hour."""
    ward = emergency(house)
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=False):
        return ward, ward.triaged(level)


@example(arrivals.arrive, twice=REFUSED)
def _arrive(house: House) -> Call:
    who = Arriving("Chest pain", patient=house.patient(birth_date=date(1980, 5, 1)))
    return Call(emergency(house).department, who)


@example(looks.note_access, twice=EACH, silent=True, quiet="the access log has no screen yet", untold="it is no event")
def _note_access(house: House) -> Call:
    return Call(emergency(house).arrived(patient=house.patient()), page="api")


@example(arrivals.arrive_all, twice=REFUSED)
def _arrive_all(house: House) -> Call:
    people = [Arriving("Bus crash", age=ADULT), Arriving("Bus crash", age=ADULT, patient=house.patient())]
    return Call(emergency(house).department, people)


@example(arrivals.identify, twice=SAME)
def _identify(house: House) -> Call:
    return Call(emergency(house).bedded(), house.patient())


@example(newcomers.arrive, twice=REFUSED)
def _newcomer(house: House) -> Call:
    return Call(emergency(house).department, Arriving("Chest pain", age=ADULT), NEW)


@example(newcomers.identify, twice=REFUSED)
def _identify_newcomer(house: House) -> Call:
    return Call(emergency(house).arrived(), NEW)


@example(triage.start, twice=SAME)
def _start(house: House) -> Call:
    return Call(emergency(house).arrived())


@example(triage.assess, twice=REFUSED)
def _assess(house: House) -> Call:
    return Call(emergency(house).arrived(), sheet(3), 3)


@example(triage.assess_all, twice=REFUSED)
def _assess_all(house: House) -> Call:
    ward = emergency(house)
    return Call([Decision(ward.arrived(), sheet(level), level) for level in (2, 3)])


@example(triage.reassess, twice=EACH)
def _reassess(house: House) -> Call:
    return Call(late(house)[1], sheet(2))


@example(triage.measure, twice=EACH)
def _measure(house: House) -> Call:
    return Call(emergency(house).triaged(), Vitals(hr=90))


@example(triage.correct, twice=REFUSED)
def _correct(house: House) -> Call:
    return Call(Triage.objects.get(visit=emergency(house).triaged()), sheet(4), 4, reason="another patient's")


@example(beds.assign, twice=SAME)
def _assign(house: House) -> Call:
    ward = emergency(house)
    return Call(ward.triaged(), ward.beds["A1"])


@example(beds.leave_bed, twice=REFUSED)
def _leave_bed(house: House) -> Call:
    return Call(emergency(house).bedded())


@example(beds.swap, twice=EACH)
def _swap(house: House) -> Call:
    ward = emergency(house)
    return Call(ward.bedded("A1"), ward.seen("A3"))


@example(beds.reserve, twice=SAME)
def _reserve(house: House) -> Call:
    ward = emergency(house)
    return Call(ward.beds["A1"], ward.triaged())


@example(beds.release, twice=SAME)
def _release(house: House) -> Call:
    ward = emergency(house)
    return Call(beds.reserve(ward.beds["A1"], ward.triaged(), actor=ward.nurse))


@example(beds.clean, twice=SAME)
def _clean(house: House) -> Call:
    ward = emergency(house)
    ward.gone("lwbs")
    return Call(ward.bed("A1"))


def blocked(house: House, minutes: int) -> Bed:
    """A bed that was blocked an hour ago, for so many minutes."""
    ward, now = emergency(house), timezone.now()
    ward.gone("lwbs")
    with time_machine.travel(now - timedelta(hours=1), tick=False):
        until = timezone.now() + timedelta(minutes=minutes)
        return beds.block(ward.beds["A1"], reason="leak", until=until, actor=ward.by("charge_nurse"))


@example(beds.block, twice=SAME)
def _block(house: House) -> Call:
    return Call(emergency(house).beds["A1"], reason="leak")


@example(beds.unblock, twice=SAME)
def _unblock(house: House) -> Call:
    return Call(blocked(house, 90))


@example(beds.end_block, twice=SAME)
def _end_block(house: House) -> Call:
    return Call(blocked(house, 30))


@example(delays.cross, twice=SAME)
def _cross(house: House) -> Call:
    return Call(late(house)[1])


@example(delays.look_again, twice=SAME)
def _look_again(house: House) -> Call:
    ward, visit = late(house)
    delays.cross(visit, actor=ward.nurse)
    HospitalConfig.objects.update(er_targets=HospitalConfig.OWN, er_own_targets=[0, 90, 90, 90, 120])
    return Call(visit)


@example(delays.explain, twice=SAME)
def _explain(house: House) -> Call:
    return Call(late(house)[1], "no free room")


@example(moves.see, twice=SAME)
def _see(house: House) -> Call:
    return Call(emergency(house).bedded())


@example(moves.decide, twice=SAME)
def _decide(house: House) -> Call:
    return Call(emergency(house).seen(), "admit", note="ward 7")


@example(moves.withdraw, twice=REFUSED)
def _withdraw(house: House) -> Call:
    return Call(emergency(house).decided(), reason="new results")


@example(moves.board, twice=SAME)
def _board(house: House) -> Call:
    return Call(emergency(house).decided("admit"))


@example(moves.depart, twice=SAME)
def _depart(house: House) -> Call:
    ward = emergency(house)
    visit = ward.boarding("A2")
    beds.reserve(ward.beds["A1"], visit, actor=ward.nurse)
    return Call(visit, "admitted")


@example(team.set_team, twice=SAME)
def _set_team(house: House) -> Call:
    ward = emergency(house)
    return Call(ward.seen(), nurse=ward.person("nurse", "Nia"), provider=house.colleague)


@example(team.set_nurse_of, twice=SAME)
def _set_nurse_of(house: House) -> Call:
    ward = emergency(house)
    ward.bedded()
    return Call(ward.sections["Acute"], ward.person("nurse", "Nia"))


@example(team.change_details, twice=SAME)
def _change_details(house: House) -> Call:
    return Call(
        emergency(house).bedded("A2"), complaint="Fever", precautions=AIRBORNE, alerts=["fall"], ventilated=True
    )


@example(times.set_time, twice=SAME)
def _set_time(house: House) -> Call:
    _ward, visit = late(house)
    return Call(visit, "arrived_at", visit.arrived_at - timedelta(minutes=5), reason="seen at the door")


@example(places.add_section, twice=REFUSED)
def _add_section(house: House) -> Call:
    return Call(emergency(house).department, name="Burns", position=4)


@example(places.change_section, twice=SAME)
def _change_section(house: House) -> Call:
    return Call(emergency(house).sections["Acute"], name="Majors")


@example(places.add_bed, twice=REFUSED)
def _add_bed(house: House) -> Call:
    return Call(emergency(house).sections["Acute"], name="A4", features=["cardiac_monitor"])


@example(places.change_bed, twice=SAME)
def _change_bed(house: House) -> Call:
    return Call(emergency(house).beds["A1"], name="A9", features=["bath"])


@example(places.set_surge, twice=SAME)
def _set_surge(house: House) -> Call:
    return Call(emergency(house).department, True, reason="Bus crash")


@example(names.tell_new_names, twice=EACH, quiet="boards follow the name itself; this is for who holds documents")
def _tell_new_names(house: House) -> Call:
    ward = emergency(house)
    return Call([ward.arrived(age=Age.said(2, "years")), ward.beds["A1"]])


@example(undo.undo, twice=REFUSED, role="doctor")
def _undo(house: House) -> Call:
    ward = emergency(house)
    moves.see(ward.bedded(), actor=ward.medic)
    return Call(done().seq)


OF_NOBODY = "a cache of figures: nobody is shown it live"


@example(keep.write, twice=SAME, silent=True, quiet=OF_NOBODY, untold=OF_NOBODY, foreign=False)
def _write(house: House) -> Call:
    return Call(emergency(house).department.pk, {date(2026, 11, 1): None})


@example(trend.write, twice=SAME, silent=True, quiet=OF_NOBODY, untold=OF_NOBODY, foreign=False)
def _sample(house: House) -> Call:
    return Call(datetime(2026, 11, 1, 8, 5, tzinfo=UTC), {emergency(house).department.pk: 96.0})


@example(keep.drop, twice=SAME, silent=True, quiet=OF_NOBODY, untold=OF_NOBODY)
def _drop(house: House) -> Call:
    return Call([(emergency(house).department.pk, date(2026, 11, 1))])
