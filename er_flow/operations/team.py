"""Who looks after whom, what somebody waits for, and what was said of them (domain/4)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotFound
from clinic.core.nouns import Versioned
from clinic.directory.models import Doctor
from clinic.live.record import change, operation, record
from er_flow.models import EmergencyVisit, Section
from er_flow.operations import stages, stays
from er_flow.operations.times import MARKS, set_time

__all__ = ["MARKS", "change_details", "set_nurse_of", "set_team", "set_time"]

DETAILS = (
    "complaint", "complaint_code", "notes", "sex", "section", "precautions", "ventilated", "alerts", "waiting_for",
    "needs", "disposition_note",
)  # fmt: skip
"""What is said of a visit and may be said anew at any time."""
UNSET: Any = object()


@operation("er.care")
def set_team(
    visit: EmergencyVisit, *, nurse: Doctor | None = UNSET, provider: Doctor | None = UNSET, actor: Actor
) -> EmergencyVisit:  # fmt: skip
    """Who nurses and who treats a patient; None for nobody. What is left out stays."""
    held = stages.locked(visit.pk, actor)
    stages.expect_open(held)
    told = {name: who for name, who in (("nurse", nurse), ("provider", provider)) if who is not UNSET}
    for name, who in told.items():
        _must_be(who, name)
    if change(held, **told):
        record("er_visit.team_changed", held)
    return held


@operation("er.care")
def set_nurse_of(section: Section, nurse: Doctor | None, *, actor: Actor) -> Section:
    """The nurse of a section, for everybody there who has none of their own."""
    held: Section | None = Section.objects.select_for_update(no_key=True).filter(pk=section.pk).first()
    if held is None:
        raise NotFound()
    actor.must_see(held.department_id)
    _must_be(nurse, "nurse")
    if change(held, nurse=nurse):
        record("er_section.nurse_changed", held)
    return held


def _must_be(who: Doctor | None, name: str) -> None:
    if who is None:
        return
    wanted = Doctor.NURSE if name == "nurse" else Doctor.DOCTOR
    if who.sort != wanted or not who.is_active:
        raise Invalid("er.not_a_" + name, None, **{name: [who.name]})


@operation("er.register")
def change_details(visit: EmergencyVisit, *, actor: Actor, **fields: Any) -> EmergencyVisit:
    """Say something anew of a visit: ``DETAILS``. Precautions hold for the stay as well.

    What is found out of somebody is always taken down, also that they are airborne where the bed has no negative
    pressure: then another bed is to be found (R4.33), and this one is contaminated when they leave it.
    """
    if set(fields) - set(DETAILS):
        raise TypeError(f"unknown fields: {sorted(set(fields) - set(DETAILS))}")
    held = stages.locked(visit.pk, actor)
    stages.expect_open(held)
    section = fields.get("section")
    is_new = section is not None and section.pk != held.section_id
    if section is not None and is_new and (section.department_id != held.department_id or not section.is_active):
        raise NotFound()
    _valid(held, fields)
    touched: list[Versioned] = [held]
    stay = stays.stay_of(held) if "precautions" in fields else None
    changed = change(held, **fields)
    if stay is not None and change(stay, precautions=held.precautions):
        touched.append(stay)
    if changed:
        record("er_visit.changed", *touched)
    return held


def _valid(visit: EmergencyVisit, fields: dict[str, Any]) -> None:
    draft = EmergencyVisit(**{name: value for name, value in fields.items() if name != "section"})
    try:
        draft.clean_fields(exclude=[f.name for f in draft._meta.fields if f.name not in fields or f.name == "section"])
    except ValidationError as error:
        raise Invalid("row.invalid", None, **error.message_dict) from error
