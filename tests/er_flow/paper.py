"""An emergency department on paper: what domain/4 says of patients, levels and beds, in plain values.

It imports nothing of the product.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

MOVES = {
    "arrived": {"triaged", "bedded", "in_treatment", "lwbs", "expired"},
    "triaged": {"bedded", "in_treatment", "lwbs", "expired"},
    "bedded": {"in_treatment", "triaged", "lwbs", "expired"},
    "in_treatment": {"disposition", "lwot", "ama", "eloped", "expired"},
    "disposition": {"discharged", "boarding", "transferred", "ama", "eloped", "in_treatment", "expired"},
    "boarding": {"admitted", "transferred", "discharged", "ama", "disposition", "expired"},
}
ENDS = ("discharged", "admitted", "transferred", "expired", "lwbs", "lwot", "ama", "eloped")
UNSEEN = ("arrived", "triaged", "bedded")
LEADS = {"discharge": "discharged", "transfer": "transferred"}
MINUTES = {None: 10, 1: 2, 2: 10, 3: 30, 4: 60, 5: 120}
UNDO = 60


class Refused(Exception):
    """The code of the refusal that domain/4 asks for."""


@dataclass
class Person:
    arrived: float
    airborne: bool = False
    state: str = "arrived"
    level: int | None = None
    bed: str | None = None
    disposition: str = ""
    late: bool = False

    @property
    def here(self) -> bool:
        return self.state in MOVES


@dataclass
class Place:
    pressure: bool = False
    state: str = "available"
    kept_for: str | None = None
    dirty: str = ""


@dataclass
class Paper:
    """``now`` is in seconds. A verb answers whether anything changed."""

    places: dict[str, Place]
    people: dict[str, Person] = field(default_factory=dict)
    now: float = 0

    def copy(self) -> Paper:
        return copy.deepcopy(self)

    # --- what several verbs ask ------------------------------------------------------------------------------------

    def _open(self, name: str) -> Person:
        person = self.people[name]
        if not person.here:
            raise Refused("er.wrong_state")
        return person

    def _move(self, person: Person, to: str) -> None:
        if to not in MOVES.get(person.state, ()):
            raise Refused("er.wrong_state")

    def _suits(self, person: Person, bed: str) -> None:
        if person.airborne and not self.places[bed].pressure:
            raise Refused("bed.needs_negative_pressure")

    def _takes(self, name: str, bed: str) -> None:
        place = self.places[bed]
        if place.state == "occupied":
            raise Refused("bed.occupied")
        if place.state == "reserved" and place.kept_for != name:
            raise Refused("bed.reserved")
        if place.state not in ("available", "reserved"):
            raise Refused("bed.not_free")
        self._suits(self.people[name], bed)

    def _leave(self, person: Person) -> None:
        if person.bed is not None:
            self.places[person.bed].state = "contaminated" if person.airborne else "cleaning"
            person.bed = None

    def _give_back(self, name: str) -> None:
        for place in self.places.values():
            if place.kept_for == name:
                place.state, place.kept_for = "available", None

    # --- verbs -------------------------------------------------------------------------------------------------------

    def arrive(self, name: str, airborne: bool) -> bool:
        self.people[name] = Person(self.now, airborne)
        return True

    def assess(self, name: str, level: int) -> bool:
        person = self.people[name]
        if person.state not in UNSEEN:
            raise Refused("er.wrong_state")
        if person.level is not None:
            raise Refused("er.triaged_already")
        person.level, person.late = level, False
        if person.state == "arrived":
            person.state = "triaged"
        return True

    def reassess(self, name: str, level: int) -> bool:
        person = self.people[name]
        if person.state not in ("triaged", "bedded"):
            raise Refused("er.wrong_state")
        if person.level is None:
            raise Refused("er.triage_first")
        if level > person.level:
            raise Refused("er.level_only_rises")
        if level < person.level:
            person.level, person.late = level, False
        return True

    def assign(self, name: str, bed: str) -> bool:
        person = self._open(name)
        if person.bed == bed:
            return False
        self._takes(name, bed)
        self._give_back(name)
        self._leave(person)
        self.places[bed].state, person.bed = "occupied", bed
        if person.state in ("arrived", "triaged"):
            person.state = "bedded"
        return True

    def leave_bed(self, name: str) -> bool:
        person = self._open(name)
        if person.bed is None:
            raise Refused("er.no_bed")
        if person.state == "bedded" and person.level is None:
            raise Refused("er.triage_first")
        self._leave(person)
        if person.state == "bedded":
            person.state = "triaged"
        return True

    def swap(self, name: str, other: str) -> bool:
        if name == other:
            raise Refused("er.swap_with_oneself")
        one, two = self.people[name], self.people[other]
        for person in (one, two):
            if not person.here:
                raise Refused("er.wrong_state")
            if person.bed is None:
                raise Refused("er.no_bed")
        for person, left in ((one, two), (two, one)):
            self._suits(person, left.bed or "")
            if left.airborne:
                raise Refused("bed.left_contaminated")
        one.bed, two.bed = two.bed, one.bed
        return True

    def reserve(self, name: str, bed: str) -> bool:
        self._open(name)
        if self.places[bed].kept_for == name:
            return False
        self._takes(name, bed)
        self._give_back(name)
        self.places[bed].state, self.places[bed].kept_for = "reserved", name
        return True

    def release(self, bed: str) -> bool:
        place = self.places[bed]
        if place.state == "available":
            return False
        if place.state != "reserved":
            raise Refused("bed.wrong_state")
        place.state, place.kept_for = "available", None
        return True

    def clean(self, bed: str) -> bool:
        place = self.places[bed]
        if place.state == "available":
            return False
        if place.state not in ("cleaning", "contaminated"):
            raise Refused("bed.wrong_state")
        place.state = "cleaning" if place.state == "contaminated" else "available"
        return True

    def block(self, bed: str) -> bool:
        place = self.places[bed]
        if place.state in ("occupied", "reserved"):
            raise Refused("bed.wrong_state")
        if place.state == "blocked":
            return False
        place.dirty = place.state if place.state != "available" else ""
        place.state = "blocked"
        return True

    def unblock(self, bed: str) -> bool:
        place = self.places[bed]
        if place.state in ("occupied", "reserved"):
            raise Refused("bed.wrong_state")
        if place.state != "blocked":
            return False
        place.state, place.dirty = place.dirty or "available", ""
        return True

    def see(self, name: str) -> bool:
        person = self.people[name]
        if person.state == "in_treatment":
            return False
        if person.state not in UNSEEN:
            raise Refused("er.wrong_state")
        person.state = "in_treatment"
        return True

    def decide(self, name: str, disposition: str) -> bool:
        person = self.people[name]
        if person.state == "disposition" and person.disposition == disposition:
            return False
        if person.state != "disposition":
            self._move(person, "disposition")
        person.state, person.disposition = "disposition", disposition
        return True

    def withdraw(self, name: str) -> bool:
        person = self.people[name]
        if person.state != "disposition":
            raise Refused("er.wrong_state")
        person.state, person.disposition = "in_treatment", ""
        return True

    def board(self, name: str) -> bool:
        person = self.people[name]
        if person.state == "boarding":
            return False
        self._move(person, "boarding")
        if person.disposition not in ("admit", "observe"):
            raise Refused("er.other_disposition")
        person.state = "boarding"
        return True

    def depart(self, name: str, end: str) -> bool:
        person = self.people[name]
        if person.state == end:
            return False
        self._move(person, end)
        follows = person.state == "disposition" and end in ("discharged", "transferred")
        if follows and LEADS.get(person.disposition) != end:
            raise Refused("er.other_disposition")
        self._leave(person)
        self._give_back(name)
        person.state = end
        return True

    def tick(self) -> list[str]:
        """Whom the clock tells of: waiting, unseen, and strictly past the target."""
        found = []
        for name, person in self.people.items():
            waits = person.state in UNSEEN and not person.late
            if waits and self.now - person.arrived > 60 * MINUTES[person.level]:
                person.late = True
                found.append(name)
        return found

    def in_order(self) -> list[str]:
        here = [(name, person) for name, person in self.people.items() if person.here]
        return [name for name, person in sorted(here, key=lambda each: (each[1].level or 0, each[1].arrived))]
