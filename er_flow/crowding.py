"""NEDOCS: how crowded an emergency department is, with its terms (R4.40). Pure.

Source: Weiss et al., National Emergency Department Overcrowding Scale (2004), as domain/4 states it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

BASE, MOST, LEAST = -20.0, 200.0, 0.0
VENTILATORS = 2
"""More ventilated patients than these count no more."""
BANDS = (
    (20, "not_busy"), (60, "busy"), (100, "extremely_busy"), (140, "overcrowded"), (180, "severely_overcrowded"),
    (200, "dangerously_overcrowded"),
)  # fmt: skip
"""Up to this score it is called so."""


@dataclass(frozen=True, slots=True)
class Census:
    """What is counted at a moment: people, beds, hours."""

    patients: int
    beds: int
    """Of the department, in use and staffed."""
    admits: int
    """Patients here whose admission is decided."""
    hospital_beds: int | None
    ventilated: int
    longest_admit: float
    """Hours since the decision to admit, of whoever has waited longest."""
    door_to_bed: float
    """Hours, of the patient who was bedded last."""


class Term(NamedTuple):
    name: str
    points: float


@dataclass(frozen=True, slots=True)
class Nedocs:
    score: float
    """0 to 200."""
    band: str
    terms: tuple[Term, ...]
    """What the score is made of, before it is kept between 0 and 200."""


def nedocs(census: Census) -> Nedocs | None:
    """The score; None where it cannot be computed: without beds, or without knowing the hospital's."""
    if not census.hospital_beds or census.beds <= 0:
        return None
    terms = (
        Term("base", BASE),
        Term("occupancy", 85.8 * census.patients / census.beds),
        Term("admits", 600.0 * census.admits / census.hospital_beds),
        Term("ventilated", 13.4 * min(census.ventilated, VENTILATORS)),
        Term("longest_admit", 0.93 * census.longest_admit),
        Term("door_to_bed", 5.64 * census.door_to_bed),
    )
    score = min(MOST, max(LEAST, sum(term.points for term in terms)))
    return Nedocs(score, next(name for most, name in BANDS if score <= most), terms)
