"""A patient's details: registered, corrected, looked at."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from clinic.core.access import Actor
from clinic.core.errors import Conflict, Invalid, NotAllowed, constraints, say
from clinic.core.nouns import new_id
from clinic.live.record import add, change, operation, record
from clinic.records import search
from clinic.records.models import AccessLog, Patient

say({
    "patient.known": _("Somebody like this is known here already. Choose one, or say why this is a new person."),
    "patient.mrn_taken": _("This MRN is in use."),
    "patient.merged": _("This record was merged into another one."),
    "patient.needs_name": _("Give a name, or say that it is unknown."),
})  # fmt: skip
constraints({"patient_mrn_unique": "patient.mrn_taken"})

FIELDS = frozenset({
    "given_name", "family_name", "preferred_name", "birth_date", "birth_year", "birth_estimated", "sex", "phone",
    "email", "language", "address", "notes", "display_opt_out", "gender", "phone_other", "contacts", "preconditions",
    "allergies", "message_opt_out",
})  # fmt: skip
"""What a door may set; the MRN and the search columns are ours."""


def new_mrn() -> str:
    """A number that is unique and says nothing of the person: time and chance, in the letters nobody misreads."""
    letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
    value, written = new_id().int, ""
    value = (value >> 80 & (2**48 - 1)) % (2**36) * 2**14 + (value & (2**14 - 1))  # milliseconds of two years, chance
    while value:
        value, digit = divmod(value, len(letters))
        written = letters[digit] + written
    return written


def search_columns(patient: Patient) -> dict[str, str]:
    """What the search reads of these details."""
    return {
        "name_key": search.name_key(patient), "phone_key": search.phone_key(patient.phone),
        "sound_key": search.sound_key(patient.family_name, patient.given_name),
    }  # fmt: skip


@operation("patients.edit")
def register(*, force_new: str = "", unknown: bool = False, actor: Actor, **fields: Any) -> Patient:
    """A new patient (R3.23: a name and one of phone, birth year or "unknown").

    Somebody alike (R1.7) refuses with the candidates unless ``force_new`` says why this is another person.
    """
    _known_fields(fields)
    if not unknown and not (fields.get("given_name") or fields.get("family_name")):
        raise Invalid("patient.needs_name", family_name=["required"])
    if not force_new.strip() and not unknown:
        alike = search.candidates(**fields)
        if alike:
            raise Conflict("patient.known", candidates=[str(patient.pk) for patient in alike])
    patient = Patient(mrn=new_mrn(), **fields)
    for column, value in search_columns(patient).items():
        setattr(patient, column, value)
    add(patient)
    record("patient.registered", patient, reason=force_new)
    return patient


@operation("patients.edit")
def correct(patient: Patient, *, actor: Actor, **fields: Any) -> Patient:
    """Change a patient's details; every board that shows the patient follows."""
    _known_fields(fields)
    if patient.is_merged:
        raise NotAllowed("patient.merged", kept=str(patient.merged_into_id))
    draft = Patient(**{name: getattr(patient, name) for name in FIELDS} | fields)
    if change(patient, **fields, **search_columns(draft)):
        record("patient.corrected", patient)
    return patient


@operation("patients.view")
def note_access(*patients: Patient, page: str, why: str = "", actor: Actor) -> None:
    """Write down that somebody was shown these records (R6.10)."""
    write_access(*patients, page=page, why=why, actor=actor)


def write_access(*patients: Patient, page: str, why: str = "", actor: Actor) -> None:
    """The lines themselves, for operations of rooms above: whom *their* ability shows what belongs to a record, as a
    key that may read emergency visits and no records."""
    who = f"{actor.kind}:{actor.id}"
    AccessLog.objects.bulk_create(
        [
            AccessLog(user_id=actor.user_id, actor=who, patient_id=patient.in_hospital().pk, page=page, why=why)
            for patient in patients
        ]
    )


def _known_fields(fields: dict[str, Any]) -> None:
    unknown = sorted(set(fields) - FIELDS)
    if unknown:
        raise Invalid("row.unknown_field", fields=unknown)
