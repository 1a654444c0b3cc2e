"""The wrong patient (R3.17): a visit moves to the right person, and both records tell of it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from clinic.core.access import Actor
from clinic.core.errors import Conflict, Invalid, NotAllowed, NotFound, say
from clinic.live.record import change, operation, record
from clinic.records.models import Patient
from queues.models import OPEN, Leg, Visit
from queues.operations import calls

say({"visit.correct_reason": _("Say why this is another person.")})


@operation("queues.desk")
def correct_patient(visit: Visit, patient: Patient, *, reason: str, again_reason: str = "", actor: Actor) -> Visit:
    """Until the visit is completed, give it to the right patient; boards, phone and both records learn of it.

    Refuses somebody who waits in the same line already unless ``again_reason`` says why twice. Twice is once.
    """
    if not reason.strip():
        raise Invalid("visit.correct_reason", reason=["required"])
    leg = calls.leg_of(visit, actor)
    held, wrong = leg.visit, leg.visit.patient_id
    if wrong == patient.pk:
        return held
    calls.expect(leg, *OPEN)
    both = Patient.objects.select_for_update(no_key=True).filter(pk__in=[wrong, patient.pk]).order_by("id")
    known = {row.pk: row for row in both}
    if patient.pk not in known:
        raise NotFound()
    if known[patient.pk].is_merged:
        raise NotAllowed("patient.merged", kept=str(known[patient.pk].merged_into_id))
    if not again_reason.strip():
        _not_here_yet(leg, patient)
    change(held, patient=known[patient.pk])
    why = " · ".join(text for text in (reason.strip(), again_reason.strip()) if text)
    record("visit.patient_corrected", held, leg, known[wrong], known[patient.pk], reason=why)
    return held


def _not_here_yet(leg: Leg, patient: Patient) -> None:
    other = Leg.objects.open().filter(queue=leg.queue, visit__patient=patient).select_related("visit").first()
    if other is not None:
        raise Conflict(
            "visit.already_in_line", token=other.visit.token, visit=str(other.visit_id), state=other.state
        )  # fmt: skip
