"""The JSON face of a patient."""

from __future__ import annotations

from clinic.core.faces import Doc, by_asked, uuids
from clinic.live import registry
from clinic.records.models import Patient


def patients(ids: list[str]) -> dict[str, Doc]:
    rows = Patient.objects.filter(pk__in=uuids(ids))
    return by_asked(ids, {row.pk: patient_doc(row) for row in rows})


def patient_doc(row: Patient) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "mrn": row.mrn, "name": row.full_name, "given_name": row.given_name,
        "family_name": row.family_name, "preferred_name": row.preferred_name,
        "birth_date": row.birth_date.isoformat() if row.birth_date else None, "birth_year": row.birth_year,
        "birth_estimated": row.birth_estimated, "sex": row.sex, "phone": row.phone, "email": row.email,
        "language": row.language, "address": row.address, "notes": row.notes, "display_opt_out": row.display_opt_out,
        "message_opt_out": row.message_opt_out,
        "gender": row.gender, "phone_other": row.phone_other, "contacts": row.contacts,
        "preconditions": row.preconditions, "allergies": row.allergies,
        "merged_into": str(row.merged_into_id) if row.merged_into_id else None,
    }  # fmt: skip


def register() -> None:
    registry.face("patient", "patients.view", patients)
