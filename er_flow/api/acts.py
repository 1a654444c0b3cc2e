"""What a checked body does: one operation each, the same for REST and for commands of the stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields as columns
from datetime import date
from typing import Any

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.api_errors import invalid
from clinic.core.api_input import Fields
from clinic.core.errors import Conflict, NotAllowed
from clinic.tenants import days
from er_flow.api import find
from er_flow.esi import Age
from er_flow.models import Bed, EmergencyFloor, EmergencyVisit, Section, Triage
from er_flow.models.words import (
    ARRIVED,
    AVAILABLE,
    BEDDED,
    BLOCKED,
    BOARDING,
    CLEANING,
    CONTAMINATED,
    DISPOSITION,
    ENDS,
    IN_TREATMENT,
    OCCUPIED,
    RESERVED,
    TRIAGED,
    UNCLEAN,
)
from er_flow.operations import arrivals, beds, delays, moves, newcomers, places, stages, team, times, triage, undo
from er_flow.operations.arrivals import Arriving
from er_flow.operations.triage import Decision
from er_flow.triage_serializers import sheet_of, vitals_of

ARRIVING = frozenset(one.name for one in columns(Arriving)) - {"patient", "age", "section"}
Act = Callable[[EmergencyVisit, Fields, Actor], Any]
OfBed = Callable[[Bed, Fields, Actor], Any]


def _told(given: Fields, *names: str) -> Fields:
    """Those of the fields that came and say something."""
    return {name: given[name] for name in names if given.get(name) is not None}


def when(given: Fields) -> Fields:
    return _told(given, "at", "reason")


# --- coming in -------------------------------------------------------------------------------------------------------


def _arriving(given: Fields) -> Arriving:
    age: Age | None = given.get("age")
    if "birth_date" in given and "person" not in given:
        age = Age.born(given["birth_date"], max(_today(), given["birth_date"]))
    return Arriving(
        patient=find.patient(given["patient"]) if "patient" in given else None, age=age,
        section=find.section(given["section"]) if "section" in given else None, **_told(given, *sorted(ARRIVING)),
    )  # fmt: skip


def _today() -> date:
    return clock.now().astimezone(days.current_hospital().zone).date()


def arrive(given: Fields, actor: Actor) -> EmergencyVisit:
    department, who = find.department(given), _arriving(given)
    said = {"reason": given["reason"], "entered_later": given["entered_later"]}
    if "person" not in given:
        return arrivals.arrive(department, who, actor=actor, **said)
    person, how = _person(given["person"])
    return newcomers.arrive(department, who, {**_born(given), **person}, actor=actor, **how, **said)


def _person(told: Fields) -> tuple[Fields, Fields]:
    """Who it is, and how sure that is."""
    person = dict(told)
    return person, {name: person.pop(name) for name in ("force_new", "unknown")}


def _born(given: Fields) -> Fields:
    """What an age that was said tells of the birth: so that a name, an age and a complaint are enough (R4.5)."""
    if "birth_date" in given:
        return {"birth_date": given["birth_date"]}
    if "age" not in given or {"birth_date", "birth_year"} & set(given["person"]):
        return {}
    return {"birth_year": _today().year - given["age"].years, "birth_estimated": True}


def arrive_all(given: Fields, actor: Actor) -> list[EmergencyVisit]:
    people = [_arriving(each) for each in given["people"]]
    said = {"reason": given["reason"], "entered_later": given["entered_later"]}
    return arrivals.arrive_all(find.department(given), people, actor=actor, **said)


def identify(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    said = _told(given, "reason", "age")
    if "patient" in given:
        return arrivals.identify(visit, find.patient(given["patient"]), actor=actor, **said)
    person, how = _person(given["person"])
    return newcomers.identify(visit, {**_born(given), **person}, actor=actor, **how, **said)


def details(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    told = dict(given)
    if "section" in told:
        told["section"] = find.somewhere(told["section"])
    return team.change_details(visit, actor=actor, **told)


# --- triage ----------------------------------------------------------------------------------------------------------


def start_triage(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    return triage.start(visit, actor=actor, **when(given))


def assess(visit: EmergencyVisit, given: Fields, actor: Actor) -> Triage:
    return triage.assess(
        visit, sheet_of(given), given["level"], override_reason=given["override_reason"], actor=actor, **when(given)
    )


def assess_all(given: Fields, actor: Actor) -> list[Triage]:
    decisions = [
        Decision(find.visit(one["visit"]), sheet_of(one), one["level"], one["override_reason"])
        for one in given["triages"]
    ]
    return triage.assess_all(decisions, actor=actor)


def reassess(visit: EmergencyVisit, given: Fields, actor: Actor) -> Triage:
    return triage.reassess(
        visit, sheet_of(given), level=given.get("level"), what_changed=given["what_changed"],
        what_was_done=given["what_was_done"], actor=actor, **when(given),
    )  # fmt: skip


def measure(visit: EmergencyVisit, given: Fields, actor: Actor) -> Triage:
    confirmed = given.get("confirmed", ())
    return triage.measure(visit, vitals_of(given), confirmed=confirmed, actor=actor, **when(given))


def correct(visit: EmergencyVisit, given: Fields, actor: Actor) -> Triage:
    return triage.correct(
        find.decision(visit, given.get("triage")), sheet_of(given), given["level"], reason=given["reason"],
        override_reason=given["override_reason"], actor=actor,
    )  # fmt: skip


# --- care ------------------------------------------------------------------------------------------------------------


def see(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    return moves.see(visit, actor=actor, **when(given))


def decide(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    return moves.decide(visit, given["disposition"], note=given["note"], actor=actor, **when(given))


def withdraw(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    return moves.withdraw(visit, reason=given["reason"], actor=actor)


def board(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    return moves.board(visit, actor=actor, **when(given))


def set_team(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    told = {name: find.somebody(given[name]) for name in ("nurse", "provider") if name in given}
    return team.set_team(visit, actor=actor, **told)


def explain(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    return delays.explain(visit, given["reason"], actor=actor)


def set_time(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    return times.set_time(visit, given["mark"], given["at"], reason=given["reason"], actor=actor)


def take_back(visit: EmergencyVisit, given: Fields, actor: Actor) -> list[str]:
    seq = find.act_of(visit, given["seq"]) if "seq" in given else find.last_act(visit)
    return undo.undo(seq, actor=actor)


# --- by the word of a status -----------------------------------------------------------------------------------------


def set_status(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    """Each status is a verb; one that the visit has already is that."""
    actor.require("er.care")
    told: EmergencyVisit = STATUSES[given["status"]](visit, given, actor)
    return told


def _as_arrived(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    if visit.state != ARRIVED:
        raise stages.wrong(visit)
    return visit


def _as_triaged(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    """Back to the waiting room; a first level is set by a triage only."""
    if visit.state == TRIAGED:
        return visit
    if visit.state == ARRIVED:
        raise NotAllowed("er.triage_first", number=visit.number)
    stages.expect(visit, BEDDED)
    return beds.leave_bed(visit, actor=actor, **when(given))


def _as_bedded(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    if "bed" in given:
        return beds.assign(visit, find.bed(given["bed"]), actor=actor, **when(given))
    if visit.state == BEDDED:
        return visit
    stages.expect(visit, ARRIVED, TRIAGED)
    raise NotAllowed("er.bed_needed", number=visit.number)


def _as_in_treatment(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    return (withdraw if visit.state == DISPOSITION else see)(visit, given, actor)


def _as_disposition(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    if "disposition" not in given:
        raise invalid({"disposition": ["required"]})
    return decide(visit, given, actor)


def _as_end(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    return moves.depart(
        visit, given["status"], risks_explained=given["risks_explained"], actor=actor, **when(given)
    )  # fmt: skip


STATUSES: dict[str, Act] = {
    ARRIVED: _as_arrived,
    TRIAGED: _as_triaged,
    BEDDED: _as_bedded,
    IN_TREATMENT: _as_in_treatment,
    DISPOSITION: _as_disposition,
    BOARDING: board,
    **dict.fromkeys(ENDS, _as_end),
}
"""Status → the verb that leads there."""


# --- who lies where --------------------------------------------------------------------------------------------------


def set_bed(visit: EmergencyVisit, given: Fields, actor: Actor) -> EmergencyVisit:
    if given["bed"] is None:
        return beds.leave_bed(visit, actor=actor, **when(given))
    return beds.assign(visit, find.bed(given["bed"]), actor=actor, **when(given))


def swap(visit: EmergencyVisit, given: Fields, actor: Actor) -> Any:
    return beds.swap(visit, find.visit(given["visit"]), reason=given["reason"], actor=actor)


def free(bed: Bed, given: Fields, actor: Actor) -> Any:
    """Whoever lies in it leaves it, what is unclean is clean, what is kept is given back."""
    if bed.state == OCCUPIED:
        return beds.leave_bed(find.occupant(bed), out_of=bed, actor=actor)
    if bed.state == RESERVED:
        return beds.release(bed, kept_for=bed.reserved_for_id, actor=actor)
    return beds.clean(bed, actor=actor)


def reserve(bed: Bed, given: Fields, actor: Actor) -> Bed:
    return beds.reserve(bed, find.visit(given["visit"]), actor=actor)


def release(bed: Bed, given: Fields, actor: Actor) -> Bed:
    return beds.release(bed, kept_for=given.get("visit", bed.reserved_for_id), actor=actor)


def clean(bed: Bed, given: Fields, actor: Actor) -> Bed:
    return beds.clean(bed, actor=actor)


def block(bed: Bed, given: Fields, actor: Actor) -> Bed:
    return beds.block(bed, reason=given["reason"], until=given.get("until"), actor=actor)


def unblock(bed: Bed, given: Fields, actor: Actor) -> Bed:
    return beds.unblock(bed, actor=actor)


def transfer(bed: Bed, given: Fields, actor: Actor) -> EmergencyVisit:
    return beds.assign(find.occupant(bed), find.bed(given["to"]), reason=given["reason"], out_of=bed, actor=actor)


def swap_beds(bed: Bed, given: Fields, actor: Actor) -> Any:
    other = find.bed(given["bed"])
    one, two = find.occupant(bed), find.occupant(other)
    return beds.swap(one, two, reason=given["reason"], found_in=(bed, other), actor=actor)


def set_bed_status(bed: Bed, given: Fields, actor: Actor) -> Any:
    """The verb that leads to this status from the one the bed has."""
    match given["status"]:
        case word if word == BLOCKED:
            return block(bed, given, actor)
        case word if word == RESERVED:
            return reserve(bed, given, actor)
        case word if word == OCCUPIED:
            return beds.assign(find.visit(given["visit"]), bed, actor=actor)
        case word if word == AVAILABLE:
            if bed.state == OCCUPIED:
                raise _wrong(bed)
            return (unblock if bed.state == BLOCKED else free)(bed, given, actor)
        case word if word == CLEANING:
            return _to_cleaning(bed, given, actor)
        case _:
            raise _wrong(bed)


def _to_cleaning(bed: Bed, given: Fields, actor: Actor) -> Any:
    if bed.state not in (OCCUPIED, *UNCLEAN):
        raise _wrong(bed)
    actor.require("er.beds")
    if bed.state == CLEANING:
        return bed
    return (clean if bed.state == CONTAMINATED else free)(bed, given, actor)


def _wrong(bed: Bed) -> Conflict:
    return Conflict("bed.wrong_state", bed=bed.name, state=bed.state, state_text=bed.get_state_display())


def set_surge(given: Fields, actor: Actor) -> EmergencyFloor:
    return places.set_surge(find.department(given), given["on"], reason=given["reason"], actor=actor)


def set_section_nurse(section: Section, given: Fields, actor: Actor) -> Section:
    return team.set_nurse_of(section, find.somebody(given["nurse"]), actor=actor)
