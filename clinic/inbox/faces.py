"""The JSON face of a message to a patient, and the topic a subscriber gets a patient's by."""

from __future__ import annotations

from collections.abc import Iterable

from clinic.core.access import Actor
from clinic.core.faces import Doc, by_asked, stamp, uuids
from clinic.inbox.models import PatientMessage
from clinic.live import registry
from clinic.records.models import Patient
from clinic.records.operations import note_access


def messages(ids: list[str]) -> dict[str, Doc]:
    rows = PatientMessage.objects.filter(pk__in=uuids(ids))
    return by_asked(ids, {row.pk: message_doc(row) for row in rows})


def message_doc(row: PatientMessage) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "patient": str(row.patient_id) if row.patient_id else None,
        "about": row.about, "occasion": row.occasion, "channel": row.channel, "address": row.address,
        "language": row.language, "subject": row.subject, "text": row.body, "state": row.state, "why": row.why,
        "created_at": stamp(row.created_at), "not_before": stamp(row.not_before), "sent_at": stamp(row.sent_at),
        "tries": row.tries, "error": row.error, "copy": row.copy,
    }  # fmt: skip


def _of_patient(key: str) -> Iterable[str]:
    rows = PatientMessage.objects.filter(patient_id__in=uuids([key])).order_by("id")
    return [f"patient_message:{pk}" for pk in rows.values_list("pk", flat=True)]


def _opened(key: str, actor: Actor) -> None:
    """Whoever follows what a patient is told is shown the record (R6.10)."""
    rows = Patient.objects.filter(pk__in=uuids([key]))
    if rows:
        note_access(*rows, page="stream", why="messages", actor=actor)


def register() -> None:
    registry.face("patient_message", "messages.view", messages)
    registry.topic("messages", "messages.view", _of_patient, _opened)
