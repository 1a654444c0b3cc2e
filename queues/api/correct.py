"""REST: the wrong patient (R3.17)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from clinic.records.models import Patient
from queues.api import find
from queues.operations import correct
from queues.serializers import CorrectPatientBody, VisitDoc


class CorrectViewSet(HouseViewSet):
    """A visit that was given to the wrong person."""

    tag = "visit-patient"

    @needs("queues.desk")
    @answers(
        VisitDoc, body=CorrectPatientBody, refusals=["VISIT_WRONG_STATE", "VISIT_ALREADY_IN_LINE", "PATIENT_MERGED"],
        example={"patient": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90", "reason": "Chosen from the wrong row"},
    )  # fmt: skip
    def correct(self, request: Request, pk: UUID) -> Response:
        """Give a visit to the right patient, until it is completed; both records tell of it."""
        visit, patient = find.visit(pk), find.one(Patient.objects.all(), pk=self.body["patient"])
        verb = partial(
            correct.correct_patient, visit, patient, reason=self.body["reason"],
            again_reason=self.body["again_reason"], actor=self.actor,
        )  # fmt: skip
        return self.act(verb, lambda held: find.visit_doc(held.pk))
