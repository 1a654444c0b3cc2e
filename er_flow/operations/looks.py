"""Who was shown an emergency visit (R6.10)."""

from __future__ import annotations

from clinic.core.access import Actor
from clinic.live.record import operation
from clinic.records.operations import write_access
from er_flow.models import EmergencyVisit


@operation("er.view")
def note_access(visit: EmergencyVisit, *, page: str, actor: Actor) -> None:
    """Write down that somebody opened this visit: it names the patient, and says what for and what was found. Whoever
    may read visits is written down, also a key that may read no records. Nobody is, for a patient still unknown."""
    actor.must_see(visit.department_id)
    if visit.patient is not None:
        write_access(visit.patient, page=page, why=f"E-{visit.number}", actor=actor)
