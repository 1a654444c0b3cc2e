"""The JSON stream of the emergency department: what it tells is what a reload gives, and commands are the routes'."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinic.core.access import SYSTEM, Actor
from clinic.core.errors import DomainError, Invalid, NotFound
from clinic.core.tenancy import require_hospital_id
from clinic.directory import operations as directory
from clinic.live import feed, outbox, registry
from clinic.live.models import Event
from clinic.live.record import done
from clinic.records import operations as records
from clinic.tenants.models import HospitalConfig
from clinic.tenants.operations import change_policies
from er_flow import faces
from er_flow.commands import COMMANDS
from er_flow.models import EmergencyVisit
from er_flow.operations import arrivals, beds, delays, moves, places, team, triage
from tests.api.samples import er_made as made
from tests.live.helpers import assert_told
from tests.world import House, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(world: World) -> House:
    made.department(world.harbor)
    return world.harbor


def snapshot(house: House, topic: str, role: str = "nurse") -> dict[str, Any]:
    with house.open():
        who = house.actor(role)
        subs = list(feed.subscriptions([topic], who).values())
        told: dict[str, Any] = feed.snapshot(house.hospital.pk, subs, who.abilities, who.departments).body["snapshot"]
        return told


def follows(house: House, *topics: str, actor: Actor | None = None) -> Callable[[Callable[[], Any]], None]:
    """Hold that whoever follows these topics knows after an act, and after what follows it, what a reload gives."""

    def hold(act: Callable[[], Any]) -> None:
        def doing() -> None:
            act()
            while outbox.run(require_hospital_id()):
                pass

        with house.open():
            assert_told(doing, *topics, actor=actor or house.actor("nurse"))

    return hold


# --- the topics ------------------------------------------------------------------------------------------------------


def test_the_snapshot_is_everybody_here_in_order_and_everything_in_use(house: House) -> None:
    calm, ill, new = made.triaged(house, 4), made.triaged(house, 2), made.arrived(house)
    gone, place, old = made.triaged(house), made.bed(house), made.bed(house)
    with house.open():
        owner = house.actor("owner")
        moves.depart(gone, "lwbs", actor=house.actor("nurse"))
        places.change_bed(old, is_active=False, actor=owner)
        floor = places.set_surge(made.department(house), True, reason="Bus", actor=owner)
    section = made.section(house)
    told = snapshot(house, "er")
    assert list(told) == [new.ref, ill.ref, calm.ref, place.ref, section.ref, floor.ref]
    assert told[ill.ref]["level"] == 2
    assert told[place.ref]["status"] == "available"
    assert told[floor.ref]["surge"]


def test_a_visits_topic_has_its_triages_for_whoever_may_triage(house: House) -> None:
    visit = made.triaged(house)
    row = made.decision_of(visit, house)
    assert list(snapshot(house, visit.ref)) == [visit.ref, row.ref]
    assert list(snapshot(house, visit.ref, "receptionist")) == [visit.ref]


def test_a_biller_follows_nothing_of_it(house: House) -> None:
    for topic in ("er", made.arrived(house).ref, made.bed(house).ref):
        with pytest.raises(DomainError) as refused:
            snapshot(house, topic, "biller")
        assert refused.value.status == 403


def test_a_whole_stay_told_step_by_step_is_what_a_reload_gives(house: House) -> None:
    visit, other = made.arrived(house, known=False), made.bedded(house)
    place, spare = made.bed(house), made.bed(house)
    patient, nurse = house.patient("Nora", "Named"), made.nurse(house)
    who, owner = house.actor("nurse"), house.actor("owner")
    steps: list[Callable[[], Any]] = [
        lambda: triage.start(visit, actor=who),
        lambda: triage.assess(visit, made.CALM, 4, actor=who),
        lambda: arrivals.identify(visit, patient, actor=who),
        lambda: team.set_team(visit, nurse=nurse, provider=house.doctor, actor=who),
        lambda: team.change_details(visit, precautions="contact", alerts=["fall"], actor=who),
        lambda: delays.explain(visit, "Two at once", actor=who),
        lambda: beds.reserve(place, visit, actor=who),
        lambda: beds.assign(visit, place, actor=who),
        lambda: beds.swap(visit, other, actor=who),
        lambda: beds.assign(visit, spare, actor=who),
        lambda: places.change_bed(spare, name="Z7", actor=owner),
        lambda: moves.see(visit, actor=who),
        lambda: moves.decide(visit, "admit", actor=who),
        lambda: moves.withdraw(visit, reason="Pain", actor=who),
        lambda: moves.decide(visit, "admit", actor=who),
        lambda: moves.board(visit, actor=who),
        lambda: moves.depart(visit, "admitted", actor=who),
        lambda: beds.clean(spare, actor=who),
        lambda: places.change_bed(spare, is_active=False, actor=owner),
    ]
    for step in steps:
        follows(house, "er")(step)
    assert visit.ref not in snapshot(house, "er")


def test_a_department_and_a_patient_are_followed_with_their_emergency_visits(house: House) -> None:
    visit, here = made.triaged(house), f"department:{made.department(house).pk}"
    patient = f"patient:{visit.patient_id}"
    assert visit.ref in snapshot(house, here)
    assert visit.ref in snapshot(house, patient)
    who = house.actor("nurse")
    for act in (lambda: moves.see(visit, actor=who), lambda: moves.depart(visit, "lwot", actor=who)):
        follows(house, here, patient)(act)
    assert visit.ref not in snapshot(house, here)
    assert visit.ref not in snapshot(house, patient)


def test_a_visits_and_a_beds_own_topic_follow_them(house: House) -> None:
    visit, place = made.triaged(house), made.bed(house)
    who = house.actor("nurse")
    own = follows(house, visit.ref, place.ref)
    own(lambda: triage.reassess(visit, made.CALM, level=2, what_changed="Sweats", what_was_done="ECG", actor=who))
    own(lambda: beds.assign(visit, place, actor=who))
    own(lambda: beds.leave_bed(visit, actor=who))
    own(lambda: beds.clean(place, actor=who))


def test_names_targets_and_birth_dates_that_change_elsewhere_are_followed(house: House) -> None:
    visit, kept = made.bedded(house), made.reserved(house)[0]
    nurse, owner = made.nurse(house), house.actor("owner")
    with house.open():
        team.set_team(visit, nurse=nurse, provider=house.doctor, actor=in_charge(house))
        team.set_nurse_of(made.section(house), nurse, actor=in_charge(house))
        team.change_details(visit, section=made.section(house), actor=owner)
        places.set_surge(made.department(house), True, reason="Bus", actor=owner)
        outbox.run(house.hospital.pk)
    section, place, patient = made.section(house), made.bed_of(visit, house), house.people[0]
    assert patient.pk == visit.patient_id
    changes: list[Callable[[], Any]] = [
        lambda: records.correct(patient, family_name="Renamed", actor=owner),
        lambda: records.correct(patient, birth_date=timezone.localdate() - timedelta(days=400), actor=owner),
        lambda: directory.change_department(made.department(house), name="Casualty", actor=owner),
        lambda: directory.change_doctor(nurse, name="Noor Renamed", actor=owner),
        lambda: directory.change_doctor(house.doctor, name="Dr. Renamed", actor=owner),
        lambda: places.change_section(section, name="Majors", actor=owner),
        lambda: places.change_bed(place, name="Y1", actor=owner),
        lambda: places.change_bed(kept, name="Y2", actor=owner),
        lambda: policy(owner, er_targets="ctas"),
        lambda: policy(owner, er_targets="own"),
        lambda: policy(owner, undo_seconds=90),
        lambda: policy(owner, er_clock="status"),
    ]
    for change in changes:
        before = documents(house)
        follows(house, "er", visit.ref)(change)
        assert documents(house) != before


def policy(actor: Actor, **fields: Any) -> Any:
    return change_policies(HospitalConfig.objects.get(), actor=actor, **fields)


def in_charge(house: House) -> Actor:
    return house.actor("charge_nurse")


def documents(house: House) -> dict[str, Any]:
    with house.open():
        return dict(faces.visits([str(pk) for pk in EmergencyVisit.objects.values_list("pk", flat=True)]))


def test_what_no_document_shows_tells_nothing(house: House) -> None:
    visit = made.arrived(house)
    assert visit.patient is not None
    with house.open():
        outbox.run(house.hospital.pk)
        records.correct(visit.patient, phone="+49 30 1", actor=house.desk)
        policy(house.actor("owner"), undo_seconds=90)
        before = Event.objects.count()
        outbox.run(house.hospital.pk)
        assert Event.objects.count() == before


# --- commands --------------------------------------------------------------------------------------------------------

Args = Callable[[House], dict[str, Any]]
AGE = {"amount": 45}
CALM = made.CALM_BODY


def of(make: Callable[[House], Any], **more: Any) -> Args:
    """A command about what ``make`` makes; arguments that are functions are made in the house as well."""

    def args(house: House) -> dict[str, Any]:
        return {"id": str(make(house).pk), **{name: _told(value, house) for name, value in more.items()}}

    return args


def _told(value: Any, house: House) -> Any:
    return str(value(house).pk) if callable(value) else value


def lain_in(house: House) -> Any:
    return made.bed_of(made.bedded(house), house)


ARGS: dict[str, Args] = {
    "er_visit.arrive": lambda house: {
        "patient": str(house.patient("Ida", "Comes").pk), "department": str(made.department(house).pk), "age": AGE,
        "complaint": "Chest pain",
    },
    "er_visit.arrive_all": lambda house: {
        "department": str(made.department(house).pk),
        "people": [{"unknown": True, "age": AGE, "complaint": "Burns"}],
    },
    "er_visit.identify": of(
        lambda house: made.arrived(house, known=False), patient=lambda house: house.patient("Nora", "Named")
    ),
    "er_visit.change": of(made.arrived, section=made.section, ventilated=True),
    "er_visit.start_triage": of(made.arrived),
    "er_visit.triage": of(made.arrived, **CALM, level=4),
    "er_visit.triage_all": lambda house: {
        "triages": [{"visit": str(made.arrived(house).pk), **CALM, "level": 4} for _ in range(2)]
    },
    "er_visit.reassess": of(made.triaged, **CALM),
    "er_visit.vitals": of(made.arrived, vitals={"hr": 92}),
    "er_visit.correct_triage": of(made.triaged, **CALM, level=3, reason="Wrong", override_reason="Ill"),
    "er_visit.set_status": of(made.triaged, status="bedded", bed=made.bed),
    "er_visit.disposition": of(made.seen, disposition="ADMIT"),
    "er_visit.withdraw": of(made.decided, reason="Pain"),
    "er_visit.set_team": of(made.arrived, nurse=made.nurse, provider=lambda house: house.doctor),
    "er_visit.explain": of(made.arrived, reason="Two at once"),
    "er_visit.set_time": of(
        made.arrived, mark="arrived_at", at=(timezone.now() - timedelta(minutes=9)).isoformat(), reason="Seen"
    ),
    "er_visit.undo": of(made.triaged),
    "er_visit.assign_bed": of(made.triaged, bed=made.bed),
    "er_visit.swap": of(made.bedded, visit=made.bedded),
    "bed.free": of(lain_in),
    "bed.clean": of(made.unclean),
    "bed.set_status": of(made.bed, status="HELD", visit=made.triaged),
    "bed.reserve": of(made.bed, visit=made.triaged),
    "bed.release": of(lambda house: made.reserved(house)[0]),
    "bed.block": of(made.bed, reason="Broken"),
    "bed.unblock": of(made.blocked),
    "bed.transfer": of(lain_in, to=made.bed),
    "bed.swap": of(lain_in, bed=lain_in),
    "er.set_surge": lambda house: {"department": str(made.department(house).pk), "on": True, "reason": "Bus"},
    "patient:update_status": of(made.seen, status="LWOT"),
}  # fmt: skip
"""Command → arguments that work."""


def run(name: str, house: House, role: str = "charge_nurse", **args: Any) -> None:
    with house.open():
        registry.commands()[name](actor=house.actor(role), **args)


def test_every_command_has_its_arguments_here() -> None:
    assert set(ARGS) == set(COMMANDS)
    assert set(COMMANDS) <= set(registry.commands())


@pytest.mark.parametrize("name", ARGS)
def test_a_command_does_its_operation_for_whoever_may(house: House, name: str) -> None:
    args = ARGS[name](house)
    with pytest.raises(DomainError) as refused:
        run(name, house, "biller", **args)
    assert refused.value.status == 403
    before = done()
    run(name, house, **args)
    assert done() is not before
    assert done().seq


@pytest.mark.parametrize("name", ARGS)
def test_a_command_refuses_the_other_hospitals_ids_and_unknown_arguments(world: World, name: str) -> None:
    house = world.harbor
    own, theirs = ARGS[name](house), ARGS[name](world.hilltop)
    with house.open():
        before = Event.objects.count()
    for key in own:
        if own[key] != theirs[key]:
            with pytest.raises(NotFound):
                run(name, house, **{**own, key: theirs[key]})
    for wrong in ({**own, "hospital": "x"}, {}, {**own, next(iter(own)): 7}):
        with pytest.raises(Invalid):
            run(name, house, **wrong)
    with house.open():
        assert Event.objects.count() == before


def test_a_status_that_is_so_already_still_asks_for_the_ability(house: House) -> None:
    visit = made.arrived(house)
    run("patient:update_status", house, "nurse", id=str(visit.pk), status="REGISTERED")
    for role in ("receptionist", "biller"):
        with pytest.raises(DomainError) as refused:
            run("patient:update_status", house, role, id=str(visit.pk), status="REGISTERED")
        assert refused.value.status == 403


def test_the_clock_tells_who_is_delayed(house: House) -> None:
    visit = made.arrived(house)
    with house.open():
        EmergencyVisit.objects.filter(pk=visit.pk).update(arrived_at=timezone.now() - timedelta(minutes=30))
    follows(house, "er")(lambda: delays.cross(visit, actor=SYSTEM))
    assert snapshot(house, "er")[visit.ref]["delayed"]
